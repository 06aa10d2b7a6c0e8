"""Every near pair within one set of hashes, by sorting it once a band: what is near shares a bucket or a neighbour.

Neither hashes nor pairs are kept in memory. Hashes lie in temporary files, sorted by one band at a time, of which two
ranges are read at a time; each pair joins two groups. Memory is one number a hash beyond fixed buffers.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from provenance.lookup.bands import BANDS, BUCKETS, EXACT_WITHIN, EXACT_WITHOUT_FLIPS, WIDTH, keys_of, looks
from provenance.lookup.compare import Buckets, Range, near_pairs
from provenance.lookup.disjoint_sets import DisjointSets, flatten, link, roots, singletons
from provenance.lookup.interface import WORDS, Bytes, Words, check_radius
from provenance.lookup.spill import Spill, rows_of, scatter

ROWS: Final = 1 << 17
"""Rows of a range that is read at a time. With two of them and what is compared the fixed buffers are 50 to 60 MB."""

MOST_IN_A_BUCKET: Final = 30_000
"""Distinct hashes with one value of a band that are compared with each other. Honest sets of 100 million have 1,500."""

Block = tuple[NDArray[np.int64], Bytes]
"""Some rows' numbers and their (n, 32) hashes."""


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """`label[i]` is the least row of the group of row i. `complete` is false where crowded buckets were left out."""

    label: DisjointSets
    complete: bool


def near_groups(
    blocks: Iterable[Block],
    count: int,
    radius: int,
    *,
    folder: Path | None = None,
    rows: int = ROWS,
    most_in_a_bucket: int = MOST_IN_A_BUCKET,
) -> Groups:
    """Groups of rows whose hashes are linked by steps of at most `radius` (0 to 31) bits.

    `blocks` are gone through twice and give rows numbered 0 to `count` - 1 in any order; one that they leave out is a
    group of its own. They should be no longer than `rows`. Temporary files in `folder` take 80 bytes a row. Raises
    ValueError for another shape or radius, OSError where there is no room.

    >>> hashes = np.array([[0] * 32, [255] * 32, [1] + [0] * 31], np.uint8)
    >>> near_groups([(np.arange(3), hashes)], 3, 1).label.tolist()
    [0, 1, 0]
    """
    check_radius(radius, EXACT_WITHIN)
    sets = singletons(count)
    complete = True
    with Spill(folder) as distinct:
        sizes = _distinct(blocks, sets, distinct, rows, folder)
        for band in range(BANDS if radius else 0):
            crowded = sizes[band] > most_in_a_bucket
            complete = complete and not crowded.any()
            starts = np.concatenate([[0], np.cumsum(np.where(crowded, 0, sizes[band]))])
            with Spill(folder) as spill:
                ordered = _Ordered(spill, sets, band, starts, _bounds(starts, rows))
                ordered.fill(distinct.pieces(0, int(sizes[band].sum()), rows), ~crowded)
                for left, right in ordered.near_pairs(radius):
                    link(sets, left, right)
    flatten(sets)
    return Groups(sets, complete)


def _distinct(
    blocks: Iterable[Block], sets: DisjointSets, into: Spill, most: int, folder: Path | None
) -> NDArray[np.int64]:
    """Write each hash once and link its copies; gives how many there are with each value of each band: (16, 65536).

    Copies are one hash from here on: they would fill every bucket, and are a group without being compared.
    """
    ranges = min(BUCKETS, max(1, 2 * len(sets) // most))
    # Copies fall into one range, other hashes wherever a draw puts them, so that nobody can crowd a range.
    draw = np.array([secrets.randbits(64) | 1 for _ in range(WORDS)], np.uint64)

    def range_of(rows: Words) -> NDArray[np.uint16]:
        mixed = (rows[:, :WORDS] * draw).sum(axis=1, dtype=np.uint64) >> np.uint64(32)
        found: NDArray[np.uint16] = (mixed * np.uint64(ranges) >> np.uint64(32)).astype(np.uint16)
        return found

    held = np.zeros(ranges, np.int64)
    for numbers, hashes in blocks:
        held += np.bincount(range_of(rows_of(hashes, numbers)), minlength=ranges)
    starts = np.concatenate([[0], np.cumsum(held)])
    sizes = np.zeros((BANDS, BUCKETS), np.int64)
    written = 0
    with Spill(folder) as spill:
        rows = (rows_of(hashes, numbers) for numbers, hashes in blocks)
        scatter(rows, range_of, np.arange(ranges + 1), starts, spill)
        for start, stop in pairwise(starts.tolist()):
            once = np.zeros((0, WORDS + 1), np.uint64)
            for piece in spill.pieces(start, stop, most):
                once = _once(np.concatenate([once, piece]), sets)
            into.write(written, once)
            written += len(once)
            for band, keys in enumerate(keys_of(once[:, :WORDS]).T):
                sizes[band] += np.bincount(keys, minlength=BUCKETS)
    return sizes


def _once(rows: Words, sets: DisjointSets) -> Words:
    """The rows without those whose hash another has, which are linked to it."""
    rows = rows[np.lexsort(rows[:, :WORDS].T)]
    new = np.ones(len(rows), np.bool_)
    new[1:] = (rows[1:, :WORDS] != rows[:-1, :WORDS]).any(axis=1)
    numbers = rows[:, WORDS].astype(np.int64)
    copies = np.flatnonzero(~new)
    link(sets, numbers[copies], numbers[copies - 1])
    return rows[new]


def _bounds(starts: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Where ranges of band values begin and end, so that each has at most so many rows, or is one value.

    >>> _bounds(np.array([0, 2, 2, 5, 6]), 3).tolist()
    [0, 2, 3, 4]
    """
    bounds = [0]
    while bounds[-1] < len(starts) - 1:
        fits = int(np.searchsorted(starts, starts[bounds[-1]] + most, "right")) - 1
        bounds.append(max(bounds[-1] + 1, fits))
    return np.array(bounds)


@dataclass(frozen=True, slots=True, eq=False)
class _Ordered:
    """Hashes in order of one band: those with value v lie from `starts[v]` up to `starts[v + 1]`."""

    spill: Spill
    sets: DisjointSets
    band: int
    starts: NDArray[np.int64]
    bounds: NDArray[np.int64]

    def fill(self, pieces: Iterable[Words], open_: NDArray[np.bool_]) -> None:
        """Write the rows whose value is open: first to their range, then each range in order."""
        kept = pieces if open_.all() else (rows[open_[self._keys(rows)]] for rows in pieces)
        places = self.starts[self.bounds]
        scatter(kept, self._keys, self.bounds, places, self.spill)
        for start, stop in pairwise(places.tolist()):
            rows = self.spill.read(start, stop)
            self.spill.write(start, rows[np.argsort(self._keys(rows), kind="stable")])

    def near_pairs(self, radius: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """The groups of near pairs whose band is equal or, where the radius needs it, differs in one bit."""
        flips = WIDTH if radius > EXACT_WITHOUT_FLIPS else 0
        most = looks(self.band)[2] * radius // BANDS
        for number, partners in enumerate(self._partners(flips)):
            left = self._range(number)
            for partner in partners:
                right = left if partner == number else self._range(partner)
                for ours, theirs in self._buckets(number, partner, flips):
                    yield from near_pairs(left, right, ours, theirs, most, radius)

    def _keys(self, rows: Words) -> NDArray[np.uint16]:
        keys: NDArray[np.uint16] = np.ascontiguousarray(keys_of(rows)[:, self.band])
        return keys

    def _range(self, number: int) -> Range:
        start, stop = self.starts[self.bounds[number : number + 2]].tolist()
        rows = self.spill.read(start, stop)
        word, mask, _ = looks(self.band)
        return Range(
            np.ascontiguousarray(rows[:, :WORDS]),
            roots(self.sets, rows[:, WORDS].astype(np.int64)),
            rows[:, word] & mask,
        )

    def _partners(self, flips: int) -> list[list[int]]:
        """For each range itself and the later ones that hold a neighbour of one of its values."""
        ranges = len(self.bounds) - 1
        range_of = np.repeat(np.arange(ranges), np.diff(self.bounds))
        sizes = np.diff(self.starts)
        met = [np.arange(ranges) * (ranges + 1)]
        for bit in range(flips if ranges > 1 else 0):
            value = np.flatnonzero(sizes)
            other = value | (1 << bit)
            both = sizes[other] > 0
            met.append(np.unique(range_of[value[both]] * ranges + range_of[other[both]]))
        one, other = np.divmod(np.unique(np.concatenate(met)), ranges)
        return [part.tolist() for part in np.split(other, np.searchsorted(one, np.arange(1, ranges)))]

    def _buckets(self, number: int, partner: int, flips: int) -> Iterator[tuple[Buckets, Buckets]]:
        """Buckets of one range, each with one of another in which its neighbours are: itself, and a flip at a time."""
        low, high = self.bounds[partner : partner + 2].tolist()
        sizes = np.diff(self.starts)
        first, stop = self.bounds[number : number + 2].tolist()
        values = first + np.flatnonzero(sizes[first:stop])
        start, other_start = self.starts[self.bounds[[number, partner]]].tolist()
        for flip in [0, *(1 << bit for bit in range(flips))]:
            other = values | flip
            met = (low <= other) & (other < high) & ((other != values) == bool(flip))
            value, other = values[met], other[met]
            there = sizes[other] > 0
            value, other = value[there], other[there]
            if len(value):
                yield (
                    Buckets(self.starts[value] - start, sizes[value]),
                    Buckets(self.starts[other] - other_start, sizes[other]),
                )
