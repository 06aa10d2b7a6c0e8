"""Every near pair within one set of hashes, by sorting it once a band: what is near shares a bucket or a neighbour.

Pairs are not kept. Each joins two groups, so that memory grows with the hashes and not with the pairs, of which ten
thousand frames of one film have fifty million.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from provenance.lookup.bands import BANDS, BUCKETS, EXACT_WITHIN, EXACT_WITHOUT_FLIPS, WIDTH, keys_of, looks
from provenance.lookup.interface import Bytes, Words, check_radius, words_of

_PAIRS: Final = 1 << 20
"""Candidate pairs compared at a time: 40 MB."""

MOST_IN_A_BUCKET: Final = 30_000
"""Distinct hashes with one value of a band that are compared with each other. Honest sets of 100 million have 1,500."""


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """`label[i]` is the least row of the group of row i. `complete` is false where crowded buckets were left out."""

    label: NDArray[np.int64]
    complete: bool


def near_groups(hashes: Bytes, radius: int, *, most_in_a_bucket: int = MOST_IN_A_BUCKET) -> Groups:
    """Groups of (n, 32) hashes that are linked by steps of at most `radius` (0 to 31) bits.

    Raises ValueError for another shape or radius.

    >>> near_groups(np.array([[0] * 32, [255] * 32, [1] + [0] * 31], np.uint8), 1).label.tolist()
    [0, 1, 0]
    """
    check_radius(radius, EXACT_WITHIN)
    if not len(hashes):
        return Groups(np.zeros(0, np.int64), complete=True)
    # Copies are one hash here: they would fill every bucket, and are a group without being compared.
    words, first, copy_of = _distinct(words_of(hashes))
    label = np.arange(len(words))
    complete = True
    for band in range(BANDS if radius else 0):
        order = np.argsort(np.ascontiguousarray(keys_of(words)[:, band]), kind="stable")
        ordered = words[order]
        starts = np.searchsorted(keys_of(ordered)[:, band], np.arange(BUCKETS + 1))
        crowded = np.diff(starts) > most_in_a_bucket
        complete = complete and not crowded.any()
        for left, right in _candidates(ordered, band, starts, crowded, flips=radius > EXACT_WITHOUT_FLIPS):
            near = _near(ordered, band, left, right, radius)
            label = _linked(label, order[left[near]], order[right[near]])
    # From distinct hashes back to rows, each group named by its least row.
    least = np.full(len(words), len(hashes))
    np.minimum.at(least, label, first)
    found: NDArray[np.int64] = least[label[copy_of]]
    return Groups(found, complete)


def _distinct(words: Words) -> tuple[Words, NDArray[np.int64], NDArray[np.int64]]:
    """Each hash once, the first row that has it, and which of them each row has."""
    order = np.lexsort(words.T)
    ordered = words[order]
    new = np.ones(len(words), np.bool_)
    new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    number = np.cumsum(new) - 1
    copy_of = np.empty(len(words), np.int64)
    copy_of[order] = number
    return ordered[new], np.minimum.reduceat(order, np.flatnonzero(new)), copy_of


def _candidates(
    ordered: Words, band: int, starts: NDArray[np.int64], crowded: NDArray[np.bool_], *, flips: bool
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Pairs of places whose band is equal, or with `flips` differs in one bit, some at a time."""
    key = keys_of(ordered)[:, band].astype(np.int64)
    place = np.arange(len(ordered))
    open_ = ~crowded
    yield from _pairs(place, place + 1, np.where(open_[key], starts[key + 1], 0))
    for bit in range(WIDTH if flips else 0):
        other = key | (1 << bit)
        lower = (key != other) & open_[key] & open_[other]
        yield from _pairs(place[lower], starts[other[lower]], starts[other[lower] + 1])


def _pairs(
    place: NDArray[np.int64], first: NDArray[np.int64], end: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Each place with every place from its `first` up to its `end`."""
    counts = np.maximum(0, end - first)
    place, first, counts = place[counts > 0], first[counts > 0], counts[counts > 0]
    total = np.cumsum(counts)
    start = done = 0
    while start < len(place):
        stop = max(start + 1, int(np.searchsorted(total, done + _PAIRS, "right")))
        size = counts[start:stop]
        before = np.cumsum(size) - size
        right = np.arange(int(size.sum())) - np.repeat(before - first[start:stop], size)
        yield np.repeat(place[start:stop], size), right
        start, done = stop, int(total[stop - 1])


def _near(
    ordered: Words, band: int, left: NDArray[np.int64], right: NDArray[np.int64], radius: int
) -> NDArray[np.int64]:
    """Which pairs are within the radius: the band's own word first, which leaves few."""
    word, mask, length = looks(band)
    column = np.ascontiguousarray(ordered[:, word])
    near = np.flatnonzero(np.bitwise_count((column[left] ^ column[right]) & mask) <= length * radius // BANDS)
    distance = np.bitwise_count(ordered[left[near]] ^ ordered[right[near]]).sum(axis=1, dtype=np.int64)
    kept: NDArray[np.int64] = near[distance <= radius]
    return kept


def _linked(label: NDArray[np.int64], left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """The labels after these pairs have joined their groups. A label is always its group's least place."""
    a, b = label[left], label[right]
    size = np.int64(len(label))
    links = np.unique((np.minimum(a, b) * size + np.maximum(a, b))[a != b])
    if not len(links):
        return label
    parent: dict[int, int] = {}
    for low, high in zip((links // size).tolist(), (links % size).tolist(), strict=True):
        one, other = _root(parent, low), _root(parent, high)
        parent[max(one, other)] = min(one, other)
    moved: NDArray[Any] = np.arange(len(label))
    for old in parent:
        moved[old] = _root(parent, old)
    joined: NDArray[np.int64] = moved[label]
    return joined


def _root(parent: dict[int, int], place: int) -> int:
    root = place
    while parent.get(root, root) != root:
        root = parent[root]
    while parent.get(place, place) != root:
        parent[place], place = root, parent[place]
    return root
