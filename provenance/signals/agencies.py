"""Which stock agency a text, an address or the name of a download points to.

The agencies' names stand in the list of licences, their hosts and what their downloads are called in `agencies.toml`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final
from urllib.parse import urlsplit

from provenance.licences import agency_in
from provenance.signals.fields import table

_ADDRESS: Final = re.compile(
    r"https?://[^\s<>\"')\]]{1,500}|(?<![\w@./-])(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,10}(?![\w@])", re.IGNORECASE
)
"""An address, or a host alone: "Jane Roe - stock.adobe.com"."""

_NUMBER: Final = r"(?:\d{4}|(?=[a-z]{0,2}\d)[a-z0-9]{6,8}(?![a-z0-9]))"
"""How the number of a picture begins, or the whole of one with letters in it."""
_PART_END: Final = re.compile(r"[/|;()\u00a9]|\s(?:via|-|\u2013)\s")
"""What parts the names in a credit: "KEYSTONE/Jane Roe", "J. Roe via AP"."""


def agency_of(text: str, *, credited: bool) -> str | None:
    """The agency that a text credits: by name where its field is for credits, by a credit line or an address elsewhere.

    >>> agency_of("(Photo by Jane Roe/Getty Images)", credited=False)
    'Getty Images'
    >>> agency_of("KEYSTONE/Jane Roe", credited=True), agency_of("AP Chemistry", credited=True)
    ('KEYSTONE', None)
    >>> agency_of("At the Getty Images office", credited=False) is None
    True
    """
    words = text if credited else _ADDRESS.sub(" ", text)
    agency = agency_in(words)
    if agency is not None and (credited or _is_credit(words.lower(), agency.lower())):
        return agency
    if credited and (short := _shortly(text)) is not None:
        return short
    hosts = (agency_at(match[0]) for match in _ADDRESS.finditer(text))
    return next((host for host in hosts if host is not None), None) or downloaded_from(text)


def agency_at(address: str) -> str | None:
    """The host of the stock agency that an address belongs to, or None.

    >>> agency_at("https://www.gettyimages.com/eula"), agency_at("https://example.org/gettyimages.com")
    ('gettyimages.com', None)
    """
    try:
        host = (urlsplit(address if "//" in address else f"//{address}").hostname or "").lower()
    except ValueError:
        return None
    parts = host.split(".")
    return next((name for at in range(len(parts)) if (name := ".".join(parts[at:])) in _hosts()), None)


def downloaded_from(name: str) -> str | None:
    """The agency whose downloads are called like a file.

    >>> downloaded_from("x/AdobeStock_123456789.jpeg"), downloaded_from("stock_1.jpg")
    ('Adobe Stock', None)
    """
    match = _downloads().search(name)
    return table("agencies.toml")["downloads"][match[1].lower()] if match else None


def _shortly(credit: str) -> str | None:
    """The short name of an agency that a credit is, or has between signs."""
    return next((name for part in _PART_END.split(credit) if (name := part.strip()) in _short_names()), None)


def _is_credit(text: str, agency: str) -> bool:
    """Whether a caption credits an agency, and does not only speak of it: "at the Getty Images office"."""
    at = text.find(agency)
    before, behind = text[:at], text[at + len(agency) :]
    marks = table("agencies.toml")
    return before.endswith(tuple(marks["before"])) or behind.startswith(tuple(marks["behind"]))


@cache
def _hosts() -> frozenset[str]:
    return frozenset(table("agencies.toml")["hosts"])


@cache
def _short_names() -> frozenset[str]:
    return frozenset(table("agencies.toml")["short"])


@cache
def _downloads() -> re.Pattern[str]:
    names = "|".join(table("agencies.toml")["downloads"])
    return re.compile(rf"(?<![a-z])({names})[ _-]?(?:xxl|xl|[sml])?[ _-]?{_NUMBER}", re.IGNORECASE)
