"""256-bit hashes of any window of a photo that is looked for, under any of the eight turns, from one small picture.

The 16 x 16 lowest cosines of a window are two small matrix products away, and windows of one set share most of their
rows and columns, so hundreds of windows cost what a few resizes do. The bits agree with `perceptual` and `windows` to
a few: the same transform, median and packing, by another resampling.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from provenance.fingerprint.perceptual import HASH_SIZE, QUALITY_GATE, steps
from provenance.fingerprint.windows import BITS, PART_GATE, Boxes, Floats, median

TURNS: Final = (
    "none",
    "flip-horizontal",
    "flip-vertical",
    "rotate-180",
    "transpose",
    "rotate-270",
    "rotate-90",
    "transverse",
)
"""The eight turns by Pillow's names: rotation is counterclockwise, `transpose` mirrors at the main diagonal."""

FULL: Final = np.array([[0.0, 0.0, 1.0, 1.0]])

SIDE: Final = 128
"""Pixels a side of the picture, whatever its shape: a window of half a side has the 64 that a hash needs."""

Squares: TypeAlias = NDArray[np.uint8]
"""Pictures made small and square, (m, SIDE, SIDE)."""

_STEADY: Final = 75.0
_SIGNS: Final = np.where(np.arange(HASH_SIZE) % 2, -1, 1).astype(np.float64)
"""A flip negates the odd frequencies of a cosine transform."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A set of windows with the cosines over their rows and columns, each distinct interval once.

    Window n has the rows `down[row[n]]`, which is (16, SIDE), and the columns `across[column[n]]`, (SIDE, 16). `rows`
    and `columns` are the pixels at which the distinct intervals start and end.
    """

    boxes: Boxes
    row: NDArray[np.int64]
    column: NDArray[np.int64]
    down: Floats
    across: Floats
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]


def squares(grey: Image.Image, degrees: Sequence[float]) -> Squares:
    """A grey (mode L) picture as it is, and turned by each of these degrees counterclockwise in the same frame."""
    square = grey.resize((SIDE, SIDE), Image.Resampling.BOX)
    shape = grey.height / grey.width
    return np.stack([np.asarray(square), *(np.asarray(_rotated(square, shape, angle)) for angle in degrees)])


def asked(boxes: Boxes) -> Asked:
    """What is needed to look at some windows."""
    rows, row = np.unique(boxes[:, [1, 3]], axis=0, return_inverse=True)
    columns, column = np.unique(boxes[:, [0, 2]], axis=0, return_inverse=True)
    return Asked(
        boxes,
        row.reshape(-1),
        column.reshape(-1),
        down=_basis(rows * SIDE),
        across=_basis(columns * SIDE).transpose(0, 2, 1).copy(),
        rows=np.round(rows * SIDE).astype(np.int64),
        columns=np.round(columns * SIDE).astype(np.int64),
    )


@lru_cache(maxsize=16)
def asked_of_all(boxes: bytes) -> Asked:
    """The same for windows that every photo is looked at through, given as the bytes of their array, and kept."""
    return asked(np.frombuffer(boxes, np.float64).reshape(-1, 4))


def cosines(pixels: Floats, windows: Asked) -> Floats:
    """(m, n, 16, 16): the lowest cosine coefficients of n windows of m squares, on ImageHash's scale (64 x 64)."""
    bands = np.matmul(windows.down, pixels[:, None])
    found = np.empty((len(pixels), len(windows.boxes), HASH_SIZE, HASH_SIZE))
    # One window at a time: to gather them for a single call moves more bytes than there are products.
    for number, (band, side) in enumerate(zip(windows.row.tolist(), windows.column.tolist(), strict=True)):
        np.matmul(bands[:, band], windows.across[side], out=found[:, number])
    return found


def turned(coefficients: Floats, turn: int) -> Floats:
    """The coefficients (…, 16, 16) of the same windows under one of the `TURNS`, without touching a pixel."""
    across, down = _SIGNS[None, :], _SIGNS[:, None]
    side = coefficients if turn < 4 else np.swapaxes(coefficients, -1, -2)
    found: Floats = side * (1.0, across, down, across * down)[turn % 4]
    return found


def from_median(coefficients: Floats) -> Floats:
    """How far each coefficient is from the median of its window, in the last axis."""
    flat = coefficients.reshape(*coefficients.shape[:-2], BITS)
    away: Floats = flat - median(flat)
    return away


def hashes(away: Floats) -> NDArray[np.uint8]:
    """The hashes, 32 bytes in the last axis, packed as `perceptual.fingerprint` packs, from `from_median`."""
    return np.packbits(away > 0, axis=-1)


def good(pictures: Squares, windows: Asked, away: Floats) -> NDArray[np.bool_]:
    """(m, n): which windows say enough to be compared: steady as in `perceptual`, and with detail of their own."""
    steady = np.count_nonzero(np.abs(away) > _STEADY, axis=-1) * 100 >= QUALITY_GATE * BITS
    whole = (windows.boxes == FULL).all(axis=1)
    enough: NDArray[np.bool_] = steady & (_detail(pictures, windows) >= np.where(whole, QUALITY_GATE, PART_GATE))
    return enough


def _rotated(square: Image.Image, shape: float, degrees: float) -> Image.Image:
    """A square picture turned as what it was squeezed from, `shape` times as high as wide, would be turned."""
    angle = -math.radians(degrees)
    cosine, across, down = math.cos(angle), math.sin(angle) * shape, -math.sin(angle) / shape
    centre = SIDE / 2
    matrix = (
        cosine, across, centre * (1 - cosine - across),
        down, cosine, centre * (1 - cosine - down),
    )  # fmt: skip
    return square.transform(square.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


def _basis(intervals: Floats) -> Floats:
    """(n, 16, SIDE): cosines over each interval of pixels, each weighed by how much of it the interval covers."""
    start, end = intervals[:, :1], intervals[:, 1:]
    pixel = np.arange(SIDE)
    low, high = np.maximum(start, pixel), np.minimum(end, pixel + 1)
    span = np.maximum(end - start, 1e-9)
    weight = np.maximum(0, high - low) / span * 128  # 2 x 64: the factor of an unnormalised DCT-II of 64 samples
    first = np.cos(np.pi * ((low + high) / 2 - start) / span)
    basis = np.empty((len(intervals), HASH_SIZE, SIDE))
    basis[:, 0] = weight
    np.multiply(first, weight, out=basis[:, 1])
    first *= 2
    for frequency in range(2, HASH_SIZE):  # cos(k x) = 2 cos(x) cos((k - 1) x) - cos((k - 2) x)
        np.multiply(first, basis[:, frequency - 1], out=basis[:, frequency])
        basis[:, frequency] -= basis[:, frequency - 2]
    return basis


def _detail(pictures: Squares, windows: Asked) -> Floats:
    """(m, n): PDQ's sum of steps over each window, brought to 64 rows and 64 columns, over 90."""
    luma = pictures.astype(np.int16)
    across = steps(luma[..., 1:] - luma[..., :-1]).astype(np.float32)
    down = steps(luma[:, 1:] - luma[:, :-1]).astype(np.float32)
    steps_across = _inside(windows.rows) @ across @ _inside(windows.columns, between=True).T
    steps_down = _inside(windows.rows, between=True) @ down @ _inside(windows.columns).T
    rows, columns = (np.maximum(1, np.diff(intervals, axis=1)) for intervals in (windows.rows, windows.columns))
    detail: Floats = (steps_across * 64 / rows + steps_down * 64 / columns.T) / 90
    return detail[:, windows.row, windows.column]


def _inside(intervals: NDArray[np.int64], *, between: bool = False) -> NDArray[np.float32]:
    """(n, SIDE), or (n, SIDE - 1) for the steps between pixels: 1 inside each interval."""
    at = np.arange(SIDE - between)
    return ((intervals[:, :1] <= at) & (at < intervals[:, 1:] - between)).astype(np.float32)
