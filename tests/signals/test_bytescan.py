"""The search for codes in bytes that nobody could parse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.signals.bytescan import TRAINING_MINING, hints, scan

CODES = [
    "DMI-PROHIBITED",
    "DMI-PROHIBITED-AIMLTRAINING",
    "DMI-PROHIBITED-FUTURE",
    "AG-U14",
    "AG-A15",
    "AG-A16",
    "AG-A17",
]


@pytest.mark.parametrize("encoding", ["ascii", "utf-16-le", "utf-16-be"])
@given(code=st.sampled_from(CODES), before=st.binary(max_size=40), after=st.binary(max_size=40))
def test_a_code_is_found_in_any_noise(encoding, code, before, after):
    fence = " <".encode(encoding)
    assert code in scan(before + fence + code.encode(encoding) + fence + after)


@pytest.mark.parametrize("text", [b"FLAG-A15", b"AG-A150", b"AG-A25", b"AG-UNK", b"DMI-ALLOWED", b"xAG-U14", b""])
def test_what_only_looks_like_a_code(text):
    assert scan(text) == ()


def test_a_refusal_in_a_training_mining_assertion():
    assert scan(b"cawg.training-mining ... notAllowed") == (TRAINING_MINING,)
    assert scan(b"c2pa.training-mining__1 constrained") == (TRAINING_MINING,)
    assert scan(b"cawg.training-mining allowed") == ()
    assert scan(b"notAllowed") == ()


def test_the_number_of_codes_is_bounded():
    assert len(scan(b" ".join(b"DMI-PROHIBITED-" + bytes([65 + n % 26, 65 + n // 26]) for n in range(600)))) == 32


def test_hints():
    assert hints(b"x" * 100 + b"http://ns.useplus.org/ldf/vocab/AG-A15")
    assert not hints(b"x" * 100)
