"""Metadata blocks of JPEG files: APP1 (EXIF, XMP, Extended XMP), APP11 (JUMBF), APP12 and 13 (Photoshop), COM.

Sources: ITU-T T.81 annex B, Adobe XMP Specification Part 3 section 1.1.3, ISO/IEC 19566-5 annex D, and the AFCP
trailer of older press tools. What follows the pixel data (the second pictures of a multi-picture file) is searched
for XMP packets as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from provenance.signals.carriers.interface import MAX_BLOCK_BYTES, MAX_BLOCKS, Block, BlockKind
from provenance.signals.carriers.psd import image_resources

_EXIF: Final = b"Exif\0"
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_EXTENDED: Final = b"http://ns.adobe.com/xmp/extension/\0"
_PHOTOSHOP: Final = b"Photoshop 3.0\0"
_DUCKY: Final = b"Ducky"
_EXTENDED_HEAD: Final = len(_EXTENDED) + 40  # GUID, full length, offset
_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_MARKER: Final = re.compile(rb"\xff[^\x00\xff]", re.DOTALL)
_SOS: Final = 0xDA
_EOI: Final = 0xD9
_MAX_SEGMENTS: Final = 20_000

Segment = tuple[int, bytes, str]
"""Marker, body, and what was wrong with it."""


def blocks(data: bytes) -> Iterator[Block]:
    """The metadata blocks of a JPEG.

    >>> [b.location for b in blocks(b"\\xff\\xd8\\xff\\xfe\\x00\\x04hi\\xff\\xd9")]
    ['jpeg:COM']
    """
    segments, end = _segments(data)
    photoshop: list[bytes] = []
    extended: dict[bytes, list[bytes]] = {}
    jumbf: list[bytes] = []
    broken = {"photoshop": "", "jumbf": "", "extended": ""}
    for marker, body, problem in segments:
        if marker == 0xE1 and body.startswith(_EXTENDED):
            extended.setdefault(body[len(_EXTENDED) : len(_EXTENDED) + 32], []).append(body)
            broken["extended"] = broken["extended"] or problem
        elif marker == 0xED and body.startswith(_PHOTOSHOP):
            photoshop.append(body[len(_PHOTOSHOP) :])
            broken["photoshop"] = broken["photoshop"] or problem
        elif marker == 0xEB and body[:2] == b"JP":
            jumbf.append(body[8:] if not jumbf else body[16:])
            broken["jumbf"] = broken["jumbf"] or problem
        else:
            yield from _simple(marker, body, problem)
    for parts in extended.values():
        yield _extended(parts, broken["extended"])
    if photoshop:
        yield from image_resources(b"".join(photoshop), "jpeg:APP13", broken["photoshop"])
    if jumbf:
        yield Block(BlockKind.C2PA, "jpeg:APP11", b"".join(jumbf)[:MAX_BLOCK_BYTES], broken["jumbf"])
    yield from _after_pixels(data, end)
    yield from _afcp(data)


def _segments(data: bytes) -> tuple[list[Segment], int]:
    """The segments before the pixel data, and the place where the pixel data starts."""
    found: list[Segment] = []
    at = 2
    for _ in range(_MAX_SEGMENTS):
        at, skipped = _next_marker(data, at)
        if skipped:
            found.append((0, data[skipped[0] : skipped[1]], "bytes between segments"))
        if at + 2 > len(data):
            found.append((0, data[at:], "the file ends before its pixel data"))
            return found, len(data)
        marker = data[at + 1]
        if marker in {_SOS, _EOI}:
            return found, at
        if marker in _STANDALONE:
            at += 2
            continue
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        body = data[at + 4 : at + 2 + size]
        problem = "" if size >= 2 and len(body) == size - 2 else "segment past the end"
        if marker >= 0xE0 or problem:
            found.append((marker, body if size >= 2 else data[at + 4 :][:MAX_BLOCK_BYTES], problem))
        at += 2 + max(size, 2)
    found.append((0, b"", f"more than {_MAX_SEGMENTS} segments"))
    return found, at


def _next_marker(data: bytes, at: int) -> tuple[int, tuple[int, int] | None]:
    """The place of the next marker, and the stretch of stray bytes before it, if any."""
    match = _MARKER.search(data, at)
    found = match.start() if match else len(data)
    stray = data[at:found][:MAX_BLOCK_BYTES]
    return found, (at, found) if stray.strip(b"\0\xff") else None


def _simple(marker: int, body: bytes, problem: str) -> Iterator[Block]:
    if marker == 0xE1 and body.startswith(_EXIF):
        yield Block(BlockKind.EXIF, "jpeg:APP1/exif", body[6:], problem)
    elif marker == 0xE1 and body.startswith(_XMP):
        yield Block(BlockKind.XMP, "jpeg:APP1/xmp", body[len(_XMP) :], problem)
    elif marker == 0xE1 and body[:64].lstrip(b"\0 ").startswith((b"<?xpacket", b"<x:xmp", b"<rdf:")):
        yield Block(BlockKind.XMP, "jpeg:APP1/xmp", body, problem)
    elif marker == 0xED and body[:2] == b"\x1c\x02":
        yield Block(BlockKind.IIM, "jpeg:APP13/iim", body, problem)
    elif marker == 0xEC and body.startswith(_DUCKY) and not problem:
        yield from _ducky(body)
    elif marker == 0xFE:
        yield Block(BlockKind.TEXT, "jpeg:COM", body.rstrip(b"\0"), problem, "comment")
    elif problem:
        yield Block(BlockKind.UNKNOWN, f"jpeg:{marker:#04x}", body[:MAX_BLOCK_BYTES], problem)
    elif marker == 0xE1 and body.startswith(b"http://ns.adobe.com/x"):
        yield Block(BlockKind.UNKNOWN, "jpeg:APP1", body, "unknown Adobe segment")


def _ducky(body: bytes) -> Iterator[Block]:
    """The texts of Photoshop's Save For Web segment: tag, size, number of characters, UTF-16."""
    at = len(_DUCKY)
    while at + 4 <= len(body) and body[at : at + 2] != b"\0\0":
        size = int.from_bytes(body[at + 2 : at + 4], "big")
        value = body[at + 4 : at + 4 + size]
        name = {2: "Comment", 3: "Copyright"}.get(int.from_bytes(body[at : at + 2], "big"))
        if name is not None:
            problem = "" if len(value) == size else "text past the end"
            text = value[4:].decode("utf-16-be", "replace").rstrip("\0").encode()
            yield Block(BlockKind.TEXT, "jpeg:APP12/ducky", text, problem, f"ducky:{name}")
        at += 4 + size


def _extended(parts: list[bytes], problem: str) -> Block:
    """Extended XMP joined by offset. Gaps, overlaps and a wrong total are problems, never guesses."""
    pieces: dict[int, bytes] = {}
    full = 0
    for part in parts:
        head = part[len(_EXTENDED) + 32 : _EXTENDED_HEAD]
        full = int.from_bytes(head[:4], "big")
        pieces.setdefault(int.from_bytes(head[4:8], "big"), part[_EXTENDED_HEAD:])
    joined = bytearray()
    for offset in sorted(pieces):
        if offset != len(joined):
            problem = problem or "Extended XMP with a gap or an overlap"
        joined += pieces[offset]
    if len(joined) != full:
        problem = problem or "Extended XMP of another length than it says"
    return Block(BlockKind.XMP, "jpeg:APP1/extended-xmp", bytes(joined[:MAX_BLOCK_BYTES]), problem)


def _after_pixels(data: bytes, at: int) -> Iterator[Block]:
    for _ in range(MAX_BLOCKS):
        at = data.find(_XMP, at)
        if at < 0:
            return
        if data[at - 4 : at - 2] == b"\xff\xe1":
            size = int.from_bytes(data[at - 2 : at], "big")
            body = data[at + len(_XMP) : at - 2 + size]
            problem = "" if len(body) == size - 2 - len(_XMP) else "segment past the end"
            yield Block(BlockKind.XMP, "jpeg:later-picture/xmp", body, problem)
        at += len(_XMP)


def _afcp(data: bytes) -> Iterator[Block]:
    """The IPTC entry of an AFCP trailer (AXS File Concatenation Protocol 1.1)."""
    mark = data[-12:-8]
    if mark not in {b"AXS!", b"AXS*"}:
        return
    order = "big" if mark == b"AXS!" else "little"
    start = _integer(data[-8:-4], order)
    head = data[start : start + 12]
    if head[:4] != mark:
        yield Block(BlockKind.UNKNOWN, "jpeg:AFCP", data[-12:], "trailer without its header")
        return
    for index in range(min(_integer(head[6:8], order), 64)):
        entry = data[start + 12 + 12 * index : start + 24 + 12 * index]
        if entry[:4] == b"IPTC":
            size, place = _integer(entry[4:8], order), _integer(entry[8:12], order)
            body = data[place : place + size]
            problem = "" if len(body) == size else "trailer entry past the end"
            yield Block(BlockKind.IIM, "jpeg:AFCP/iim", body, problem)


def _integer(data: bytes, order: str) -> int:
    return int.from_bytes(data, "big" if order == "big" else "little")
