"""Reads an image's original bytes once and decodes them once: SHA-256 and the fingerprints that are wanted.

`read.read_image` is the way in. Whatever the bytes are, the answer is a
`provenance.model.Reading`; an image that cannot be read is a `Problem` in it, never an exception.
"""
