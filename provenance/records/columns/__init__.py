"""Columns: which field of ours each one of a file is, and what becomes of those that are none."""
