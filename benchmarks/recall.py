"""How many edited copies are found, and how many strangers are taken for one.

    PROVENANCE_PHOTOS=DIR python -m benchmarks recall [--quick] --json

Each photograph is stored, edited in 45 ways, saved as JPEG and looked for. Recall is the share of edits that meet
their own original within the radius, with whole-picture hashes alone and with stored windows. The false match rate is
over all pairs of an edited picture with another photograph; a pair is false if any view meets any stored hash. Four
quarters of every other photograph stand beside it as further strangers. Photographs below the quality gate are counted
apart: they are held by SHA-256 only. Give a folder of distinct photographs: two alike would count as a false match.
Without one the few photographs that ship with scikit-image and scikit-learn are used, too few for a rate.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from benchmarks._edits import COMMON, HARDER, Edit
from benchmarks.report import Figure, Ratio, Report
from provenance.fingerprint.decode import decode_grey
from provenance.fingerprint.perceptual import hashable
from provenance.fingerprint.read import read_image
from provenance.fingerprint.variants import DECODE_SIDE, query_views, stored_windows

RADII: Final = (31, 52, 60)
"""Bits of 256: a match, a radius between, and worth a look (exchange formats, section 5)."""

AIM_OF_RECALL: Final = 0.97
AIM_OF_FALSE_MATCHES: Final = 1e-6

_FAR: Final = 256


@dataclass(frozen=True, slots=True)
class Stored:
    """Hashes of n pictures: (n, 28, 4) words, the whole picture first; `owner` is the photograph each comes from."""

    words: NDArray[np.uint64]
    owner: NDArray[np.int64]


def run(quick: bool) -> Report:  # noqa: FBT001 - the command's own interface
    """Recall by edit at every radius, with and without stored windows, and the rate of false matches."""
    found = [*_photographs()]
    photographs = found[:6] if quick else found
    bytes_ = [_jpeg(photograph) for photograph in photographs]
    kept = [at for at, data in enumerate(bytes_) if hashable(read_image(data, exact=False))]
    photographs = [photographs[at] for at in kept]
    stored = _store(photographs, [bytes_[at] for at in kept])
    figures = [
        Figure("photographs above the quality gate", len(bytes_), len(kept), "photographs"),
        Figure("stored pictures with quarters", len(bytes_), len(stored.words), "pictures"),
    ]
    ratios: list[Ratio] = []
    for name, edits in (("37 edits", COMMON), ("harder edits", HARDER)):
        outcomes = {edit: _outcomes(photographs, change, stored) for edit, change in edits.items()}
        figures += _recall_figures(outcomes)
        ratios += _summary(name, outcomes)
    return Report("recall", figures, ratios, ("pillow", "imagehash", "numpy"))


def _outcomes(photographs: list[Image.Image], change: Edit, stored: Stored) -> NDArray[np.int64]:
    """(photographs, 2 + radii, 2) for one edit; the last axis is whole pictures alone, then with windows.

    In the middle: the distance to its own original, foreign pictures within each radius, foreign pictures.
    """
    rows = []
    for number, photograph in enumerate(photographs):
        nearest = _nearest(_jpeg(change(photograph)), stored)
        own = stored.owner == number
        foreign = nearest[~own]
        within = [(foreign <= radius).sum(axis=0) for radius in RADII]
        rows.append([nearest[own][0], *within, np.full(2, len(foreign))])
    return np.array(rows)


def _nearest(data: bytes, stored: Stored) -> NDArray[np.int64]:
    """(n, 2): the least distance of any view to each stored picture, by its whole hash and by all of its hashes."""
    views = np.frombuffer(b"".join(view.value for view in query_views(data)), np.uint64).reshape(-1, 4)
    words = stored.words.reshape(-1, 4)
    nearest = np.full(len(words), _FAR)
    for some in np.array_split(views, max(1, len(views) // 16)):
        counts = [np.bitwise_count(some[:, None, at] ^ words[None, :, at]) for at in range(4)]
        distances = counts[0].astype(np.int16) + counts[1] + counts[2] + counts[3]
        nearest = np.minimum(nearest, distances.min(axis=0, initial=_FAR))
    nearest[~words.any(axis=1)] = _FAR
    by_picture = nearest.reshape(stored.words.shape[:2])
    return np.stack([by_picture[:, 0], by_picture.min(axis=1)], axis=1)


def _store(photographs: list[Image.Image], bytes_: list[bytes]) -> Stored:
    words, owner = [], []
    for number, (photograph, data) in enumerate(zip(photographs, bytes_, strict=True)):
        for picture in (data, *map(_jpeg, _quarters(photograph))):
            reading = read_image(picture, exact=False)
            if hashable(reading):
                windows = stored_windows(decode_grey(picture, draft_side=DECODE_SIDE))
                words.append(np.frombuffer(reading.fingerprints[0].value + windows, np.uint64).reshape(-1, 4))
                owner.append(number)
    return Stored(np.array(words), np.array(owner))


def _recall_figures(outcomes: Mapping[str, NDArray[np.int64]]) -> Iterator[Figure]:
    for edit, rows in outcomes.items():
        for column, kind in enumerate(("whole pictures", "with windows")):
            for radius in RADII:
                recall = float((rows[:, 0, column] <= radius).mean())
                yield Figure(f"recall, {edit}, {kind}, radius {radius}", len(rows), recall, "share")


def _summary(name: str, outcomes: Mapping[str, NDArray[np.int64]]) -> Iterator[Ratio]:
    rows = np.stack(list(outcomes.values()))
    for column, kind in enumerate(("whole pictures", "with windows")):
        for place, radius in enumerate(RADII, start=1):
            recall = float((rows[:, :, 0, column] <= radius).mean())
            aim = AIM_OF_RECALL if (name, kind) == ("37 edits", "with windows") else None
            yield Ratio(f"mean recall, {name}, {kind}, radius {radius}", recall, aim)
            rate = float(rows[:, :, place, column].sum() / max(1, rows[:, :, -1, column].sum()))
            yield Ratio(f"false matches a pair, {name}, {kind}, radius {radius}", rate, AIM_OF_FALSE_MATCHES, "lower")


def _photographs() -> Iterator[Image.Image]:
    """Every picture of the folder at no more than 640 pixels a side, upright."""
    folder = os.environ.get("PROVENANCE_PHOTOS")
    for path in sorted(Path(folder).rglob("*")) if folder else _shipped():
        if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp"):
            with Image.open(path) as image:
                image.draft("RGB", (640, 640))
                upright = ImageOps.exif_transpose(image).convert("RGB")
            upright.thumbnail((640, 640))
            yield upright


def _shipped() -> list[Path]:
    import skimage
    import sklearn.datasets

    first = Path(sklearn.datasets.__file__).parent / "images"
    second = Path(skimage.__file__).parent / "data"
    names = ["astronaut", "camera", "cell", "chelsea", "coffee", "coins", "ihc", "moon", "motorcycle_left"]
    return [first / "china.jpg", first / "flower.jpg", second / "rocket.jpg", *(second / f"{n}.png" for n in names)]


def _quarters(image: Image.Image) -> Iterator[Image.Image]:
    middle, centre = image.width // 2, image.height // 2
    for left, right in ((0, middle), (middle, image.width)):
        for top, bottom in ((0, centre), (centre, image.height)):
            yield image.crop((left, top, right, bottom))


def _jpeg(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=92)
    return stream.getvalue()
