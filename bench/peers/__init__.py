"""Other people's networks, estimators and programs, run beside ours."""
