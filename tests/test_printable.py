"""Text from outside never steers a terminal and never runs in a spreadsheet, and a cell gives back its text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.printable import counted, csv_cell, from_csv_cell, printable

ODD = st.text(
    st.one_of(
        st.characters(exclude_categories=()),
        st.sampled_from("'=+-@\uff1d\\xuU0159cf \t\r\n\x1b\u202e\u2028\ud800"),
    )
)


@given(ODD)
def test_what_is_printed_holds_no_character_that_steers(text: str) -> None:
    shown = printable(text)
    categories = {unicodedata.category(character) for character in shown}
    assert categories.isdisjoint({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
    assert printable(shown) == shown


@given(ODD)
def test_a_cell_gives_back_its_text(text: str) -> None:
    assert from_csv_cell(csv_cell(text)) == text


@given(ODD)
def test_no_cell_is_computed_by_a_spreadsheet(text: str) -> None:
    cell = csv_cell(text)
    assert cell.lstrip(" ")[:1] not in set("=+-@\uff1d\uff0b\uff0d\uff20")
    assert cell.isprintable()


@given(ODD, ODD)
def test_two_texts_never_share_a_cell(one: str, other: str) -> None:
    assert (csv_cell(one) == csv_cell(other)) == (one == other)


@pytest.mark.parametrize(
    "plain", ["photo 1.jpg", "Größe.png", "写真.png", "'tis", "a=b", "C:\\img\\1.jpg", r"caf\xe9.jpg"]
)
def test_plain_text_stays_as_it_is(plain: str) -> None:
    assert csv_cell(plain) == printable(plain) == plain


def test_numbers_agree_with_their_nouns() -> None:
    assert [counted(n, "image") for n in (0, 1, 2, 1000)] == ["0 images", "1 image", "2 images", "1,000 images"]
