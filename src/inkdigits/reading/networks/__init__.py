"""The exported networks: the ONNX session, the classifier of single digits, the detector of digits on a page."""
