"""Files and arrays → upright pages, and the ink on them: decoding within limits, regions, ink and rules."""
