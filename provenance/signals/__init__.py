"""What an image file, its sidecar, its text and its web page say about rights, training, people and age.

Each reader is a pure function: bytes or captured evidence in, `provenance.model.Signal` records out. Nothing here
decides; `policy` does.

>>> from provenance.signals.embedded import read_embedded
>>> read_embedded(open("photo.jpg", "rb").read(), name="photo.jpg")  # doctest: +SKIP
"""
