"""The items of HEIC, HEIF and AVIF files: what each is, where it lies, and how they refer to one another.

Sources: ISO/IEC 14496-12 section 8.11 (`iinf`, `iloc`, `iref`, `pitm`), 23008-12 (HEIF: `ipma`, `auxC`, `thmb`),
ISO 21496-1 annex (`tmap`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from provenance.carriers.boxes import Box, Reader, Truncated, boxes
from provenance.carriers.parts import MAX_BLOCK_BYTES, PictureRole

_MAX_ITEMS: Final = 20_000
_MAX_EXTENTS: Final = 64
_CODED: Final = frozenset(b"hvc1 hev1 lhv1 av01 avc1 vvc1 evc1 jpeg j2k1 unci grid iovl iden".split())


@dataclass(frozen=True, slots=True)
class Item:
    """An item: its number and its type (`Exif`, `xmp`, `hvc1`)."""

    number: int
    kind: bytes


@dataclass(frozen=True, slots=True)
class Extents:
    """Where an item's bytes lie: construction method, and offset and length of each piece."""

    method: int
    pieces: tuple[tuple[int, int], ...]
    sized: bool
    """The table has room for lengths, so that a length of 0 is one."""


def infos(data: bytes, box: Box) -> Iterator[Item]:
    """The items that an `iinf` box lists. Raises Truncated."""
    start = box.start + (6 if data[box.start] == 0 else 8) if box.start < box.end else box.end
    for info in boxes(data, start, box.end):
        if info.broken:
            raise Truncated
        version = data[info.start] if info.start < info.end else 0
        if info.kind != b"infe" or version < 2:
            continue
        width = 2 if version == 2 else 4
        number = int.from_bytes(data[info.start + 4 : info.start + 4 + width], "big")
        at = info.start + 6 + width
        kind = data[at : at + 4]
        if kind == b"mime":
            names = data[at + 4 : info.end].split(b"\0")
            if len(names) > 1 and (b"xml" in names[1] or b"xmp" in names[1]):
                kind = b"xmp"
        yield Item(number, kind)


def locations(data: bytes, box: Box) -> dict[int, Extents]:
    """Where the items lie, by an `iloc` box. Raises Truncated."""
    reader = Reader(data, box.start, box.end)
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
        found[item] = Extents(method, tuple(pieces), length_size > 0)
    return found


def payload(data: bytes, place: Extents | None, inside: int | None) -> tuple[bytes, int | None, str]:
    """The bytes of an item, where they lie if in one piece, and what was wrong. `inside` is where `idat` starts."""
    if place is None:
        return b"", None, "item without a location"
    if place.method > 1 or (place.method == 1 and inside is None):
        return b"", None, "item stored in a way that is not read"
    if len(place.pieces) > _MAX_EXTENTS:
        return b"", None, f"item in more than {_MAX_EXTENTS} pieces"
    shift = inside if place.method == 1 and inside is not None else 0
    joined = b""
    for offset, length in place.pieces:
        start = shift + offset
        stop = start + length if length or place.sized else len(data)
        part = data[start : min(stop, start + MAX_BLOCK_BYTES)]
        joined += part
        if len(part) != max(0, stop - start) or len(joined) > MAX_BLOCK_BYTES:
            return joined[:MAX_BLOCK_BYTES], None, "item past the end or larger than the limit"
    whole = shift + place.pieces[0][0] if len(place.pieces) == 1 else None
    return joined, whole, ""


def roles(data: bytes, meta: dict[bytes, Box], listed: list[Item]) -> Iterator[tuple[Item, PictureRole]]:
    """What each picture item beside the primary one is there for. Alpha planes and tiles are none.

    Raises Truncated.
    """
    primary = _primary(data, meta.get(b"pitm"))
    references = list(_references(data, meta[b"iref"])) if b"iref" in meta else []
    thumbnails = {source for kind, source, _ in references if kind == b"thmb"}
    auxiliary = {source for kind, source, _ in references if kind == b"auxl"}
    maps = {item.number for item in listed if item.kind == b"tmap"}
    composed = maps | {item.number for item in listed if item.kind == b"grid"}
    # What an overlay lies upon shows more than the overlay, so that it is a picture of its own.
    parts = {
        target for kind, source, targets in references if kind == b"dimg" and source in composed for target in targets
    }
    gains = {targets[1] for kind, source, targets in references if kind == b"dimg" and source in maps and targets[1:]}
    uses = _auxiliary_uses(data, meta[b"iprp"]) if b"iprp" in meta and auxiliary else {}
    for item in listed:
        if item.kind not in _CODED or item.number == primary:
            continue
        if item.number in thumbnails:
            yield item, PictureRole.THUMBNAIL
        elif item.number in gains:
            yield item, PictureRole.GAIN_MAP
        elif item.number in auxiliary:
            use = uses.get(item.number, b"")
            if b"alpha" not in use and not use.endswith(b"auxid:1"):
                yield item, PictureRole.GAIN_MAP if b"gainmap" in use else PictureRole.DEPTH_MAP
        elif item.number not in parts:
            yield item, PictureRole.SECOND


def _primary(data: bytes, box: Box | None) -> int | None:
    if box is None:
        return None
    reader = Reader(data, box.start, box.end)
    version = reader.integer(1)
    reader.integer(3)
    return reader.integer(2 if version == 0 else 4)


def _references(data: bytes, box: Box) -> Iterator[tuple[bytes, int, list[int]]]:
    """Kind, source and targets of each reference of an `iref` box."""
    reader = Reader(data, box.start, box.end)
    width = 2 if reader.integer(1) == 0 else 4
    for each in boxes(data, box.start + 4, box.end):
        inner = Reader(data, each.start, each.end)
        source, count = inner.integer(width), inner.integer(2)
        yield each.kind, source, [inner.integer(width) for _ in range(min(count, _MAX_ITEMS))]


def _auxiliary_uses(data: bytes, box: Box) -> dict[int, bytes]:
    """The URN that says what each auxiliary item is for, by the properties of an `iprp` box."""
    found: dict[int, bytes] = {}
    uses: list[bytes] = []
    for part in boxes(data, box.start, box.end):
        if part.kind == b"ipco":
            uses = [
                data[each.start + 4 : each.end].split(b"\0")[0] if each.kind == b"auxC" else b""
                for each in boxes(data, part.start, part.end)
            ]
        elif part.kind == b"ipma":
            for number, index in _associations(Reader(data, part.start, part.end)):
                if 0 < index <= len(uses) and uses[index - 1]:
                    found[number] = uses[index - 1]
    return found


def _associations(reader: Reader) -> Iterator[tuple[int, int]]:
    """Item and property, counted from 1, of an `ipma` box."""
    version, wide = reader.integer(1), reader.integer(3) & 1
    for _ in range(min(reader.integer(4), _MAX_ITEMS)):
        number = reader.integer(4 if version else 2)
        for _ in range(reader.integer(1)):
            yield number, reader.integer(2) & 0x7FFF if wide else reader.integer(1) & 0x7F
