"""Finds what has been put around a picture: borders, letterboxes, caption bands, the bars of a screenshot.

Guesses only, several of them: each becomes one more view of a query, and a wrong one matches nothing.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

_FLAT: Final = 8.0
"""Grey levels between the quartiles of a line that is background with perhaps some text on it."""

_REACH: Final = 0.55
"""How far into the picture a margin may go, on each side."""

_EDGES: Final = 3
"""Straight edges that are tried on each side."""

_EDGE: Final = 4.0
"""Grey levels that half of a line's pixels must step by, for it to be an edge that runs straight across."""

_LEAST: Final = 0.2
"""Share of each side that must be left."""


def inner_boxes(pixels: NDArray[np.float64], *, most: int) -> list[tuple[float, float, float, float]]:
    """At most so many boxes (left, top, right, bottom as fractions) of the picture inside its margins, likeliest first.

    Two signs are used: lines from the outside in that are flat, and edges that run straight across.
    """
    height, width = pixels.shape
    tops, bottoms = _cuts(pixels), [1 - cut for cut in _cuts(pixels[::-1])]
    lefts, rights = _cuts(pixels.T), [1 - cut for cut in _cuts(pixels.T[::-1])]
    upright = [(high + low, top, bottom) for high, top in enumerate(tops) for low, bottom in enumerate(bottoms)]
    # Bars at the sides come in pairs of one kind, or another picture stands on one side; above and below they differ.
    sideways = [(place, *pair) for place, pair in enumerate(zip(lefts, rights, strict=False))]
    sideways += [(place, left, 1.0) for place, left in enumerate(lefts[:3])]
    sideways += [(place, 0.0, right) for place, right in enumerate(rights[:3])]
    likeliest_first = sorted(
        (
            (down + across, left, top, right, bottom)
            for across, left, right in sideways
            for down, top, bottom in upright
        ),
        key=lambda ranked: ranked[0],
    )
    boxes = [
        (left, top, right, bottom)
        for _, left, top, right, bottom in likeliest_first
        if right - left >= _LEAST and bottom - top >= _LEAST
    ]
    return _distinct(boxes, most, tolerance=max(1 / height, 1 / width))


def _cuts(lines: NDArray[np.float64]) -> list[float]:
    """Where the margin at the first lines may end, as fractions: after the flat ones, nowhere, at straight edges."""
    length = len(lines)
    reach = max(2, int(length * _REACH))
    ordered = np.sort(lines[:reach], axis=1)
    flat = ordered[:, 3 * lines.shape[1] // 4] - ordered[:, lines.shape[1] // 4] <= _FLAT
    run = reach if flat.all() else int(np.argmin(flat))
    strength = np.median(np.abs(np.diff(lines[: reach + 1], axis=0)), axis=1)
    edges: list[int] = []
    for at in np.argsort(strength)[::-1]:
        if len(edges) == _EDGES or strength[at] < _EDGE:
            break
        if all(abs(int(at) - other) > 2 for other in edges):
            edges.append(int(at))
    return [*([run / length] if run else []), 0.0, *(_edge_position(strength, at) / length for at in edges)]


def _edge_position(strength: NDArray[np.float64], at: int) -> float:
    """Where the edge lies between lines: scaling spreads it over neighbours, so their centre of weight is taken."""
    around = np.arange(max(0, at - 1), min(len(strength), at + 2))
    return float(np.average(around, weights=strength[around])) + 1


def _distinct(
    boxes: list[tuple[float, float, float, float]], most: int, *, tolerance: float
) -> list[tuple[float, float, float, float]]:
    """The first boxes without those that an earlier one nearly equals, and without the whole picture."""
    kept = [(0.0, 0.0, 1.0, 1.0)]
    for box in boxes:
        if len(kept) > most:
            break
        if np.abs(np.array(kept) - box).max(axis=1).min() > tolerance:
            kept.append(box)
    return kept[1:]
