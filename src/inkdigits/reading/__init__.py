"""From a picture to numbers. The first file to read is `reader.py`; every stage after it is a small file of its own."""
