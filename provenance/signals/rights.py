"""Who claims a picture and on what terms: notices, creators, licensors, usage terms, licences, stock markers.

Sources: IPTC Photo Metadata Standard 2025.1, XMP Rights Management schema, ccREL, PLUS LDF 2.0.1. A licence is about
copyright only; it never says that the people shown agreed.

>>> spdx_of("https://creativecommons.org/licenses/by-nc-sa/2.0/deed.en")
'CC-BY-NC-SA-2.0'
>>> conditions_of("CC-BY-NC-SA-2.0")
('NC', 'SA')
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from provenance.model import Signal, SignalSubject, SignalVerdict
from provenance.signals.fields import MAX_RAW, Field, names, table
from provenance.signals.optout import tagged

_CC_URL: Final = re.compile(
    r"creativecommons\.org/(licen[sc]es|publicdomain)/([a-z-]{2,12})(?:/(\d\.\d))?", re.IGNORECASE
)
_STATEMENT: Final = re.compile(r"rightsstatements\.org/(?:vocab|page|data)/([A-Za-z-]{2,12})/1\.0", re.IGNORECASE)
_SHORT: Final = re.compile(
    r"(?:licen[sc]ed under |licen[sc]e: ?|under |the |a )*"
    r"cc[ -](by(?:[ -](?:nc|nd|sa))*)(?:[ -]v?(\d(?:\.\d)?))?(?: .{0,40})?",
    re.IGNORECASE,
)
_LONG: Final = re.compile(
    r"(?:.{0,40}creative commons )?attribution((?:[\s\-\u2013_]{1,3}(?:non-?commercial|no-?deriv\w*|share-?alike))*)"
    r"(?: licen[sc]e)?(?: v?(\d\.\d))?(?: .{0,40})?",
    re.IGNORECASE,
)
_CODES: Final = (("non", "NC"), ("noderiv", "ND"), ("no-deriv", "ND"), ("share", "SA"))
_DATE: Final = re.compile(r"(\d{4})[-:/](\d{2})[-:/](\d{2})")
_LICENCE_FIELDS: Final = frozenset({"cc:license", "dcterms:license", "dc:license"})
_KEYWORDS: Final = frozenset({"dc:subject", "iim:Keywords", "exif:XPKeywords", "digiKam:TagsList"})
_MAX_TEXT: Final = 4_000


def spdx_of(text: str) -> str | None:
    """The SPDX id of a licence named by its id, its address or its common name; None where it is not known.

    Creative Commons licences of a country are given the unported id of their version. A licence without a version
    and the statements of rightsstatements.org have no SPDX id; they get a `LicenseRef-` of their own.

    >>> spdx_of("CC BY 4.0"), spdx_of("all mine")
    ('CC-BY-4.0', None)
    """
    text = text.strip()[:_MAX_TEXT]
    found = [_creative_commons(match[2], match[3] or "") for match in _CC_URL.finditer(text)]
    found += [_statement(match[1]) for match in _STATEMENT.finditer(text)]
    ids = [spdx for spdx in [*found, _named(text)] if spdx is not None]
    # Of several licences the most demanding one is taken.
    return max(ids, key=lambda spdx: len(conditions_of(spdx) or ()), default=None)


def conditions_of(spdx: str) -> tuple[str, ...] | None:
    """What a licence conditions, such as ("NC", "SA"); () for none; None for a licence that is not known here.

    >>> conditions_of("CC0-1.0"), conditions_of("Proprietary")
    ((), None)
    """
    listed = table("licences.toml")["licences"].get(spdx)
    if listed is not None:
        return tuple(listed)
    match = re.fullmatch(r"(?:LicenseRef-)?CC-([A-Z-]+?)(?:-\d\.\d)?", spdx)
    if match and match[1].lower() in table("licences.toml")["creative_commons"]["codes"]:
        return tuple(part for part in ("NC", "ND", "SA") if part in match[1].split("-"))
    return None


def _creative_commons(code: str, version: str) -> str | None:
    code = code.lower().strip("-")
    if code == "zero":
        return "CC0-1.0"
    if code in {"mark", "publicdomain"}:
        return "CC-PDM-1.0" if code == "mark" else "CC-PDDC"
    data = table("licences.toml")["creative_commons"]
    if code not in data["codes"]:
        return None
    return f"CC-{code.upper()}-{version}" if version in data["versions"] else f"LicenseRef-CC-{code.upper()}"


def _statement(code: str) -> str | None:
    wanted = f"licenseref-rightsstatements-{code.lower()}-1.0"
    return next((spdx for spdx in table("licences.toml")["licences"] if spdx.lower() == wanted), None)


@cache
def _by_name() -> dict[str, str]:
    data = table("licences.toml")
    codes, versions = data["creative_commons"]["codes"], data["creative_commons"]["versions"]
    ids = [*data["licences"], *(f"CC-{code.upper()}-{version}" for code in codes for version in versions)]
    return {**{spdx.lower(): spdx for spdx in ids}, **data["aliases"]}


def _named(text: str) -> str | None:
    key = re.sub(r"^https?://|/$", "", " ".join(text.lower().split()))
    if key in _by_name():
        return _by_name()[key]
    if short := _SHORT.fullmatch(text):
        version = short[2] if not short[2] or "." in short[2] else f"{short[2]}.0"
        return _creative_commons(short[1].replace(" ", "-"), version or "")
    if long := _LONG.fullmatch(text):
        words = long[1].lower()
        return _creative_commons("-".join(["by", *(c.lower() for w, c in _CODES if w in words)]), long[2] or "")
    return None


def read_rights(fields: Iterable[Field]) -> Iterator[Signal]:
    """The RIGHTS and LICENCE signals of an image's fields, and the opt-outs among its keywords.

    A stock agency's marker is a DENY whose value starts with `stock:`; a licence's value is its SPDX id;
    `plus:LicenseEndDate` keeps its date for a caller that has a clock.
    """
    for field in fields:
        if field.name in names("stock"):
            yield _signal(SignalSubject.RIGHTS, SignalVerdict.DENY, field, "stock:Getty Images")
        elif field.name in names("marks"):
            yield _marked(field)
        elif field.name in names("rights") or field.name in names("creators"):
            yield _signal(SignalSubject.RIGHTS, SignalVerdict.UNKNOWN, field, _normal(field))
            yield from _stock(field)
            if field.name in names("rights"):
                yield from _licence(field)
        if field.name in _KEYWORDS:
            yield from tagged(re.split(r"[;,]", field.text[:_MAX_TEXT]), field.name, field.location)


def _signal(subject: SignalSubject, verdict: SignalVerdict, field: Field, value: str = "") -> Signal:
    return Signal(subject, verdict, field.name, field.location, field.text[:MAX_RAW], value[:MAX_RAW])


def _normal(field: Field) -> str:
    if field.name in {"plus:LicenseEndDate", "plus:LicenseStartDate", "pur:expirationDate", "pur:embargoDate"}:
        date = _DATE.match(field.text)
        return "-".join(date.groups()) if date else ""
    return ""


def _marked(field: Field) -> Signal:
    """xmpRights:Marked: True is rights-managed, False is a claim of public domain. Neither allows anything."""
    text = field.text.strip().lower()
    value = {"true": "managed", "1": "managed", "false": "claimed-public-domain", "0": "claimed-public-domain"}
    if field.name == "photoshop:CopyrightFlag":
        value["0"] = "unmarked"
    return _signal(SignalSubject.RIGHTS, SignalVerdict.UNKNOWN, field, value.get(text, ""))


def _licence(field: Field) -> Iterator[Signal]:
    spdx = spdx_of(field.text)
    refusing = table("licences.toml")["refusing"]
    lowered = field.text[:_MAX_TEXT].lower()
    if spdx is not None:
        earned = field.name in _LICENCE_FIELDS and conditions_of(spdx) == ()
        verdict = SignalVerdict.ALLOW if earned else SignalVerdict.UNKNOWN
        if spdx in refusing["ids"]:
            verdict = SignalVerdict.DENY
        yield _signal(SignalSubject.LICENCE, verdict, field, spdx)
    elif any(phrase in lowered for phrase in refusing["phrases"]):
        yield _signal(SignalSubject.LICENCE, SignalVerdict.DENY, field, "all-rights-reserved")


@cache
def _stock_names() -> dict[str, tuple[str, re.Pattern[str]]]:
    """Agency by its name in lower case, with the pattern of that name as a word of its own."""
    listed = sorted(table("licences.toml")["stock"]["names"], key=len, reverse=True)
    return {name.lower(): (name, re.compile(rf"(?<!\w){re.escape(name.lower())}(?!\w)")) for name in listed}


def _stock(field: Field) -> Iterator[Signal]:
    lowered = field.text[:_MAX_TEXT].lower()
    for plain, (agency, word) in _stock_names().items():
        # The plain search comes first because it is a hundred times faster.
        if plain in lowered and word.search(lowered):
            yield _signal(SignalSubject.RIGHTS, SignalVerdict.DENY, field, f"stock:{agency}")
            return
