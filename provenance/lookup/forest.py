"""Which rows belong together, in one array of numbers: each row points to a lower one of its group, or to itself.

Links are taken many at a time and are not kept, so that memory does not grow with them. A row never points upwards:
the root of a group is its least row, whatever the order of the links.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Forest: TypeAlias = NDArray[np.signedinteger[Any]]

_SMALL: Final = np.iinfo(np.int32).max
_STEP: Final = 1 << 18


def planted(rows: int) -> Forest:
    """So many rows, each a group of its own: 4 bytes a row up to 2^31 of them, then 8."""
    return np.arange(rows, dtype=np.int32 if rows <= _SMALL else np.int64)


def link(forest: Forest, left: NDArray[Any], right: NDArray[Any]) -> None:
    """Join the group of each left row with that of its right one.

    >>> forest = planted(4)
    >>> link(forest, np.array([3, 1]), np.array([1, 0]))
    >>> flatten(forest)
    >>> forest.tolist()
    [0, 0, 2, 0]
    """
    one, other = roots(forest, left), roots(forest, right)
    while True:
        apart = one != other
        low, high = np.minimum(one, other)[apart], np.maximum(one, other)[apart]
        if not len(low):
            return
        # Each root that has a lower one beside it goes below the least of them; its other links come round again.
        np.minimum.at(forest, high, low)
        one, other = roots(forest, low), roots(forest, high)


def flatten(forest: Forest) -> None:
    """Let each row point straight to the root of its group."""
    for start in range(0, len(forest), _STEP):
        piece = forest[start : start + _STEP]
        while True:  # what lies before the piece is flat already
            above = forest[piece]
            if np.array_equal(above, piece):
                break
            piece[:] = above


def roots(forest: Forest, rows: NDArray[Any]) -> Forest:
    """The least row of each row's group. The rows are moved up to it: a path among them halves at every step."""
    found: Forest = forest[rows]
    while True:
        above = forest[found]
        if np.array_equal(above, found):
            return found
        forest[rows] = above
        found = above
