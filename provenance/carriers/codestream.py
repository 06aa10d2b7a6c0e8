"""JPEG 2000 code streams (ISO/IEC 15444-1 annex A): the comments of the main header, and the end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from provenance.carriers.parts import Block, BlockKind, Coded, Part, Picture, PictureRole

START: Final = b"\xff\x4f\xff\x51"
_COMMENT: Final = 0x64
_TILE: Final = 0x90
_LATIN: Final = 1
_MAX_MARKERS: Final = 1_000
_DATA: Final = b"\xff\x93"
_END: Final = b"\xff\xd9"


def parts(data: bytes, start: int) -> Iterator[Part]:
    """The parts of a bare code stream. No packet spells an end mark (section B.10.1), so that the first one ends it."""
    last = data.find(_END, max(data.find(_DATA, start), start))
    end = last + len(_END) if last >= 0 else len(data)
    yield from comments(data, start, "j2k")
    yield Coded(start, end)
    yield Picture(PictureRole.PRIMARY, "j2k", start, end)


def comments(data: bytes, start: int, location: str) -> Iterator[Block]:
    """The comments in Latin text of a code stream's main header."""
    at = start + 2
    for _ in range(_MAX_MARKERS):
        if data[at : at + 1] != b"\xff" or data[at + 1 : at + 2] in {b"", bytes([_TILE])}:
            return
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        if size < 2:
            return
        if data[at + 1] == _COMMENT and int.from_bytes(data[at + 4 : at + 6], "big") == _LATIN:
            text = data[at + 6 : at + 2 + size].decode("latin-1").encode()
            yield Block(BlockKind.TEXT, f"{location}/COM", text, name="comment")
        at += 2 + size
