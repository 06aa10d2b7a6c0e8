"""JUMBF boxes (ISO/IEC 19566-5): pictures, such as the thumbnails that C2PA keeps of ingredients, and named values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from provenance.carriers.boxes import boxes
from provenance.carriers.parts import Block, BlockKind, Part, PictureRole, place_of, within

_MAX_DEPTH: Final = 8
_MAX_FOUND: Final = 32
_PICTURES: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF")


def contents(block: Block) -> Iterator[Part]:
    """The pictures of a JUMBF block, and its JSON where it is no store of C2PA manifests, which have a reader."""
    is_store = b"c2pa" in block.data
    pending = [(0, len(block.data), 0)]
    number = found = 0
    while pending and found < _MAX_FOUND:
        start, end, depth = pending.pop()
        for box in boxes(block.data, start, end):
            if box.kind == b"jumb" and depth < _MAX_DEPTH:
                pending.append((box.start, box.end, depth + 1))
            elif box.kind == b"json" and not is_store:
                found += 1
                yield Block(BlockKind.JSON, f"{block.location}/json", block.data[box.start : box.end])
            elif box.kind == b"bidb" and block.data.startswith(_PICTURES, box.start):
                number, found = number + 1, found + 1
                place = place_of(PictureRole.PREVIEW, number)
                yield within(block, PictureRole.PREVIEW, place, box.start, box.end)
