"""Real photographs that every clone has, since scikit-image and scikit-learn carry them: what holds of the corpus."""

from __future__ import annotations

import io
from pathlib import Path

import imagehash
import pytest
from PIL import Image, ImageOps

from provenance.fingerprint.perceptual import hashable
from provenance.fingerprint.read import read_image
from provenance.fingerprint.wanted import Wanted

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""What a camera that was held so has stored, by the EXIF orientation that sets it right."""


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    pytest.importorskip("skimage")
    pytest.importorskip("sklearn")
    from provenance.demo.lay_out import lay_out

    folder = tmp_path_factory.mktemp("photographs")
    return sorted(lay_out(folder).photos.iterdir())


def whole(data: bytes, *, exact: bool) -> bytes:
    (found,) = (one for one in read_image(data, Wanted(exact=exact, windows=False)).fingerprints if not one.place)
    return bytes(found.value)


def apart(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def test_exact_is_what_imagehash_says(photographs):
    for path in photographs:
        data = path.read_bytes()
        picture = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
        assert whole(data, exact=True).hex() == str(imagehash.phash(picture.convert("RGB"), hash_size=16)), path
    assert len(photographs) == 11


def test_draft_and_exact_agree(photographs):
    found = []
    for path in photographs:
        stored = io.BytesIO()
        Image.open(path).convert("RGB").save(stored, "JPEG", quality=90)
        reading = read_image(stored.getvalue(), Wanted(exact=True, windows=False))
        if hashable(reading):
            found.append(apart(whole(stored.getvalue(), exact=True), whole(stored.getvalue(), exact=False)))
    assert len(found) >= 9
    assert max(found) <= 12


@pytest.mark.parametrize("orientation", sorted(TURNS))
def test_a_picture_and_its_stored_turn_are_one(photographs, orientation):
    for path in photographs[:4]:
        upright = Image.open(path).convert("RGB")
        exif = Image.Exif()
        exif[0x0112] = orientation
        stored, plain = io.BytesIO(), io.BytesIO()
        upright.transpose(TURNS[orientation]).save(stored, "JPEG", quality=95, exif=exif)
        upright.save(plain, "JPEG", quality=95)
        assert apart(whole(stored.getvalue(), exact=False), whole(plain.getvalue(), exact=False)) <= 31, path
