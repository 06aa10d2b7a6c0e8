"""Which picture of a file a fingerprint is of: its place as text, as the ledger keeps it, and as a number, in an index.

"" is the picture that a decoder gives first, upright. Other places are a part of the file (`frame:7`, `page:2`,
`picture:2`), another view of it, or both (`frame:7/on-white`). Parts are counted from 1; the one that is shown is "".
Views: `on-white` where transparency changes the picture, `mapped` where its values had to be mapped to eight bits,
`stored` without the turn that only XMP names.
"""

from __future__ import annotations

import re
from typing import Final

FIRST: Final = ""

ON_WHITE: Final = "on-white"
MAPPED: Final = "mapped"
STORED: Final = "stored"

FRAME: Final = "frame"
PAGE: Final = "page"
PICTURE: Final = "picture"

_PARTS: Final = ("", FRAME, PAGE, PICTURE)
_VIEWS: Final = ("", ON_WHITE, MAPPED, STORED)
_MOST: Final = 1 << 20
_PLACE: Final = re.compile(rf"(?:({'|'.join(_PARTS[1:])}):([1-9][0-9]{{0,6}}))?/?({'|'.join(_VIEWS[1:])})?")


def place_of(part: str, number: int) -> str:
    """The place of a part of a file, counted from 1.

    >>> place_of(FRAME, 7)
    'frame:7'
    """
    return f"{part}:{number}"


def view_of(place: str, view: str) -> str:
    """The place of another view of what stands at a place.

    >>> view_of("", ON_WHITE), view_of("page:2", STORED)
    ('on-white', 'page:2/stored')
    """
    return f"{place}/{view}" if place else view


def number_of(place: str) -> int:
    """A place as a number, 0 for the first picture. Raises ValueError for what is no place.

    >>> number_of(""), number_of("on-white"), named(number_of("frame:7/mapped"))
    (0, 1, 'frame:7/mapped')
    """
    found = _PLACE.fullmatch(place)
    if found is None or place.startswith("/") or place.endswith("/"):
        raise ValueError(f"{place!a} is no place of a picture")
    part, number, view = found.groups(default="")
    if int(number or 0) >= _MOST:
        raise ValueError(f"{place!a} is no place of a picture")
    return (int(number or 0) * len(_PARTS) + _PARTS.index(part)) * len(_VIEWS) + _VIEWS.index(view)


def named(number: int) -> str:
    """The place that a number stands for. Raises ValueError for one that stands for none."""
    part_number, view = divmod(number, len(_VIEWS))
    count, part = divmod(part_number, len(_PARTS))
    if number < 0 or count >= _MOST or (count == 0) != (part == 0):
        raise ValueError(f"{number} stands for no place of a picture")
    place = place_of(_PARTS[part], count) if part else FIRST
    return view_of(place, _VIEWS[view]) if view else place
