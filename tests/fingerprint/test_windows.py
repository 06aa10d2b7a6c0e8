"""The stored windows are whole-number transforms, exact on every machine, and near what they were before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from provenance.fingerprint import windows
from provenance.fingerprint.read import read_image
from provenance.fingerprint.wanted import Wanted
from provenance.fingerprint.windows import ABSENT, WINDOW_BOXES, WINDOWS, WINDOWS_BEFORE, stored_windows

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text(encoding="utf-8"))


def as_rows(stored: bytes) -> np.ndarray:
    return np.frombuffer(stored, np.uint8).reshape(-1, 32)


def in_plain_integers(grey: Image.Image) -> np.ndarray:
    """(27, 256) bits by Python's own whole numbers, from the definition alone."""
    small = np.asarray(grey.resize((100, 100), Image.Resampling.BOX)).astype(object)
    rows = []
    for left, top, right, bottom in (WINDOW_BOXES * 100).round().astype(int):
        part = small[top:bottom, left:right]
        length = right - left
        cosines = np.array(
            [[round(np.cos(np.pi * k * (2 * n + 1) / (2 * length)) * 2**14) for n in range(length)] for k in range(16)],
            object,
        )
        flat = cosines.dot(part).dot(cosines.T).reshape(-1)
        ordered = sorted(flat)
        rows.append([2 * value > ordered[127] + ordered[128] for value in flat])
    return np.array(rows)


@given(seed=st.integers(0, 10**6), coarse=st.sampled_from([3, 10, 100]), levels=st.sampled_from([2, 3, 256]))
@settings(max_examples=15, deadline=None)
def test_every_bit_is_that_of_plain_integers(seed, coarse, levels):
    """Also where many coefficients are equal, so that the least rounding would turn bits over."""
    pixels = np.random.default_rng(seed).integers(0, levels, (coarse, coarse), np.uint8) * np.uint8(255 // (levels - 1))
    grey = Image.fromarray(pixels).resize((200, 150), Image.Resampling.NEAREST)
    found = as_rows(stored_windows(grey))
    expected = np.packbits(in_plain_integers(grey), axis=1)
    present = found.any(axis=1)
    assert (found[present] == expected[present]).all()


def test_no_product_leaves_the_whole_numbers_of_double_precision():
    """Each sum stays below 2^53 for the worst picture there is, and single precision below 2^24 for the detail."""
    for length, basis in windows._BASES.items():
        assert (basis == np.round(basis)).all()
        first = 255 * np.abs(basis).sum(axis=1).max()
        assert first * np.abs(basis).sum(axis=1).max() < 2**53
        assert length**2 * 100 < 2**24


@pytest.mark.parametrize("kernel", ["Prescott", "Nehalem", "Sandybridge", "Haswell", "Zen", "SkylakeX"])
def test_no_bit_depends_on_the_kernel_of_the_blas(kernel):
    """A kernel that this processor lacks is replaced by one that it has."""
    script = (
        "import hashlib, numpy as np; from PIL import Image\n"
        "from provenance.fingerprint.windows import stored_windows\n"
        "rng = np.random.default_rng(1); found = hashlib.sha256()\n"
        "for side in (3, 9, 40, 100, 333):\n"
        "    pixels = rng.integers(0, 4, (side, side), np.uint8) * np.uint8(85)\n"
        "    found.update(stored_windows(Image.fromarray(pixels).resize((200, 200), Image.Resampling.NEAREST)))\n"
        "print(found.hexdigest())"
    )
    said = {}
    for name, environment in (("here", {}), ("there", {"OPENBLAS_CORETYPE": kernel})):
        env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True)
        if done.returncode < 0 and name == "there":
            pytest.skip(f"this processor cannot run {kernel}")
        said[name] = done.stdout
    assert len(said["here"]) == 65
    assert said["here"] == said["there"]


@given(seed=st.integers(1, 30))
@settings(max_examples=10, deadline=None)
def test_a_window_of_the_grid_has_the_hash_of_its_64_pixels(picture, seed):
    small = picture(400, 300, seed=seed).convert("L").resize((100, 100), Image.Resampling.BOX)
    found = as_rows(stored_windows(small))
    for (left, top, right, bottom), value in zip((WINDOW_BOXES * 100).round().astype(int)[2:], found[2:], strict=True):
        crop = small.crop((left, top, right, bottom))
        expected = np.packbits(imagehash.phash(crop, hash_size=16).hash)
        assert crop.size == (64, 64)
        if value.any():
            assert np.bitwise_count(value ^ expected).sum() <= 4  # of cosines in whole numbers


def test_a_flat_part_gives_absent_windows(picture):
    image = picture(400, 300)
    grain = np.random.default_rng(1).integers(0, 90, (300, 400), np.uint8)
    grey = Image.fromarray(np.clip(np.asarray(image.convert("L")) * 0.7 + grain, 0, 255).astype(np.uint8))
    grey.paste(255, (0, 0, 300, 200))
    found = stored_windows(grey)
    by_box = {tuple(box): found[32 * at : 32 * at + 32] for at, box in enumerate(WINDOW_BOXES.round(2))}
    assert by_box[(0.0, 0.0, 0.64, 0.64)] == ABSENT
    assert by_box[(0.36, 0.36, 1.0, 1.0)] != ABSENT


def test_they_ride_along_with_a_reading(picture, encode):
    data = encode(picture(), "JPEG")
    for exact in (True, False):
        whole, parts = read_image(data, Wanted(exact=exact)).fingerprints
        assert whole == read_image(data, Wanted(exact=exact, windows=False)).fingerprints[0]
        assert (parts.algorithm, len(parts.value)) == (WINDOWS, 32 * len(WINDOW_BOXES))
    assert read_image(b"").fingerprints == ()


@pytest.mark.parametrize("name", GOLDEN["windows before"])
def test_windows_of_older_ledgers_are_near_the_new_ones(picture, encode, name):
    """As stored under the id before, so that both may be searched at once. Photographs are nearer."""
    algorithm, size, format_, decode = name.split()
    assert algorithm == WINDOWS_BEFORE
    width, height = map(int, size.split("x"))
    before = as_rows(bytes.fromhex(GOLDEN["windows before"][name]))
    _, now = read_image(encode(picture(width, height), format_), Wanted(exact=decode == "full")).fingerprints
    apart = np.bitwise_count(before ^ as_rows(now.value)).sum(axis=1)
    both = before.any(axis=1) & as_rows(now.value).any(axis=1)
    assert both.sum() >= 15
    assert apart[both].max() <= 28
    assert apart[both].mean() <= 16
