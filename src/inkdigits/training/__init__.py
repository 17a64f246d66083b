"""Training: recipes say what, `loop.py` does it, a run's folder keeps it, `evaluate.py` judges it."""
