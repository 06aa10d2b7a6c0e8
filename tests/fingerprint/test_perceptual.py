"""The hash is ImageHash's own, its bits are packed as documented, and flat pictures never count."""

from __future__ import annotations

import io
import json
from pathlib import Path

import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from provenance.fingerprint import perceptual
from provenance.fingerprint.perceptual import DRAFT, EXACT, QUALITY_GATE, hashable
from provenance.fingerprint.read import read_image
from provenance.fingerprint.wanted import Wanted
from provenance.model import Fingerprint, Reading

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text(encoding="utf-8"))


def read(data: bytes, *, exact: bool = True, windows: bool = False, pdq: bool = False) -> Reading:
    return read_image(data, Wanted(exact=exact, windows=windows, pdq=pdq))


def only(reading: Reading) -> Fingerprint:
    """The hash of the picture that a decoder gives first; real files may hold others."""
    (found,) = (one for one in reading.fingerprints if not one.place)
    return found


def bits_apart(one: Fingerprint, other: Fingerprint) -> int:
    return (int.from_bytes(one.value) ^ int.from_bytes(other.value)).bit_count()


def by_imagehash(data: bytes) -> imagehash.ImageHash:
    with Image.open(io.BytesIO(data)) as image:
        return imagehash.phash(ImageOps.exif_transpose(image), hash_size=16)


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "AVIF"])
@pytest.mark.parametrize("size", [(320, 240), (241, 403), (64, 64), (9, 200), (700, 30)])
def test_exact_is_what_imagehash_says(picture, encode, format_, size):
    data = encode(picture(*size), format_)
    found = only(read(data, exact=True))
    assert found.algorithm == EXACT
    assert found.value.hex() == str(by_imagehash(data))


@given(seed=st.integers(0, 10**6), width=st.integers(1, 90), height=st.integers(1, 90), quality=st.integers(1, 100))
@settings(max_examples=60, deadline=None)
def test_exact_is_what_imagehash_says_of_noise(seed, width, height, quality):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=quality)
    assert only(read(stream.getvalue())).value.hex() == str(by_imagehash(stream.getvalue()))


@given(seed=st.integers(0, 10**6), coarse=st.sampled_from([1, 2, 3, 8, 32, 64]), levels=st.sampled_from([1, 2, 3, 256]))
@settings(max_examples=300, deadline=None)
def test_the_bits_of_any_small_picture_are_imagehashs(seed, coarse, levels):
    """Only the kept rows are transformed and the median is taken without NumPy's: not a bit may move."""
    pixels = np.random.default_rng(seed).integers(0, levels, (coarse, coarse), np.uint8)
    picture = Image.fromarray(pixels * (255 // levels)).resize((64, 64), Image.Resampling.BICUBIC)
    lowest = perceptual._lowest_cosines(np.asarray(picture))
    bits = lowest > perceptual._median(lowest)
    assert (bits == imagehash.phash(picture, hash_size=16).hash).all()


def test_bits_are_packed_row_by_row_highest_first(picture, encode):
    data = encode(picture())
    rows = by_imagehash(data).hash
    value = only(read(data)).value
    assert len(value) == 32
    for place in range(256):
        assert bool(value[place // 8] >> (7 - place % 8) & 1) == bool(rows[place // 16][place % 16])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_orientation_is_applied(picture, encode, orientation, format_):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(picture(), format_, exif=exif)
    reading = read(data)
    assert reading.orientation == orientation
    assert (reading.width, reading.height) == ((320, 240) if orientation < 5 else (240, 320))
    assert only(reading).value.hex() == str(by_imagehash(data))
    assert bits_apart(only(read(data, exact=False)), only(reading)) <= 12


@pytest.mark.parametrize("size", [(200, 150), (640, 480), (1601, 1203)])
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
def test_draft_stays_within_a_few_bits_of_exact(picture, encode, size, format_):
    data = encode(picture(*size), format_)
    draft, exact = only(read(data, exact=False)), only(read(data, exact=True))
    assert (draft.algorithm, exact.algorithm) == (DRAFT, EXACT)
    assert draft.decode_mode == ("draft" if format_ == "JPEG" else "full")
    assert exact.decode_mode == "full"
    assert bits_apart(draft, exact) <= 12


def flat_pictures() -> dict[str, Image.Image]:
    ramp = np.tile(np.linspace(0, 255, 400), (300, 1)).astype(np.uint8)
    diagonal = (np.add.outer(np.arange(300), np.arange(400)) * 255 // 698).astype(np.uint8)
    dust = np.full((300, 400), 255, np.uint8)
    dust[150, 200] = 0
    faint = np.random.default_rng(1).integers(127, 129, (300, 400), np.uint8)
    return {
        "black": Image.new("RGB", (400, 300), "black"),
        "white": Image.new("RGB", (400, 300), "white"),
        "grey": Image.new("L", (400, 300), 127),
        "blue": Image.new("RGB", (400, 300), "blue"),
        "ramp": Image.fromarray(ramp),
        "diagonal ramp": Image.fromarray(diagonal),
        "white with one speck": Image.fromarray(dust),
        "faint noise": Image.fromarray(faint),
        "transparent": Image.new("RGBA", (400, 300), (0, 0, 0, 0)),
    }


@pytest.mark.parametrize("name", flat_pictures())
@pytest.mark.parametrize("format_", ["PNG", "WEBP"])
def test_flat_pictures_never_count(encode, name, format_):
    for exact in (True, False):
        reading = read(encode(flat_pictures()[name], format_), exact=exact)
        assert reading.problem is None
        assert max(found.quality for found in reading.fingerprints) < QUALITY_GATE
        assert not hashable(reading)
        assert reading.not_compared == ()


@pytest.mark.parametrize("side", [1, 2, 8, 16, 31])
def test_tiny_pictures_never_count(picture, encode, side):
    assert not hashable(read(encode(picture(side, side))))
    assert not hashable(read(encode(picture(side, 400))))


def test_a_picture_counts_from_32_pixels(picture, encode):
    assert hashable(read(encode(picture(32, 32))))


def test_quality_stays_in_its_range(picture, encode):
    noise = np.random.default_rng(1).integers(0, 2, (64, 64), np.uint8) * 255
    assert only(read(encode(Image.fromarray(noise)))).quality <= 100


def test_what_could_not_be_read_never_counts():
    assert not hashable(read(b""))


@pytest.mark.parametrize("name", GOLDEN["hashes"])
def test_golden_hashes(picture, encode, name):
    """A change of Pillow, libjpeg-turbo, SciPy or this code that moves one bit fails here, and asks for a new id."""
    algorithm, size, format_ = name.split()
    width, height = map(int, size.split("x"))
    data = encode(picture(width, height), format_)
    found = only(read(data, exact=algorithm == EXACT))
    assert found.algorithm == algorithm
    assert found.value.hex() == GOLDEN["hashes"][name]


def test_golden_hashes_cover_every_algorithm():
    assert {name.split()[0] for name in GOLDEN["hashes"]} == {EXACT, DRAFT}


@pytest.mark.corpus
def test_exact_is_what_imagehash_says_of_every_real_file(corpus):
    checked = 0
    for path in sorted(path for path in corpus.rglob("*") if path.is_file()):
        data = path.read_bytes()
        reading = read(data, exact=True)
        if reading.problem or reading.format == "HEIF":  # ImageHash needs Pillow changed to read HEIF
            continue
        assert only(reading).value.hex() == str(by_imagehash(data)), path
        checked += 1
    assert checked >= 150


@pytest.mark.corpus
def test_every_real_photograph_is_read(corpus):
    """Four files of the corpus are not pictures or not decodable; all others give a fingerprint."""
    problems = {
        path.name: reading.problem.kind.value
        for path in corpus.rglob("*")
        if path.is_file() and (reading := read(path.read_bytes(), exact=False)).problem
    }
    assert problems == {
        "README.md": "UNIDENTIFIED",
        "PLUS.xmp": "UNIDENTIFIED",
        "XMP2.xmp": "UNIDENTIFIED",
        "XMP5.xmp": "UNIDENTIFIED",
        "JXL2.jxl": "UNSUPPORTED",
        "QuickTime.heic": "DAMAGED",
    }


@pytest.mark.corpus
def test_draft_and_exact_agree_on_real_photographs(corpus):
    apart = []
    for path in sorted(corpus.rglob("*.jpg")):
        exact = read(path.read_bytes(), exact=True)
        if hashable(exact):
            apart.append(bits_apart(only(exact), only(read(path.read_bytes(), exact=False))))
    assert len(apart) > 100
    assert max(apart) <= 12
    assert sum(apart) / len(apart) < 2


@pytest.mark.corpus
def test_the_eight_exif_orientations_give_one_picture(corpus):
    for stem in ("Landscape", "Portrait"):
        found = [only(read((corpus / "orientation" / f"{stem}_{n}.jpg").read_bytes())) for n in range(1, 9)]
        assert max(bits_apart(found[0], other) for other in found) <= 31
