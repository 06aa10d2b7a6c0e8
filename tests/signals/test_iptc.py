"""IIM data sets in the character sets that writers use, and damaged ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.signals.iptc import read_iim


def one(data):
    sets, problem = read_iim(data)
    assert problem == ""
    return [(each.name, each.text) for each in sets]


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"\x1b%G", "utf-8"),
        (b"\x1b.A", "latin-1"),
        (b"\x1b-B", "iso8859-2"),
        (b"\x1b-F", "iso8859-7"),
        (b"\x1b-L", "iso8859-5"),
    ],
)
def test_named_character_sets(files, mark, encoding):
    text = {"iso8859-2": "Łódź", "iso8859-7": "Αθήνα", "iso8859-5": "Москва"}.get(encoding, "Zoë")
    data = files.iim((1, 90, mark), (2, 116, text.encode(encoding)))
    assert one(data) == [("iim:CopyrightNotice", text)]


def test_without_a_character_set_utf_8_is_tried_first(files):
    assert one(files.iim((2, 80, "Zoë".encode("cp1252")))) == [("iim:By-line", "Zoë")]
    assert one(files.iim((2, 80, "Zoë".encode()))) == [("iim:By-line", "Zoë")]


def test_a_wrong_character_set_loses_no_text(files):
    assert one(files.iim((1, 90, b"\x1b%G"), (2, 80, b"Zo\xeb"))) == [("iim:By-line", "Zoë")]
    assert one(files.iim((1, 90, b"\x1b?!"), (2, 80, "Zoë".encode()))) == [("iim:By-line", "Zoë")]


def test_repeated_keywords(files):
    data = files.iim((2, 25, b"a"), (2, 25, b"b"), (2, 0, b"\0\2"))
    assert one(data) == [("iim:Keywords", "a"), ("iim:Keywords", "b")]


def test_extended_lengths():
    assert one(b"\x1c\x02\x78\x80\x04\0\0\0\x03abc") == [("iim:Caption-Abstract", "abc")]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\x1c\x02\x74\x00\x09abc", "data set past the end"),
        (b"\x1c\x02\x74\x80\x09abcdefghi", "data set with an impossible length"),
        (b"garbage", "bytes that are no IIM data set"),
        (b"\x1c\x02\x74", "data set cut short"),
        (b"\x1c\x02\x74\x00\x00" * 5_001, "more than 5000 data sets"),
    ],
)
def test_damage_is_a_problem(data, problem):
    assert read_iim(data)[1] == problem


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise(noise):
    read_iim(noise)
    read_iim(b"\x1c\x02\x74\x00\x03abc" + noise)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([25, 80, 116]),
            st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zs"]), min_size=1, max_size=20),
        )
    )
)
def test_what_is_written_is_read(files, sets):
    data = files.iim((1, 90, b"\x1b%G"), *((2, number, text.encode()) for number, text in sets))
    assert [text for _, text in one(data)] == [text for _, text in sets]
