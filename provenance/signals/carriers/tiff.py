"""TIFF structures: the metadata blocks of TIFF, DNG and TIFF-based RAW files, and what reading a structure costs.

Sources: TIFF 6.0, BigTIFF, Adobe DNG 1.7, CIPA DC-008 (Exif). Counts and offsets are checked against the bytes that
are there before anything is read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from provenance.signals.carriers.interface import MAX_BLOCK_BYTES, Block, BlockKind
from provenance.signals.carriers.psd import image_resources

_MAX_DIRECTORIES: Final = 256
_MAX_ENTRIES: Final = 20_000
_MAGIC: Final = {42, 43, 0x55, 0x4F52, 0x5352}  # TIFF, BigTIFF, Panasonic RW2, Olympus ORF (two forms)
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_SUB_DIRECTORIES: Final = 0x014A
_EXIF_DIRECTORY: Final = 0x8769
_POINTERS: Final = frozenset({_SUB_DIRECTORIES, _EXIF_DIRECTORY, 0x8825})
_NESTED_BY_EXIFREAD: Final = frozenset({0x8825, 0xA005})
_SKIPPED_BY_EXIFREAD: Final = frozenset({0x02BC, 0x927C, 0x9286})


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
    problem = "" if there == count else "directory with more entries than bytes"
    entries = []
    for index in range(there):
        at = start + index * entry_size
        tag, kind, values, pointer = struct.unpack_from(head.order + entry_form, data, at)
        size = _SIZES.get(kind, 1) * values
        entries.append(Entry(tag, kind, values, at + entry_size - inline if size <= inline else pointer, size))
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
    pending, seen = [head.first], {0}
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
            if entry.tag in _POINTERS:
                pending += _pointers(data, head, entry)
            yield from _entry(data, entry)
        pending.append(following)
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


def reading_cost(data: bytes, head: Header, limit: int) -> tuple[int, int]:
    """What exifread and Pillow would do with this structure: values they visit, bytes they copy.

    exifread walks every chained directory, reads up to 999 numbers an entry, and reads a GPS or interoperability
    directory anew for each entry that points to it; a few kilobytes can so demand minutes. Counting stops soon
    after `limit` values.
    """
    values = copied = 0
    offset, seen = head.first, set[int]()
    pending: list[int] = []
    while offset not in seen and values <= limit:
        seen.add(offset)
        offset, cost, size, nested = _directory_cost(data, head, offset)
        values, copied, pending = values + cost, copied + size, pending + nested
        if not offset:
            break
    for place in pending:
        _, cost, size, again = _directory_cost(data, head, place)
        values, copied = values + cost, copied + size
        for inner in again if values <= limit else ():
            _, cost, size, _ = _directory_cost(data, head, inner)
            values, copied = values + cost, copied + size
            if values > limit:
                break
        if values > limit:
            break
    return values, copied


def _directory_cost(data: bytes, head: Header, offset: int) -> tuple[int, int, int, list[int]]:
    """Next directory, values, bytes and nested directories of one directory."""
    entries, following, problem = directory(data, head, offset)
    values = copied = 0
    nested = []
    for entry in entries:
        values += 4 + (0 if entry.tag in _SKIPPED_BY_EXIFREAD or entry.type == 2 else min(entry.count, 1000))
        copied += min(entry.size, max(0, len(data) - entry.start))
        if entry.tag in _NESTED_BY_EXIFREAD or entry.tag == _EXIF_DIRECTORY:
            nested += _pointers(data, head, entry)[:1]
    if problem and offset + 2 <= len(data) and not head.big:
        # exifread goes on past the end, for as many entries as are declared.
        values += 4 * int(struct.unpack_from(f"{head.order}H", data, offset)[0])
    return following, values + 4, copied, nested
