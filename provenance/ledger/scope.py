"""Which images the scope of a basis record names. Pure.

A record without a scope reaches every image that shows its person. An entry of a scope is the name of an item in its
collection, written `KEY` or `COLLECTION/KEY`, or a URL below which the images' sources lie, compared by scheme, host
and whole path segments. A permission reaches only what it names exactly; a refusal counts where it is misspelt as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from provenance import urls
from provenance.keys import display
from provenance.near_names import loose
from provenance.urls import normalised, prefixes

ITEM: Final = "item"
SOURCE: Final = "source"

ScopeKey: TypeAlias = tuple[str, str]
"""A kind of name and its normal form. An entry names an image if they share one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a record's scope. `collection_id` is 0 where it may lie in any collection of the record's source."""

    record: int
    kind: str
    collection_id: int
    value: str


@dataclass(frozen=True, slots=True)
class Place:
    """An image as scopes may name it."""

    item_id: int
    collection_id: int
    collection: str
    key: bytes
    source_url: str | None


def exact_keys(entry: Entry) -> frozenset[ScopeKey]:
    """What an entry names exactly.

    >>> sorted(exact_keys(Entry(1, SOURCE, 0, "HTTPS://A.example:443/u1/")))
    [('source', 'https://a.example/u1')]
    """
    if entry.kind == SOURCE:
        normal = normalised(entry.value)
        return frozenset() if normal is None else frozenset(((SOURCE, normal),))
    where = entry.collection_id or ""
    return frozenset(((f"{ITEM}{where}", entry.value),))


def exact_keys_of(place: Place) -> frozenset[ScopeKey]:
    """The names by which an entry may name an image exactly."""
    name = display(place.key)
    keys = {(ITEM, name), (ITEM, f"{place.collection}/{name}"), (f"{ITEM}{place.collection_id}", name)}
    return frozenset(keys | {(SOURCE, prefix) for prefix in prefixes(place.source_url or "")})


def near_keys(entry: Entry) -> frozenset[ScopeKey]:
    """What an entry may mean where it names nothing exactly: other spellings, other extensions, a folder."""
    if entry.kind == SOURCE:
        meant = urls.loose(entry.value)
        return frozenset() if meant is None else frozenset((("near source", meant),))
    path = loose(entry.value).rstrip("/")
    return frozenset((*_loose_names(path), ("folder", path)))


def near_keys_of(place: Place) -> frozenset[ScopeKey]:
    """The names by which an entry may nearly name an image."""
    path = loose(display(place.key))
    folders = list(_parents(path)) + list(_parents(f"{loose(place.collection)}/{path}"))
    sources = [("near source", meant) for prefix in prefixes(place.source_url or "") if (meant := urls.loose(prefix))]
    return frozenset((*_loose_names(path), *(("folder", folder) for folder in folders), *sources))


def matches(
    entries: Iterable[tuple[int, frozenset[ScopeKey]]], places: Iterable[tuple[int, frozenset[ScopeKey]]]
) -> Iterator[tuple[int, int]]:
    """Every (image, entry) that share a name: as many look-ups as there are names, not as there are pairs.

    >>> list(matches([(7, frozenset({("item", "a.jpg")}))], [(1, frozenset({("item", "a.jpg")}))]))
    [(1, 7)]
    """
    by_key: dict[ScopeKey, list[int]] = {}
    for number, keys in entries:
        for key in keys:
            by_key.setdefault(key, []).append(number)
    for image, keys in places:
        for number in sorted({number for key in keys for number in by_key.get(key, ())}):
            yield image, number


def _loose_names(path: str) -> tuple[ScopeKey, ...]:
    base = path.rpartition("/")[2]
    stem = base.rpartition(".")[0] or base
    return ("name", base), ("stem", stem)


def _parents(path: str) -> Iterator[str]:
    parts = path.split("/")[:-1]
    for count in range(1, len(parts) + 1):
        yield "/".join(parts[:count])
