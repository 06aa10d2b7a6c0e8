"""TIFF structures: their directories, and the packets and pictures in them. TIFF, DNG, TIFF-based RAW, EXIF blocks.

Sources: TIFF 6.0, BigTIFF, Adobe DNG 1.7, CIPA DC-008 (Exif). Counts and offsets are checked against the bytes that
are there before anything is read.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from PIL import ExifTags

from provenance.carriers import private
from provenance.carriers.parts import (
    MAX_BLOCK_BYTES,
    Block,
    BlockKind,
    Part,
    Picture,
    PictureRole,
    Private,
    blank,
    fault,
    mark_size,
    of_pixels,
    place_of,
    within,
)

EXIF: Final = 0x8769
GPS: Final = 0x8825
_SUB_DIRECTORIES: Final = 0x014A
_POINTERS: Final = frozenset({EXIF, GPS, _SUB_DIRECTORIES})
_MAX_DIRECTORIES: Final = 256
_MAX_ENTRIES: Final = 4_000
"""Entries of one directory. Cameras write fewer than two hundred."""
_MAX_ALL_ENTRIES: Final = 20_000
_MAGIC: Final = {42, 43, 0x55, 0x4F52, 0x5352}  # TIFF, BigTIFF, Panasonic RW2, Olympus ORF (two forms)
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_INTEGERS: Final = {3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_LONG: Final = 4
_PACKETS: Final = {
    700: (BlockKind.XMP, "/xmp"),
    33723: (BlockKind.IIM, "/iim"),
    0x8568: (BlockKind.IIM, "/iim"),
    34377: (BlockKind.PHOTOSHOP, ""),
    0xCD41: (BlockKind.C2PA, "/c2pa"),
    37724: (None, "layers"),
}
"""Tags that hold packets of other kinds, or the layers of a Photoshop document."""
_PRIVATE: Final = 0x8000
"""The first tag that anybody may have for himself (TIFF 6.0 section 8)."""
_PADDING: Final = 0xEA1C
"""What Windows keeps free for tags to come."""
_MAX_THUMBNAIL: Final = 65_536
"""Bytes up to which a smaller rendering is called a thumbnail: what an EXIF block can hold."""
_NEW_SUBFILE, _WIDTH, _HEIGHT, _COMPRESSION, _PHOTOMETRIC = 0x00FE, 0x0100, 0x0101, 0x0103, 0x0106
_STRIPS, _STRIP_SIZES, _JPEG_START, _JPEG_SIZE = 0x0111, 0x0117, 0x0201, 0x0202
_TILES, _TILE_SIZES = 0x0144, 0x0145
_PIXELS: Final = ((_STRIPS, _STRIP_SIZES), (_TILES, _TILE_SIZES), (_JPEG_START, _JPEG_SIZE))
_OWN_WAYS: Final = frozenset({0x927C, 0xC612, 0xC634})
"""Tags of files that hold more than their directories lead to: maker notes, DNG and its private data."""
_OF_THE_STANDARD: Final = frozenset({b"*\0", b"\0*", b"+\0", b"\0+"})
_MAX_STRIPS: Final = 4_096


@dataclass(frozen=True, slots=True)
class Header:
    """Byte order (`<` or `>`), BigTIFF or not, and the offset of the first directory."""

    order: str
    big: bool
    first: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One directory entry. `start` is where its value lies, `size` how many bytes it claims."""

    tag: int
    type: int
    count: int
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory: the page it belongs to ("" for the first, `IFD1`, `SubIFD1`), its kind and its entries.

    `kind` is 0 for a page's own directory, else the tag of the pointer that led to it (EXIF, GPS). `end` is where it
    ends, without the values that lie elsewhere.
    """

    page: str
    kind: int
    entries: tuple[Entry, ...]
    problem: str = ""
    end: int = 0

    def find(self, tag: int) -> Entry | None:
        """The entry of a tag."""
        return next((entry for entry in self.entries if entry.tag == tag), None)


def header(data: bytes) -> Header | None:
    """The header of a TIFF structure, None where there is none.

    >>> header(b"II*\\0\\x08\\0\\0\\0")
    Header(order='<', big=False, first=8)
    """
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 8:
        return None
    (magic,) = struct.unpack_from(f"{order}H", data, 2)
    if magic not in _MAGIC:
        return None
    if magic == 43:
        if len(data) < 16:
            return None
        return Header(order, big=True, first=struct.unpack_from(f"{order}Q", data, 8)[0])
    return Header(order, big=False, first=struct.unpack_from(f"{order}I", data, 4)[0])


def directory(data: bytes, head: Header, offset: int) -> tuple[list[Entry], int, str]:
    """The entries of the directory at `offset`, the offset of the next one, and what was wrong."""
    count_form, entry_form, next_form = ("Q", "HHQQ", "Q") if head.big else ("H", "HHII", "I")
    inline = 8 if head.big else 4
    count_size, entry_size = struct.calcsize(count_form), struct.calcsize(f"={entry_form}")
    if offset + count_size > len(data) or offset < 8:
        return [], 0, "directory past the end"
    (count,) = struct.unpack_from(head.order + count_form, data, offset)
    start = offset + count_size
    there = min(count, (len(data) - start) // entry_size, _MAX_ENTRIES)
    problem = "" if there == count else "directory with more entries than there can be"
    entries = []
    at = start + entry_size - inline
    for tag, kind, values, pointer in struct.iter_unpack(
        head.order + entry_form, data[start : start + there * entry_size]
    ):
        size = _SIZES.get(kind, 1) * values
        entries.append(Entry(tag, kind, values, at if size <= inline else pointer, size))
        at += entry_size
    end = start + count * entry_size
    if problem or end + inline > len(data):
        return entries, 0, problem
    return entries, struct.unpack_from(head.order + next_form, data, end)[0], problem


def directories(data: bytes, head: Header) -> Iterator[Directory]:
    """Every directory that a structure leads to, each once: pages in their order, each with its EXIF and GPS."""
    pending: deque[tuple[str, int, int]] = deque([("", 0, head.first)])
    known, visited, pages, subordinate = {0, head.first}, 0, 0, 0
    while pending:
        page, kind, offset = pending.popleft()
        entries, following, problem = directory(data, head, offset)
        size, around = (20, 16) if head.big else (12, 6)
        yield Directory(page, kind, tuple(entries), problem, offset + around + size * len(entries))
        visited += len(entries)
        links: list[tuple[int, int]] = []
        for entry in entries:
            if entry.tag in _POINTERS and entry.count:
                # A pointer without a value is an empty directory, not a broken one.
                places = integers(data, head, entry)[: _MAX_DIRECTORIES if entry.tag == _SUB_DIRECTORIES else 1]
                links += [(entry.tag, place) for place in places]
                if not places:
                    yield Directory(page, entry.tag, (), f"pointer {entry.tag:#06x} that leads nowhere")
        if kind == 0:
            links.append((0, following))
        for tag, place in links:
            if place in known:
                continue
            known.add(place)
            if tag == _SUB_DIRECTORIES:
                subordinate += 1
                pending.append((f"SubIFD{subordinate}", 0, place))
            elif tag:
                pending.append((page, tag, place))
            else:
                pages += 1
                pending.append((f"IFD{pages}", 0, place))
        if len(known) > _MAX_DIRECTORIES or visited > _MAX_ALL_ENTRIES:
            yield Directory("", 0, (), "more directories than the limit")
            return


def integers(data: bytes, head: Header, entry: Entry) -> list[int]:
    """The values of an entry of whole numbers; none where it is of another type or lies past the end."""
    form = _INTEGERS.get(entry.type)
    count = min(entry.count, _MAX_STRIPS)
    if form is None or not count or entry.start + count * struct.calcsize(form) > len(data):
        return []
    return list(struct.unpack_from(f"{head.order}{count}{form}", data, entry.start))


def parts(data: bytes, start: int) -> Iterator[Part]:
    """The parts of a TIFF-based file, which ends behind the last value or pixel that a directory leads to."""
    block = Block(BlockKind.EXIF, "tiff:exif", data[start:] if start else data, start=start)
    yield Picture(PictureRole.PRIMARY, "tiff", start, start + _end(block.data))
    if header(block.data) is None:
        yield fault("tiff", "damaged TIFF header", block.data)
    else:
        yield block
        yield from contents(block, file=True)


def _end(data: bytes) -> int:
    """Where a file ends by its directories; its last byte where they do not tell, as those of raw files do not."""
    head = header(data)
    if head is None or data[2:4] not in _OF_THE_STANDARD:
        return len(data)
    end = 0
    for found in directories(data, head):
        tags = {entry.tag: entry for entry in found.entries}
        pixels = [_end_of_pixels(data, head, tags, *pair) for pair in _PIXELS if pair[0] in tags]
        untold = not found.kind and not pixels
        if found.problem or untold or None in pixels or not _OWN_WAYS.isdisjoint(tags):
            return len(data)
        values = (entry.start + entry.size for entry in found.entries)
        end = max(end, found.end, *values, *(each for each in pixels if each is not None))
    return min(end, len(data))


def _end_of_pixels(data: bytes, head: Header, tags: dict[int, Entry], at: int, sized: int) -> int | None:
    """Where the strips, the tiles or the JPEG of a directory end; None where it does not tell."""
    if sized not in tags or tags[at].count > _MAX_STRIPS:
        return None
    starts, sizes = integers(data, head, tags[at]), integers(data, head, tags[sized])
    if not starts or len(starts) != len(sizes):
        return None
    return max(start + size for start, size in zip(starts, sizes, strict=True))


def contents(block: Block, *, file: bool = False) -> Iterator[Part]:
    """The packets and pictures in a structure: XMP, IIM, Photoshop and C2PA tags of every page, previews, layers.

    The pages of a file are each a picture; the second directory of an EXIF block is its thumbnail, and the link to it
    may lead nowhere.
    """
    head = header(block.data)
    if head is None:
        return
    number = 0
    for found in directories(block.data, head):
        location = f"{block.location}/{found.page}" if found.page else block.location
        if found.problem and (file or found.entries or not found.page):
            yield fault(location, found.problem, block.data if not found.page else b"")
        for entry in found.entries:
            yield from _packet(block, entry, location)
            if entry.tag >= _PRIVATE and entry.tag not in _PACKETS:
                yield from _private(block, entry, location, file=file)
        for picture in _rendering(block, head, found, location, number + 1, file=file):
            number += 1
            yield picture


def _private(block: Block, entry: Entry, location: str, *, file: bool) -> Iterator[Part]:
    """What a tag of a program's own holds. What a registered tag holds is known, but for pictures in it."""
    end, place = min(entry.start + entry.size, len(block.data)), f"{location}/{entry.tag}"
    if file:
        found = private.in_stretch(block.data, entry.start, end, place)
        yield from (part for part in found if not (isinstance(part, Private) and _is_registered(entry.tag)))
    elif not _is_registered(entry.tag):
        # JPEG pictures in a block of metadata are found whatever tag they stand in.
        yield from private.left_of(block.data[entry.start : end], 0, place)


def _is_registered(tag: int) -> bool:
    return tag in ExifTags.TAGS or tag == _PADDING


def _packet(block: Block, entry: Entry, location: str) -> Iterator[Part]:
    """What an entry holds, if it holds a packet or layers."""
    if entry.tag not in _PACKETS:
        return
    kind, name = _PACKETS[entry.tag]
    end = min(entry.start + entry.size, len(block.data))
    if kind is None:
        if entry.start + 4 < end:
            yield within(block, PictureRole.SECOND, name, entry.start, end, location=f"{location}/{name}", whole=False)
        return
    body = block.data[entry.start : min(end, entry.start + MAX_BLOCK_BYTES)]
    problem = "" if len(body) == entry.size else "value past the end or larger than the limit"
    if blank(body) and not problem:
        return
    if kind is BlockKind.IIM and entry.type == _LONG and body[:1] != b"\x1c" and body[3:4] == b"\x1c":
        # Some writers swap the bytes of each LONG.
        words = len(body) // 4
        body = struct.pack(f"<{words}I", *struct.unpack_from(f">{words}I", body))
    mark = mark_size(body)
    start = None if block.start is None or not body else block.start + entry.start + mark
    yield Block(kind, f"{location}/{entry.tag}{name}", body[mark:], problem, start=start)


def _rendering(
    block: Block, head: Header, found: Directory, location: str, number: int, *, file: bool
) -> Iterator[Picture]:
    """The smaller rendering, or the further page, that a directory describes."""
    if found.kind:
        return
    values = {entry.tag: integers(block.data, head, entry) for entry in found.entries if entry.tag in _RENDERING}
    first = {tag: numbers[0] for tag, numbers in values.items() if numbers}
    if file and not first.get(_NEW_SUBFILE, 0) & 1:
        if found.page:
            # A page of its own, which decoders reach by its number, or the raw picture beside its rendering.
            page = found.page.lower()
            yield within(block, PictureRole.SECOND, page, 0, len(block.data), location=location, whole=False)
        return
    if not found.page and not file:
        return
    if first.get(_JPEG_START) and first.get(_JPEG_SIZE):
        start, size = first[_JPEG_START], first[_JPEG_SIZE]
    elif _STRIPS in first:
        start, size = first[_STRIPS], sum(values.get(_STRIP_SIZES, ()))
    else:
        return
    end = min(start + size, len(block.data))
    if start >= end:
        return
    role = PictureRole.THUMBNAIL if size <= _MAX_THUMBNAIL else PictureRole.PREVIEW
    place = place_of(role, number)
    pixels = _pixels(block.data, values)
    if pixels is not None:
        yield of_pixels(location, place, first[_WIDTH], first[_HEIGHT], pixels)
        return
    whole = block.data.startswith(b"\xff\xd8\xff", start) and len(values.get(_STRIPS, ())) <= 1
    yield within(block, role, place, start, end, location=location, whole=whole)


_RENDERING: Final = frozenset(
    {
        _NEW_SUBFILE, _WIDTH, _HEIGHT, _COMPRESSION, _PHOTOMETRIC, _STRIPS, _STRIP_SIZES, _JPEG_START, _JPEG_SIZE,
    }
)  # fmt: skip


def _pixels(data: bytes, values: dict[int, list[int]]) -> bytes | None:
    """The pixels of a small uncompressed picture in red, green and blue; None for any other."""
    first = {tag: numbers[0] for tag, numbers in values.items() if numbers}
    if first.get(_COMPRESSION) != 1 or first.get(_PHOTOMETRIC) != 2:
        return None
    size = 3 * first.get(_WIDTH, 0) * first.get(_HEIGHT, 0)
    if not 0 < size <= MAX_BLOCK_BYTES:
        return None
    strips = zip(values.get(_STRIPS, ()), values.get(_STRIP_SIZES, ()), strict=False)
    joined = b"".join(data[start : start + min(length, size)] for start, length in strips)
    return joined if len(joined) == size else None
