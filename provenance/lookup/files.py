"""A segment on disk: a header, then its arrays as they lie in memory, each with a checksum. Nothing is pickled.

Header, 512 bytes, little-endian: magic, format version, bands (0 or 16), rows, base of the ids, algorithm id (48 bytes
of ASCII, padded with zeros), then five sections (hashes, ids, parts, offsets, orders) as place, length and CRC-32, and
last the CRC-32 of all that. Sections begin at multiples of 64. A file is written under a temporary name and then
renamed, so that whoever opens it sees all of it or none; it is never changed afterwards.
"""

from __future__ import annotations

import os
import secrets
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from provenance.errors import LedgerError
from provenance.lookup.bands import BANDS, BUCKETS, Bands
from provenance.lookup.interface import WORD, WORDS
from provenance.lookup.segment import Segment
from provenance.private_files import create

VERSION: Final = 1
_MAGIC: Final = b"PRVHASH\0"
_HEADER: Final = 512
_ALIGN: Final = 64
_HEAD: Final = struct.Struct("<8sIIQQ48s")
_SECTION: Final = struct.Struct("<QQI4x")
_CRC: Final = struct.Struct("<I")
_STEP: Final = 1 << 24

_ID: Final = np.dtype("<u4")


class Damaged(LedgerError):
    """An index file that is not what was written. The ledger holds everything that is needed to build it anew."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"the index file {path}: {problem}", remedy="it is built anew from the ledger")


def write(path: Path, segment: Segment, algorithm: str) -> None:
    """Write a segment, whole or not at all. Raises OSError."""
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.partial")
    try:
        with os.fdopen(create(partial), "wb") as file:
            file.write(bytes(_HEADER))
            table = []
            for section in _sections(segment):
                file.write(bytes(-file.tell() % _ALIGN))
                crc, start = 0, file.tell()
                for piece in _pieces(section):
                    crc = zlib.crc32(piece, crc)
                    file.write(piece)
                table.append(_SECTION.pack(start, file.tell() - start, crc))
            head = _HEAD.pack(
                _MAGIC, VERSION, BANDS if segment.bands else 0, segment.count, segment.base, algorithm.encode("ascii")
            ) + b"".join(table)
            head = head.ljust(_HEADER - _CRC.size, b"\0")
            file.seek(0)
            file.write(head + _CRC.pack(zlib.crc32(head)))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read(path: Path, algorithm: str) -> Segment:
    """Map a segment and check every byte of it. Raises Damaged, or FileNotFoundError where there is none."""
    try:
        mapped: NDArray[np.uint8] = np.memmap(path, np.uint8, "r")
    except ValueError as error:  # an empty file cannot be mapped
        raise Damaged(path, f"it cannot be mapped ({error})") from error
    rows, base, bands, table = _header(path, mapped, algorithm)
    views = [_section(path, mapped, entry) for entry in table]
    parts = rows if len(views[2]) else 0
    banded = (BUCKETS + 1) * 4 * BANDS, rows * 4 * (BANDS - 1)
    if [len(view) for view in views] != [rows * 8 * WORDS, rows * 4, parts, *(banded if bands else (0, 0))]:
        raise Damaged(path, "its sections do not fit its number of rows")
    if len(mapped) != max(_HEADER, *(place + length for place, length, _ in table)):
        raise Damaged(path, "its length is not the recorded one")
    return Segment(
        columns=views[0].view(WORD).reshape(WORDS, rows),
        base=base,
        ids=views[1].view(_ID),
        parts=views[2] if len(views[2]) else None,
        bands=Bands(views[3].view(_ID).reshape(BANDS, -1), views[4].view(_ID).reshape(BANDS - 1, rows))
        if bands
        else None,
    )


def _sections(segment: Segment) -> list[NDArray[Any]]:
    nothing = np.zeros(0, np.uint8)
    bands = segment.bands
    return [
        np.asarray(segment.columns, WORD),
        np.asarray(segment.ids, _ID),
        nothing if segment.parts is None else segment.parts,
        nothing if bands is None else np.asarray(bands.offsets, _ID),
        nothing if bands is None else np.asarray(bands.orders, _ID),
    ]


def _pieces(section: NDArray[Any]) -> Iterator[memoryview]:
    """An array's bytes, some at a time."""
    flat = memoryview(np.ascontiguousarray(section).reshape(-1).view(np.uint8).data)
    for start in range(0, len(flat), _STEP):
        yield flat[start : start + _STEP]


def _header(path: Path, mapped: NDArray[np.uint8], algorithm: str) -> tuple[int, int, int, list[tuple[int, int, int]]]:
    head = mapped[:_HEADER].tobytes()
    if len(head) < _HEADER or head[: len(_MAGIC)] != _MAGIC:
        raise Damaged(path, "it is no index file, or was cut short")
    if _CRC.unpack(head[-_CRC.size :])[0] != zlib.crc32(head[: -_CRC.size]):
        raise Damaged(path, "its header is damaged")
    _, version, bands, rows, base, written = _HEAD.unpack_from(head)
    if version != VERSION or written.rstrip(b"\0") != algorithm.encode("ascii") or bands not in (0, BANDS):
        raise Damaged(path, "another version wrote it")
    table = [_SECTION.unpack_from(head, _HEAD.size + i * _SECTION.size) for i in range(5)]
    return rows, base, bands, table


def _section(path: Path, mapped: NDArray[np.uint8], entry: tuple[int, int, int]) -> NDArray[np.uint8]:
    place, length, recorded = entry
    view = mapped[place : place + length]
    if len(view) != length:
        raise Damaged(path, "it was cut short")
    crc = 0
    for start in range(0, length, _STEP):
        crc = zlib.crc32(view[start : start + _STEP].data, crc)
    if crc != recorded:
        raise Damaged(path, "a checksum does not match")
    return view
