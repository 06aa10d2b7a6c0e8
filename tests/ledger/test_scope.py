"""Which images the scope of a record names, exactly and nearly."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from provenance.ledger.scope import (
    ITEM,
    SOURCE,
    Entry,
    Place,
    exact_keys,
    exact_keys_of,
    matches,
    near_keys,
    near_keys_of,
)

names = st.sampled_from(["a.jpg", "b.jpg", "x/a.jpg", "a.jp", "photos/a.jpg", "x"])
segments = st.lists(st.sampled_from(["u1", "u10", "7.jpg"]), max_size=3)


def place(name: str = "a.jpg", url: str | None = None, *, number: int = 1, collection: int = 1) -> Place:
    return Place(number, collection, "photos", name.encode(), url)


def names_exactly(entry: Entry, image: Place) -> bool:
    return list(matches([(0, exact_keys(entry))], [(0, exact_keys_of(image))])) == [(0, 0)]


def names_nearly(entry: Entry, image: Place) -> bool:
    return list(matches([(0, near_keys(entry))], [(0, near_keys_of(image))])) == [(0, 0)]


def item(value: str, collection: int = 0) -> Entry:
    return Entry(1, ITEM, collection, value)


def source(value: str) -> Entry:
    return Entry(1, SOURCE, 0, value)


@given(names, names)
def test_an_item_is_named_by_its_name_or_with_its_collection_before_it(value, name):
    assert names_exactly(item(value), place(name)) == (value in (name, f"photos/{name}"))


@given(names, names, st.integers(1, 3))
def test_a_name_in_one_collection_is_no_name_in_another(value, name, collection):
    assert names_exactly(item(value, 2), place(name, collection=collection)) == (value == name and collection == 2)


@given(segments, segments, st.sampled_from(["http", "https"]))
def test_a_source_covers_what_lies_below_it_by_whole_segments(prefix, path, scheme):
    entry, url = source("/".join(["https://a.example", *prefix])), "/".join([f"{scheme}://a.example", *path])
    assert names_exactly(entry, place(url=url)) == (scheme == "https" and path[: len(prefix)] == prefix)


def test_a_source_is_an_address_and_no_beginning_of_a_text():
    assert not names_exactly(source("https://a.example/u1"), place(url="https://a.example.evil/u1/7.jpg"))
    assert not names_exactly(source("https://a.example/u1"), place(url="https://a.example/u1/../u2/7.jpg"))
    assert not names_exactly(source(""), place(url="https://a.example/u1/7.jpg"))
    assert names_exactly(source("HTTPS://A.example:443/u1/"), place(url="https://a.example/u1/7.jpg"))


def test_a_misspelt_entry_names_nearly_what_it_means():
    image = place("Album/IMG_1.jpg", "https://www.a.example/u1/7.jpg")
    for value in ("album/img_1.JPG", "IMG_1.png", "Album/", "other/img-1.jpg", "IMG%5F1.jpg", "Album"):
        assert names_nearly(item(value), image), value
        assert not names_exactly(item(value), image), value
    for value in ("http://a.example/u1", "a.example/u1/7.jpg"):
        assert names_nearly(source(value), image), value
    for value in ("IMG_2.jpg", "Alb", "1.jpg"):
        assert not names_nearly(item(value), image), value
    assert not names_nearly(source("https://b.example/u1"), image)


@given(st.lists(st.tuples(st.integers(1, 4), names), max_size=6), st.lists(names, max_size=6))
def test_what_is_joined_is_what_pairs_give(entries, images):
    said = [(number, exact_keys(item(value))) for number, value in entries]
    shown = [(number, exact_keys_of(place(name))) for number, name in enumerate(images)]
    pairs = {(image, entry) for (entry, one), (image, other) in itertools.product(said, shown) if one & other}
    assert set(matches(said, shown)) == pairs
