"""Pictures in JUMBF boxes (ISO/IEC 19566-5), such as the thumbnails that C2PA keeps of a picture's ingredients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from provenance.carriers.boxes import boxes
from provenance.carriers.parts import Block, Picture, PictureRole, place_of, within

_MAX_DEPTH: Final = 8
_MAX_FOUND: Final = 32
_PICTURES: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF")


def pictures(block: Block) -> Iterator[Picture]:
    """The embedded files of a JUMBF block that are pictures."""
    pending = [(0, len(block.data), 0)]
    number = 0
    while pending and number < _MAX_FOUND:
        start, end, depth = pending.pop()
        for box in boxes(block.data, start, end):
            if box.kind == b"jumb" and depth < _MAX_DEPTH:
                pending.append((box.start, box.end, depth + 1))
            elif box.kind == b"bidb" and block.data.startswith(_PICTURES, box.start):
                number += 1
                place = place_of(PictureRole.PREVIEW, number)
                yield within(block, PictureRole.PREVIEW, place, box.start, box.end)
