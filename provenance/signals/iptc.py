"""Reads IPTC-IIM 4.2 data sets, in the character set that data set 1:90 names.

>>> [(d.name, d.text) for d in read_iim(b"\\x1c\\x02\\x74\\x00\\x03ACM")[0]]
[('iim:CopyrightNotice', 'ACM')]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from provenance.signals.fields import plain_text

_MAX_SETS: Final = 5_000
_MARK: Final = 0x1C
_CHARACTER_SETS: Final = {
    b"\x1b%G": "utf-8",
    b"\x1b%/G": "utf-8",
    b"\x1b%/H": "utf-8",
    b"\x1b%/I": "utf-8",
    b"\x1b-A": "latin-1",
    b"\x1b.A": "latin-1",
    b"\x1b-B": "iso8859-2",
    b"\x1b.B": "iso8859-2",
    b"\x1b-C": "iso8859-3",
    b"\x1b-D": "iso8859-4",
    b"\x1b-F": "iso8859-7",
    b"\x1b.F": "iso8859-7",
    b"\x1b-G": "iso8859-6",
    b"\x1b-H": "iso8859-8",
    b"\x1b-L": "iso8859-5",
    b"\x1b-M": "iso8859-9",
    b"\x1b-b": "iso8859-15",
}
NAMES: Final = {
    (2, 5): "ObjectName",
    (2, 7): "EditStatus",
    (2, 12): "SubjectReference",
    (2, 20): "SupplementalCategory",
    (2, 22): "FixtureIdentifier",
    (2, 25): "Keywords",
    (2, 40): "SpecialInstructions",
    (2, 65): "OriginatingProgram",
    (2, 80): "By-line",
    (2, 85): "By-lineTitle",
    (2, 90): "City",
    (2, 92): "Sub-location",
    (2, 95): "Province-State",
    (2, 100): "Country-PrimaryLocationCode",
    (2, 101): "Country-PrimaryLocationName",
    (2, 103): "OriginalTransmissionReference",
    (2, 105): "Headline",
    (2, 110): "Credit",
    (2, 115): "Source",
    (2, 116): "CopyrightNotice",
    (2, 118): "Contact",
    (2, 120): "Caption-Abstract",
    (2, 122): "Writer-Editor",
}


@dataclass(frozen=True, slots=True)
class DataSet:
    """One data set: its name with the prefix `iim:` and its text."""

    name: str
    text: str


def read_iim(data: bytes) -> tuple[tuple[DataSet, ...], str]:
    """The known data sets of a block, and an empty string or what was wrong with the block. Never raises."""
    raw, problem = _sets(data)
    charset = next((_CHARACTER_SETS.get(body.strip(), "?") for key, body in raw if key == (1, 90)), "")
    found = []
    for key, body in raw:
        if key in NAMES:
            found.append(DataSet(f"iim:{NAMES[key]}", decode(body, charset)))
    return tuple(found), problem


def _sets(data: bytes) -> tuple[list[tuple[tuple[int, int], bytes]], str]:
    found: list[tuple[tuple[int, int], bytes]] = []
    at = 0
    while at + 5 <= len(data):
        if data[at] != _MARK:
            rest = data[at:].strip(b"\0")
            return found, "bytes that are no IIM data set" if rest else ""
        if len(found) >= _MAX_SETS:
            return found, f"more than {_MAX_SETS} data sets"
        key = (data[at + 1], data[at + 2])
        size = int.from_bytes(data[at + 3 : at + 5], "big")
        at += 5
        if size & 0x8000:
            width = size & 0x7FFF
            if width > 8:
                return found, "data set with an impossible length"
            size = int.from_bytes(data[at : at + width], "big")
            at += width
        body = data[at : at + size]
        found.append((key, body))
        if len(body) != size:
            return found, "data set past the end"
        at += size
    return found, "data set cut short" if data[at:].strip(b"\0") else ""


def decode(body: bytes, charset: str) -> str:
    """Text in the named character set; without one UTF-8 is tried, then Windows-1252.

    >>> decode("é".encode("cp1252"), "")
    'é'
    """
    body = body.rstrip(b"\0 ")
    if charset not in {"", "?"}:
        try:
            return body.decode(charset)
        except UnicodeDecodeError:
            return body.decode("latin-1")
    return plain_text(body)
