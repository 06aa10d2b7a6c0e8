"""A segment on disk: a header, then its columns as they lie in memory, then a MAC for each block of them.

Header, 512 bytes, little-endian: magic, format version, bands (0 or 16), rows, base of the ids, bytes of a part (0
where there are none), algorithm id (48 bytes of ASCII, padded with zeros), then for each section (four columns of
words, ids, parts, offsets, fifteen orders, MACs) its place and length, and in the last 32 bytes HMAC-SHA256 of what
stands before and of all MACs, under the ledger's secret. Sections begin at multiples of 64. A file is written under a
temporary name and then renamed, so that whoever opens it sees all of it or none; it is never changed afterwards.
Nothing is pickled.
"""

from __future__ import annotations

import hmac
import os
import secrets
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from provenance.errors import LedgerError
from provenance.lookup.bands import BANDS, BUCKETS, Bands
from provenance.lookup.column import BLOCK, MAC_BYTES, Column, bytes_of, macs_of
from provenance.lookup.interface import WORD, WORDS
from provenance.lookup.segment import Segment
from provenance.private_files import create

VERSION: Final = 2
_MAGIC: Final = b"PRVHASH\0"
_HEADER: Final = 512
_ALIGN: Final = 64
_HEAD: Final = struct.Struct("<8sIIQQI48s")
_SECTION: Final = struct.Struct("<QQ")
_SECTIONS: Final = WORDS + 3 + (BANDS - 1)
_SEAL: Final = 32
_STEP: Final = 1 << 24

_ID: Final = np.dtype("<u4")
_PARTS: Final = {size: np.dtype(f"<u{size}") for size in (1, 2, 4)}


class Damaged(LedgerError):
    """An index file that is not what was written. The ledger holds everything that is needed to build it anew."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"the index file {path}: {problem}", remedy="it is built anew from the ledger")


@dataclass(frozen=True, slots=True)
class Key:
    """What an index file is bound to: the secret of its ledger, and the algorithm of its hashes."""

    secret: bytes
    algorithm: str


def write(path: Path, segment: Segment, key: Key) -> bytes:
    """Write a segment, whole or not at all; gives its seal, by which `read` knows it again. Raises OSError."""
    partial_path = path.with_name(f"{path.name}.{secrets.token_hex(4)}.partial")
    try:
        with os.fdopen(create(partial_path), "wb") as file:
            file.write(bytes(_HEADER))
            table, macs = [], []
            for section in _sections(segment):
                file.write(bytes(-file.tell() % _ALIGN))
                table.append(_SECTION.pack(file.tell(), section.nbytes))
                file.writelines(_pieces(section))
                macs.append(macs_of(key.secret, section))
            file.write(bytes(-file.tell() % _ALIGN))
            sealed = b"".join(macs)
            table.append(_SECTION.pack(file.tell(), len(sealed)))
            file.write(sealed)
            head = _head(segment, key) + b"".join(table)
            head = head.ljust(_HEADER - _SEAL, b"\0")
            seal = hmac.digest(key.secret, head + sealed, "sha256")
            file.seek(0)
            file.write(head + seal)
            file.flush()
            os.fsync(file.fileno())
        partial_path.replace(path)
    finally:
        partial_path.unlink(missing_ok=True)
    return seal


def read(path: Path, key: Key, seal: bytes) -> Segment:
    """Map the segment with that seal. Its blocks are checked when they are used, which may raise Damaged later.

    Raises Damaged, or FileNotFoundError where there is none.
    """
    with path.open("rb", buffering=0) as file:  # not by the map: what is read ahead behind a fault may be megabytes
        header = _header(path, file, key, seal)
        mapped: NDArray[np.uint8] = np.memmap(file, np.uint8, "r")
    columns = list(_columns(path, mapped, key, header))
    words, ids, parts, offsets, orders = columns[:4], columns[4], columns[5], columns[6], columns[7:]
    return Segment(
        columns=tuple(words),
        base=header.base,
        ids=ids,
        parts=parts if header.part_bytes else None,
        bands=Bands(offsets, tuple(orders)) if header.bands else None,
    )


def _head(segment: Segment, key: Key) -> bytes:
    bands = BANDS if segment.bands else 0
    part_bytes = 0 if segment.parts is None else segment.parts.dtype.itemsize
    name = key.algorithm.encode("ascii")
    return _HEAD.pack(_MAGIC, VERSION, bands, segment.count, segment.base, part_bytes, name)


def _sections(segment: Segment) -> Iterator[NDArray[Any]]:
    nothing = np.zeros(0, np.uint8)
    parts, bands = segment.parts, segment.bands
    for column in segment.columns:
        yield np.asarray(column.all(), WORD)
    yield np.asarray(segment.ids.all(), _ID)
    yield nothing if parts is None else np.asarray(parts.all(), _PARTS[parts.dtype.itemsize])
    for order in (bands.offsets, *bands.orders) if bands else (None,) * BANDS:
        yield nothing if order is None else np.asarray(order.all(), _ID)


def _pieces(section: NDArray[Any]) -> Iterator[memoryview]:
    """An array's bytes, some at a time."""
    flat = bytes_of(section)
    for start in range(0, len(flat), _STEP):
        yield flat[start : start + _STEP]


@dataclass(frozen=True, slots=True)
class _Header:
    """What is known of a segment once its seal was found to be right; `table` says where its sections lie.

    `macs` were read with it and are held, so that nobody puts an old block with its old MAC in place of another.
    """

    rows: int
    base: int
    part_bytes: int
    bands: int
    table: list[tuple[int, int]]
    macs: bytes

    @property
    def lengths(self) -> list[int]:
        """How long each section but the last must be."""
        rows = self.rows
        orders = [BANDS * (BUCKETS + 1) * 4, *[rows * 4] * (BANDS - 1)] if self.bands else [0] * BANDS
        return [*[rows * 8] * WORDS, rows * 4, rows * self.part_bytes, *orders]


def _header(path: Path, file: IO[bytes], key: Key, seal: bytes) -> _Header:
    head = file.read(_HEADER)
    if len(head) < _HEADER or head[: len(_MAGIC)] != _MAGIC:
        raise Damaged(path, "it is no index file, or was cut short")
    _, version, bands, rows, base, part_bytes, written = _HEAD.unpack_from(head)
    if version != VERSION or written.rstrip(b"\0") != key.algorithm.encode("ascii"):
        raise Damaged(path, "another version wrote it")
    table = [_SECTION.unpack_from(head, _HEAD.size + at * _SECTION.size) for at in range(_SECTIONS + 1)]
    place, length = table[-1]
    blocks = sum(-(-size // BLOCK) for _, size in table[:-1])
    if length != blocks * MAC_BYTES or os.fstat(file.fileno()).st_size != place + length:
        raise Damaged(path, "its length is not the recorded one")
    file.seek(place)
    macs = file.read(length)
    found = hmac.digest(key.secret, head[:-_SEAL] + macs, "sha256")
    if not (hmac.compare_digest(found, head[-_SEAL:]) and hmac.compare_digest(found, seal)):
        raise Damaged(path, "this ledger did not write it, or it was changed since")
    header = _Header(rows, base, part_bytes, bands, table, macs)
    if bands not in (0, BANDS) or part_bytes not in (0, *_PARTS) or [n for _, n in table[:-1]] != header.lengths:
        raise Damaged(path, "its sections do not fit its number of rows")
    return header


def _columns(path: Path, mapped: NDArray[np.uint8], key: Key, header: _Header) -> Iterator[Column]:
    macs = np.frombuffer(header.macs, np.uint8).reshape(-1, MAC_BYTES)
    parts = _PARTS.get(header.part_bytes, _PARTS[1])
    types: list[np.dtype[Any]] = [*[WORD] * WORDS, _ID, parts, *[_ID] * BANDS]
    refuse = partial(Damaged, path, "a block of it was changed since it was written")
    first = 0
    for (start, size), kind in zip(header.table[:-1], types, strict=True):
        blocks = -(-size // BLOCK)
        values = mapped[start : start + size].view(kind)
        yield Column(values, macs[first : first + blocks], key=key.secret, refuse=refuse)
        first += blocks
