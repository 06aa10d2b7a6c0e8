"""PDQ is `pdqhash`'s own, of the whole upright picture, and shares the decode of the exact hash."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from provenance.errors import MissingExtra
from provenance.fingerprint.decode import decode_grey
from provenance.fingerprint.pdq import PDQ, fingerprint
from provenance.fingerprint.perceptual import EXACT
from provenance.fingerprint.read import read_image
from provenance.fingerprint.wanted import Wanted
from provenance.model import Fingerprint, Reading

pdqhash = pytest.importorskip("pdqhash")

WITH_PDQ = Wanted(windows=False, pdq=True)
GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text(encoding="utf-8"))["pdq"]


def pdq_of(reading: Reading) -> Fingerprint:
    (found,) = (one for one in reading.fingerprints if one.algorithm == PDQ and not one.place)
    return found


def by_pdqhash(data: bytes) -> tuple[str, int]:
    with Image.open(io.BytesIO(data)) as image:
        bits, quality = pdqhash.compute(np.asarray(ImageOps.exif_transpose(image).convert("RGB")))
    return np.packbits(bits.astype(bool)).tobytes().hex(), quality


def bits_apart(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "AVIF"])
@pytest.mark.parametrize("size", [(320, 240), (64, 64), (9, 200), (700, 30), (1, 1), (4, 300)])
def test_pdq_is_what_pdqhash_says(picture, encode, format_, size):
    data = encode(picture(*size), format_)
    found = pdq_of(read_image(data, WITH_PDQ))
    assert (found.value.hex(), found.quality) == by_pdqhash(data)
    assert found.decode_mode == "full"


@given(seed=st.integers(0, 10**6), width=st.integers(1, 90), height=st.integers(1, 90), orientation=st.integers(1, 8))
@settings(max_examples=60, deadline=None)
def test_pdq_is_what_pdqhash_says_of_noise_under_any_orientation(seed, width, height, orientation):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", exif=exif)
    found = pdq_of(read_image(stream.getvalue(), WITH_PDQ))
    assert (found.value.hex(), found.quality) == by_pdqhash(stream.getvalue())


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "I;16", "LAB"])
def test_pdq_is_taken_in_every_mode(picture, encode, mode):
    image = picture()
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    elif mode == "LAB":
        image = Image.merge("LAB", (image.convert("L"), *[Image.new("L", image.size, 128)] * 2))
    else:
        image = image.convert(mode)
    reading = read_image(encode(image, "TIFF"), WITH_PDQ)
    grey = by_pdqhash(encode(picture().convert("L").convert("RGB")))[0]
    # Only the palette's and the rounding's few grey levels are left between them.
    assert bits_apart(pdq_of(reading).value.hex(), grey) <= 12


def test_one_whole_decode_gives_the_exact_hash_too(picture, encode):
    data = encode(picture(640, 480), "JPEG")
    whole, windows, pdq = read_image(data, Wanted(pdq=True)).fingerprints
    assert (whole, windows) == read_image(data, Wanted(exact=True)).fingerprints
    assert (whole.algorithm, pdq.algorithm) == (EXACT, PDQ)


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_pdq(picture, encode, name):
    algorithm, size, format_ = name.split()
    width, height = map(int, size.split("x"))
    found = pdq_of(read_image(encode(picture(width, height), format_), WITH_PDQ))
    assert found.algorithm == algorithm
    assert found.value.hex() == GOLDEN[name]


def test_a_flat_picture_has_pdqs_own_lowest_quality(encode):
    assert pdq_of(read_image(encode(Image.new("RGB", (300, 200), "grey")), WITH_PDQ)).quality == 0


@pytest.mark.parametrize("data", [b"", b"nothing", b"\xff\xd8\xff\xe0" + bytes(50), b"GIF89a"])
def test_what_cannot_be_decoded_has_no_pdq(data):
    reading = read_image(data, WITH_PDQ)
    assert reading.fingerprints == ()
    assert reading.problem is not None


@given(edits=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=30))
@settings(max_examples=40, deadline=None)
def test_any_damage_gives_a_reading(picture, encode, edits):
    data = bytearray(encode(picture(90, 60), "JPEG"))
    for place, value in edits:
        data[place % len(data)] = value
    reading = read_image(bytes(data), WITH_PDQ)
    assert (reading.problem is None) == bool(reading.fingerprints)


def test_only_a_decode_in_colour_gives_pdq(picture, encode):
    with pytest.raises(ValueError, match="no colour"):
        fingerprint(decode_grey(encode(picture())))


def test_without_pdqhash_the_extra_is_named_before_anything_is_read(monkeypatch):
    monkeypatch.setitem(sys.modules, "pdqhash", None)
    with pytest.raises(MissingExtra) as raised:
        read_image(b"", WITH_PDQ)
    assert "consent-provenance[pdq]" in str(raised.value.remedy)


@pytest.mark.corpus
def test_pdq_is_what_pdqhash_says_of_every_real_file(corpus):
    checked = 0
    for path in sorted(path for path in corpus.rglob("*") if path.is_file()):
        data = path.read_bytes()
        reading = read_image(data, WITH_PDQ)
        if reading.problem or reading.format == "HEIF":
            continue
        found = pdq_of(reading)
        assert (found.value.hex(), found.quality) == by_pdqhash(data), path
        checked += 1
    assert checked >= 150


@pytest.mark.corpus
def test_the_hash_of_the_published_bridge_is_the_published_one(corpus):
    """As ThreatExchange's own `PdqSignal.get_examples` has it; lists are written in this order of bits."""
    found = pdq_of(read_image((corpus / "pdq" / "dih" / "bridge-1-original.jpg").read_bytes(), WITH_PDQ))
    assert found.value.hex() == "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"
    assert found.quality == 100
