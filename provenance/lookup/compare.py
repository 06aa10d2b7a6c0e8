"""Comparing the hashes of one bucket with those of another, for many pairs of buckets at a time.

Small buckets are written out as one long list of pairs, large ones are laid against each other one by one: what numpy's
calls cost is paid for once a list, or is little beside the pairs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from provenance.lookup.interface import Words

PAIRS: Final = 1 << 18
"""Candidate pairs compared at a time: 8 MB."""

CROSSED_FROM: Final = 1_500
"""Pairs of two buckets from which laying them against each other is quicker than listing them."""

Places = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Left and right places of pairs."""


@dataclass(frozen=True, slots=True, eq=False)
class Range:
    """Hashes in order of one band, with the group of each. `column` is what is looked at first."""

    words: Words
    groups: NDArray[Any]
    column: Words


@dataclass(frozen=True, slots=True, eq=False)
class Buckets:
    """Buckets of a range: where each begins and how many rows it has."""

    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]

    def only(self, which: NDArray[np.bool_]) -> Buckets:
        """Some of them."""
        return Buckets(self.starts[which], self.sizes[which])

    def rows(self) -> NDArray[np.int64]:
        """The places of all their rows.

        >>> Buckets(np.array([5, 9]), np.array([2, 1])).rows().tolist()
        [5, 6, 9]
        """
        before = np.cumsum(self.sizes) - self.sizes
        return np.repeat(self.starts - before, self.sizes) + np.arange(int(self.sizes.sum()))

    def each(self) -> Iterator[tuple[int, int]]:
        """The start and the end of each."""
        return zip(self.starts.tolist(), (self.starts + self.sizes).tolist(), strict=True)


def near_pairs(left: Range, right: Range, ours: Buckets, theirs: Buckets, most: int, radius: int) -> Iterator[Places]:
    """The groups of rows of our buckets and of those in their place among theirs that are within `radius` bits.

    At most `most` bits of what is looked at first may differ. Pairs of one group, as the many among frames of a film,
    are left out. Within one bucket each pair comes once.
    """
    crossed = ours.sizes * theirs.sizes >= CROSSED_FROM
    same = left is right and np.array_equal(ours.starts, theirs.starts)
    several = (
        _listed(left, right, ours.only(~crossed), theirs.only(~crossed), most, same=same),
        _crossed(left, right, ours.only(crossed), theirs.only(crossed), most, same=same),
    )
    for found in several:
        for places, others in found:
            apart = left.groups[places] != right.groups[others]
            one, other = places[apart], others[apart]
            near = np.bitwise_count(left.words[one] ^ right.words[other]).sum(axis=1, dtype=np.int64) <= radius
            yield left.groups[one[near]], right.groups[other[near]]


def _listed(left: Range, right: Range, ours: Buckets, theirs: Buckets, most: int, *, same: bool) -> Iterator[Places]:
    """Places of pairs that may be near, from lists of pairs."""
    place = ours.rows()
    ends = np.repeat(theirs.starts + theirs.sizes, ours.sizes)
    first = place + 1 if same else np.repeat(theirs.starts, ours.sizes)
    counts = ends - first
    total = np.cumsum(counts)
    start = done = 0
    while start < len(place):
        stop = max(start + 1, int(np.searchsorted(total, done + PAIRS, "right")))
        size = counts[start:stop]
        upto = total[start:stop] - done
        others: NDArray[Any] = np.repeat(first[start:stop] - (upto - size), size)
        others += np.arange(len(others))
        different = right.column.take(others)
        different ^= np.repeat(left.column[place[start:stop]], size)
        near = np.flatnonzero(np.bitwise_count(different) <= most)
        if len(near):
            yield place[start:stop][np.searchsorted(upto, near, "right")], others[near]
        start, done = stop, int(total[stop - 1])


def _crossed(left: Range, right: Range, ours: Buckets, theirs: Buckets, most: int, *, same: bool) -> Iterator[Places]:
    """Places of pairs that may be near, bucket by bucket."""
    for (start, stop), (first, last) in zip(ours.each(), theirs.each(), strict=True):
        step = max(1, PAIRS // (last - first))
        for begin in range(start, stop, step):
            end = min(begin + step, stop)
            after = begin if same else first
            different = np.bitwise_xor.outer(left.column[begin:end], right.column[after:last])
            near = np.flatnonzero(np.bitwise_count(different) <= most)
            if len(near):
                one, other = np.divmod(near, last - after)
                one, other = one + begin, other + after
                kept = one < other if same else slice(None)
                yield one[kept], other[kept]
