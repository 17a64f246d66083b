"""Sets of labelled digits: MNIST and other files and folders, checked, and split."""
