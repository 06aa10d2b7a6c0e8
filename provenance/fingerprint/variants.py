"""The ways to look at a picture so that an edited copy still meets its original.

A hash of the whole picture survives re-encoding, scaling and colour, but no turn, no border and no larger crop. So a
query is looked at in many ways: the eight turns, without what has been put around it, straightened, and through inner
windows. Those meet the one stored hash of an original. Of a crop the query has too little: to find what lost more
than about a twentieth of its width or height, the original's own windows are stored as well (`stored_windows`), which
is a matter of choice since they take 27 times the room.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from provenance.fingerprint import windows
from provenance.fingerprint.decode import Decoded, decode_grey
from provenance.fingerprint.margins import inner_boxes
from provenance.fingerprint.windows import FULL, TURNS, Boxes, Canvas

WINDOWS: Final = "phash256-windows@1"
"""Algorithm id of the stored windows: `len(WINDOW_BOXES)` hashes of 32 bytes in a row."""

ABSENT: Final = bytes(32)
"""Stands for a window below the quality gate. No hash is all zeros: half of its bits lie above the median."""

DECODE_SIDE: Final = 288
"""Pixels of the shorter side that a query keeps: twice what the canvas needs."""

TILTS: Final = (-6.0, -4.5, -3.0, -1.5, 1.5, 3.0, 4.5, 6.0)
"""Degrees counterclockwise that a query is straightened by. Of a rest of 0.75 degrees a hash loses few bits."""

_WINDOW: Final = 0.64
_POSITIONS: Final = 5
_SCALES: Final = (0.64, 0.68, 0.72, 0.76, 0.80, 0.85, 0.90, 0.95)
_SHIFTS: Final = (-0.04, 0.0, 0.04)
"""A crop that keeps a share c of each side shows a stored window at scale 0.64 / c. Stored windows lie 0.09 apart, so
that three shifts of the query's own window bring one of them within 0.02, which a hash bears."""


@dataclass(frozen=True, slots=True)
class View:
    """One way of looking at a query. Turned by `turn` and straightened by `tilt` degrees, its `window` has this hash.

    `window` is "full" or left, top, right, bottom as fractions: "0.10,0.00,0.90,1.00".
    """

    turn: str
    window: str
    tilt: float
    value: bytes


def query_views(data: bytes) -> tuple[View, ...]:
    """Every view of a query whose quality passes the gate, the plain one first. None if it cannot be decoded.

    >>> query_views(b"not an image")
    ()
    """
    grey = _upright(decode_grey(data, draft_side=DECODE_SIDE))
    if grey is None:
        return ()
    grey = windows.shrunk(grey, DECODE_SIDE)  # before it is straightened eight times
    picture = windows.canvas(grey)
    trimmed = np.array(inner_boxes(picture.pixels)).reshape(-1, 4)
    views = _views(picture, np.concatenate([FULL, trimmed]), turns=len(TURNS))
    for tilt in TILTS:
        views += _views(windows.canvas(grey.rotate(tilt, Image.Resampling.BILINEAR)), FULL, turns=1, tilt=tilt)
    views += _views(picture, QUERY_BOXES, turns=1)
    return tuple(views)


def stored_windows(decoded: Decoded) -> bytes:
    """The hashes of `WINDOW_BOXES` of a decoded original, 32 bytes each, `ABSENT` where the quality is too low.

    Raises ValueError where nothing was decoded.
    """
    grey = _upright(decoded)
    if grey is None:
        raise ValueError("nothing was decoded")
    picture = windows.canvas(grey)
    coefficients = windows.cosines(picture, WINDOW_BOXES)
    found = windows.hashes(coefficients)
    found[~windows.good(picture, WINDOW_BOXES, coefficients)] = 0
    return found.tobytes()


def _views(picture: Canvas, boxes: Boxes, *, turns: int, tilt: float = 0.0) -> list[View]:
    coefficients = windows.cosines(picture, boxes)
    kept = windows.good(picture, boxes, coefficients)
    values = windows.hashes(windows.turned(coefficients[kept])[:, :turns])
    return [
        View(turn, _name(box), tilt, value.tobytes())
        for box, by_turn in zip(boxes[kept], values, strict=True)
        for turn, value in zip(TURNS, by_turn, strict=False)
    ]


def _name(box: NDArray[np.float64]) -> str:
    return "full" if (box == FULL[0]).all() else ",".join(f"{edge:.2f}" for edge in box)


def _upright(decoded: Decoded) -> Image.Image | None:
    if decoded.grey is None or decoded.turn is None:
        return decoded.grey
    return decoded.grey.transpose(decoded.turn)


def _window_boxes() -> Boxes:
    starts = np.linspace(0, 1 - _WINDOW, _POSITIONS)
    grid = [(left, top, left + _WINDOW, top + _WINDOW) for top in starts for left in starts]
    return np.array([(0.05, 0.05, 0.95, 0.95), (0.1, 0.1, 0.9, 0.9), *grid])


def _query_boxes() -> Boxes:
    boxes = []
    for scale in _SCALES:
        middle, last = (1 - scale) / 2, 1 - scale
        places = sorted({min(max(0.0, middle + shift), last) for shift in _SHIFTS})
        boxes += [(left, top, left + scale, top + scale) for top in places for left in places]
    return np.array(boxes)


WINDOW_BOXES: Final = _window_boxes()
"""The stored windows: two in the middle for small crops, and a grid of 5 x 5 that covers the picture."""

QUERY_BOXES: Final = _query_boxes()
"""The inner windows of a query."""
