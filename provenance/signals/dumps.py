"""What a list of a file's metadata says, as the metadata that it was made from: `exiftool -json` and its like.

A tag stands under its group (`XMP-plus:DataMining`, or nested), under its family (`XMP:DataMining`), or alone. Alone
only names that mean nothing else in a table are taken for tags; the others are read as columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final

from provenance.carriers.xmp import Property, Value
from provenance.model import Signal
from provenance.signals.fields import MAX_TEXT, Field, table, xmp_fields
from provenance.signals.optout import read_tdm
from provenance.signals.people import read_people
from provenance.signals.plus import read_plus
from provenance.signals.rights import read_rights
from provenance.signals.sensitive import read_sensitive
from provenance.signals.synthetic import read_generated, read_synthetic
from provenance.signals.words import read_words

_PARTED: Final = re.compile(r"[:.]")
_XMP: Final = "XMP"
_MAX_ITEMS: Final = 64
_MAX_DEPTH: Final = 4


def read_dump(columns: Iterable[tuple[str, object]]) -> Iterator[Signal]:
    """The signals of the tags among some columns, nested names parted by dots. Never raises on a value.

    >>> [s.value for s in read_dump([("XMP-plus:DataMining", "DMI-PROHIBITED")])][:1]
    ['DMI-PROHIBITED']
    """
    for name, value in columns:
        tag, *groups = reversed(_PARTED.split(name[:200]))
        location = f"column:{name[:100]}"
        properties = tuple(Property(uri, local, _value(value, 0)) for uri, local in _properties(tag.strip(), groups))
        fields = [*xmp_fields(properties, location), *_fields(tag.strip(), groups, value, location)]
        if properties:
            yield from read_plus(properties, location)
            yield from read_people(properties, location)
            yield from read_tdm(properties, location)
            yield from read_synthetic(properties, location)
        if fields:
            yield from read_rights(fields)
            yield from read_words(fields)
            yield from read_generated(fields)
            yield from read_sensitive(fields)


def _properties(tag: str, groups: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Namespace and local name of the XMP properties that a tag may be. ExifTool writes each with a capital."""
    for group in groups:
        if group.startswith(f"{_XMP}-"):
            prefix = group.removeprefix(f"{_XMP}-")
            uri = _namespaces().get(_data()["groups"].get(prefix, prefix))
            if uri:
                yield from dict.fromkeys(((uri, tag), (uri, tag[:1].lower() + tag[1:])))
            return
        if group == _XMP:
            yield from _by_tag().get(tag.lower(), ())
            return
    if not list(groups):
        yield from (found for found in _by_tag().get(tag.lower(), ()) if tag in _data()["alone"])


def _fields(tag: str, groups: Iterable[str], value: object, location: str) -> Iterator[Field]:
    """The fields of IPTC, EXIF and PNG that a tag may be."""
    standard = next((_data()["standards"][group] for group in groups if group in _data()["standards"]), None)
    texts = value if isinstance(value, list) else [value]
    for text in texts[:_MAX_ITEMS] if standard else ():
        if isinstance(text, str | int | float):
            yield Field(f"{standard}:{tag}", str(text)[:MAX_TEXT], location)


def _value(value: object, depth: int) -> Value:
    if isinstance(value, list | tuple) and depth < _MAX_DEPTH:
        return Value(items=tuple(_value(each, depth + 1) for each in value[:_MAX_ITEMS]))
    if isinstance(value, Mapping) and depth < _MAX_DEPTH:
        held = list(value.items())[:_MAX_ITEMS]
        return Value(fields=tuple(Property("", str(name), _value(each, depth + 1)) for name, each in held))
    return Value(text="" if value is None else str(value)[:MAX_TEXT])


def _data() -> dict[str, dict[str, str]]:
    held: dict[str, dict[str, str]] = table("fields.toml")["dumps"]
    return held


def _namespaces() -> dict[str, str]:
    uris: dict[str, str] = table("fields.toml")["prefixes"]
    return uris


@cache
def _by_tag() -> dict[str, tuple[tuple[str, str], ...]]:
    """The properties that are read, by their local name in small letters."""
    found: dict[str, list[tuple[str, str]]] = {}
    data = table("fields.toml")
    names = [*data["dumps"]["alone"], *(name for listed in data["fields"].values() for name in listed)]
    for name in dict.fromkeys(data["dumps"]["alone"].get(one, one) for one in names):
        prefix, _, local = name.partition(":")
        uri = _namespaces().get(prefix)
        if uri:
            found.setdefault(local.lower(), []).append((uri, local))
    return {tag: tuple(properties) for tag, properties in found.items()}
