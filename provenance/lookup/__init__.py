"""Exact Hamming search over 256-bit fingerprints.

No index here is approximate: a false "not in the dataset" is the harm that this package exists to prevent. Small
segments are scanned; larger ones have sixteen bands of 16 bits, which find everything up to 31 bits away without
looking at most of it.
"""
