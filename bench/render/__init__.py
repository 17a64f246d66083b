"""Kept measurements → README, docs and RESULTS.md: `python -m bench.render`."""
