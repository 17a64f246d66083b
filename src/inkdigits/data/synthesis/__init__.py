"""Drawn material with known truth: pages, scenes for the detector, and things that are no digits."""
