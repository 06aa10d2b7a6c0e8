"""Hashes of what a picture may be turned and lightly cut down to: to know it again when it has to stay out.

`variants` looks at a photo in many ways to meet what is held. Here it is the other way round: the picture is going
to be erased, and whatever may come back of it has to be met by one hash of that, taken of the whole.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from provenance.fingerprint import canvas
from provenance.fingerprint.canvas import FULL, TURNS
from provenance.fingerprint.decode import decode_grey, upright
from provenance.fingerprint.variants import DECODE_SIDE
from provenance.fingerprint.windows import Boxes, Floats

_SHARES: Final = (0.98, 0.96, 0.94, 0.92, 0.9, 0.88, 0.86, 0.84)
"""Shares of a side that a light crop keeps; halfway between two of them a hash still bears the difference."""

_APART: Final = 0.02
"""The most that lies between two places of such a crop."""


def turned_and_cut(data: bytes) -> tuple[bytes, bytes]:
    """The hashes of a picture as a whole in its eight turns, and of its crops upright and mirrored, 32 bytes each.

    Both are empty for what cannot be decoded; what is too flat to be told from others is left out.

    >>> turned_and_cut(b"not an image")
    (b'', b'')
    """
    decoded = decode_grey(data, draft_side=DECODE_SIDE)
    if decoded.levels is None:
        return b"", b""
    seen = decoded.shown.levels if decoded.shown else decoded.levels
    pictures = canvas.squares(upright(seen.grey, decoded.turn), ())
    return _hashes(pictures, FULL, len(TURNS)), _hashes(pictures, CROPS, 2)


def _hashes(pictures: canvas.Squares, boxes: Boxes, turns: int) -> bytes:
    windows = canvas.asked_of_all(boxes.tobytes())
    coefficients = canvas.cosines(pictures.astype(np.float64), windows)
    good = canvas.good(pictures, windows, canvas.from_median(coefficients))
    kept: Floats = coefficients[good]
    values = [canvas.hashes(canvas.from_median(canvas.turned(kept, turn))) for turn in range(turns)]
    return np.unique(np.concatenate(values), axis=0).tobytes()


def _crops() -> Boxes:
    both = [(x, y, x + share, y + share) for share in _SHARES for x in _starts(share) for y in _starts(share)]
    wide = [(0.0, y, 1.0, y + share) for share in _SHARES for y in _starts(share)]
    return np.array([*both, *wide, *((y, x, down, across) for x, y, across, down in wide)])


def _starts(share: float) -> list[float]:
    """Where a crop of that share of a side may begin."""
    left_over = 1 - share
    count = 1 + math.ceil(left_over / _APART - 1e-9)
    return [float(start) for start in np.linspace(0, left_over, count)]


CROPS: Final = _crops()
