"""The plain search: every hash is looked at, a block at a time, so that it is exact at any radius."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from provenance.lookup.interface import BITS, WORDS, Columns, Words, distances

EXACT_WITHIN: Final = BITS

_BLOCK: Final = 32_768
"""Rows whose four words (1 MB) stay in the cache while every query passes over them."""

_TOLD_BY_TWO: Final = 35
_TOLD_BY_THREE: Final = 60

Found = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
"""Query, row and distance, of the same length."""


def scan(columns: Columns, queries: Words, radius: int) -> Found:
    """Every row of some columns within `radius` bits of each of the (q, 4) queries.

    >>> scan(columns_of(np.zeros((3, 4), np.uint64)), np.zeros((1, 4), np.uint64), 0)[1].tolist()
    [0, 1, 2]
    """
    found: list[Found] = []
    total = len(columns[0])
    words = _words_that_tell(radius)
    room = min(_BLOCK, total)
    different, bits, sums = np.empty(room, np.uint64), np.empty(room, np.uint8), np.empty(room, np.uint8)
    for start in range(0, total, _BLOCK):
        size = min(_BLOCK, total - start)
        block = [column.part(start, start + size) for column in columns[:words]]
        for number, query in enumerate(queries):
            _count(block, query[:words], different[:size], bits[:size], sums[:size])
            near = np.flatnonzero(sums[:size] <= radius)
            if len(near):
                found.append(_checked(columns, near + start, query, radius, number))
    return joined(found)


def _count(
    block: Sequence[Words], query: Words, different: Words, bits: NDArray[np.uint8], sums: NDArray[np.uint8]
) -> None:
    """Distances of a block's words to as many of one query, modulo 256, into `sums`."""
    for place, (column, word) in enumerate(zip(block, query, strict=True)):
        np.bitwise_xor(column, word, out=different)
        np.bitwise_count(different, out=bits if place else sums)
        if place:
            np.add(sums, bits, out=sums)


def _words_that_tell(radius: int) -> int:
    """How many words leave few strangers within the radius: those differ in half of the bits, give or take.

    Of 128 bits a stranger has at most 35 different, and of 192 at most 60, less than once in five million times.
    """
    return 2 if radius <= _TOLD_BY_TWO else 3 if radius <= _TOLD_BY_THREE else WORDS


def _checked(columns: Columns, near: NDArray[np.int64], query: Words, radius: int, number: int) -> Found:
    """The hits among rows that may be near, counted in full: in a byte a hash and its complement are 0 bits apart."""
    exact = distances(columns, near, query)
    kept = exact <= radius
    return np.full(int(kept.sum()), number, np.int64), near[kept], exact[kept]


def joined(found: list[Found]) -> Found:
    """Several findings as one."""
    nothing = np.zeros(0, np.int64)
    query, row, distance = (np.concatenate([nothing, *(part[i] for part in found)]) for i in range(3))
    return query, row, distance
