"""Whether a photo and an original agree in the rest too, once one view of the photo has met one hash of the original.

A meeting says where in the photo each of the original's other windows would lie. Those that lie inside are hashed
there and compared. A copy agrees in all of them; a stranger that shares a shape does not. So a meeting at a distance
that strangers reach as well can still be told from theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from provenance.fingerprint import canvas
from provenance.fingerprint.canvas import FULL, TURNS
from provenance.fingerprint.variants import ROTATIONS, Query, View
from provenance.fingerprint.windows import BITS, WINDOW_BOXES, Boxes, Floats

PART_BOXES: Final = np.concatenate([FULL, WINDOW_BOXES])
"""What the hashes of an original show, by their part: 0 the whole picture, from 1 on its stored windows."""

ENOUGH: Final = 3
"""Hashes that must be compared before their mean says anything beyond the one that met."""

SURE_WITHIN: Final = 31.0
"""Mean bits that no stranger reaches even in one hash: then a finer view than those tried is a match by itself."""

AGREES_WITHIN: Final = 50.0
REFUTED_BEYOND: Final = 85.0
"""Mean bits of `ENOUGH` hashes or more up to which they are one picture, and from which on they are not. Between lie
copies with something large over them and strangers of one shape; `python -m benchmarks recall` tells what comes of it.
"""

_OUTSIDE: Final = 0.015
"""How far a window may reach over the photo's edge, in shares of its side."""

_STEPS: Final = (0.02, 0.02, 0.01, 0.01)
"""By how much the box is moved, one step after another, in shares of the photo's side, to look for a better fit."""

_KEPT: Final = 0.75
"""Share of the hashes that a move must leave in the photo: it must not fit better by pushing out what differs."""

_EDGES: Final = np.eye(4)
_SHIFTS: Final = np.array([(1, 0, 1, 0), (0, 1, 0, 1)])
_STRETCHES: Final = np.array([(-1, -1, 1, 1), (-1, 0, 1, 0), (0, -1, 0, 1)]) / 2
_MOVES: Final = np.concatenate(
    [np.zeros((1, 4)), *(sign * moves for moves in (_EDGES, _SHIFTS, _STRETCHES) for sign in (1, -1))]
)
"""Nowhere; one edge; the whole box across or down; the box larger or smaller."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many hashes of the original lie in the photo, and their mean distance in bits where they fit best."""

    hashes: int
    distance: float

    @property
    def holds(self) -> bool | None:
        """Whether the two are one picture; None where that cannot be said."""
        if self.distance <= SURE_WITHIN:
            return True
        if self.hashes < ENOUGH or AGREES_WITHIN < self.distance <= REFUTED_BEYOND:
            return None
        return self.distance <= AGREES_WITHIN


def agreement(query: Query, view: View, part: int, stored: NDArray[np.uint8]) -> Agreement:
    """How an original agrees with a photo of which `view` met its hash number `part`.

    `stored` is (28, 32): its hashes in the order of `PART_BOXES`, zeros for those that are absent. The photo's box is
    moved a little to where they agree best: a view is only one of a grid of guesses.
    """
    picture, orientation = query.pixels[ROTATIONS.index(view.rotation)], TURNS.index(view.orientation)
    box = np.array(view.box)
    best = _compared(picture, box[None], orientation, part, stored)[0]
    least = best.hashes * _KEPT
    for step in _STEPS:
        moved = box + step * _MOVES
        found = _compared(picture, moved, orientation, part, stored)
        at = min(
            (number for number in range(len(moved)) if found[number].hashes >= least), key=lambda n: found[n].distance
        )
        box, best = moved[at], found[at]
    return best


def _compared(picture: Floats, boxes: Boxes, orientation: int, part: int, stored: NDArray[np.uint8]) -> list[Agreement]:
    """The agreement for each of some boxes of the photo."""
    places = np.stack([_places(box, orientation, part) for box in boxes])
    inside = (
        stored.any(axis=1) & (places[..., :2] >= -_OUTSIDE).all(axis=2) & (places[..., 2:] <= 1 + _OUTSIDE).all(axis=2)
    )
    which, hash_number = np.nonzero(inside)
    if not len(which):
        return [Agreement(0, float(BITS))] * len(boxes)
    coefficients = canvas.cosines(picture[None], canvas.asked(np.clip(places[inside], 0, 1)))[0]
    seen = canvas.hashes(canvas.from_median(canvas.turned(coefficients, orientation)))
    bits = np.bitwise_count(seen ^ stored[hash_number]).sum(axis=1)
    counts = inside.sum(axis=1)
    sums = np.bincount(which, weights=bits, minlength=len(boxes))
    return [
        Agreement(int(count), float(total / count) if count else float(BITS))
        for count, total in zip(counts, sums, strict=True)
    ]


def _places(box: NDArray[np.float64], orientation: int, part: int) -> Boxes:
    """(28, 4): where in the photo each part of the original lies, if `box` of the photo, turned, shows this part."""
    origin, size = PART_BOXES[part, :2], PART_BOXES[part, 2:] - PART_BOXES[part, :2]
    left, top, right, bottom = ((PART_BOXES - np.tile(origin, 2)) / np.tile(size, 2)).T
    # `windows.turned` swaps the axes for the last four of the turns and mirrors afterwards; this undoes both.
    if orientation % 4 in (1, 3):
        left, right = 1 - right, 1 - left
    if orientation % 4 in (2, 3):
        top, bottom = 1 - bottom, 1 - top
    if orientation >= 4:
        left, top, right, bottom = top, left, bottom, right
    placed = np.stack([left, top, right, bottom], axis=1)
    found: Boxes = np.tile(box[:2], 2) + placed * np.tile(box[2:] - box[:2], 2)
    return found
