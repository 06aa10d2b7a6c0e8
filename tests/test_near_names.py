"""A name that is not there leads to the one that was meant, with what tells the two apart."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.near_names import MOST, NearNames, difference, loose


def nearest(missing: str, *present: str) -> tuple[str, str] | None:
    near = NearNames([missing])
    for name in present:
        near.see(name)
    found = near.nearest(missing)
    return (found.name, found.why) if found else None


@pytest.mark.parametrize(
    ("missing", "present", "why"),
    [
        ("img_1.jpg", "IMG_1.JPG", "the letter case differs"),
        ("caf\u00e9.jpg", "cafe\u0301.jpg", "the Unicode form (NFC, NFD) differs"),
        ("my%20photo.jpg", "my photo.jpg", "the URL quoting differs"),
        ("img%2F1.jpg", "img/1.jpg", "the URL quoting differs"),
        ("my photo .jpg", "my photo.jpg", "the number of spaces or invisible characters differs"),
        ("1\u200b.jpg", "1.jpg", "the number of spaces or invisible characters differs"),
        ("\uff11\uff12.jpg", "12.jpg", "the width or style of characters differs"),
        ("my-photo.jpg", "my_photo.jpg", "the use of dashes differs"),
        ("7.jpg", "007.jpg", "the number of leading zeros differs"),
        ("p01", "p1", "the number of leading zeros differs"),
        ("1.jpeg", "1.jpg", "the extension differs"),
        ("1", "1.jpg", "the extension differs"),
        ("photos/1.jpg", "1.jpg", "it is not in the folder photos"),
        ("C:\\data\\photos\\1.jpg", "1.jpg", "it is not in the folder C:/data/photos"),
        ("/home/me/photos/train/1.jpg", "train/1.jpg", "it is not in the folder home/me/photos"),
        ("1.jpg", "train/1.jpg", "it lies in the folder train"),
        ("test/1.jpg", "train/1.jpg", "it lies in the folder train"),
        ("Photos/IMG_1.jpg", "img_1.JPG", "it is not in the folder Photos, and the letter case differs"),
        ("s.tar::0001.jpg", "s.tar::0001", "the extension differs"),
        ("http://a.example/1.jpg", "https://a.example/1.jpg", "the scheme differs"),
        ("https://www.a.example/1.jpg", "https://a.example/1.jpg", "the host is spelled otherwise (www, port)"),
        ("https://a.example/1?a=1&b=2", "https://a.example/1?b=2&a=1", "the order of the query differs"),
    ],
)
def test_the_name_that_was_meant_and_why(missing: str, present: str, why: str) -> None:
    assert nearest(missing, "other.jpg", present, "zzz/9.png") == (present, why)


def test_the_nearest_comes_first() -> None:
    there = ["a/IMG_1.jpg", "IMG_1.png", "IMG_1.JPG", "b/img_1.jpg"]
    assert nearest("img_1.jpg", *there) == ("IMG_1.JPG", "the letter case differs")
    assert nearest("img_1.jpg", *there[:2]) == ("IMG_1.png", "the extension differs, and the letter case differs")
    assert nearest("b/img_1.jpg", *there[:2]) == ("a/IMG_1.jpg", difference("b/img_1.jpg", "a/IMG_1.jpg"))


def test_nothing_is_near_what_is_called_otherwise() -> None:
    assert nearest("p10", "p1", "p100", "p1.0") is None
    assert nearest("harbour-at-night.jpg", "1.jpg", "harbour.jpg", "night.jpg") is None
    assert nearest("1.jpg", "11.jpg", "10.jpg", "l.jpg") is None
    assert nearest("1.jpg", "1.jpg") is None


@given(st.permutations(["a/1.jpg", "b/1.jpg", "1.png", "1.JPG", "c/1.jpeg"]))
def test_the_order_in_which_names_are_seen_changes_nothing(present: list[str]) -> None:
    assert nearest("1.jpg", *present) == ("1.JPG", "the letter case differs")
    assert nearest("q/1.jpg", *present) == nearest("q/1.jpg", *sorted(present))


_NAME = st.text(
    st.characters(codec="utf-8", exclude_characters="/\\:%\0", categories=["L", "N"]), min_size=1, max_size=8
)
_SPELLINGS = [
    str.upper, str.lower, quote, lambda s: unicodedata.normalize("NFD", s), lambda s: unicodedata.normalize("NFC", s),
    lambda s: s.replace("/", "\\"), lambda s: f" {s} ", lambda s: f"./{s}", lambda s: f"collection/{s}",
    lambda s: f"{s.rpartition('.')[0]}.webp", lambda s: s.rpartition("/")[2],
]  # fmt: skip


@given(
    st.lists(_NAME, min_size=1, max_size=3), st.lists(st.sampled_from(_SPELLINGS), min_size=1, max_size=3, unique=True)
)
def test_what_people_change_in_a_name_is_seen_through(parts: list[str], changes: list) -> None:
    present = "/".join(parts) + ".jpg"
    missing = present
    for change in changes:
        missing = change(missing)
    found = nearest(missing, present)
    # Some letters have no single other case, such as the Turkish i without a dot.
    if missing != present and loose(present.upper()) == loose(present) == loose(present.lower()):
        assert found is not None
        assert found[0] == present
        assert found[1]


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_two_names_are_an_exception(one: str, other: str) -> None:
    assert difference(one, other)
    nearest(one, other)


def test_a_million_names_are_passed_once() -> None:
    """Ten thousand rows under one base name against as many files of it: in pairs, it would not end in time."""
    near = NearNames(f"old/{number}/0001.jpg" for number in range(2 * MOST))
    for number in range(MOST):
        near.see(f"new/{number}/0001.jpg")
    found = near.nearest("old/7/0001.jpg")
    assert found is not None
    assert found.name == "new/0/0001.jpg"
