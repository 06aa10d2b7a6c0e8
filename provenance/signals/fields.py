"""The metadata fields that are read, under the names that their standards give them.

>>> qualified("http://purl.org/dc/elements/1.1/", "rights")
'dc:rights'
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from provenance.carriers.xmp import Property, Value

_SPEAKING: Final = re.compile(
    r"right|usage|terms|licen[sc]|constraint|instruct|permission|policy|notice|comment|caption|descri|title|keyword|tags|"
    r"(?<!maker)note|remark|disclaimer|warning|statement|reserv",
    re.IGNORECASE,
)
"""Names of properties that nobody standardised and that people write words into."""
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_LEAST_WIDE: Final = 4
"""Letters from which on text is told by its zeros."""
MAX_RAW: Final = 1_000
"""Characters of a value that a signal keeps."""
MAX_FIELDS: Final = 2_000
"""Fields kept of one file; real ones hold fewer than two hundred."""
MAX_TEXT: Final = 20_000
"""Characters of one field's text."""
MAX_ALL_TEXT: Final = 200_000
"""Characters of all fields of one file."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field's text as one block holds it: `dc:rights`, the text, `jpeg:APP1/xmp`."""

    name: str
    text: str
    location: str


def plain_text(body: bytes) -> str:
    """Text whose encoding nobody names: by its byte order mark or its zeros, else UTF-8, else Windows-1252.

    >>> plain_text("é".encode()), plain_text("é".encode("cp1252")), plain_text("é".encode("utf-16"))
    ('é', 'é', 'é')
    >>> plain_text("No AI, s'il vous plaît".encode("utf-16-le"))
    "No AI, s'il vous plaît"
    """
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            # Some readers cut the zero off that the last letter ends with.
            return (body + bytes(len(body) % 2) if encoding == "utf-16" else body).decode(encoding, "replace")
    if b"\0" in body and (order := _unmarked(body)):
        return (body + bytes(len(body) % 2)).decode(order, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _unmarked(body: bytes) -> str:
    """The order of UTF-16 without a mark, by which every second byte of Latin letters is zero; else empty."""
    half = len(body) // 2
    if half < _LEAST_WIDE:
        return ""
    first, second = body[::2].count(0), body[1::2].count(0)
    if max(first, second) * 10 < half * 9 or min(first, second) * 10 > half:
        return ""
    return "utf-16-be" if first > second else "utf-16-le"


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
    """The fields among properties as `xmp.flattened` gives them, each distinct text once.

    A property of a namespace that nobody knows is a field, too, where its name speaks of rights or of words.
    """
    for prop in properties:
        name = qualified(prop.namespace, prop.name)
        if name in known() or _SPEAKING.search(prop.name):
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
