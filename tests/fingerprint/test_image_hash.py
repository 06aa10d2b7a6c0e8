"""Fingerprints and ImageHash's hashes are one thing in two forms."""

from __future__ import annotations

import subprocess
import sys

import imagehash
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pictures import encoded, photo
from provenance.errors import UsageError
from provenance.fingerprint.image_hash import from_image_hash, to_image_hash
from provenance.fingerprint.read import read_image
from provenance.fingerprint.wanted import Wanted


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_there_and_back(value, other):
    theirs = to_image_hash(value)
    assert from_image_hash(theirs) == from_image_hash(str(theirs)) == value
    assert imagehash.hex_to_hash(value.hex()) == theirs
    assert theirs - to_image_hash(other) == (int.from_bytes(value) ^ int.from_bytes(other)).bit_count()


@given(st.lists(st.booleans(), min_size=256, max_size=256))
def test_each_bit_has_its_place(bits):
    theirs = imagehash.ImageHash(np.array(bits).reshape(16, 16))
    assert from_image_hash(theirs) == np.packbits(bits).tobytes()
    assert (to_image_hash(from_image_hash(theirs)).hash == theirs.hash).all()


def test_the_exact_fingerprint_is_what_they_have():
    picture = photo(1)
    theirs = imagehash.phash(picture, hash_size=16)
    found = read_image(encoded(picture), Wanted(exact=True, windows=False)).fingerprints[0]
    assert to_image_hash(found.value) == theirs
    assert from_image_hash(theirs) == found.value


def test_the_exact_path_calls_imagehash_itself(monkeypatch):
    called = []
    phash = imagehash.phash
    monkeypatch.setattr(imagehash, "phash", lambda *given, **more: called.append(more) or phash(*given, **more))
    read_image(encoded(photo(1)), Wanted(exact=True, windows=False))
    assert called == [{"hash_size": 16}]


@pytest.mark.parametrize(
    "given_hash",
    [
        imagehash.phash(Image.new("L", (8, 8))),
        imagehash.phash(Image.new("L", (8, 8)), hash_size=32),
        "0f" * 8,
        "0f" * 33,
        "0g" * 32,
        "",
        "phash:" + "0f" * 32,
    ],
)
def test_a_hash_of_another_size_is_refused_with_what_to_do(given_hash):
    with pytest.raises(UsageError, match="hash_size=16"):
        from_image_hash(given_hash)


def test_a_fingerprint_of_another_size_is_refused():
    with pytest.raises(UsageError, match="8 bytes"):
        to_image_hash(bytes(8))


def test_it_is_imported_only_where_it_is_used():
    script = (
        "import sys, provenance, provenance.api, provenance.cli.main, provenance.fingerprint.read\n"
        "print('imagehash' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
