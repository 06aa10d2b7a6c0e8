"""How many edited copies are found, and how many strangers are taken for one.

    PROVENANCE_PHOTOS=DIR python -m benchmarks recall [--quick] --json

Each photograph is stored, edited in 61 ways, saved as JPEG and looked for as `provenance find` does it. Recall is the
share of edits that meet their own original, with whole-picture hashes alone and with stored windows. The false match
rate is over all pairs of an edited picture with another photograph; a pair is false if any view meets any stored hash.
Four quarters of every other photograph stand beside it as further strangers. Photographs below the quality gate are
counted apart: they are held by SHA-256 only. Give a folder of distinct photographs: two alike count as a false match,
and standard error names each pair that met. Without a folder the few photographs that ship with scikit-image and
scikit-learn are used, too few for a rate.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from benchmarks._edits import COMMON, HARDER
from benchmarks.report import Figure, Ratio, Report
from provenance.copies.find import Meeting
from provenance.fingerprint.alignment import agreement
from provenance.fingerprint.perceptual import hashable
from provenance.fingerprint.read import read_image
from provenance.fingerprint.variants import Query, query_of
from provenance.lookup.distances import MATCH as MATCH_BAND
from provenance.lookup.distances import tiers
from provenance.lookup.interface import bytes_of
from provenance.lookup.segment import Segment, build

MATCH, REVIEW = (band.most for band in tiers())
"""Bits up to which a meeting is a match, and up to which it is worth a look (exchange formats, section 5)."""

KINDS: Final = ("whole pictures", "with windows")
WITHIN: Final = (f"within {MATCH} bits", f"within {REVIEW} bits", "a match")
"""By distance alone, and as `find` names it: by distance and by what the other windows say."""

AIM_OF_RECALL: Final = 0.97
AIM_OF_FALSE_MATCHES: Final = 1e-6
AIM_OF_PAIRS: Final = 10_000_000

Outcomes = NDArray[np.int64]
"""(kinds, within, 2): whether the own original was met, and how many foreign pictures were."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Hashes of n pictures: (n, 28, 32) bytes, the whole picture first; `owner` is the photograph each comes from.

    `index` holds them as a ledger's index does: the number of the picture as id, and the part.
    """

    hashes: NDArray[np.uint8]
    owner: NDArray[np.int64]
    index: Segment


def run(quick: bool) -> Report:  # noqa: FBT001 - the command's own interface
    """Recall by edit at every radius, with and without stored windows, and the rate of false matches."""
    found = photographs()[: 6 if quick else None]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        hashes = list(pool.map(_hashes, found))
        kept = [at for at, own in enumerate(hashes) if own and own[0] is not None]
        pictures = [(number, one) for number, at in enumerate(kept) for one in hashes[at] if one is not None]
        stored = _stored(np.array([one for _, one in pictures]), np.array([number for number, _ in pictures]))
        by_photograph = list(pool.map(partial(_outcomes, stored), range(len(kept)), [found[at] for at in kept]))
    pairs = {number: int((stored.owner != number).sum()) for number in range(len(kept))}
    figures = [
        Figure("photographs above the quality gate", len(found), len(kept), "photographs"),
        Figure("stored pictures with quarters", len(found), len(stored.hashes), "pictures"),
    ]
    ratios: list[Ratio] = []
    for name, edits in (("37 edits", COMMON), ("harder edits", HARDER)):
        outcomes = {edit: np.array([one[edit] for one in by_photograph]) for edit in edits}
        figures += _recall_figures(outcomes)
        ratios += _summary(name, outcomes, sum(pairs.values()) * len(edits))
    ratios.append(Ratio("different pairs, 37 edits", sum(pairs.values()) * len(COMMON), AIM_OF_PAIRS))
    return Report("recall", figures, ratios, ("pillow", "imagehash", "numpy"))


def _stored(hashes: NDArray[np.uint8], owner: NDArray[np.int64]) -> Stored:
    picture, part = np.nonzero(hashes.any(axis=2))
    return Stored(hashes, owner, build(hashes[picture, part], picture, part, with_bands=False))


def _outcomes(stored: Stored, number: int, path: Path) -> dict[str, Outcomes]:
    """What each edit of one photograph meets."""
    photograph = _opened(path)
    own = int(np.flatnonzero(stored.owner == number)[0])
    found = {}
    for edit, change in {**COMMON, **HARDER}.items():
        met = _met(query_of(_jpeg(change(photograph))), stored)
        foreign = met.copy()
        foreign[..., stored.owner == number] = False
        found[edit] = np.stack([met[..., own], foreign.sum(axis=2)], axis=2)
        for other in np.flatnonzero(foreign[1, 1]):
            how = "a match" if foreign[1, 2, other] else f"within {REVIEW} bits"
            print(f"{path.name}, {edit}: photograph {stored.owner[other]} is {how}", file=sys.stderr)
    return found


def _met(query: Query, stored: Stored) -> NDArray[np.bool_]:
    """(kinds, within, n): which stored pictures are met, by each way of saying so."""
    met = np.zeros((len(KINDS), len(WITHIN), len(stored.hashes)), np.bool_)
    if not query.views:
        return met
    hits = stored.index.search(bytes_of([view.value for view in query.views]), REVIEW)
    whole = hits.part == 0
    met[0, 0, hits.id[whole & (hits.distance <= MATCH)]] = True
    met[0, 1, hits.id[whole]] = True
    order = np.lexsort((hits.part, hits.query, hits.distance, hits.id))
    _, first = np.unique(hits.id[order], return_index=True)
    for at in order[first]:
        picture, part, distance = int(hits.id[at]), int(hits.part[at]), int(hits.distance[at])
        view = query.views[hits.query[at]]
        meeting = Meeting(distance, view, part)
        if meeting.doubtful:
            meeting = replace(meeting, agreement=agreement(query, view, part, stored.hashes[picture]))
        met[1, :, picture] = distance <= MATCH, True, meeting.tier == MATCH_BAND
    return met


def _hashes(path: Path) -> list[NDArray[np.uint8] | None]:
    """The 28 hashes of a photograph and of its quarters, None for those below the quality gate."""
    photograph = _opened(path)
    found: list[NDArray[np.uint8] | None] = []
    for picture in (photograph, *_quarters(photograph)):
        data = _jpeg(picture)
        reading = read_image(data)
        hashes = b"".join(fingerprint.value for fingerprint in reading.fingerprints)
        found.append(np.frombuffer(hashes, np.uint8).reshape(-1, 32) if hashable(reading) else None)
    return found


def _recall_figures(outcomes: Mapping[str, NDArray[np.int64]]) -> Iterator[Figure]:
    for edit, rows in outcomes.items():
        recall = rows[..., 0].mean(axis=0)
        for kind, name in enumerate(KINDS):
            for place, within in enumerate(WITHIN[: 2 + kind]):
                yield Figure(f"recall, {edit}, {name}, {within}", len(rows), float(recall[kind, place]), "share")


def _summary(name: str, outcomes: Mapping[str, NDArray[np.int64]], pairs: int) -> Iterator[Ratio]:
    rows = np.stack(list(outcomes.values()))
    recall, false = rows[..., 0].mean(axis=(0, 1)), rows[..., 1].sum(axis=(0, 1))
    for kind, said in enumerate(KINDS):
        for place, within in enumerate(WITHIN[: 2 + kind]):
            aimed = (name, said) == ("37 edits", "with windows") and place != 1
            rate = float(false[kind, place] / max(1, pairs))
            yield Ratio(
                f"mean recall, {name}, {said}, {within}",
                float(recall[kind, place]),
                AIM_OF_RECALL if aimed else None,
            )
            yield Ratio(
                f"false matches a pair, {name}, {said}, {within}",
                rate,
                AIM_OF_FALSE_MATCHES if place != 1 else None,
                "lower",
            )


def photographs() -> list[Path]:
    """Every picture of the folder."""
    folder = os.environ.get("PROVENANCE_PHOTOS")
    paths: Sequence[Path] = sorted(Path(folder).rglob("*")) if folder else shipped()
    return [path for path in paths if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp")]


def _opened(path: Path) -> Image.Image:
    """A picture at no more than 640 pixels a side, upright."""
    with Image.open(path) as image:
        image.draft("RGB", (640, 640))
        upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.thumbnail((640, 640))
    return upright


def shipped() -> list[Path]:
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
