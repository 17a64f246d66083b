"""Forms: filled sheets of a known form, read field by field, and checked by the rules that hold between fields."""
