"""Pictures that XMP packets and other texts hold in Base64: thumbnails of editors, originals and depth maps of phones.

They are found by the first letters that the start of each format gives in Base64, whatever the property is called:
`xmpGImg:image` (XMP Specification Part 2), `GImage:Data` and `GDepth:Data` (Google's camera formats) among others.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final

from provenance.carriers.parts import Block, BlockKind, Picture, PictureRole, place_of

_STARTS: Final = ((b"/9j/", 0), (b"iVBORw0KGgo", 0), (b"UklGR", 0), (b"R0lGOD", 0), (b"Z0eXB", 6))
"""JPEG, PNG, WebP, GIF and box files, with the letters that stand before what is looked for."""
_ENDS: Final = {
    BlockKind.XMP: re.compile(rb"""[<"'\\]"""),
    BlockKind.JSON: re.compile(rb"""["']"""),
}
_NO_LETTER: Final = re.compile(rb"[^A-Za-z0-9+/=\s]")
"""Where a value ends, in a packet, which may break it by codes of characters, and in any other bytes."""
_NAME: Final = re.compile(rb"""(?:<([\w.-]+):([\w.-]+)(?:\s[^<>]*)?>|([\w.-]+):([\w.-]+)\s*=\s*["'])\s*\Z""")
_ESCAPES: Final = re.compile(rb"&#?\w{1,8};|[^A-Za-z0-9+/]")
_BEFORE: Final = 400
"""Bytes before a value in which its property's name is looked for."""
_LEAST: Final = 400
"""Letters of Base64 below which nothing could be seen in a picture."""
_MAX_FOUND: Final = 16


def pictures(block: Block) -> Iterator[Picture]:
    """The pictures in a packet, a text or a block of tags, unpacked."""
    if len(block.data) < _LEAST:
        return
    at = 0
    numbers = dict.fromkeys((PictureRole.SECOND, PictureRole.DEPTH_MAP, PictureRole.THUMBNAIL), 0)
    numbers[PictureRole.SECOND] = 1
    for _ in range(_MAX_FOUND):
        found = [spot - lead for text, lead in _STARTS if (spot := block.data.find(text, at)) >= lead]
        if not found:
            return
        start = min(found)
        match = _ENDS.get(block.kind, _NO_LETTER).search(block.data, start)
        end = match.start() if match else len(block.data)
        at = end
        body = _decoded(block.data[start:end]) if end - start >= _LEAST else b""
        if body:
            prefix, name = _property(block.data[max(0, start - _BEFORE) : start])
            role = PictureRole.THUMBNAIL if name == "image" else PictureRole.SECOND
            role = PictureRole.DEPTH_MAP if "depth" in prefix.lower() + name.lower() else role
            numbers[role] += 1
            location = f"{block.location}/{prefix}:{name}"
            yield Picture(role, location, 0, 0, place_of(role, numbers[role]), packed=body)


def _decoded(text: bytes) -> bytes:
    letters = _ESCAPES.sub(b"", text)
    try:
        return base64.b64decode(letters + b"=" * (-len(letters) % 4))
    except binascii.Error:
        return b""


def _property(before: bytes) -> tuple[str, str]:
    """Prefix and name of the property whose value starts behind these bytes."""
    match = _NAME.search(before)
    found = [part.decode("latin-1") for part in match.groups() if part] if match else []
    return (found[0], found[1]) if found else ("", "picture")
