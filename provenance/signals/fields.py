"""The metadata fields that are read, under the names that their standards give them.

>>> qualified("http://purl.org/dc/elements/1.1/", "rights")
'dc:rights'
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from provenance.carriers.xmp import Property, Value

MAX_RAW: Final = 1_000
"""Characters of a value that a signal keeps."""
MAX_FIELDS: Final = 2_000
"""Fields kept of one file; real ones hold fewer than two hundred."""
MAX_TEXT: Final = 20_000
"""Characters of one field's text."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field's text as one block holds it: `dc:rights`, the text, `jpeg:APP1/xmp`."""

    name: str
    text: str
    location: str


@cache
def table(file: str) -> dict[str, Any]:
    """A data file of this package, read once."""
    return tomllib.loads(files("provenance.signals").joinpath(file).read_text(encoding="utf-8"))


@cache
def prefixes() -> dict[str, str]:
    """Namespace URI to the prefix that its standard uses."""
    return {uri: prefix for prefix, uri in table("fields.toml")["prefixes"].items()}


@cache
def names(role: str) -> frozenset[str]:
    """The field names that play a role: rights, creators, texts, places, dates, serials."""
    return frozenset(table("fields.toml")["fields"][role])


@cache
def known() -> frozenset[str]:
    """Every field name that is read."""
    return frozenset(name for listed in table("fields.toml")["fields"].values() for name in listed)


def qualified(namespace: str, name: str) -> str:
    """A property's name as its standard spells it; the URI in braces where the namespace is not known."""
    prefix = prefixes().get(namespace)
    return f"{prefix}:{name}" if prefix else f"{{{namespace}}}{name}"


def xmp_fields(properties: Iterable[Property], location: str) -> Iterator[Field]:
    """The known fields among properties as `xmp.walk` gives them, each distinct text once."""
    for prop in properties:
        name = qualified(prop.namespace, prop.name)
        if name in known():
            for text in dict.fromkeys(own_texts(prop.value)):
                yield Field(name, text, location)


def own_texts(value: Value) -> Iterator[str]:
    """The texts of a value and of its array items, but not of structures inside it.

    >>> list(own_texts(Value(items=(Value("a"), Value(" ")))))
    ['a']
    """
    if value.text.strip():
        yield value.text.strip()
    for item in value.items:
        yield from own_texts(item)
