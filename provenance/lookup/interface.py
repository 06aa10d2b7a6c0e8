"""What every index answers, whatever it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from provenance.lookup.column import Column

BITS: Final = 256
HASH_BYTES: Final = BITS // 8
WORDS: Final = BITS // 64

WORD: Final = np.dtype("<u8")
"""Hashes are kept as little-endian 64-bit words, so that a file means the same on every machine."""

Words: TypeAlias = NDArray[np.uint64]
Bytes: TypeAlias = NDArray[np.uint8]
Columns: TypeAlias = tuple[Column, ...]
"""The words of hashes, column by column."""


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """What a search found: three columns and a fourth, in order of query, distance, id.

    `query` is the row of the query, `id` the number that was stored with the hash, `distance` in bits, `part` says
    which hash of that id it was: 0 the whole picture, from 1 on its stored windows.
    """

    query: NDArray[np.int64]
    id: NDArray[np.int64]
    distance: NDArray[np.int64]
    part: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.query)

    @classmethod
    def joined(cls, several: Sequence[Hits]) -> Hits:
        """Hits of several indexes or queries as one, in order."""
        nothing = np.zeros(0, np.int64)
        query, id_, distance, part = (
            np.concatenate([nothing, *(getattr(hits, name) for hits in several)])
            for name in ("query", "id", "distance", "part")
        )
        order = np.lexsort((part, id_, distance, query))
        return cls(query[order], id_[order], distance[order], part[order])


class Index(Protocol):
    """A set of hashes that can be searched, exactly.

    >>> index.search(queries, 31).id  # doctest: +SKIP
    """

    @property
    def exact_within(self) -> int:
        """The largest radius, in bits, for which `search` gives every hash there is."""
        ...

    @property
    def count(self) -> int:
        """How many hashes are searched."""
        ...

    def search(self, queries: Bytes, radius: int) -> Hits:
        """Every stored hash within `radius` bits of each of the (n, 32) queries.

        Raises ValueError for queries of another shape or a radius that is not exact here.
        """
        ...


def words_of(hashes: Bytes) -> Words:
    """(n, 32) bytes as (n, 4) words. Raises ValueError for another shape or type.

    >>> words_of(np.zeros((2, 32), np.uint8)).shape
    (2, 4)
    """
    if hashes.ndim != 2 or hashes.shape[1] != HASH_BYTES or hashes.dtype != np.uint8:
        raise ValueError(f"hashes must be (n, {HASH_BYTES}) uint8, not {hashes.shape} {hashes.dtype}")
    words: Words = np.ascontiguousarray(hashes).view(WORD)
    return words


def columns_of(words: Words) -> Columns:
    """(n, 4) words as columns in memory."""
    return tuple(Column(np.ascontiguousarray(column, dtype=WORD)) for column in words.T)


def bytes_of(values: Sequence[bytes]) -> Bytes:
    """Hashes of 32 bytes each as (n, 32). Raises ValueError for one of another length."""
    if any(len(value) != HASH_BYTES for value in values):
        raise ValueError(f"a hash has {HASH_BYTES} bytes")
    return np.frombuffer(b"".join(values), np.uint8).reshape(-1, HASH_BYTES)


def distances(columns: Columns, rows: NDArray[Any], query: Words) -> NDArray[np.int64]:
    """The distance of one query to some rows. Counted in full: 256 does not fit a byte."""
    found = np.zeros(len(rows), np.int64)
    for column, word in zip(columns, query, strict=True):
        found += np.bitwise_count(column.take(rows) ^ word)
    return found


def check_radius(radius: int, exact_within: int) -> None:
    """Raise ValueError for a radius at which a search would not be exact."""
    if not 0 <= radius <= exact_within:
        raise ValueError(f"the radius must be 0 to {exact_within}, not {radius}")
