"""Photoshop image resources (Adobe Photoshop File Formats Specification) and the PSD files that hold them.

The same resource list stands in JPEG APP13 segments, TIFF tag 34377 and PNG raw profiles.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from provenance.signals.carriers.interface import MAX_BLOCK_BYTES, Block, BlockKind

_SIGNATURES: Final = frozenset({b"8BIM", b"MeSa", b"AgHg", b"PHUT", b"DCSR"})
_MAX_RESOURCES: Final = 2_000
_KINDS: Final = {
    0x0404: (BlockKind.IIM, "iim"),
    0x0422: (BlockKind.EXIF, "exif"),
    0x0423: (BlockKind.EXIF, "exif"),
    0x0424: (BlockKind.XMP, "xmp"),
    0x0425: (BlockKind.IIM_DIGEST, "digest"),
}
_TEXTS: Final = {0x040A: "CopyrightFlag", 0x040B: "URL"}


def blocks(data: bytes) -> Iterator[Block]:
    """The metadata blocks of a PSD or PSB file."""
    colours = int.from_bytes(data[26:30], "big")
    at = 30 + colours
    if at + 4 > len(data):
        yield Block(BlockKind.UNKNOWN, "psd", data[26:][:MAX_BLOCK_BYTES], "image resources past the end")
        return
    size = int.from_bytes(data[at : at + 4], "big")
    section = data[at + 4 : at + 4 + min(size, MAX_BLOCK_BYTES)]
    yield from image_resources(section, "psd", "" if len(section) == size else "image resources past the end")


def image_resources(data: bytes, location: str, problem: str = "") -> Iterator[Block]:
    """The metadata blocks of a list of image resources; `problem` is one the caller already knows of.

    >>> [b.kind.value for b in image_resources(b"8BIM\\x04\\x04\\0\\0\\0\\0\\0\\x05\\x1c\\x02\\x74\\0\\0\\0", "psd")]
    ['IIM']
    """
    at = 0
    for _ in range(_MAX_RESOURCES):
        if at + 12 > len(data):
            if problem or data[at:].strip(b"\0 "):
                yield Block(BlockKind.UNKNOWN, f"{location}/8BIM", data[at:], problem or "image resource cut short")
            return
        if data[at : at + 4] not in _SIGNATURES:
            yield Block(BlockKind.UNKNOWN, f"{location}/8BIM", data[at:], problem or "not an image resource")
            return
        number = int.from_bytes(data[at + 4 : at + 6], "big")
        named = 1 + data[at + 6]
        start = at + 6 + named + named % 2
        size = int.from_bytes(data[start : start + 4], "big")
        body = data[start + 4 : start + 4 + size]
        yield from _resource(number, body, location, "" if len(body) == size else "image resource past the end")
        at = start + 4 + size + size % 2
        # Some writers forget the padding byte of an odd length.
        if size % 2 and data[at : at + 4] not in _SIGNATURES and data[at - 1 : at + 3] in _SIGNATURES:
            at -= 1
    yield Block(BlockKind.UNKNOWN, f"{location}/8BIM", b"", f"more than {_MAX_RESOURCES} image resources")


def _resource(number: int, body: bytes, location: str, problem: str) -> Iterator[Block]:
    if number in _KINDS:
        kind, name = _KINDS[number]
        yield Block(kind, f"{location}/8BIM/{name}", body.removeprefix(b"Exif\0\0"), problem)
    elif number in _TEXTS:
        text = str(int(any(body))).encode() if number == 0x040A else body.rstrip(b"\0")
        yield Block(BlockKind.TEXT, f"{location}/8BIM", text, problem, f"photoshop:{_TEXTS[number]}")
    elif problem:
        yield Block(BlockKind.UNKNOWN, f"{location}/8BIM/{number:#06x}", body, problem)
