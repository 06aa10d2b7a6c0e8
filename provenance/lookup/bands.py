"""Sixteen bands of 16 bits: exact to 15 bits by looking up a query's bands, to 31 by trying one flip in each.

Of 31 differing bits in 16 bands, some band has at most one. More: some band can be chosen so that it and its next
l - 1 neighbours, taken as a ring, have together at most l * 31 / 16 (the cycle lemma; Qin and Xiao, "Pigeonring: a
principle for faster thresholded similarity search", VLDB 2018). So of each candidate only the word that holds its next
bands is fetched, and one in hundreds is left to be compared in full.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from provenance.lookup.column import Column
from provenance.lookup.interface import WORDS, Columns, Words, distances
from provenance.lookup.scan import Found, joined, scan

BANDS: Final = 16
WIDTH: Final = 16
BUCKETS: Final = 1 << WIDTH

EXACT_WITHIN: Final = 2 * BANDS - 1
EXACT_WITHOUT_FLIPS: Final = BANDS - 1

_IN_A_WORD: Final = BANDS // WORDS
_KEY: Final = np.dtype("<u2")
_FLIPS: Final = np.array([0, *(1 << bit for bit in range(WIDTH))], np.int64)

_SCAN_SHARE: Final = 4
"""With more candidates than a quarter of the rows a scan is quicker: many copies of one hash share every bucket."""

_QUERIES: Final = 1_024
"""Queries whose buckets are looked up at a time: 9 MB."""

_CANDIDATES: Final = 1 << 22
"""Candidates of the queries that are searched together; a sixteenth of them, one band's, is held at a time: 8 MB."""

_TOGETHER_FROM: Final = 8
"""Queries from which searching them together is quicker than one by one."""

_ALL: Final = 2**64 - 1


def looks(band: int) -> tuple[int, np.uint64, int]:
    """What is looked at of a candidate from a band: the word, its bits that count, and over how many bands they run.

    From the band to the end of its word; for the last band of a word the whole next one, and the band itself counts
    as equal, which keeps the bound true.
    """
    word, place = divmod(band, _IN_A_WORD)
    if place == _IN_A_WORD - 1:
        return (word + 1) % WORDS, np.uint64(_ALL), _IN_A_WORD + 1
    return word, np.uint64((_ALL << (WIDTH * place)) & _ALL), _IN_A_WORD - place


_LOOKS: Final = tuple(looks(band) for band in range(BANDS))


@dataclass(frozen=True, slots=True, eq=False)
class Bands:
    """Where to find the rows with a given value of a band.

    `offsets` is (16, 65537) in one column: the rows of band b with value v are those of `orders[b - 1]` from
    `offsets[b, v]` up to `offsets[b, v + 1]`. The rows themselves are sorted by band 0, which therefore needs no order.
    """

    offsets: Column
    orders: tuple[Column, ...]


def keys_of(words: Words) -> NDArray[np.uint16]:
    """(n, 4) words as their (n, 16) band values."""
    keys: NDArray[np.uint16] = np.ascontiguousarray(words).view(_KEY)
    return keys


def build(words: Words) -> Bands:
    """The bands of (n, 4) words that are sorted by band 0. Raises ValueError if they are not."""
    keys = keys_of(words)
    if np.any(keys[1:, 0] < keys[:-1, 0]):
        raise ValueError("the rows must be sorted by their first band")
    offsets = np.zeros((BANDS, BUCKETS + 1), np.uint32)
    orders = []
    for band in range(BANDS):
        column = np.ascontiguousarray(keys[:, band])
        np.cumsum(np.bincount(column, minlength=BUCKETS), out=offsets[band, 1:])
        if band:
            orders.append(Column(np.argsort(column, kind="stable").astype(np.uint32)))
    return Bands(Column(offsets.reshape(-1)), tuple(orders))


def search(columns: Columns, bands: Bands, queries: Words, radius: int) -> Found:
    """Every row of some columns within `radius` (at most 31) bits of each of the (q, 4) queries."""
    found: list[Found] = []
    for first in range(0, len(queries), _QUERIES):
        some = queries[first : first + _QUERIES]
        probed = _probed(bands, some, radius)
        rows = probed.sizes.sum(axis=1)
        crowded = rows * _SCAN_SHARE > len(columns[0])
        scanned, open_ = np.flatnonzero(crowded), np.flatnonzero(~crowded)
        if len(scanned):
            found.append(_numbered(scan(columns, some[scanned], radius), scanned + first))
        for numbers in _blocks(open_, rows[open_]):
            part = _search_several if len(numbers) >= _TOGETHER_FROM else _search_each
            found.append(_numbered(part(columns, bands, some[numbers], probed.of(numbers), radius), numbers + first))
    return joined(found)


@dataclass(frozen=True, slots=True, eq=False)
class _Probed:
    """Where the probed buckets of each query and band start and end: (q, 16, 1 or 17). `sizes` is (q, 16), in rows."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        found: NDArray[np.int64] = (self.ends - self.starts).sum(axis=2)
        return found

    def of(self, queries: NDArray[np.int64]) -> _Probed:
        return _Probed(self.starts[queries], self.ends[queries])


def _probed(bands: Bands, queries: Words, radius: int) -> _Probed:
    flips = _FLIPS if radius > EXACT_WITHOUT_FLIPS else _FLIPS[:1]
    probes = keys_of(queries).astype(np.int64)[:, :, None] ^ flips
    band = np.arange(BANDS)[:, None]
    offsets = bands.offsets.all().reshape(BANDS, -1)
    return _Probed(offsets[band, probes].astype(np.int64), offsets[band, probes + 1].astype(np.int64))


def _blocks(queries: NDArray[np.int64], rows: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """The queries, so many at a time that their candidates fit `_CANDIDATES`, but never none."""
    total = np.cumsum(rows)
    start = done = 0
    while start < len(queries):
        stop = max(start + 1, int(np.searchsorted(total, done + _CANDIDATES, "right")))
        yield queries[start:stop]
        start, done = stop, int(total[stop - 1])


def _numbered(found: Found, numbers: NDArray[np.int64]) -> Found:
    query, row, distance = found
    return numbers[query], row, distance


def _search_several(columns: Columns, bands: Bands, queries: Words, probed: _Probed, radius: int) -> Found:
    """Band by band over all queries: numpy's calls are paid for once a band and not once a query."""
    sizes, total = probed.sizes, len(columns[0])
    pairs: list[NDArray[np.int64]] = []
    for band, (word, mask, length) in enumerate(_LOOKS):
        rows = _places(probed.starts[:, band].ravel(), probed.ends[:, band].ravel())
        if band:
            rows = bands.orders[band - 1].take(rows)
        different = columns[word].take(rows)
        different ^= np.repeat(queries[:, word], sizes[:, band])
        different &= mask
        near = np.flatnonzero(np.bitwise_count(different) <= length * radius // BANDS)
        query = np.searchsorted(np.cumsum(sizes[:, band]), near, "right")
        pairs.append(query * total + rows[near].astype(np.int64))
    query, row = np.divmod(np.unique(np.concatenate(pairs)), total)
    exact = np.zeros(len(row), np.int64)
    for column, words in zip(columns, queries.T, strict=True):
        exact += np.bitwise_count(column.take(row) ^ words[query])
    kept = exact <= radius
    return query[kept], row[kept], exact[kept]


def _places(starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[Any]:
    """Every place from each start up to its end, one after another.

    >>> _places(np.array([5, 9, 2]), np.array([7, 9, 3])).tolist()
    [5, 6, 2]
    """
    counts = ends - starts
    before = np.cumsum(counts) - counts
    places: NDArray[Any] = np.repeat(starts - before, counts)
    places += np.arange(len(places))
    return places


def _search_each(columns: Columns, bands: Bands, queries: Words, probed: _Probed, radius: int) -> Found:
    """Query by query: for few of them slices are quicker than one long list of places."""
    found: list[Found] = []
    for number, (query, sizes) in enumerate(zip(queries, probed.sizes, strict=True)):
        candidates = _candidates(bands, probed.starts[number], probed.ends[number])
        rows = _in_reach(columns, candidates, sizes, query, radius)
        exact = distances(columns, rows, query)
        kept = exact <= radius
        found.append((np.full(int(kept.sum()), number, np.int64), rows[kept], exact[kept]))
    return joined(found)


def _candidates(bands: Bands, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[Any]:
    """The rows of every probed bucket, band by band."""
    parts: list[NDArray[Any]] = [np.arange(a, b) for a, b in zip(starts[0], ends[0], strict=True)]
    for order, first, last in zip(bands.orders, starts[1:].tolist(), ends[1:].tolist(), strict=True):
        parts += [order.part(a, b) for a, b in zip(first, last, strict=True)]
    return np.concatenate(parts)


def _in_reach(
    columns: Columns, candidates: NDArray[Any], sizes: NDArray[np.int64], query: Words, radius: int
) -> NDArray[np.int64]:
    """The candidates whose next bands keep the bound, each once. `sizes` says how many each band gave."""
    kept: list[NDArray[Any]] = []
    start = 0
    for (word, mask, length), size in zip(_LOOKS, sizes.tolist(), strict=True):
        rows = candidates[start : start + size]
        start += size
        different = np.bitwise_count((columns[word].take(rows) ^ query[word]) & mask)
        kept.append(rows[different <= length * radius // BANDS])
    return np.unique(np.concatenate(kept)).astype(np.int64)
