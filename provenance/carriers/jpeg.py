"""JPEG files: EXIF, XMP, Extended XMP, Photoshop, JUMBF, comments, thumbnails, and the index of multi-picture files.

Sources: Adobe XMP Specification Part 3 section 1.1.3, ISO/IEC 19566-5 annex D, JFIF 1.02, CIPA DC-007. Segments
count wherever they stand, between the scans as well. Marks that writers get wrong are read as exiftool reads them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from provenance.carriers import private, tiff
from provenance.carriers.parts import (
    MAX_BLOCK_BYTES,
    Announced,
    Block,
    BlockKind,
    Part,
    Picture,
    PictureRole,
    blank,
    fault,
    of_pixels,
    place_of,
)
from provenance.carriers.segments import Segment, follow, loose

_EXIF: Final = re.compile(rb".{0,4}?exif\0.?(?=II|MM)", re.DOTALL | re.IGNORECASE)
"""`Exif`, in any letter case, behind up to four stray bytes."""
_JFIF: Final = (b"JFIF\0", b"JFXX\0")
_LOOSE_EXIF: Final = re.compile(rb"(?:(?:exif|meta)\0.?)?(?=II\*\0|MM\0\*)", re.DOTALL | re.IGNORECASE)
"""What stands before the structure in segments that are not EXIF's own: Kodak's mark of APP3, or nothing."""
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_EXTENDED: Final = b"http://ns.adobe.com/xmp/extension/\0"
_EXTENDED_HEAD: Final = len(_EXTENDED) + 40  # GUID, full length, offset
_XML: Final = re.compile(rb"<\?xpacket begin|<(?:\w+:)?(?:xmpmeta|xapmeta|RDF)\b")
_PHOTOSHOP: Final = b"Photoshop 3.0\0"
_RESOURCE: Final = re.compile(rb"8BIM|\x1c[\x01\x02]")
_DUCKY: Final = b"Ducky"
_JFXX_JPEG: Final = 0x10
"""A JFXX thumbnail that is a JPEG of its own; others are pixels, with or without a palette."""
_MP_ENTRY: Final = 0xB002
_MP_ROLES: Final = {0x010001: PictureRole.PREVIEW, 0x010002: PictureRole.PREVIEW}
_MP_ENTRY_BYTES: Final = 16
_MAX_MP_ENTRIES: Final = 256


def parts(data: bytes, start: int) -> Iterator[Part]:
    """The parts of the JPEG that starts at `start`."""
    stream = follow(data, start)
    yield Picture(PictureRole.PRIMARY, "jpeg", start, stream.end)
    yield from stream.coded
    yield from _collected(data, stream.segments)


def parts_behind(data: bytes, start: int) -> tuple[list[Part], int]:
    """The parts of segments that stand behind an end mark, and where they end."""
    found, end = loose(data, start)
    return list(_collected(data, found)), end


def _collected(data: bytes, segments: Iterable[Segment]) -> Iterator[Part]:
    """The parts of segments; what goes on over several of them is joined."""
    photoshop: list[Segment] = []
    jumbf: list[Segment] = []
    extended: dict[bytes, list[Segment]] = {}
    for segment in segments:
        head = data[segment.start : min(segment.end, segment.start + 128)]
        if segment.marker == 0xE1 and head.startswith(_EXTENDED):
            extended.setdefault(head[len(_EXTENDED) : len(_EXTENDED) + 32], []).append(segment)
        elif segment.marker == 0xED and head.startswith(_PHOTOSHOP):
            photoshop.append(segment)
        elif segment.marker == 0xEB and head.startswith(b"JP"):
            jumbf.append(segment)
        else:
            yield from _simple(data, segment, head)
    for group in extended.values():
        yield _extended([data[each.start : each.end] for each in group], _problem_of(group))
    if photoshop:
        joined = b"".join(data[each.start + len(_PHOTOSHOP) : each.end] for each in photoshop)
        start = photoshop[0].start + len(_PHOTOSHOP) if len(photoshop) == 1 else None
        yield Block(BlockKind.PHOTOSHOP, "jpeg:APP13", joined, _problem_of(photoshop), start=start)
    if jumbf:
        rest = b"".join(data[each.start + 16 : each.end] for each in jumbf[1:])
        whole = data[jumbf[0].start + 8 : jumbf[0].end] + rest
        yield Block(BlockKind.C2PA, "jpeg:APP11", whole[:MAX_BLOCK_BYTES], _problem_of(jumbf))


def _problem_of(segments: Iterable[Segment]) -> str:
    return next((segment.problem for segment in segments if segment.problem), "")


def _simple(data: bytes, segment: Segment, head: bytes) -> Iterator[Part]:
    """The parts of a segment that stands by itself."""
    body, problem = data[segment.start : segment.end], segment.problem
    if segment.marker == 0xE0 and head.startswith(_JFIF) and not problem:
        yield from _jfif_thumbnail(body, segment.start)
    elif segment.marker == 0xE1:
        yield from _app1(data, body, head, segment)
    elif segment.marker == 0xE2 and head.startswith(b"MPF\0"):
        yield from _announced(body[4:], segment.start + 4)
    elif segment.marker == 0xEA and head.startswith(b"UNICODE\0"):
        order = "utf-16-le" if body[9:10] == b"\0" else "utf-16-be"
        yield Block(BlockKind.TEXT, "jpeg:APP10", body[8:].decode(order, "replace").encode(), problem, "comment")
    elif segment.marker == 0xEC and head.startswith(_DUCKY) and not problem:
        yield from _ducky(body)
    elif segment.marker == 0xED and (found := _RESOURCE.search(head)):
        # Photoshop resources behind an older mark, or IIM without any.
        iim = found[0].startswith(b"\x1c")
        kind, name = (BlockKind.IIM, "jpeg:APP13/iim") if iim else (BlockKind.PHOTOSHOP, "jpeg:APP13")
        yield Block(kind, name, body[found.start() :], problem)
    elif segment.marker == 0xFE:
        yield Block(BlockKind.TEXT, "jpeg:COM", body.rstrip(b"\0"), problem, "comment")
    else:
        yield from _unknown(data, body, segment)


def _app1(data: bytes, body: bytes, head: bytes, segment: Segment) -> Iterator[Part]:
    problem = segment.problem
    if mark := _EXIF.match(head):
        origin = segment.start + mark.end()
        yield Block(BlockKind.EXIF, "jpeg:APP1/exif", body[mark.end() :], problem, start=origin)
    elif head.startswith((b"Exif\0", _XMP)):
        # Behind the mark stands nothing at all, which says nothing, or something else than the mark says.
        kind, mark_size = (BlockKind.XMP, len(_XMP)) if head.startswith(_XMP) else (BlockKind.EXIF, 6)
        if problem or not blank(body[mark_size:]):
            yield Block(kind, f"jpeg:APP1/{kind.value.lower()}", body[mark_size:], problem)
    else:
        yield from _unknown(data, body, segment)


def _unknown(data: bytes, body: bytes, segment: Segment) -> Iterator[Part]:
    """XMP or EXIF behind any mark of an application segment, or pictures in it; else only what is wrong with it."""
    name = f"jpeg:APP{segment.marker - 0xE0}" if segment.marker >= 0xE0 else "jpeg"
    if segment.marker >= 0xE0 and (xml := _XML.search(body)):
        yield Block(BlockKind.XMP, f"{name}/xmp", body[xml.start() :], segment.problem)
    elif segment.marker >= 0xE0 and (mark := _LOOSE_EXIF.match(body)):
        origin = segment.start + mark.end()
        yield Block(BlockKind.EXIF, f"{name}/exif", body[mark.end() :], segment.problem, start=origin)
    elif segment.problem:
        yield fault(name, segment.problem, body)
    elif segment.marker == 0xE1 and body.startswith(b"http://ns.adobe.com/x"):
        yield fault(name, "unknown Adobe segment", body)
    elif segment.marker >= 0xE0 and not body.startswith(b"ICC_PROFILE\0"):
        yield from private.in_stretch(data, segment.start, segment.end, name)


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


def _extended(pieces_found: list[bytes], problem: str) -> Block:
    """Extended XMP joined by offset. Gaps, overlaps and a wrong total are problems, never guesses."""
    pieces: dict[int, bytes] = {}
    full = 0
    for piece in pieces_found:
        head = piece[len(_EXTENDED) + 32 : _EXTENDED_HEAD]
        full = int.from_bytes(head[:4], "big")
        pieces.setdefault(int.from_bytes(head[4:8], "big"), piece[_EXTENDED_HEAD:])
    joined = bytearray()
    for offset in sorted(pieces):
        if offset != len(joined):
            problem = problem or "Extended XMP with a gap or an overlap"
        joined += pieces[offset]
    if len(joined) != full:
        problem = problem or "Extended XMP of another length than it says"
    return Block(BlockKind.XMP, "jpeg:APP1/extended-xmp", bytes(joined[:MAX_BLOCK_BYTES]), problem)


def _jfif_thumbnail(body: bytes, start: int) -> Iterator[Part]:
    """The thumbnail of a JFIF segment (three bytes a pixel) or of a JFXX one (a JPEG, a palette or pixels)."""
    place = place_of(PictureRole.THUMBNAIL, 1)
    if body.startswith(b"JFIF\0") and len(body) > 14:
        across, down = body[12], body[13]
        pixels = body[14 : 14 + 3 * across * down]
        if pixels and len(pixels) == 3 * across * down:
            yield of_pixels("jpeg:APP0", place, across, down, pixels)
    elif body.startswith(b"JFXX\0") and len(body) > 6:
        whole = body[5] == _JFXX_JPEG
        yield Picture(PictureRole.THUMBNAIL, "jpeg:APP0/JFXX", start + 6, start + len(body), place, whole=whole)


def _announced(block: bytes, origin: int) -> Iterator[Announced]:
    """The pictures that an MPF index lists behind the first (CIPA DC-007 section 5.2.3)."""
    head = tiff.header(block)
    if head is None:
        return
    entries, _, _ = tiff.directory(block, head, head.first)
    order = "little" if head.order == "<" else "big"
    for entry in entries:
        if entry.tag != _MP_ENTRY:
            continue
        for at in range(entry.start, entry.start + min(entry.size, _MP_ENTRY_BYTES * _MAX_MP_ENTRIES), _MP_ENTRY_BYTES):
            listed = block[at : at + _MP_ENTRY_BYTES]
            kind = int.from_bytes(listed[:4], order) & 0xFFFFFF  # type: ignore[arg-type]
            offset = int.from_bytes(listed[8:12], order)  # type: ignore[arg-type]
            if len(listed) == _MP_ENTRY_BYTES and offset:
                yield Announced(origin + offset, _MP_ROLES.get(kind, PictureRole.SECOND))
