"""Names that are nothing but numbers are not read as texts: nothing that is read in names could be in one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.run.gather import from_declaration
from provenance.signals.agencies import agency_at, downloaded_from
from provenance.signals.text.read import is_numbered, read_path, statements_in_path

ENDINGS = ("jpg", "JPEG", "png", "webp", "gif", "tif", "tiff", "bmp", "jxl", "avif", "heic")
numbered = st.builds(
    lambda first, rest, ending: f"{first}{rest}.{ending}",
    st.integers(0, 9),
    st.text("0123456789/_.-", max_size=40),
    st.sampled_from(ENDINGS),
)


@settings(max_examples=500, deadline=None)
@given(numbered)
def test_no_rule_finds_anything_in_a_numbered_name(name):
    assert is_numbered(name)
    assert read_path("file_name", name) == ()
    assert list(statements_in_path(name)) == []
    assert agency_at(name) is None
    assert downloaded_from(name) is None
    assert from_declaration(None, name, None) == ()


@settings(max_examples=300, deadline=None)
@given(numbered, st.text(max_size=4).filter(lambda text: re.search(r"[^0-9/_.-]", text)), st.data())
def test_a_name_with_anything_else_in_it_is_read(name, more, data):
    at = data.draw(st.integers(0, name.rindex(".")))
    assert not is_numbered(name[:at] + more + name[at:])


@pytest.mark.parametrize(
    "name", ["16.kid", "1/girl/2.jpg", "12yo.jpg", "shutterstock_1234567.jpg", "gettyimages-12.jpg", "1.jpg/kid.jpg",
             "٣.jpg", ".jpg", "1", "1.jpg\n", "1" * 300 + ".jpg"]
)  # fmt: skip
def test_other_names_are_read_as_texts(name):
    assert not is_numbered(name)


def test_a_word_beside_the_numbers_still_counts():
    assert [signal.subject.value for signal in from_declaration(None, "00012/girl_9yo_000120034.jpg", None)][:1] == [
        "MINOR"
    ]
