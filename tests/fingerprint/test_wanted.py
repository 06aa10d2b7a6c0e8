"""What is wanted, what is held, and what is therefore missing."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.fingerprint.pdq import PDQ
from provenance.fingerprint.perceptual import DRAFT, EXACT
from provenance.fingerprint.read import read_image
from provenance.fingerprint.wanted import Wanted
from provenance.fingerprint.windows import WINDOWS

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text(encoding="utf-8"))

wishes = st.builds(Wanted, exact=st.booleans(), windows=st.booleans(), pdq=st.booleans())
holdings = st.sets(st.sampled_from([DRAFT, EXACT, WINDOWS, PDQ]))


def test_a_scan_takes_the_quick_hash_and_the_windows():
    assert Wanted().algorithms == (DRAFT, WINDOWS)


@given(wanted=wishes, held=holdings)
def test_nothing_is_missing_once_it_was_taken(wanted, held):
    assert wanted.missing(held | set(wanted.algorithms)) == ()
    assert not set(wanted.missing(held)) & held


@given(wanted=wishes, held=holdings)
def test_an_exact_hash_stands_for_a_drafted_one_and_not_the_other_way_round(wanted, held):
    assert DRAFT not in wanted.missing(held | {EXACT})
    if wanted.full:
        assert EXACT in wanted.missing(held - {EXACT})


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("windows", [False, True])
@pytest.mark.parametrize("pdq", [False, True])
def test_a_reading_has_what_was_wanted_in_its_order(picture, encode, exact, windows, pdq):
    if pdq:
        pytest.importorskip("pdqhash")
    wanted = Wanted(exact=exact, windows=windows, pdq=pdq)
    reading = read_image(encode(picture(), "JPEG"), wanted)
    assert tuple(found.algorithm for found in reading.fingerprints) == wanted.algorithms


@pytest.mark.parametrize("name", GOLDEN["windows"])
def test_golden_windows(picture, encode, name):
    """The SHA-256 of the windows' hashes, by either decode: one bit that moves asks for a new id."""
    algorithm, size, format_, decode = name.split()
    width, height = map(int, size.split("x"))
    _, windows = read_image(encode(picture(width, height), format_), Wanted(exact=decode == "full")).fingerprints
    assert windows.algorithm == algorithm
    assert hashlib.sha256(windows.value).hexdigest() == GOLDEN["windows"][name]


def test_golden_hashes_cover_every_algorithm():
    covered = {name.split()[0] for part in ("hashes", "windows", "pdq") for name in GOLDEN[part]}
    assert covered == {DRAFT, EXACT, WINDOWS, PDQ}
