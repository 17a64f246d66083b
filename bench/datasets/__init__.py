"""What is measured on: drawn pages, pictures without a digit, simulated persons, corrupted digits."""
