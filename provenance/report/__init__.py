"""Verdicts for people and programs: one module a format, each a function from verdicts to a text stream."""
