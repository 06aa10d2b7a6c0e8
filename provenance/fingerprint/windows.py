"""256-bit hashes of any window of a picture under any of the eight turns, straight from its cosine transform.

The 16 x 16 lowest cosines of a window are two small matrix products away, so a hundred windows cost what one resize
does. The bits agree with `perceptual` to a few: the same transform, median and packing, without its resampling.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from provenance.fingerprint.perceptual import HASH_SIZE, QUALITY_GATE

Floats: TypeAlias = NDArray[np.float64]
"""Double precision, so that no bit depends on the order in which a processor adds up."""
Boxes: TypeAlias = NDArray[np.float64]
"""Windows, one a row: left, top, right, bottom as fractions of the picture."""

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

BITS: Final = HASH_SIZE * HASH_SIZE

_SHORT_SIDE: Final = 144
"""Pixels of the shorter side that hashes are taken from: the smallest window still has 92."""

_DETAIL_SIDE: Final = 100
"""Pixels of the shorter side for detail: a window of 0.64 then has the 64 pixels that the measure is made for."""

PART_GATE: Final = 100
"""Detail that a part of a picture needs. With it 61 of 10.3 million pairs of an edited photograph and a stranger met
within 60 bits, 0 within 31 (240 photographs, 37 edits, `python -m benchmarks recall`)."""

_ONE_THREAD: Final = 1 << 18
"""Multiplications of one matrix product up to which OpenBLAS does not start further threads."""

_ASKED_OF_ALL: Final = 32
"""Windows up to which a set is one that every picture is asked for; what is kept of those is at most 30 MB."""

_STEADY: Final = 75.0
_SIGNS: Final = np.where(np.arange(HASH_SIZE) % 2, -1, 1).astype(np.float64)
"""A flip negates the odd frequencies of a cosine transform."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """A grey picture made small once, for all its windows: the pixels, and running sums of its local steps."""

    pixels: Floats
    across: Floats
    down: Floats


def canvas(grey: Image.Image) -> Canvas:
    """The canvas of a grey (mode L) picture."""
    return _canvas(shrunk(grey, _SHORT_SIDE), shrunk(grey, _DETAIL_SIDE))


def tilted(grey: Image.Image, degrees: Sequence[float]) -> Iterator[Canvas]:
    """The canvas of a grey picture turned by each of these degrees counterclockwise, in the same frame."""
    picture, detail = shrunk(grey, _SHORT_SIDE), shrunk(grey, _DETAIL_SIDE)  # made small first, which is quicker
    for angle in degrees:
        yield _canvas(*(small.rotate(angle, Image.Resampling.BILINEAR) for small in (picture, detail)))


def _canvas(picture: Image.Image, detail: Image.Image) -> Canvas:
    steps = np.asarray(detail).astype(np.int16)
    return Canvas(
        pixels=np.asarray(picture).astype(np.float64),
        across=_running_sum(np.abs(steps[:, 1:] - steps[:, :-1])),
        down=_running_sum(np.abs(steps[1:] - steps[:-1])),
    )


def cosines(picture: Canvas, boxes: Boxes) -> Floats:
    """The (n, 16, 16) lowest cosine coefficients of n windows, on the scale of ImageHash's 64 x 64 transform."""
    height, width = picture.pixels.shape
    down, row = _bases(boxes[:, [1, 3]], height)
    across, column = _bases(boxes[:, [0, 2]], width)
    # In pieces that BLAS does in one thread: its threads, started by each thread of a scan, would wait for each other.
    rows = next(rows for rows in (16, 8, 4, 2, 1) if rows * height * width <= _ONE_THREAD or rows == 1)
    bands = np.matmul(down.reshape(-1, rows, height), picture.pixels).reshape(-1, HASH_SIZE, width)
    found = np.empty((len(boxes), HASH_SIZE, HASH_SIZE))
    # One by one: to gather them for a single call moves more bytes than there are products.
    for window, (band, side) in enumerate(zip(row.tolist(), column.tolist(), strict=True)):
        np.matmul(bands[band], across[side].T, out=found[window])
    return found


def turned(coefficients: Floats) -> Floats:
    """The (n, 8, 16, 16) coefficients of the same windows under the eight `TURNS`, without touching a pixel."""
    swapped = coefficients.transpose(0, 2, 1)
    across, down = _SIGNS[None, None, :], _SIGNS[None, :, None]
    variants = [side * sign for side in (coefficients, swapped) for sign in (1, across, down, across * down)]
    return np.stack(variants, axis=1)


def hashes(coefficients: Floats) -> NDArray[np.uint8]:
    """The hashes, 32 bytes in the last axis, packed as `perceptual.fingerprint` packs."""
    flat = coefficients.reshape(*coefficients.shape[:-2], HASH_SIZE * HASH_SIZE)
    return np.packbits(flat > _median(flat), axis=-1)


def good(picture: Canvas, boxes: Boxes, coefficients: Floats) -> NDArray[np.bool_]:
    """Which windows say enough to be compared: steady as in `perceptual`, and with detail of their own.

    A part needs more detail than a whole picture does: parts of sky, of a silhouette or of a drawing resemble parts
    of any other, and there are many parts.
    """
    flat = coefficients.reshape(len(coefficients), -1)
    away = np.abs(flat - _median(flat))
    steady = 100 * np.mean(away > _STEADY, axis=-1) >= QUALITY_GATE
    whole = (boxes == FULL).all(axis=1)
    detailed: NDArray[np.bool_] = _detail(picture, boxes) >= np.where(whole, QUALITY_GATE, PART_GATE)
    enough: NDArray[np.bool_] = steady & detailed
    return enough


def shrunk(grey: Image.Image, side: int) -> Image.Image:
    """The picture with that many pixels on its shorter side, or as it is if it has no more."""
    scale = side / min(grey.size)
    if scale >= 1:
        return grey
    # A strip of a picture keeps a bounded canvas: its long side is cut to 8 times the short one.
    size = [max(1, min(8 * side, round(length * scale))) for length in grey.size]
    return grey.resize((size[0], size[1]), Image.Resampling.LANCZOS, reducing_gap=2.0)


def _median(flat: Floats) -> Floats:
    """NumPy's own median along the last axis of an even number of values, in half of its time."""
    middle = flat.shape[-1] // 2
    around = np.partition(flat, (middle - 1, middle), axis=-1)[..., middle - 1 : middle + 1]
    found: Floats = around.mean(axis=-1, keepdims=True)
    return found


def _bases(intervals: NDArray[np.float64], length: int) -> tuple[Floats, NDArray[np.int64]]:
    """The bases of distinct intervals (pairs of fractions), and which of them each interval has.

    Windows of a grid share their rows and columns, so each is transformed once. What is asked of every picture alike
    is kept for the next of that shape.
    """
    if len(intervals) <= _ASKED_OF_ALL:
        return _kept_bases(intervals.tobytes(), length)
    distinct, place = np.unique(intervals, axis=0, return_inverse=True)
    return _basis(distinct * length, length), place


@lru_cache(maxsize=32)
def _kept_bases(intervals: bytes, length: int) -> tuple[Floats, NDArray[np.int64]]:
    distinct, place = np.unique(np.frombuffer(intervals, np.float64).reshape(-1, 2), axis=0, return_inverse=True)
    bases = _basis(distinct * length, length)
    bases.flags.writeable = False
    return bases, place


def _basis(intervals: NDArray[np.float64], length: int) -> Floats:
    """(n, 16, length): cosines over each interval of pixels, each weighed by how much of it the interval covers."""
    start, end = intervals[:, :1], intervals[:, 1:]
    pixel = np.arange(length)
    low, high = np.maximum(start, pixel), np.minimum(end, pixel + 1)
    span = np.maximum(end - start, 1e-9)
    weight = np.maximum(0, high - low) / span * 128  # 2 x 64: the factor of an unnormalised DCT-II of 64 samples
    phase = np.pi * ((low + high) / 2 - start) / span
    basis: Floats = np.cos(np.arange(HASH_SIZE)[None, :, None] * phase[:, None, :]) * weight[:, None, :]
    return basis


def _running_sum(steps: NDArray[np.int16]) -> NDArray[np.float64]:
    """Summed-area table of steps in whole hundredths of the full range, as PDQ counts them."""
    table = np.zeros((steps.shape[0] + 1, steps.shape[1] + 1))
    # Below 2 ** 24 for the largest canvas, so that single precision is exact.
    counted = (steps * np.int16(100) // np.int16(255)).astype(np.float32)
    table[1:, 1:] = counted.cumsum(axis=0).cumsum(axis=1)
    return table


def _detail(picture: Canvas, boxes: Boxes) -> NDArray[np.float64]:
    """PDQ's sum of steps over each window, brought to 64 rows and 64 columns, over 90."""
    height, width = picture.across.shape[0] - 1, picture.down.shape[1] - 1
    left, right = (np.clip(np.round(boxes[:, i] * width).astype(int), 0, width) for i in (0, 2))
    top, bottom = (np.clip(np.round(boxes[:, i] * height).astype(int), 0, height) for i in (1, 3))
    across = _sum_within(picture.across, left, top, right, bottom) * 64 / np.maximum(1, bottom - top)
    down = _sum_within(picture.down, left, top, right, bottom) * 64 / np.maximum(1, right - left)
    detail: NDArray[np.float64] = (across + down) / 90
    return detail


def _sum_within(
    table: NDArray[np.float64],
    left: NDArray[np.int64],
    top: NDArray[np.int64],
    right: NDArray[np.int64],
    bottom: NDArray[np.int64],
) -> NDArray[np.float64]:
    rows, columns = table.shape[0] - 1, table.shape[1] - 1
    top, bottom, left, right = (
        np.minimum(top, rows), np.minimum(bottom, rows), np.minimum(left, columns), np.minimum(right, columns)
    )  # fmt: skip
    inside: NDArray[np.float64] = table[bottom, right] - table[top, right] - table[bottom, left] + table[top, left]
    return inside
