"""Pictures in an EXIF block that no directory names, such as the previews in maker notes.

A maker note is never parsed, since each maker has a structure of its own; a JPEG in it is found by its start and
believed where whole segments and pixels follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from provenance.carriers.parts import Block, Picture, PictureRole, place_of, within
from provenance.carriers.segments import SOI, end_of_picture

_MAX_FOUND: Final = 8


def unnamed(block: Block, named: Iterable[Picture]) -> Iterator[Picture]:
    """The JPEG pictures of an EXIF block beside those that its directories name."""
    origin = block.start or 0
    spans = [(picture.start - origin, picture.end - origin) for picture in named]
    at, number = 0, 0
    for _ in range(_MAX_FOUND):
        at = block.data.find(SOI, at)
        if at < 0:
            return
        end = next((end for start, end in spans if start <= at < end), None)
        if end is None and (end := end_of_picture(block.data, at)) is not None:
            number += 1
            place = place_of(PictureRole.PREVIEW, number)
            yield within(block, PictureRole.PREVIEW, place, at, end, location=f"{block.location}/MakerNote")
        at = max(end or 0, at + len(SOI))
