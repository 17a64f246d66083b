"""Readings → text, JSON, CSV, TSV, hOCR, annotated pictures and the review page."""
