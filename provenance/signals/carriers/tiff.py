"""TIFF structures: the metadata blocks of TIFF, DNG and TIFF-based RAW files, and excerpts of a structure.

Sources: TIFF 6.0, BigTIFF, Adobe DNG 1.7, CIPA DC-008 (Exif). Counts and offsets are checked against the bytes that
are there before anything is read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from provenance.signals.carriers.interface import MAX_BLOCK_BYTES, Block, BlockKind
from provenance.signals.carriers.psd import image_resources

_MAX_DIRECTORIES: Final = 256
_MAX_ENTRIES: Final = 4_000
"""Entries of one directory, and of all directories together. Cameras write fewer than two hundred."""
_MAGIC: Final = {42, 43, 0x55, 0x4F52, 0x5352}  # TIFF, BigTIFF, Panasonic RW2, Olympus ORF (two forms)
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_SUB_DIRECTORIES: Final = 0x014A
_EXIF_DIRECTORY: Final = 0x8769
_POINTERS: Final = frozenset({_SUB_DIRECTORIES, _EXIF_DIRECTORY, 0x8825})
_ASCII: Final = 2
_UTF8: Final = 129
_MAX_VALUE: Final = 65_536
"""Bytes of a single value that a reader is given: captions and comments, never pictures."""


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


def blocks(data: bytes) -> Iterator[Block]:
    """The metadata blocks of a TIFF-based file: XMP (700), IIM (33723), Photoshop (34377), C2PA (0xCD41), EXIF."""
    head = header(data)
    if head is None:
        yield Block(BlockKind.UNKNOWN, "tiff", data[:MAX_BLOCK_BYTES], "damaged TIFF header")
        return
    yield Block(BlockKind.EXIF, "tiff:IFD0", data)
    pending, seen, visited = [head.first], {0}, 0
    for number in range(_MAX_DIRECTORIES):
        if not pending:
            return
        offset = pending.pop(0)
        if offset in seen:
            continue
        seen.add(offset)
        entries, following, problem = directory(data, head, offset)
        if problem:
            yield Block(BlockKind.UNKNOWN, f"tiff:IFD{number}", b"", problem)
        for entry in entries:
            if entry.tag in _POINTERS and len(pending) < _MAX_DIRECTORIES:
                pending += _pointers(data, head, entry)
            yield from _entry(data, entry)
        pending.append(following)
        visited += len(entries)
        if visited > _MAX_ENTRIES:
            yield Block(BlockKind.UNKNOWN, "tiff", b"", f"more than {_MAX_ENTRIES} entries")
            return
    yield Block(BlockKind.UNKNOWN, "tiff", b"", f"more than {_MAX_DIRECTORIES} directories")


def _pointers(data: bytes, head: Header, entry: Entry) -> list[int]:
    form = {4: "I", 13: "I", 16: "Q", 18: "Q"}.get(entry.type)
    count = min(entry.count, _MAX_DIRECTORIES)
    if form is None or entry.start + count * struct.calcsize(form) > len(data):
        return []
    return list(struct.unpack_from(f"{head.order}{count}{form}", data, entry.start))


def _entry(data: bytes, entry: Entry) -> Iterator[Block]:
    if entry.tag not in {700, 33723, 34377, 0xCD41}:
        return
    body = data[entry.start : entry.start + min(entry.size, MAX_BLOCK_BYTES)]
    problem = "" if len(body) == entry.size else "value past the end or larger than the limit"
    if entry.tag == 700:
        yield Block(BlockKind.XMP, "tiff:700/xmp", body, problem)
    elif entry.tag == 33723:
        yield Block(BlockKind.IIM, "tiff:33723/iim", body, problem)
    elif entry.tag == 34377:
        yield from image_resources(body, "tiff:34377", problem)
    else:
        yield Block(BlockKind.C2PA, "tiff:C2PA", body, problem)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A tag's name and the types that its value may have."""

    name: str
    types: frozenset[int]


def excerpt(data: bytes, head: Header, wanted: Mapping[int, Mapping[int, Wanted]]) -> tuple[bytes, str]:
    """A small classic TIFF with only the wanted tags of the main, Exif and GPS directories, and what was wrong.

    Keys of `wanted` are 0 for the main directory and the tags of the pointers to the others. The bytes of each value
    are the original ones; text of the type that Exif 3.0 has for UTF-8 is given the older type that readers know.
    General readers believe counts and follow every pointer, so that a few
    kilobytes can demand minutes and gigabytes of them; of an excerpt they cannot.
    """
    main, _, problem = directory(data, head, head.first)
    listed = {0: main}
    for pointer in _POINTERS & wanted.keys():
        # A pointer without a value is an empty directory, not a broken one.
        links = [entry for entry in main if entry.tag == pointer and entry.count]
        places = [place for entry in links for place in _pointers(data, head, entry)]
        if places:
            listed[pointer], _, fault = directory(data, head, places[0])
            problem = problem or fault
        elif links:
            problem = problem or f"pointer {pointer:#06x} that leads nowhere"
    tables: dict[int, list[Packed]] = {}
    for pointer, entries in listed.items():
        tables[pointer], fault = _packed(data, entries, wanted[pointer])
        problem = problem or fault
    return _assembled(head.order, tables), problem


Packed = tuple[int, int, int, bytes]
"""Tag, type, count and bytes of an entry."""


def _packed(data: bytes, entries: list[Entry], wanted: Mapping[int, Wanted]) -> tuple[list[Packed], str]:
    found: dict[int, Packed] = {}
    problem = ""
    for entry in entries:
        if entry.tag not in wanted:
            continue
        name = wanted[entry.tag].name
        if entry.tag in found:
            problem = problem or f"{name} stands twice"
            continue
        if entry.type not in wanted[entry.tag].types:
            problem = problem or f"{name} of type {entry.type}, which it cannot have"
            continue
        unit = _SIZES.get(entry.type, 1)
        body = data[entry.start : entry.start + min(entry.size, _MAX_VALUE)]
        if len(body) < entry.size:
            problem = problem or f"{name} past the end or larger than the limit"
        count = len(body) // unit
        kind = _ASCII if entry.type == _UTF8 else entry.type
        found[entry.tag] = (entry.tag, kind, count, body[: count * unit])
    return list(found.values()), problem


def _assembled(order: str, tables: Mapping[int, list[Packed]]) -> bytes:
    """The bytes of a TIFF with the main directory first, each directory followed by its values."""
    parts: dict[int, int] = {}
    at = 8
    for pointer, entries in tables.items():
        parts[pointer] = at
        pointers = len(tables) - 1 if pointer == 0 else 0
        at += 6 + 12 * (len(entries) + pointers) + sum(_room(body) for *_, body in entries)
    out = bytearray((b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8))
    for pointer, entries in tables.items():
        links = [(tag, 4, 1, struct.pack(f"{order}I", place)) for tag, place in parts.items() if tag and not pointer]
        rows = sorted([*entries, *links])
        values = len(out) + 6 + 12 * len(rows)
        tail = bytearray()
        out += struct.pack(f"{order}H", len(rows))
        for tag, kind, count, body in rows:
            out += struct.pack(f"{order}HHI", tag, kind, count)
            out += body.ljust(4, b"\0") if len(body) <= 4 else struct.pack(f"{order}I", values + len(tail))
            tail += body.ljust(_room(body), b"\0") if len(body) > 4 else b""
        out += bytes(4) + tail
    return bytes(out)


def _room(body: bytes) -> int:
    """Bytes that a value takes outside its entry, padded to an even number."""
    return len(body) + len(body) % 2 if len(body) > 4 else 0
