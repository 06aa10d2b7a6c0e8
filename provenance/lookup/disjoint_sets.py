"""Which rows belong together, in one array of numbers: each row points to a lower one of its group, or to itself.

Links are taken many at a time and are not kept, so that memory does not grow with them. A row never points upwards:
the root of a group is its least row, whatever the order of the links.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

DisjointSets: TypeAlias = NDArray[np.signedinteger[Any]]

_SMALL: Final = np.iinfo(np.int32).max
_STEP: Final = 1 << 18


def singletons(rows: int) -> DisjointSets:
    """So many rows, each a group of its own: 4 bytes a row up to 2^31 of them, then 8."""
    return np.arange(rows, dtype=np.int32 if rows <= _SMALL else np.int64)


def link(sets: DisjointSets, left: NDArray[Any], right: NDArray[Any]) -> None:
    """Join the group of each left row with that of its right one.

    >>> forest = singletons(4)
    >>> link(forest, np.array([3, 1]), np.array([1, 0]))
    >>> flatten(forest)
    >>> forest.tolist()
    [0, 0, 2, 0]
    """
    one, other = roots(sets, left), roots(sets, right)
    while True:
        apart = one != other
        low, high = np.minimum(one, other)[apart], np.maximum(one, other)[apart]
        if not len(low):
            return
        # Each root that has a lower one beside it goes below the least of them; its other links come round again.
        np.minimum.at(sets, high, low)
        one, other = roots(sets, low), roots(sets, high)


def flatten(sets: DisjointSets) -> None:
    """Let each row point straight to the root of its group."""
    for start in range(0, len(sets), _STEP):
        piece = sets[start : start + _STEP]
        while True:  # what lies before the piece is flat already
            above = sets[piece]
            if np.array_equal(above, piece):
                break
            piece[:] = above


def roots(sets: DisjointSets, rows: NDArray[Any]) -> DisjointSets:
    """The least row of each row's group. The rows are moved up to it: a path among them halves at every step."""
    found: DisjointSets = sets[rows]
    while True:
        above = sets[found]
        if np.array_equal(above, found):
            return found
        sets[rows] = above
        found = above
