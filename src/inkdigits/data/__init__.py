"""Digits to learn from: the packaged MNIST, other sets by path, splits, and ways to vary them."""
