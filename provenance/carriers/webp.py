"""WebP files (RIFF container, Google WebP container specification).

The EXIF chunk starts with a TIFF header or, from some writers, with `Exif\\0\\0` before it; both are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from provenance.carriers import private
from provenance.carriers.parts import (
    MAX_BLOCK_BYTES,
    Block,
    BlockKind,
    Coded,
    Part,
    Picture,
    PictureRole,
    blank,
    fault,
    mark_size,
)

_MAX_CHUNKS: Final = 200_000
_KINDS: Final = {
    b"EXIF": (BlockKind.EXIF, "EXIF"),
    b"XMP ": (BlockKind.XMP, "XMP"),
    b"XMP\0": (BlockKind.XMP, "XMP"),
    b"C2PA": (BlockKind.C2PA, "C2PA"),
}
_PIXELS: Final = frozenset({b"VP8 ", b"VP8L", b"ANMF", b"ALPH"})
_OF_THE_STANDARD: Final = frozenset({b"VP8X", b"ICCP", b"ANIM"})


def parts(data: bytes, start: int) -> Iterator[Part]:
    """The parts of the WebP that starts at `start`, up to the declared end of its RIFF."""
    declared = start + 8 + int.from_bytes(data[start + 4 : start + 8], "little")
    yield Picture(PictureRole.PRIMARY, "webp", start, min(declared + declared % 2, len(data)))
    if declared > len(data):
        yield fault("webp", "the file ends before its declared end")
    at = start + 12
    for _ in range(_MAX_CHUNKS):
        if at + 8 > min(declared, len(data)):
            return
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        yield from _chunk(data, at, size)
        at += 8 + size + size % 2
    yield fault("webp", f"more than {_MAX_CHUNKS} chunks")


def parts_behind(data: bytes, start: int) -> tuple[list[Part], int]:
    """The parts of whole metadata chunks that stand behind the declared end, and where they end."""
    found: list[Part] = []
    at = start
    while data[at : at + 4] in _KINDS.keys() | _PIXELS and len(found) < len(_KINDS):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        found += _chunk(data, at, size)
        at = min(at + 8 + size + size % 2, len(data))
    return found, at


def _chunk(data: bytes, at: int, size: int) -> Iterator[Part]:
    """The part that a chunk is, if it holds metadata or pixels."""
    name, end = data[at : at + 4], at + 8 + size
    if name in _KINDS:
        kind, label = _KINDS[name]
        body = data[at + 8 : min(end, at + 8 + MAX_BLOCK_BYTES)]
        problem = "" if len(body) == size else "chunk past the end or larger than the limit"
        mark = mark_size(body)
        if problem or not blank(body[mark:]):
            yield Block(kind, f"webp:{label}", body[mark:], problem, start=at + 8 + mark)
    elif name in _PIXELS:
        yield Coded(at + 8, min(end, len(data)))
    elif end > len(data):
        yield fault("webp", "chunk past the end", data[at:])
    elif name not in _OF_THE_STANDARD:
        yield from private.in_stretch(data, at + 8, end, f"webp:{name.decode('latin-1').strip()}")
