"""Scored detections → numbers and lines: the lattice and its search, forms, rows, spacing and grouping."""
