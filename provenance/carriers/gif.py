"""GIF files: comments and texts, and the application extensions of XMP, C2PA and ImageMagick.

XMP stands in a GIF as one unbroken packet whose bytes double as sub-block lengths, followed by a 258-byte trailer
that leads any reader to the end (Adobe XMP Specification Part 3, section 1.1.2).
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
    Private,
    blank,
    fault,
    mark_size,
)

_IMAGEMAGICK: Final = {
    b"MGKIPTC0000": (BlockKind.IIM, "gif:MGKIPTC"),
    b"MGK8BIM0000": (BlockKind.PHOTOSHOP, "gif:MGK8BIM"),
}
_MAX_PARTS: Final = 200_000
_MAX_SUB_BLOCKS: Final = 1_000_000
_MAX_JOINED: Final = 65_536
_MAX_BEHIND: Final = 64
_MAX_EXTENSIONS_BEHIND: Final = 4_096


def parts(data: bytes, start: int) -> Iterator[Part]:
    """The parts of the GIF that starts at `start`."""
    at = start + 13 + _table(data, start + 10)
    budget = _MAX_SUB_BLOCKS
    for _ in range(_MAX_PARTS):
        mark = data[at : at + 1]
        if mark == b"\x2c":
            pixels = at + 11 + _table(data, at + 9)
            at, budget = _end_of_sub_blocks(data, pixels, budget)
            yield Coded(min(pixels, len(data)), min(at, len(data)))
        elif mark == b"\x21":
            end, budget = _end_of_sub_blocks(data, at + 2, budget)
            yield from _extension(data, at, end)
            at = end
        elif mark == b"\x3b":
            yield Picture(PictureRole.PRIMARY, "gif", start, at + 1)
            return
        elif mark == b"\0":
            at += 1  # decoders pass over it
        else:
            yield Picture(PictureRole.PRIMARY, "gif", start, len(data))
            problem = "the file ends before its trailer" if budget else f"more than {_MAX_SUB_BLOCKS} sub-blocks"
            yield fault("gif", "not a GIF block" if mark else problem, data[at : at + MAX_BLOCK_BYTES])
            return
    yield Picture(PictureRole.PRIMARY, "gif", start, min(at, len(data)))
    yield fault("gif", f"more than {_MAX_PARTS} blocks")


def parts_behind(data: bytes, start: int) -> tuple[list[Part], int]:
    """The parts of extensions that stand behind a trailer, and where they end."""
    found: list[Part] = []
    at = start
    for _ in range(_MAX_EXTENSIONS_BEHIND):  # those that say nothing are no parts
        if data[at : at + 1] != b"\x21" or len(found) >= _MAX_BEHIND:
            break
        end, _ = _end_of_sub_blocks(data, at + 2, _MAX_SUB_BLOCKS)
        if end > len(data):
            break
        found += _extension(data, at, end)
        at = end
    return found, at


def _table(data: bytes, at: int) -> int:
    """The size in bytes of the colour table that the flags byte at `at` announces."""
    flags = data[at] if at < len(data) else 0
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _end_of_sub_blocks(data: bytes, at: int, budget: int) -> tuple[int, int]:
    """The place after the empty sub-block that ends a chain, or after the end of the file where there is none.

    `budget` is the number of sub-blocks that may still be followed; what is left of it comes back.
    """
    while at < len(data) and budget:
        if data[at] == 0:
            return at + 1, budget
        at += 1 + data[at]
        budget -= 1
    return len(data) + 1, budget


def _joined(data: bytes, at: int, end: int) -> bytes:
    parts: list[bytes] = []
    while at < min(end, len(data)) and data[at] and len(parts) < _MAX_JOINED:
        parts.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    return b"".join(parts)


def _extension(data: bytes, at: int, end: int) -> Iterator[Block | Picture | Private]:
    problem = "extension past the end" if end > len(data) else ""
    label = data[at + 1 : at + 2]
    name = data[at + 3 : at + 14]
    if label == b"\xfe":
        yield Block(BlockKind.TEXT, "gif:comment", _joined(data, at + 2, end), problem, "comment")
    elif label == b"\xff" and name == b"XMP DataXMP":
        body = data[at + 14 : min(end, at + 14 + MAX_BLOCK_BYTES)]
        packet, trailer, _ = body.rpartition(b"\x01\xff\xfe\xfd")
        # Without the trailer the writer cut the packet into proper sub-blocks.
        packet = packet if trailer else _joined(data, at + 14, end)
        if problem or not blank(packet):
            yield Block(BlockKind.XMP, "gif:XMP", packet[mark_size(packet) :], problem)
    elif label == b"\x01":
        # A text to be drawn on the picture: twelve bytes of how, then the text.
        yield Block(BlockKind.TEXT, "gif:text", _joined(data, at + 15, end), problem, "comment")
    elif label == b"\xff" and name in _IMAGEMAGICK:
        kind, place = _IMAGEMAGICK[name]
        yield Block(kind, place, _joined(data, at + 14, end), problem)
    elif label == b"\xff" and name[:8] == b"C2PA_GIF":
        yield Block(BlockKind.C2PA, "gif:C2PA", _joined(data, at + 14, end), problem)
    elif label == b"\xff" and not problem:
        yield from private.in_joined(_joined(data, at + 14, end), "gif:application")
