"""Metadata blocks of box files: HEIC, HEIF and AVIF items, JPEG XL and JPEG 2000 boxes, and XMP in `uuid` boxes.

Sources: ISO/IEC 14496-12 (boxes, `iinf`, `iloc`, `idat`), 23008-12 (HEIF), 18181-2 (JPEG XL), 15444-1 (JPEG 2000),
XMP Specification Part 3, C2PA 2.1 section 11.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from provenance.signals.carriers.interface import MAX_BLOCK_BYTES, Block, BlockKind

_MAX_BOXES: Final = 20_000
_MAX_ITEMS: Final = 20_000
_MAX_EXTENTS: Final = 64
_UUIDS: Final = {
    bytes.fromhex("be7acfcb97a942e89c71999491e3afac"): BlockKind.XMP,
    bytes.fromhex("d8fec3d61b0e483c92975828877ec481"): BlockKind.C2PA,
    b"JpgTiffExif->JP2": BlockKind.EXIF,
    bytes.fromhex("0537cdab9d0c4431a72afa561f2a113e"): BlockKind.EXIF,
    bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38"): BlockKind.IIM,
    bytes.fromhex("2c4c010085044ab9a03e3ed4a48a3c05"): BlockKind.IIM,
}
_PIXELS: Final = frozenset({b"mdat", b"jp2c", b"jxlc", b"jxlp", b"free", b"skip"})
_CONTAINERS: Final = frozenset({b"moov", b"udta"})


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its type, where its payload lies, and whether it claims more than there is."""

    kind: bytes
    start: int
    end: int
    broken: bool


class Truncated(Exception):
    """A field lies past the end of its box."""


def boxes(data: bytes, start: int, end: int) -> Iterator[Box]:
    """The boxes of a stretch of bytes. The last one may be broken."""
    at = start
    for _ in range(_MAX_BOXES):
        if at + 8 > end:
            return
        size, kind, head = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8], 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        elif size == 0:
            size = end - at
        broken = size < head or at + size > end
        yield Box(kind, at + head, end if broken else at + size, broken)
        if broken:
            return
        at += size
    yield Box(b"more", at, at, broken=True)


def blocks(data: bytes) -> Iterator[Block]:
    """The metadata blocks of a box file."""
    family = _family(data)
    for box in boxes(data, 0, len(data)):
        if box.kind in _CONTAINERS:
            for outer in boxes(data, box.start, box.end):
                inner = boxes(data, outer.start, outer.end) if outer.kind == b"udta" else (outer,)
                for part in inner:
                    yield from _box(data, part, family)
        else:
            yield from _box(data, box, family)


def _family(data: bytes) -> str:
    brand = data[8:12] if data[4:8] == b"ftyp" else data[20:24]
    return {b"jxl ": "jxl", b"jp2 ": "jp2", b"jpx ": "jp2", b"jpm ": "jp2", b"avif": "avif", b"avis": "avif"}.get(
        brand, "heif"
    )


def _box(data: bytes, box: Box, family: str) -> Iterator[Block]:
    if box.kind in _PIXELS:
        return
    body = data[box.start : min(box.end, box.start + MAX_BLOCK_BYTES)]
    problem = "box past the end" if box.broken else ""
    if not problem and len(body) < box.end - box.start:
        problem = "box larger than the limit"
    place = f"{family}:{box.kind.decode('latin-1').strip()}" if box.kind.isascii() else family
    if box.kind == b"uuid" and body[:16] in _UUIDS:
        kind = _UUIDS[body[:16]]
        yield Block(kind, f"{place}/{kind.value.lower()}", body[16:].removeprefix(b"Exif\0\0"), problem)
    elif box.kind in {b"xml ", b"XMP_"}:
        yield Block(BlockKind.XMP, f"{place}/xmp", body, problem)
    elif box.kind == b"Exif":
        yield _exif_item(body, f"{place}/exif", problem)
    elif box.kind == b"jumb":
        # C2PA wants the superbox itself, which starts with the box header.
        yield Block(BlockKind.C2PA, place, data[box.start - 8 : box.end][:MAX_BLOCK_BYTES], problem)
    elif box.kind == b"brob":
        packed = body[:4].decode("latin-1").strip()
        yield Block(BlockKind.UNKNOWN, f"{place}/{packed}", body, "Brotli-compressed metadata is not read")
    elif box.kind == b"meta":
        yield from _items(data, box, f"{family}:meta")
    elif problem:
        yield Block(BlockKind.UNKNOWN, place, body, problem)


def _exif_item(body: bytes, location: str, problem: str) -> Block:
    """An EXIF payload behind its 4-byte offset to the TIFF header (ISO/IEC 23008-12 annex A.2.1)."""
    skip = 4 + int.from_bytes(body[:4], "big")
    if skip > len(body):
        return Block(BlockKind.EXIF, location, body, problem or "EXIF header offset past the end")
    return Block(BlockKind.EXIF, location, body[skip:].removeprefix(b"Exif\0\0"), problem)


def _items(data: bytes, meta: Box, location: str) -> Iterator[Block]:
    """The EXIF and XMP items of a `meta` box."""
    # `meta` is a full box in HEIF (version and flags first) but not in QuickTime files.
    start = meta.start if data[meta.start + 4 : meta.start + 8] in {b"hdlr", b"keys", b"ilst"} else meta.start + 4
    listed = list(boxes(data, start, meta.end))
    parts = {box.kind: box for box in listed}
    if b"iinf" not in parts or b"iloc" not in parts:
        if not {b"keys", b"ilst"} & parts.keys():
            body = data[meta.start : meta.end][:MAX_BLOCK_BYTES]
            yield Block(BlockKind.UNKNOWN, location, body, "no item tables where items are kept")
        return
    if any(box.broken for box in listed):
        yield Block(BlockKind.UNKNOWN, location, data[meta.start : meta.end][:MAX_BLOCK_BYTES], "damaged item tables")
    try:
        wanted = dict(_infos(data, parts[b"iinf"]))
        places = _locations(data, parts[b"iloc"]) if wanted else {}
    except Truncated:
        yield Block(BlockKind.UNKNOWN, location, data[meta.start : meta.end][:MAX_BLOCK_BYTES], "damaged item tables")
        return
    inside = parts.get(b"idat")
    for item, kind in wanted.items():
        body, problem = _payload(data, places.get(item), inside.start if inside else None)
        if kind == "Exif":
            yield _exif_item(body, f"{location}/exif", problem)
        else:
            yield Block(BlockKind.XMP, f"{location}/xmp", body, problem)


def _infos(data: bytes, box: Box) -> Iterator[tuple[int, str]]:
    """Item number and kind (`Exif`, `xmp`) of the metadata items that an `iinf` box lists."""
    start = box.start + (6 if data[box.start] == 0 else 8) if box.start < box.end else box.end
    for info in boxes(data, start, box.end):
        if info.broken:
            raise Truncated
        version = data[info.start] if info.start < info.end else 0
        if info.kind != b"infe" or version < 2:
            continue
        width = 2 if version == 2 else 4
        item = int.from_bytes(data[info.start + 4 : info.start + 4 + width], "big")
        at = info.start + 6 + width
        kind = data[at : at + 4]
        if kind == b"Exif":
            yield item, "Exif"
        elif kind == b"mime":
            names = data[at + 4 : info.end].split(b"\0")
            if len(names) > 1 and (b"xml" in names[1] or b"xmp" in names[1]):
                yield item, "xmp"


Extents = tuple[int, list[tuple[int, int]]]
"""Construction method, and the offsets and lengths of an item's pieces."""


def _locations(data: bytes, box: Box) -> dict[int, Extents]:
    reader = _Reader(data, box.start, box.end)
    version = reader.integer(1)
    reader.integer(3)
    sizes = reader.integer(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version in {1, 2} else 0
    count = reader.integer(4 if version == 2 else 2)
    found: dict[int, Extents] = {}
    for _ in range(min(count, _MAX_ITEMS)):
        item = reader.integer(4 if version == 2 else 2)
        method = reader.integer(2) & 15 if version in {1, 2} else 0
        reader.integer(2)
        base = reader.integer(base_size)
        pieces: list[tuple[int, int]] = []
        for _ in range(reader.integer(2)):
            reader.integer(index_size)
            offset, length = reader.integer(offset_size), reader.integer(length_size)
            if len(pieces) <= _MAX_EXTENTS:
                pieces.append((base + offset, length))
            if not offset_size + length_size + index_size:
                break
        found[item] = (method, pieces)
    return found


@dataclass(slots=True)
class _Reader:
    """Big-endian integers, one after another, never past the end of their box."""

    data: bytes
    at: int
    end: int

    def integer(self, size: int) -> int:
        if self.at + size > self.end:
            raise Truncated
        self.at += size
        return int.from_bytes(self.data[self.at - size : self.at], "big")


def _payload(data: bytes, place: Extents | None, inside: int | None) -> tuple[bytes, str]:
    if place is None:
        return b"", "item without a location"
    method, pieces = place
    if method > 1 or (method == 1 and inside is None):
        return b"", "item stored in a way that is not read"
    if len(pieces) > _MAX_EXTENTS:
        return b"", f"item in more than {_MAX_EXTENTS} pieces"
    shift = inside if method == 1 and inside is not None else 0
    joined = b""
    for offset, length in pieces:
        start = shift + offset
        stop = start + length if length else len(data)
        part = data[start : min(stop, start + MAX_BLOCK_BYTES)]
        joined += part
        if len(part) != stop - start or len(joined) > MAX_BLOCK_BYTES:
            return joined[:MAX_BLOCK_BYTES], "item past the end or larger than the limit"
    return joined, ""
