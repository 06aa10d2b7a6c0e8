"""From whatever values a decoder gives to eight bits of grey, so that what a picture shows is not lost on the way.

Pillow clips what has more than eight bits, drops transparency, and takes the upper byte of each colour. That is what
loaders train on, and one view; the other maps values by their own range and puts transparency on white, as a page does.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from PIL import Image, ImageChops, ImageOps

from provenance.fingerprint.places import MAPPED, ON_WHITE

_WIDE: Final = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")
"""Modes of more than eight bits in one band."""

_PHOTOMETRIC: Final = 262
_BLOCK: Final = 1 << 22
"""Pixels that are mapped at a time: 16 MB of values."""

_SAMPLE: Final = 1 << 20
"""Pixels of which the middle range is taken."""

_FEWEST_BITS: Final = 6
"""Bits of the upper byte of a 16-bit colour that must be in use, or too much of it lies in the lower byte."""

_SPREAD: Final = 32
"""Grey levels over which all but a fiftieth of the pixels must be spread, or the range is that of a few outliers."""

Range: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Levels:
    """A picture in eight bits: in grey (mode L), and in `colour` (mode RGB) where that was asked for."""

    grey: Image.Image
    colour: Image.Image | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture as people see it, where that is not what the decoder gives, and by which `view` (`places`).

    `alpha` is the transparency that was put on white. `squeezed` is true where more than eight bits were mapped and
    still lie so close together that the mapping may have lost what they show; `lost` where much of them lay in bytes
    that Pillow drops.
    """

    levels: Levels
    view: str
    alpha: Image.Image | None = None
    squeezed: bool = False
    lost: bool = False


def wide_colour(image: Image.Image) -> bool:
    """Whether the colours of a picture that was not loaded yet have 16 bits, of which Pillow keeps the upper eight."""
    return image.mode in ("RGB", "RGBA", "CMYK") and any(";16" in f"{tile[3]}" for tile in getattr(image, "tile", ()))


def levels_of(image: Image.Image, *, wide: bool = False, colour: bool = False) -> tuple[Levels, Shown | None]:
    """A loaded picture as Pillow gives it, and as people see it.

    `wide` says that its colours had 16 bits, `colour` asks for RGB as well.
    """
    plain = Levels(_grey(image))
    if colour:
        by_grey = image.mode == "LAB" or image.mode in _WIDE
        plain = replace(plain, colour=(plain.grey if by_grey else image).convert("RGB"))
    if image.mode in _WIDE:
        mapped, varied = _mapped(image)
        mapped = ImageOps.invert(mapped) if _is_negative(image) else mapped
        alpha, lost = _transparent_value(image), False
    elif wide:
        bands = _bands(image.getextrema())[:3]
        most = max(band[1] for band in bands)
        mapped, varied = _brightened(plain.grey, most), any(low < high for low, high in bands)
        alpha, lost = _alpha(image), 0 < most.bit_length() < _FEWEST_BITS
    else:
        return plain, _on_white(plain, _alpha(image))
    squeezed = varied and _squeezed(mapped)
    levels = Levels(mapped, mapped.convert("RGB") if colour else None)
    shown = _on_white(levels, alpha) or Shown(levels, MAPPED)
    if not (squeezed or lost) and _alike(shown.levels.grey, plain.grey):
        return plain, None
    return plain, replace(shown, view=MAPPED, squeezed=squeezed, lost=lost)


def _grey(image: Image.Image) -> Image.Image:
    """Mode L, as Pillow converts it (ITU-R 601-2 luma) except where that loses the whole picture."""
    if image.mode == "LAB":  # Pillow has no way out of it; the first band is the lightness
        return image.getchannel(0)
    if image.mode.startswith("I;16"):  # Pillow clips at 255, which leaves white
        import numpy as np

        grey = Image.new("L", image.size)
        for row, block in _rows(image):
            grey.paste(Image.fromarray((block >> 8).astype(np.uint8)), (0, row))
        return grey
    return image.convert("L")


def _on_white(levels: Levels, alpha: Image.Image | None) -> Shown | None:
    """The levels as a page shows them, where transparency makes a difference, or might on a page of another colour."""
    if alpha is None:
        return None
    grey = Image.composite(levels.grey, Image.new("L", levels.grey.size, 255), alpha)
    if _alike(grey, levels.grey):
        low, high = _bands(alpha.getextrema())[0]
        return Shown(levels, ON_WHITE, alpha) if low < high else None
    colour = levels.colour
    if colour is not None:
        colour = Image.composite(colour, Image.new("RGB", colour.size, "white"), alpha)
    return Shown(Levels(grey, colour), ON_WHITE, alpha)


def _alike(one: Image.Image, other: Image.Image) -> bool:
    return ImageChops.difference(one, other).getbbox() is None


def _alpha(image: Image.Image) -> Image.Image | None:
    """How opaque each pixel is, None where all are."""
    if not image.has_transparency_data:
        return None
    alpha = image.getchannel("A") if "A" in image.getbands() else image.convert("RGBA").getchannel("A")
    return None if _bands(alpha.getextrema())[0][0] == 255 else alpha


def _bands(extrema: Any) -> list[tuple[Any, Any]]:
    """Least and greatest value of each band."""
    return list(extrema) if isinstance(extrema[0], tuple) else [extrema]


def _is_negative(image: Image.Image) -> bool:
    """Whether the least value of a TIFF stands for white (TIFF 6.0, tag 262), which Pillow heeds up to eight bits."""
    tags = getattr(image, "tag_v2", None) or {}
    return bool(tags.get(_PHOTOMETRIC) == 0)


def _transparent_value(image: Image.Image) -> Image.Image | None:
    """The transparency of a picture in which one value stands for nothing (PNG, third edition, 11.3.1.1)."""
    value = image.info.get("transparency")
    if not isinstance(value, int):
        return None
    alpha = Image.new("L", image.size)
    for row, block in _rows(image):
        alpha.paste(Image.fromarray(((block != value) * 255).astype("uint8")), (0, row))
    return alpha


def _brightened(grey: Image.Image, most: int) -> Image.Image:
    """The grey of the upper bytes of 16-bit colours, of which none is above `most`, by the bits that are in use."""
    if most >= 128 or not most:
        return grey
    top = (1 << most.bit_length()) - 1
    return grey.point([min(255, level * 255 // top) for level in range(256)])


def _squeezed(grey: Image.Image) -> bool:
    return spread(grey.histogram()) < _SPREAD


def spread(counts: list[int]) -> int:
    """Over how many grey levels all but a fiftieth of the pixels lie, by the number of pixels of each level.

    >>> spread([0, 5, 0, 5]), spread([0] * 256)
    (2, 0)
    """
    total, below, levels = sum(counts), 0, []
    for level, count in enumerate(counts):
        if count and below <= total * 0.99 and below + count > total * 0.01:
            levels.append(level)
        below += count
    return levels[-1] - levels[0] if levels else 0


def _mapped(image: Image.Image) -> tuple[Image.Image, bool]:
    """The grey of a picture of one band of more than eight bits, and whether its values differ at all."""
    import numpy as np

    least, most = math.inf, -math.inf
    step = max(1, image.width * image.height // _SAMPLE)
    sample = []
    with np.errstate(invalid="ignore"):  # of what is no number
        for _, block in _rows(image):
            known = block[np.isfinite(block)].astype(np.float64)
            if known.size:
                least, most = min(least, float(known.min())), max(most, float(known.max()))
                sample.append(known[::step])
        if least >= most:
            return Image.new("L", image.size, 0 if most <= 0 else 255), False
        floor, top = _range(least, most, whole=image.mode != "F")
        low, high = np.percentile(np.concatenate(sample), (1, 99)).tolist()
        if low < high and (high - low) * 255 < _SPREAD * (top - floor):
            floor, top = low, high
        grey = Image.new("L", image.size)
        for row, block in _rows(image):
            inside = np.clip(np.nan_to_num(block.astype(np.float64), nan=floor), floor, top)
            scaled = (inside - floor) * (255 / (top - floor))
            grey.paste(Image.fromarray(scaled.round().astype(np.uint8)), (0, row))
    return grey, True


def _range(least: float, most: float, *, whole: bool) -> Range:
    """What becomes black and white: whole numbers by the bits that hold them, fractions from 0 to 1, else the extremes.

    >>> _range(0, 4000, whole=True), _range(0.2, 0.8, whole=False), _range(-5, 5, whole=True)
    ((0.0, 4095.0), (0.0, 1.0), (-5, 5))
    """
    if least >= 0 and whole:
        return 0.0, float((1 << max(8, int(most).bit_length())) - 1)
    if least >= 0 and most <= 1:
        return 0.0, 1.0
    if least >= 0 and 128 <= most <= 255:
        return 0.0, 255.0
    return least, most


def _rows(image: Image.Image) -> Iterator[tuple[int, Any]]:
    """The first row and the values of some rows at a time, unsigned where the file says that they are."""
    import numpy as np

    unsigned = image.mode == "I" and _is_unsigned(image)
    step = max(1, _BLOCK // image.width)
    for row in range(0, image.height, step):
        block = np.asarray(image.crop((0, row, image.width, min(row + step, image.height))))
        yield row, block.view(np.uint32) if unsigned else block


def _is_unsigned(image: Image.Image) -> bool:
    """Whether 32-bit values that Pillow holds as signed were unsigned in the file (TIFF 6.0, SampleFormat)."""
    tags = getattr(image, "tag_v2", None)
    return tags is not None and tags.get(339, (1,))[0] == 1 and tags.get(258, (0,))[0] == 32
