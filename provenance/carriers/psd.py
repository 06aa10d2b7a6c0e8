"""Photoshop image resources (Adobe Photoshop File Formats Specification) and the PSD files that hold them.

The same resource list stands in JPEG APP13 segments, TIFF tag 34377 and PNG raw profiles.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from provenance.carriers import private
from provenance.carriers.parts import (
    MAX_BLOCK_BYTES,
    Block,
    BlockKind,
    Part,
    Picture,
    PictureRole,
    blank,
    fault,
    mark_size,
    place_of,
    within,
)

_SIGNATURES: Final = frozenset({b"8BIM", b"MeSa", b"AgHg", b"PHUT", b"DCSR"})
_MAX_RESOURCES: Final = 2_000
_KINDS: Final = {
    0x0404: (BlockKind.IIM, "iim"),
    0x0422: (BlockKind.EXIF, "exif"),
    0x0423: (BlockKind.EXIF, "exif"),
    0x0424: (BlockKind.XMP, "xmp"),
}
_TEXTS: Final = {0x040A: "CopyrightFlag", 0x040B: "URL"}
_THUMBNAILS: Final = frozenset({0x0409, 0x040C})
_THUMBNAIL_HEAD: Final = 28
_MAX_ROWS: Final = 1 << 20
"""Rows of all channels together, whose lengths are added up."""


def parts(data: bytes, start: int) -> Iterator[Part]:
    """The parts of a PSD or PSB file."""
    at = start + 30 + int.from_bytes(data[start + 26 : start + 30], "big")
    if at + 4 > len(data):
        yield Picture(PictureRole.PRIMARY, "psd", start, len(data))
        yield fault("psd", "image resources past the end", data[start + 26 :])
        return
    size = int.from_bytes(data[at : at + 4], "big")
    section = data[at + 4 : at + 4 + min(size, MAX_BLOCK_BYTES)]
    problem = "" if len(section) == size else "image resources past the end"
    yield Picture(PictureRole.PRIMARY, "psd", start, _end(data, start, at + 4 + size))
    yield Block(BlockKind.PHOTOSHOP, "psd", section, problem, start=at + 4)
    yield from _layers(data, start, at + 4 + size)


def _end(data: bytes, start: int, at: int) -> int:
    """Where the flattened picture ends, whose layers are at `at`: the end of the file where its rows are zipped."""
    large = data[start + 4 : start + 6] == b"\0\x02"
    width = 8 if large else 4
    at += width + int.from_bytes(data[at : at + width], "big")
    channels, depth = (int.from_bytes(data[start + place : start + place + 2], "big") for place in (12, 22))
    down, across = (int.from_bytes(data[start + place : start + place + 4], "big") for place in (14, 18))
    way, rows = data[at : at + 2], channels * down
    if way == b"\0\0":
        end = at + 2 + rows * ((across * depth + 7) // 8)
    elif way == b"\0\1" and rows <= _MAX_ROWS:
        size = 4 if large else 2
        counts = data[at + 2 : at + 2 + size * rows]
        end = at + 2 + size * rows
        end += sum(int.from_bytes(counts[place : place + size], "big") for place in range(0, len(counts), size))
    else:
        end = len(data)
    return min(end, len(data))


def _layers(data: bytes, start: int, at: int) -> Iterator[Picture]:
    """The section of layers and masks, where it is not empty. A layer may hold what the flattened picture hides."""
    width = 8 if data[start + 4 : start + 6] == b"\0\x02" else 4
    size = int.from_bytes(data[at : at + width], "big")
    layers = data[at + 2 * width : at + 2 * width + 2]
    if size > width and layers.strip(b"\0"):
        end = min(at + width + size, len(data))
        yield Picture(PictureRole.SECOND, "psd:layers", at + width, end, "layers", whole=False)


def contents(block: Block) -> Iterator[Part]:
    """The parts of a list of image resources.

    >>> listed = b"8BIM\\x04\\x04\\0\\0\\0\\0\\0\\x05\\x1c\\x02\\x74\\0\\0\\0"
    >>> [part.kind.value for part in contents(Block(BlockKind.PHOTOSHOP, "psd", listed))]
    ['IIM']
    """
    data, location, at = block.data, f"{block.location}/8BIM", 0
    for _ in range(_MAX_RESOURCES):
        short = at + 12 > len(data)
        if short or data[at : at + 4] not in _SIGNATURES:
            if block.problem or not blank(data[at:]):
                why = "image resource cut short" if short else "not an image resource"
                yield fault(location, block.problem or why, data[at:])
            return
        start, size, following = _span(data, at)
        yield from _resource(int.from_bytes(data[at + 4 : at + 6], "big"), block, start, size)
        at = following
    yield fault(location, f"more than {_MAX_RESOURCES} image resources")


def end_of_list(data: bytes, at: int, stop: int) -> int:
    """Where a list of image resources ends that starts at an offset and goes no further than `stop`."""
    for _ in range(_MAX_RESOURCES):
        if at + 12 > stop or data[at : at + 4] not in _SIGNATURES:
            break
        _, _, at = _span(data, at)
    return min(at, stop)


def _span(data: bytes, at: int) -> tuple[int, int, int]:
    """Where the body of the resource at an offset starts, its size, and where the next resource starts."""
    named = 1 + data[at + 6]
    start = at + 10 + named + named % 2
    size = int.from_bytes(data[start - 4 : start], "big")
    following = start + size + size % 2
    # Some writers forget the padding byte of an odd length.
    if size % 2 and data[following : following + 4] not in _SIGNATURES:
        following -= data[following - 1 : following + 3] in _SIGNATURES
    return start, size, following


_OF_PHOTOSHOP: Final = range(1_000, 4_000)
"""Numbers of Photoshop's own resources; others are those of plug-ins (Photoshop File Formats, Image Resource IDs)."""


def _resource(number: int, block: Block, start: int, size: int) -> Iterator[Part]:
    location = f"{block.location}/8BIM"
    body = block.data[start : start + size]
    problem = "" if len(body) == size else "image resource past the end"
    if number in _KINDS and (problem or not blank(body)):
        kind, name = _KINDS[number]
        mark = mark_size(body)
        place = None if block.start is None else block.start + start + mark
        yield Block(kind, f"{location}/{name}", body[mark:], problem, start=place)
    elif number in _TEXTS:
        text = str(int(any(body))).encode() if number == 0x040A else body.rstrip(b"\0")
        yield Block(BlockKind.TEXT, location, text, problem, f"photoshop:{_TEXTS[number]}")
    elif number in _THUMBNAILS and size > _THUMBNAIL_HEAD and not problem:
        place_name = place_of(PictureRole.THUMBNAIL, 1)
        first, jpeg = start + _THUMBNAIL_HEAD, body.startswith(b"\0\0\0\x01")
        yield within(block, PictureRole.THUMBNAIL, place_name, first, start + size, location=location, whole=jpeg)
    elif problem:
        yield fault(f"{location}/{number:#06x}", problem, body)
    elif number not in _OF_PHOTOSHOP:
        yield from private.in_joined(body, f"{location}/{number:#06x}")
