"""Knows where every image of a dataset came from, and lets nothing through that nobody can account for."""

__version__ = "0.1.0"
