"""Pictures with detail at every scale, and lists of hashes."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from PIL import Image


@pytest.fixture(scope="session")
def photo() -> Callable[..., bytes]:
    """`photo(seed, kind, **save)`: a picture that is different for every seed, as the bytes of a file."""

    def make(seed: int, kind: str = "PNG", **save: object) -> bytes:
        source = random.Random(seed)
        picture = Image.new("RGB", (200, 150))
        for cells in (3, 7, 15, 40):
            layer = Image.frombytes("RGB", (cells, cells), source.randbytes(3 * cells * cells))
            picture = Image.blend(picture, layer.resize(picture.size, Image.Resampling.BICUBIC), 0.45)
        stream = io.BytesIO()
        picture.save(stream, kind, **save)
        return stream.getvalue()

    return make


@pytest.fixture
def listing(tmp_path: Path) -> Callable[..., Path]:
    """`listing(name, lines)`: a list of hashes as a file."""

    def write(name: str, lines: Iterable[str]) -> Path:
        path = tmp_path / name
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    return write
