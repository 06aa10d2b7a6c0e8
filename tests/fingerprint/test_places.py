"""A place is the same as text and as a number, and nothing else is one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.fingerprint.places import (
    FIRST,
    FRAME,
    MAPPED,
    ON_WHITE,
    PAGE,
    PICTURE,
    STORED,
    named,
    number_of,
    place_of,
    view_of,
)

parts = st.one_of(st.just(FIRST), st.builds(place_of, st.sampled_from([FRAME, PAGE, PICTURE]), st.integers(1, 10_000)))
places = st.builds(
    lambda part, view: view_of(part, view) if view else part, parts, st.sampled_from(["", ON_WHITE, MAPPED, STORED])
)


@given(places, places)
def test_each_place_has_a_number_of_its_own(one, other):
    assert named(number_of(one)) == one
    assert (number_of(one) == number_of(other)) == (one == other)


@given(places)
def test_numbers_with_all_windows_fit_32_bits(place):
    assert 0 <= number_of(place) * 28 + 27 < 2**32


def test_the_first_picture_is_0():
    """Indexes of still pictures need one byte for a part."""
    assert number_of(FIRST) == 0
    assert named(0) == FIRST


@pytest.mark.parametrize(
    "text",
    [
        "frame",
        "frame:",
        "frame:0",
        "frame:01",
        "frame:-1",
        "frame:7/",
        "/on-white",
        "frame:7/raw",
        "frame:99999999",
        "x",
        " ",
        "on-white/stored",
        "frame:7\n",
    ],
)
def test_what_is_no_place_is_refused(text):
    with pytest.raises(ValueError, match="no place"):
        number_of(text)


@pytest.mark.parametrize("number", [-1, 4, 8, 12, 2**40])
def test_numbers_that_stand_for_nothing_are_refused(number):
    """4 would be the frame number 0."""
    with pytest.raises(ValueError, match="no place"):
        named(number)
