"""Numbers of items packed into few rows: a release of ten million images takes a thousand of them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any, Final

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from provenance.chunks import batched
from provenance.ledger.bulk import bulk

CHUNK: Final = 8_192
"""Numbers in one row."""

_MOST_BYTES: Final = 8 * CHUNK

Chunk = tuple[int, int, bytes]
"""The first and the last number, and all of them packed."""


def packed(numbers: Iterable[int]) -> Iterator[Chunk]:
    """Ascending numbers as chunks: their differences as little-endian integers of 8 bytes, deflated.

    >>> [(first, last, len(unpacked(data))) for first, last, data in packed(range(1, 10_001))]
    [(1, 8192, 8192), (8193, 10000, 1808)]
    """
    for some in batched(numbers, CHUNK):
        values = np.array(some, "<i8")
        differences = np.diff(values, prepend=0)
        yield int(values[0]), int(values[-1]), zlib.compress(differences.astype("<i8").tobytes(), 6)


def unpacked(data: bytes) -> NDArray[np.int64]:
    """The numbers of a chunk. Raises ValueError for what is none."""
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(data, _MOST_BYTES)
    except zlib.error as error:
        raise ValueError("a chunk of numbers is damaged") from error
    if not inflater.eof or len(plain) % 8:
        raise ValueError("a chunk of numbers is damaged")
    return np.cumsum(np.frombuffer(plain, "<i8").astype(np.int64))


def store(connection: Connection, table: sa.Table, owner: int, chunks: Iterable[Chunk]) -> None:
    """Store the chunks that belong to a row."""
    columns = [column.name for column in table.columns]
    bulk(connection, table, columns, ((owner, *chunk) for chunk in chunks))


def chunk_parts(chunks: Iterable[bytes]) -> dict[str, Any]:
    """What the digest of the row covers to which chunks belong, in their order."""
    hasher = sha256()
    for data in chunks:
        hasher.update(len(data).to_bytes(8, "little") + data)
    return {"items": hasher.hexdigest()}


def read(connection: Connection, table: sa.Table, owner: int) -> Iterator[NDArray[np.int64]]:
    """The numbers that belong to a row, in order, a chunk at a time."""
    columns = list(table.columns)
    rows = connection.execute(sa.select(table.c["items"]).where(columns[0] == owner).order_by(columns[1]))
    yield from (unpacked(bytes(data)) for data in rows.scalars())


def among(
    connection: Connection, table: sa.Table, wanted: Sequence[int] | NDArray[np.int64]
) -> dict[int, NDArray[np.int64]]:
    """Which of these ascending numbers belong to each row that holds any of them."""
    found: dict[int, NDArray[np.int64]] = {}
    numbers = np.asarray(wanted, np.int64)
    if not numbers.size:
        return found
    owner = next(iter(table.primary_key))
    query = sa.select(owner, table.c.first, table.c.last, table.c["items"]).where(
        table.c.first <= int(numbers[-1]), table.c.last >= int(numbers[0])
    )
    for number, first, last, data in connection.execute(query.order_by(owner, table.c.first)):
        start, stop = np.searchsorted(numbers, (first, last + 1))
        near = numbers[start:stop]
        if len(near):
            held = near[np.isin(near, unpacked(bytes(data)), assume_unique=True)]
            if len(held):
                found[number] = np.concatenate((found[number], held)) if number in found else held
    return found
