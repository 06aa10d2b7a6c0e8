"""A copy agrees with its original wherever the two overlap, however it is turned; a stranger does not."""

from __future__ import annotations

import io
import random

import numpy as np
import pytest
from PIL import Image

from provenance.fingerprint.alignment import PART_BOXES, Agreement, agreement
from provenance.fingerprint.canvas import TURNS
from provenance.fingerprint.read import read_image
from provenance.fingerprint.variants import Query, View, query_of

T = Image.Transpose
BACK = {
    "none": None,
    "flip-horizontal": T.FLIP_LEFT_RIGHT,
    "flip-vertical": T.FLIP_TOP_BOTTOM,
    "rotate-180": T.ROTATE_180,
    "transpose": T.TRANSPOSE,
    "rotate-270": T.ROTATE_90,
    "rotate-90": T.ROTATE_270,
    "transverse": T.TRANSVERSE,
}
"""What an editor did to the pixels where this turn brings the original back."""


def patchwork(seed: int, size: tuple[int, int] = (480, 360)) -> Image.Image:
    """Random colours on two grids, smoothed: detail everywhere, no two alike."""
    source = np.random.default_rng(seed)
    coarse, fine = (
        Image.fromarray(source.integers(0, 256, (rows, columns, 3), np.uint8)).resize(size, Image.Resampling.BICUBIC)
        for rows, columns in ((18, 24), (72, 96))
    )
    return Image.blend(coarse, fine, 0.3)


def jpeg(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=88)
    return stream.getvalue()


def held(image: Image.Image) -> np.ndarray:
    """(28, 32): the hashes that a ledger keeps of an original."""
    data = jpeg(image)
    return np.frombuffer(b"".join(found.value for found in read_image(data).fingerprints), np.uint8).reshape(-1, 32)


def meeting(query: Query, hashes: np.ndarray) -> tuple[View, int, int]:
    """The nearest view, the part of the original that it meets, and how far."""
    views = np.frombuffer(b"".join(view.value for view in query.views), np.uint8).reshape(-1, 1, 32)
    bits = np.bitwise_count(views ^ hashes).sum(axis=2, dtype=int)
    view, part = np.unravel_index(bits.argmin(), bits.shape)
    return query.views[view], int(part), int(bits[view, part])


def place_of(part: int, turn: str, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Where a part of the original lies in its turned copy, as fractions: painted, turned with it, and looked up."""
    width, height = size
    mask = Image.new("L", size)
    left, top, right, bottom = PART_BOXES[part] * (width, height, width, height)
    mask.paste(255, (round(left), round(top), round(right), round(bottom)))
    back = BACK[turn]
    turned = mask if back is None else mask.transpose(back)
    left, top, right, bottom = turned.getbbox()
    return left / turned.width, top / turned.height, right / turned.width, bottom / turned.height


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("part", [0, 3, 6, 18, 26])
def test_a_turned_copy_agrees_by_whichever_part_it_was_met(turn, part):
    original = patchwork(1)
    back = BACK[turn]
    query = query_of(jpeg(original if back is None else original.transpose(back)))
    found = agreement(query, View(turn, place_of(part, turn, original.size), 0.0, b""), part, held(original))
    assert found.hashes == len(PART_BOXES)
    assert found.distance < 31


def test_a_crop_agrees_wherever_it_was_cut():
    """Some stay undecided, where the search for the best fit ends beside it; none is spoken against."""
    draw = random.Random(20261126)
    held_by = []
    for number in range(24):
        original = patchwork(1 + number % 9)
        keep, across, down = draw.uniform(0.7, 1), draw.random(), draw.random()
        left, top = across * (1 - keep) * 480, down * (1 - keep) * 360
        crop = original.crop((round(left), round(top), round(left + keep * 480), round(top + keep * 360)))
        query = query_of(jpeg(crop.transpose(T.FLIP_LEFT_RIGHT) if number % 2 else crop))
        view, part, _ = meeting(query, held(original))
        found = agreement(query, view, part, held(original))
        assert found.hashes >= 1
        held_by.append(found.holds)
    assert False not in held_by
    assert held_by.count(True) >= 22


def test_a_stranger_with_one_part_in_common_is_spoken_against():
    """One window of the original stands in the photo, exactly where it would stand; all around it is different."""
    original, photo = patchwork(3), patchwork(4)
    window = PART_BOXES[15]  # the middle of the grid
    left, top, right, bottom = (round(edge * side) for edge, side in zip(window, (480, 360, 480, 360), strict=True))
    photo.paste(original.crop((left + 90, top + 70, right - 90, bottom - 70)), (left + 90, top + 70))
    query = query_of(jpeg(photo))
    by_part = View("none", tuple(window.tolist()), 0.0, b"")
    found = agreement(query, by_part, 15, held(original))
    assert found.hashes >= len(PART_BOXES) * 3 // 4
    assert found.holds is False


@pytest.mark.parametrize("seed", range(5, 9))
def test_a_stranger_never_agrees(seed):
    query = query_of(jpeg(patchwork(100 + seed)))
    for view in query.views[:: max(1, len(query.views) // 15)]:
        for part in (0, 1, 9, 27):
            assert agreement(query, view, part, held(patchwork(seed))).holds is not True


def test_without_stored_windows_nothing_is_said_unless_the_picture_itself_is_met():
    original = patchwork(11)
    whole_alone = held(original).copy()
    whole_alone[1:] = 0
    query = query_of(jpeg(original))
    view, part, _ = meeting(query, whole_alone)
    assert agreement(query, view, part, whole_alone).holds is True
    stranger = agreement(query_of(jpeg(patchwork(12))), view, 0, whole_alone)
    assert (stranger.hashes, stranger.holds) == (1, None)
    nothing = agreement(query, view, 0, np.zeros_like(whole_alone))
    assert (nothing.hashes, nothing.holds) == (0, None)


@pytest.mark.parametrize(
    ("hashes", "distance", "holds"),
    [
        (1, 31, True),
        (1, 32, None),
        (2, 120, None),
        (3, 50, True),
        (3, 50.5, None),
        (3, 85, None),
        (3, 85.5, False),
        (28, 128, False),
        (0, 256, None),
    ],
)
def test_what_an_agreement_says(hashes, distance, holds):
    assert Agreement(hashes, distance).holds is holds
