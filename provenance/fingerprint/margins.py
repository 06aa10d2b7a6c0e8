"""Finds what has been put around a picture: borders, letterboxes, caption bands, the bars of a screenshot.

Guesses only, several of them: each becomes one more view of a query, and a wrong one matches nothing.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

_FLAT: Final = 8.0
"""Grey levels between the quartiles of a line that is background with perhaps some text on it."""

_REACH: Final = 0.45
"""How far into the picture a margin may go, on each side."""

_EDGES: Final = 3
"""Straight edges that are tried on each side."""

_EDGE: Final = 4.0
"""Grey levels that half of a line's pixels must step by, for it to be an edge that runs straight across."""

_LEAST: Final = 0.2
"""Share of each side that must be left."""


def inner_boxes(pixels: NDArray[np.float32]) -> list[tuple[float, float, float, float]]:
    """Candidate boxes (left, top, right, bottom as fractions) of the picture inside its margins, likeliest first.

    Two signs are used: lines from the outside in that are flat, and edges that run straight across.
    """
    height, width = pixels.shape
    tops, bottoms = _cuts(pixels), [1 - cut for cut in _cuts(pixels[::-1])]
    lefts, rights = _cuts(pixels.T), [1 - cut for cut in _cuts(pixels.T[::-1])]
    upright = [(0.0, 1.0), *((top, bottom) for top in tops for bottom in bottoms)]
    # Bars at the sides come in pairs of one kind; above and below they differ.
    sideways = [(0.0, 1.0), *zip(lefts, rights, strict=False), *((left, 1.0) for left in lefts[1:2])]
    boxes = [
        (left, top, right, bottom)
        for left, right in sideways
        for top, bottom in upright
        if right - left >= _LEAST and bottom - top >= _LEAST
    ]
    return _distinct(boxes, tolerance=max(1 / height, 1 / width))


def _cuts(lines: NDArray[np.float32]) -> list[float]:
    """Where the margin at the first lines may end, as fractions: nowhere, after the flat ones, at straight edges."""
    length = len(lines)
    reach = max(2, int(length * _REACH))
    low, high = np.percentile(lines[:reach], (25, 75), axis=1)
    flat = high - low <= _FLAT
    run = reach if flat.all() else int(np.argmin(flat))
    strength = np.median(np.abs(np.diff(lines[: reach + 1], axis=0)), axis=1)
    edges: list[int] = []
    for at in np.argsort(strength)[::-1]:
        if len(edges) == _EDGES or strength[at] < _EDGE:
            break
        if all(abs(int(at) - other) > 2 for other in edges):
            edges.append(int(at))
    return [0.0, run / length, *(_edge_position(strength, at) / length for at in edges)]


def _edge_position(strength: NDArray[np.float32], at: int) -> float:
    """Where the edge lies between lines: scaling spreads it over neighbours, so their centre of weight is taken."""
    around = np.arange(max(0, at - 1), min(len(strength), at + 2))
    return float(np.average(around, weights=strength[around])) + 1


def _distinct(
    boxes: list[tuple[float, float, float, float]], *, tolerance: float
) -> list[tuple[float, float, float, float]]:
    """The boxes without those that an earlier one nearly equals, and without the whole picture."""
    kept = [(0.0, 0.0, 1.0, 1.0)]
    for box in boxes:
        if all(max(abs(a - b) for a, b in zip(box, other, strict=True)) > tolerance for other in kept):
            kept.append(box)
    return kept[1:]
