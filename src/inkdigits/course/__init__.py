"""The course: lessons that are notebooks, each run from its first cell to its last. `inkdigits learn` opens them."""
