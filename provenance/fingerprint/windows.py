"""The stored windows of an original: 27 hashes of 256 bits from one small grey picture, in whole numbers.

Every window begins and ends at a whole pixel of a picture of 100 x 100, and the cosines are rounded to whole numbers.
So every product and every sum is a whole number below 2^53, which double precision holds: no kernel of any BLAS rounds
anything, in whatever order it adds, and not a bit depends on the machine.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from provenance.fingerprint.perceptual import HASH_SIZE, QUALITY_GATE, steps

Floats: TypeAlias = NDArray[np.float64]
Boxes: TypeAlias = NDArray[np.float64]
"""Windows, one a row: left, top, right, bottom as fractions of the picture."""

WINDOWS: Final = "phash256-windows@2"
"""Algorithm id of the stored windows: `len(WINDOW_BOXES)` hashes of 32 bytes in a row."""

WINDOWS_BEFORE: Final = "phash256-windows@1"
"""The same windows from a larger picture, as ledgers up to 2026-11-25 hold them: 7 bits away on average, 20 in one of a
hundred (6,073 windows of 240 photographs), so the two are searched together and nothing is read again."""

ABSENT: Final = bytes(32)
"""Stands for a window below the quality gate. No hash is all zeros: half of its bits lie above the median."""

PART_GATE: Final = 80
"""Detail that a part of a picture needs, of which a whole one needs 50: parts of sky, of a silhouette or of a drawing
resemble parts of any other, and there are many parts."""

WINDOW: Final = 0.64
"""Share of each side that a stored window of the grid shows."""

BITS: Final = HASH_SIZE * HASH_SIZE

_SIDE: Final = 100
"""Pixels a side of the picture, whatever its shape: a window of the grid then has the 64 x 64 that the hash needs."""

_STEP: Final = 9
_POSITIONS: Final = 5
_PART: Final = 64
_MIDDLE: Final = ((5, 95), (10, 90))
"""Two windows in the middle for small crops; the grid of 5 x 5 covers the picture."""

MIDDLE: Final = len(_MIDDLE)
"""How many of the stored windows, the first ones, show nearly all of the picture."""

_ONE: Final = 1 << 14
"""What stands for 1 in a cosine: 255 * 2^14 * 90 * 2^14 * 90 is below 2^50."""

_CLEAR: Final = 75
"""Two standard deviations of the noise of rounding to 8 bits, as in `perceptual`."""


def stored_windows(upright: Image.Image) -> bytes:
    """The hashes of `WINDOW_BOXES` of an upright grey (mode L) picture, 32 bytes each, `ABSENT` below the quality gate.

    >>> stored_windows(Image.new("L", (300, 200))) == ABSENT * len(WINDOW_BOXES)
    True
    """
    # Boxes, since all that is asked of are the lowest frequencies; of a wide filter the sines alone cost as much again.
    small = np.asarray(upright.resize((_SIDE, _SIDE), Image.Resampling.BOX))
    flat = _cosines(small.astype(np.float64)).reshape(-1, BITS)
    away = flat - median(flat)
    hashes = np.packbits(away > 0, axis=1)
    steady = 100 * np.count_nonzero(np.abs(away) > _CLEAR_OF, axis=1) >= QUALITY_GATE * BITS
    hashes[~(steady & _detailed(small))] = 0
    return hashes.tobytes()


def median(flat: Floats) -> Floats:
    """NumPy's own median along the last axis of an even number of values, in a tenth of its time.

    Few values are sorted by instructions that compare many at once, in a fraction of what a partition takes.
    """
    middle = flat.shape[-1] // 2
    ordered = np.sort(flat, axis=-1)
    found: Floats = (ordered[..., middle - 1 : middle] + ordered[..., middle : middle + 1]) / 2
    return found


def _cosines(pixels: Floats) -> Floats:
    """(27, 16, 16): the lowest cosine coefficients of each window, times 2^26."""
    found = np.empty((len(WINDOW_BOXES), HASH_SIZE, HASH_SIZE))
    for place, (start, end) in enumerate(_MIDDLE):
        basis = _BASES[end - start]
        found[place] = basis @ pixels[start:end, start:end] @ basis.T
    # Windows of the grid overlap, so one view of the pixels holds all five rows of windows, and one all five columns.
    # No product is large enough for OpenBLAS to start threads, which would wait for those of a scan.
    row, item = pixels.strides
    stacked = np.ndarray((_POSITIONS, _PART, _SIDE), pixels.dtype, pixels, strides=(_STEP * row, row, item))
    bands = np.matmul(_BASES[_PART], stacked).reshape(_POSITIONS * HASH_SIZE, _SIDE)
    row, item = bands.strides
    stacked = np.ndarray((_POSITIONS, len(bands), _PART), bands.dtype, bands, strides=(_STEP * item, row, item))
    grid = np.matmul(stacked, _BASES[_PART].T).reshape(_POSITIONS, _POSITIONS, HASH_SIZE, HASH_SIZE)
    found[len(_MIDDLE) :].reshape(_POSITIONS, _POSITIONS, HASH_SIZE, HASH_SIZE)[:] = grid.transpose(1, 0, 2, 3)
    return found


def _detailed(small: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which windows have detail enough: PDQ's sum of steps between neighbours, brought to 64 rows and columns, over 90.

    Sums stay below 2^24, which single precision holds.
    """
    luma = small.astype(np.int16)
    across = _INSIDE @ steps(luma[:, 1:] - luma[:, :-1]).astype(np.float32) @ _BETWEEN
    down = _BETWEEN.T @ steps(luma[1:] - luma[:-1]).astype(np.float32) @ _INSIDE.T
    enough: NDArray[np.bool_] = (across + down)[_ROW, _COLUMN] * _PART >= PART_GATE * 90 * _LENGTHS
    return enough


def _basis(length: int) -> Floats:
    """(16, length): cosines of a DCT-II in whole numbers."""
    phase = np.pi * (2 * np.arange(length) + 1) / (2 * length)
    basis: Floats = np.round(np.cos(np.arange(HASH_SIZE)[:, None] * phase) * _ONE)
    return basis


_GRID: Final = tuple((_STEP * place, _STEP * place + _PART) for place in range(_POSITIONS))
_INTERVALS: Final = (*_MIDDLE, *_GRID)
_ROW: Final = np.array([0, 1, *(2 + down for down in range(_POSITIONS) for _ in range(_POSITIONS))])
_COLUMN: Final = np.array([0, 1, *(2 + across for _ in range(_POSITIONS) for across in range(_POSITIONS))])
_LENGTHS: Final = np.array([end - start for start, end in _INTERVALS])[_ROW]

_BASES: Final = {length: _basis(length) for length in {end - start for start, end in _INTERVALS}}

_CLEAR_OF: Final = (_CLEAR * (_ONE // 2) ** 2 * (_LENGTHS / _PART) ** 2)[:, None]
"""`_CLEAR`, which is for ImageHash's transform of 64 x 64, on the scale of each window's own coefficients."""

_INSIDE: Final = np.array([[start <= at < end for at in range(_SIDE)] for start, end in _INTERVALS], np.float32)
_BETWEEN: Final = np.array(
    [[start <= at < end - 1 for start, end in _INTERVALS] for at in range(_SIDE - 1)], np.float32
)
"""Pixels inside each interval, and steps from one to the next."""

WINDOW_BOXES: Final = np.array(
    [
        (_INTERVALS[x][0], _INTERVALS[y][0], _INTERVALS[x][1], _INTERVALS[y][1])
        for y, x in zip(_ROW, _COLUMN, strict=True)
    ]
) / float(_SIDE)
"""The stored windows."""
