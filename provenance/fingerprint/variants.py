"""The ways to look at a picture so that an edited copy still meets its original.

A hash of the whole picture survives re-encoding, scaling and colour, but no turn, no border and no larger crop. So a
query is looked at in many ways: the eight turns, without what has been put around it, straightened, and through inner
windows. Those meet the one stored hash of an original. Of a crop the query has too little: to find what lost more
than about a twentieth of its width or height, the original's own windows are stored as well (`stored_windows`), which
take 27 times the room.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from provenance.fingerprint import canvas
from provenance.fingerprint.canvas import FULL, TURNS, Asked, Squares
from provenance.fingerprint.decode import decode_grey, upright
from provenance.fingerprint.margins import inner_boxes
from provenance.fingerprint.windows import WINDOW, Boxes, Floats
from provenance.model import Problem

DECODE_SIDE: Final = 3 * canvas.SIDE // 2
"""Pixels of the shorter side that a query keeps at least."""

TILTS: Final = (-6.0, -5.0, -4.0, -3.0, -2.0, -1.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
"""Degrees counterclockwise that a query is straightened by. Of a rest of half a degree a hash loses few bits."""

TRIMMED: Final = 40
"""Guesses at the picture inside its margins that are looked at, the likeliest first."""

TRIMMED_AND_TURNED: Final = 12
"""Of those, how many are looked at in all eight turns; the others as they are and mirrored."""

_ACROSS: Final = (0.675, 0.71, 0.755, 0.80, 0.855, 0.91, 0.96)
"""A crop that keeps a share c of a side shows a stored window in 0.64 / c of it: c from 0.95 down to two thirds."""

_SHIFTS: Final = (-0.04, 0.0, 0.04)
"""Stored windows lie 0.09 apart, so that three shifts of the query's own window bring one within 0.02 of it, which a
hash bears."""

ROTATIONS: Final = (0.0, *TILTS)
"""Degrees of a query's pictures: as it is, then straightened."""

_FLAT: Final = 8.0
"""Grey levels within which a picture is one shade."""

_STRAIGHTENED: Final = (1.0, 0.9, 0.8, 0.71)
"""Shares of each side that a straightened query is looked at through: without the corners that turning cut off."""


@dataclass(frozen=True, slots=True)
class View:
    """One way of looking at a query. Straightened by `rotation` and turned by `orientation`, its `box` has this hash.

    `box` is left, top, right, bottom as fractions of the straightened picture before the turn; `rotation` is in
    degrees.
    """

    orientation: str
    box: tuple[float, float, float, float]
    rotation: float
    value: bytes

    @property
    def window(self) -> str:
        """The box as people read it: "full" or "0.10,0.00,0.90,1.00"."""
        return window_name(self.box)

    @property
    def whole(self) -> bool:
        """Whether it is the whole picture, as it is or turned."""
        return self.box == (0.0, 0.0, 1.0, 1.0) and self.rotation == 0


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """A photo that is looked for: every view of it, the plain one first, and its pixels by the place in `ROTATIONS`.

    `views` is empty where the picture is flat, or could not be decoded and has a `problem`.
    """

    views: tuple[View, ...] = ()
    pixels: Floats = field(default_factory=lambda: np.zeros((0, canvas.SIDE, canvas.SIDE)))
    problem: Problem | None = None


def query_of(data: bytes) -> Query:
    """Every view of a photo whose quality passes the gate. Raises MemoryError alone.

    >>> query_of(b"not an image").problem.kind.value
    'UNIDENTIFIED'
    """
    decoded = decode_grey(data, draft_side=DECODE_SIDE)
    if decoded.levels is None:
        return Query(problem=decoded.problem)
    seen = decoded.shown.levels if decoded.shown else decoded.levels
    pictures = canvas.squares(upright(seen.grey, decoded.turn), TILTS)
    pixels = pictures.astype(np.float64)
    trimmed = np.array(inner_boxes(pixels[0], most=TRIMMED)).reshape(-1, 4)
    sets = (
        (canvas.asked(np.concatenate([FULL, trimmed[:TRIMMED_AND_TURNED]])), len(TURNS)),
        (canvas.asked(trimmed[TRIMMED_AND_TURNED:]), 2),
        (canvas.asked_of_all(QUERY_BOXES.tobytes()), 2),
    )
    straight = canvas.asked_of_all(STRAIGHTENED_BOXES.tobytes())
    views = [view for windows, turns in sets for view in _views(pictures[:1], pixels[:1], windows, ROTATIONS, turns)]
    if np.ptp(pixels[0]) > _FLAT:  # straightening gives a flat picture corners, which are not the picture
        views += _views(pictures[1:], pixels[1:], straight, TILTS, 1)
    return Query(tuple(views), pixels)


def window_name(box: Sequence[float]) -> str:
    """A box as people read it.

    >>> window_name((0.1, 0, 0.9, 1)), window_name((0, 0, 1, 1))
    ('0.10,0.00,0.90,1.00', 'full')
    """
    return "full" if tuple(box) == (0.0, 0.0, 1.0, 1.0) else ",".join(f"{edge:.2f}" for edge in box)


def _views(pictures: Squares, pixels: Floats, windows: Asked, rotations: Sequence[float], turns: int) -> Iterator[View]:
    coefficients = canvas.cosines(pixels, windows)
    away = canvas.from_median(coefficients)
    places = np.argwhere(canvas.good(pictures, windows, away))
    at = tuple(places.T)
    kept = coefficients[at]
    others = [canvas.from_median(canvas.turned(kept, turn)) for turn in range(1, turns)]
    values = np.stack([canvas.hashes(one) for one in (away[at], *others)], axis=1)
    boxes = windows.boxes.tolist()
    for (picture, window), by_turn in zip(places.tolist(), values, strict=True):
        left, top, right, bottom = boxes[window]
        for orientation, value in zip(TURNS, by_turn, strict=False):
            yield View(orientation, (left, top, right, bottom), rotations[picture], value.tobytes())


def _query_boxes() -> Boxes:
    """Windows that meet a stored one: in a crop of both sides alike, of one side only, in a picture partly covered."""
    both = [_box(x, y, across, across) for across in _ACROSS for x in _places(across) for y in _places(across)]
    sides = [_box(x, (1 - WINDOW) / 2, across, WINDOW) for across in _ACROSS for x in _places(across)]
    uprights = [(top, left, bottom, right) for left, top, right, bottom in sides]
    corners = [_box(x, y, WINDOW, WINDOW) for x in (0.0, 1 - WINDOW) for y in (0.0, 1 - WINDOW)]
    return np.array([*both, *sides, *uprights, *corners])


def _places(across: float) -> list[float]:
    """Where a window of that share of a side may begin."""
    last = 1 - across
    return sorted({min(max(0.0, last / 2 + shift), last) for shift in _SHIFTS})


def _box(left: float, top: float, across: float, down: float) -> tuple[float, float, float, float]:
    return left, top, left + across, top + down


QUERY_BOXES: Final = _query_boxes()
"""The inner windows of a query."""

STRAIGHTENED_BOXES: Final = np.array([_box((1 - c) / 2, (1 - c) / 2, c, c) for c in _STRAIGHTENED])
