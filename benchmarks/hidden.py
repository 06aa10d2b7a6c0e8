"""How well a file's previews are held against its picture: hidden parts that are found, renderings held up for nothing.

    PROVENANCE_PHOTOS=DIR python -m benchmarks hidden [--quick] --json

A part of each photograph is blurred, pixelated or covered. Renderings of it before and after, in four sizes, scaled
four ways, some sharpened, all compressed, are compared with the picture as they are where a row claims anonymity.
Without a folder the few photographs that ship with scikit-image and scikit-learn are used. Where the corpus of real
files lies beside the project, the renderings that cameras and editors left in them are compared as well.
"""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from typing import Final

import numpy as np
from PIL import Image, ImageFilter

from benchmarks.recall import photographs
from benchmarks.report import Figure, Ratio, Report
from benchmarks.signals import CORPUS
from provenance.carriers import walk
from provenance.fingerprint.decode import decode_grey
from provenance.run.hidden import shows_more

_SHARES: Final = (0.5, 0.25, 0.125)
"""The side of the hidden part against the shorter side of the picture."""
_WAYS: Final = ("blurred", "blurred a little", "pixelated", "covered")
_SIDES: Final = (160, 320, 512, 1024)
_SCALED: Final = (
    Image.Resampling.BOX,
    Image.Resampling.BICUBIC,
    Image.Resampling.LANCZOS,
    Image.Resampling.NEAREST,
)
_LARGE: Final = 0.25


def run(quick: bool) -> Report:  # noqa: FBT001 - the command's own interface
    """Every photograph; `quick` takes every fourth."""
    chance = random.Random(5)
    large: list[bool] = []
    small: list[bool] = []
    nothing: list[bool] = []
    for path in photographs()[:: 4 if quick else 1]:
        with Image.open(path) as opened:
            photograph = opened.convert("RGB")
        photograph.thumbnail((2_000, 2_000))
        for share, before, after, main in _pairs(photograph, chance):
            (large if share >= _LARGE else small).append(shows_more(main, before))
            nothing.append(shows_more(main, after))
    figures = [
        Figure("hidden parts of a quarter or more that are found", len(large), float(np.mean(large)), "share"),
        Figure("hidden parts of an eighth that are found", len(small), float(np.mean(small)), "share"),
        Figure("renderings of the picture itself that are held up", len(nothing), float(np.mean(nothing)), "share"),
    ]
    if CORPUS.is_dir():
        held = list(_left_by_cameras())
        figures.append(Figure("renderings in real files that are held up", len(held), sum(held), "pictures"))
    ratios = [
        Ratio("hidden parts of a quarter or more that are found", figures[0].value, aim=0.9),
        Ratio("renderings of the picture itself that are held up", figures[2].value, aim=0.02, better="lower"),
    ]
    return Report("hidden", figures, ratios, ("pillow", "numpy"))


def _pairs(
    photograph: Image.Image, chance: random.Random
) -> Iterator[tuple[float, Image.Image, Image.Image, Image.Image]]:
    """Share of the hidden part, a rendering from before it was hidden, one from after, and the picture."""
    for share in _SHARES:
        box = _detailed_part(photograph, share, chance)
        for way in _WAYS:
            hiding = _hidden(photograph, box, way)
            main = _compressed(hiding, chance.choice((75, 90, 95)))
            main.thumbnail((1_536, 1_024))
            for side in _SIDES:
                scaling, quality, sharp = chance.choice(_SCALED), chance.choice((50, 65, 80, 92)), chance.random() < 0.3
                before, after = (_rendering(each, side, scaling, quality, sharp) for each in (photograph, hiding))
                yield share, before, after, main


def _detailed_part(photograph: Image.Image, share: float, chance: random.Random) -> tuple[int, int, int, int]:
    """Of twenty places the one with the most contrast, as a face has more than the sky behind it."""
    side = int(min(photograph.size) * share)
    grey = np.asarray(photograph.convert("L"), dtype=np.float64)
    places = [
        (chance.randrange(photograph.width - side + 1), chance.randrange(photograph.height - side + 1))
        for _ in range(20)
    ]
    left, top = max(places, key=lambda place: float(grey[place[1] :, place[0] :][:side, :side].std()))
    return left, top, left + side, top + side


def _hidden(photograph: Image.Image, box: tuple[int, int, int, int], way: str) -> Image.Image:
    changed, part = photograph.copy(), photograph.crop(box)
    side = part.width
    if way == "covered":
        part = Image.new("RGB", part.size)
    elif way == "pixelated":
        part = part.resize((6, 6), Image.Resampling.BOX).resize(part.size, Image.Resampling.NEAREST)
    else:
        part = part.filter(ImageFilter.GaussianBlur(max(3, side / (8 if way == "blurred" else 16))))
    changed.paste(part, box)
    return changed


def _rendering(picture: Image.Image, side: int, scaling: Image.Resampling, quality: int, sharp: bool) -> Image.Image:  # noqa: FBT001 - one of many drawn values
    small = picture.copy()
    small.thumbnail((side, side), scaling, reducing_gap=None)
    if sharp:
        small = small.filter(ImageFilter.UnsharpMask(1, 80))
    read = _compressed(small, quality)
    read.thumbnail((512, 512))
    return read


def _compressed(picture: Image.Image, quality: int) -> Image.Image:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality)
    return Image.open(stream).convert("L")


def _left_by_cameras() -> Iterator[bool]:
    """Whether each further picture in a real JPEG is held up."""
    for path in sorted(CORPUS.rglob("*.jp*g")):
        data = path.read_bytes()
        others = [picture for picture in walk(data).pictures[1:] if picture.whole]
        main = decode_grey(data, draft_side=1_024).grey if others else None
        for other in others:
            rendering = decode_grey(other.bytes(data), draft_side=512).grey
            if main is not None and rendering is not None:
                yield shows_more(main, rendering)
