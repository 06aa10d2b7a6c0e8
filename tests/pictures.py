"""Pictures that tests of more than one room make, the same on every machine."""

from __future__ import annotations

import io
import random

from PIL import Image


def photo(seed: int, size: tuple[int, int] = (200, 150)) -> Image.Image:
    """A picture with detail at every scale, as photographs have it, different for every seed."""
    source = random.Random(seed)
    picture = Image.new("RGB", size)
    for cells in (3, 7, 15, 40):
        layer = Image.frombytes("RGB", (cells, cells), source.randbytes(3 * cells * cells))
        picture = Image.blend(picture, layer.resize(size, Image.Resampling.BICUBIC), 0.45)
    return picture


def encoded(picture: Image.Image, kind: str = "PNG", **save: object) -> bytes:
    """A picture as the bytes of a file."""
    stream = io.BytesIO()
    picture.save(stream, kind, **save)
    return stream.getvalue()
