"""Box files: HEIC, HEIF and AVIF, JPEG XL, JPEG 2000, and films: their metadata boxes and items, and their pictures.

Sources: ISO/IEC 14496-12 (boxes), 23008-12 (HEIF), 18181-2 (JPEG XL), 15444-1 (JPEG 2000), XMP Specification Part 3,
C2PA 2.1 section 11.3, and `mpvd`, in which phones keep the film of a HEIC photograph.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from provenance.carriers import codestream, items, private
from provenance.carriers.boxes import Box, Truncated, boxes
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
    place_of,
)

_UUIDS: Final = {
    bytes.fromhex("be7acfcb97a942e89c71999491e3afac"): BlockKind.XMP,
    bytes.fromhex("d8fec3d61b0e483c92975828877ec481"): BlockKind.C2PA,
    b"JpgTiffExif->JP2": BlockKind.EXIF,
    bytes.fromhex("0537cdab9d0c4431a72afa561f2a113e"): BlockKind.EXIF,
    bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38"): BlockKind.IIM,
    bytes.fromhex("2c4c010085044ab9a03e3ed4a48a3c05"): BlockKind.IIM,
}
_PIXELS: Final = frozenset({b"jp2c", b"jxlc", b"jxlp"})
_PASSED_OVER: Final = frozenset({b"mdat"})
_EMPTY: Final = frozenset({b"free", b"skip", b"wide"})
"""Boxes that hold nothing, so that their length is no fault."""
_STRUCTURE: Final = frozenset(
    b"ftyp styp mvhd trak iods mvex moof sidx pdin jp2h jpch jplh rreq jxli jbrd colr".split()
)
"""Boxes that say how pixels are coded and where they are, so that their bytes are nobody's own."""
_CONTAINERS: Final = frozenset({b"moov", b"udta"})
_FAMILIES: Final = {
    b"jxl ": "jxl", b"jp2 ": "jp2", b"jpx ": "jp2", b"jpm ": "jp2", b"avif": "avif", b"avis": "avif",
    **dict.fromkeys((b"isom", b"iso2", b"mp41", b"mp42", b"avc1", b"qt  ", b"M4V ", b"3gp4", b"3gp5"), "film"),
}  # fmt: skip


def is_film(data: bytes, start: int) -> bool:
    """Whether the file that starts at `start` is a film and no still picture.

    >>> is_film(b"\\0\\0\\0\\x14ftypisom", 0)
    True
    """
    return _family(data[start : start + 24]) == "film"


def parts(data: bytes, start: int) -> Iterator[Part]:
    """The parts of a box file whose offsets count from the beginning of `data`, or of its boxes from `start` on."""
    family = _family(data[start : start + 24])
    end = start
    for box in boxes(data, start, len(data)):
        if box.broken and not box.kind.isalnum() and end > start:
            break  # no box, but something else behind the last one
        end = box.end
        if box.kind in _CONTAINERS:
            for outer in boxes(data, box.start, box.end):
                inner = boxes(data, outer.start, outer.end) if outer.kind == b"udta" else (outer,)
                for part in inner:
                    yield from _box(data, part, family)
        else:
            yield from _box(data, box, family)
    yield Picture(PictureRole.PRIMARY, family, start, end)


def _family(head: bytes) -> str:
    return _FAMILIES.get(head[8:12] if head[4:8] == b"ftyp" else head[20:24], "heif")


def _box(data: bytes, box: Box, family: str) -> Iterator[Part]:
    place = f"{family}:{box.kind.decode('latin-1').strip()}" if box.kind.isascii() else family
    if box.kind in _PIXELS:
        if box.kind == b"jp2c":
            yield from codestream.comments(data, box.start, place)
        yield Coded(box.start, box.end)
    elif box.kind == b"mpvd":
        yield Picture(PictureRole.FILM, place, box.start, box.end, place_of(PictureRole.FILM, 1))
    elif box.kind == b"meta":
        yield from _items(data, box, f"{family}:meta")
    elif box.kind not in _PASSED_OVER:
        body = data[box.start : min(box.end, box.start + MAX_BLOCK_BYTES)]
        problem = "box past the end" if box.broken else ""
        if not problem and len(body) < box.end - box.start:
            problem = "box larger than the limit"
        yield from _metadata_box(data, box, body, place, problem)


def _metadata_box(data: bytes, box: Box, body: bytes, place: str, problem: str) -> Iterator[Part]:
    if box.kind == b"uuid" and body[:16] in _UUIDS:
        kind = _UUIDS[body[:16]]
        yield from _metadata(kind, body[16:], f"{place}/{kind.value.lower()}", problem, box.start + 16)
    elif box.kind in {b"xml ", b"XMP_"}:
        yield from _metadata(BlockKind.XMP, body, f"{place}/xmp", problem, box.start)
    elif box.kind == b"Exif":
        yield from _exif_item(body, f"{place}/exif", problem, box.start)
    elif box.kind == b"jumb":
        # C2PA wants the superbox itself, which starts with the box header.
        yield Block(BlockKind.C2PA, place, data[box.start - 8 : box.end][:MAX_BLOCK_BYTES], problem)
    elif box.kind == b"brob":
        packed = body[:4].decode("latin-1").strip()
        yield fault(f"{place}/{packed}", "Brotli-compressed metadata is not read", body)
    elif problem and box.kind not in _EMPTY:
        yield fault(place, problem, body)
    elif not problem:
        found = private.in_stretch(data, box.start, box.end, place)
        yield from (part for part in found if not (isinstance(part, Private) and box.kind in _STRUCTURE))


def _metadata(kind: BlockKind, body: bytes, location: str, problem: str, start: int | None) -> Iterator[Block]:
    """A block behind the mark that some writers copy from JPEG; none where it is empty."""
    mark = mark_size(body)
    rest = body[mark:]
    if problem or not blank(rest):
        yield Block(kind, location, rest, problem, start=None if start is None else start + mark)


def _exif_item(body: bytes, location: str, problem: str, start: int | None) -> Iterator[Block]:
    """An EXIF payload behind its 4-byte offset to the TIFF header (ISO/IEC 23008-12 annex A.2.1), or without it."""
    bare = body.startswith((b"II*\0", b"MM\0*", b"Exif\0\0"))
    skip = 0 if bare else 4 + int.from_bytes(body[:4], "big")
    if skip > len(body):
        if problem or not blank(body):
            yield Block(BlockKind.EXIF, location, body, problem or "EXIF header offset past the end")
        return
    yield from _metadata(BlockKind.EXIF, body[skip:], location, problem, None if start is None else start + skip)


def _items(data: bytes, meta: Box, location: str) -> Iterator[Part]:
    """The EXIF and XMP items of a `meta` box, and its pictures beside the primary one."""
    # `meta` is a full box in HEIF (version and flags first) but not in QuickTime files.
    start = meta.start if data[meta.start + 4 : meta.start + 8] in {b"hdlr", b"keys", b"ilst"} else meta.start + 4
    listed = list(boxes(data, start, meta.end))
    found = {box.kind: box for box in listed}
    whole = data[meta.start : meta.end]
    if b"iinf" not in found or b"iloc" not in found:
        if not {b"keys", b"ilst"} & found.keys():
            yield fault(location, "no item tables where items are kept", whole)
        return
    if any(box.broken for box in listed):
        yield fault(location, "damaged item tables", whole)
    try:
        known = list(items.infos(data, found[b"iinf"]))
        places = items.locations(data, found[b"iloc"])
        pictures = list(items.roles(data, found, known))
    except Truncated:
        yield fault(location, "damaged item tables", whole)
        return
    inside = found[b"idat"].start if b"idat" in found else None
    for item in known:
        if item.kind in {b"Exif", b"xmp"}:
            body, at, problem = items.payload(data, places.get(item.number), inside)
            if item.kind == b"Exif":
                yield from _exif_item(body, f"{location}/exif", problem, at)
            else:
                yield from _metadata(BlockKind.XMP, body, f"{location}/xmp", problem, at)
    for item, role in pictures:
        body, at, _ = items.payload(data, places.get(item.number), inside)
        place, span = place_of(role, 2 if role is PictureRole.SECOND else 1), at or 0
        yield Picture(role, location, span, span + len(body), place, whole=item.kind == b"jpeg" and at is not None)
