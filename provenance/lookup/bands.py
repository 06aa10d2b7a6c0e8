"""Sixteen bands of 16 bits: exact to 15 bits by looking up a query's bands, to 31 by trying one flip in each.

Of 31 differing bits in 16 bands, some band has at most one. More: some band can be chosen so that it and its next
l - 1 neighbours, taken as a ring, have together at most l * 31 / 16 (the cycle lemma; Qin and Xiao, "Pigeonring: a
principle for faster thresholded similarity search", VLDB 2018). So of each candidate only the word that holds its next
bands is fetched, and one in hundreds is left to be compared in full.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from provenance.lookup.interface import WORDS, Words, distances
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

    `offsets` is (16, 65537): the rows of band b with value v are `orders[b - 1, offsets[b, v] : offsets[b, v + 1]]`.
    The rows themselves are sorted by band 0, which therefore needs no order.
    """

    offsets: NDArray[np.uint32]
    orders: NDArray[np.uint32]


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
    orders = np.empty((BANDS - 1, len(words)), np.uint32)
    for band in range(BANDS):
        column = np.ascontiguousarray(keys[:, band])
        np.cumsum(np.bincount(column, minlength=BUCKETS), out=offsets[band, 1:])
        if band:
            orders[band - 1] = np.argsort(column, kind="stable")
    return Bands(offsets, orders)


def search(columns: Words, bands: Bands, queries: Words, radius: int) -> Found:
    """Every row of (4, n) columns within `radius` (at most 31) bits of each of the (q, 4) queries."""
    keys = keys_of(queries)
    pairs = enumerate(zip(queries, keys, strict=True))
    return joined([_search_one(columns, bands, query, key, radius, number) for number, (query, key) in pairs])


def _search_one(
    columns: Words, bands: Bands, query: Words, keys: NDArray[np.uint16], radius: int, number: int
) -> Found:
    flips = _FLIPS if radius > EXACT_WITHOUT_FLIPS else _FLIPS[:1]
    probes = keys.astype(np.int64)[:, None] ^ flips
    band = np.arange(BANDS)[:, None]
    starts, ends = bands.offsets[band, probes].astype(np.int64), bands.offsets[band, probes + 1].astype(np.int64)
    sizes = (ends - starts).sum(axis=1)
    if int(sizes.sum()) * _SCAN_SHARE > columns.shape[1]:
        _, rows, exact = scan(columns, query[None], radius)
    else:
        rows = _in_reach(columns, _candidates(bands, starts, ends), sizes, query, radius)
        exact = distances(columns, rows, query)
        rows, exact = rows[exact <= radius], exact[exact <= radius]
    return np.full(len(rows), number, np.int64), rows, exact


def _candidates(bands: Bands, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[Any]:
    """The rows of every probed bucket, band by band."""
    parts: list[NDArray[Any]] = [np.arange(a, b) for a, b in zip(starts[0], ends[0], strict=True)]
    for order, first, last in zip(bands.orders, starts[1:].tolist(), ends[1:].tolist(), strict=True):
        parts += [order[a:b] for a, b in zip(first, last, strict=True)]
    return np.concatenate(parts)


def _in_reach(
    columns: Words, candidates: NDArray[Any], sizes: NDArray[np.int64], query: Words, radius: int
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
