"""Who claims a picture and on what terms: notices, creators, licensors, usage terms, licences, stock markers.

Sources: IPTC Photo Metadata Standard 2025.1, XMP Rights Management schema, ccREL, PLUS LDF 2.0.1. A licence is about
copyright only; it never says that the people shown agreed. Which licence a text names is told by `provenance.licences`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from provenance.licences import LicenceClass, agency_in, licence_in
from provenance.model import Signal, SignalSubject, SignalVerdict
from provenance.signals.fields import MAX_RAW, Field, names, table
from provenance.signals.optout import tagged

_DATE: Final = re.compile(r"(\d{4})[-:/](\d{2})[-:/](\d{2})")
_LICENCE_FIELDS: Final = frozenset({"cc:license", "dcterms:license", "dc:license"})
_KEYWORDS: Final = frozenset({"dc:subject", "iim:Keywords", "exif:XPKeywords", "digiKam:TagsList"})
_MAX_TEXT: Final = 4_000


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
    licence = licence_in(field.text)
    if licence is not None:
        earned = field.name in _LICENCE_FIELDS and licence.kind is LicenceClass.PERMISSIVE
        verdict = SignalVerdict.ALLOW if earned else SignalVerdict.UNKNOWN
        if licence.kind is LicenceClass.GRANTS_NOTHING:
            verdict = SignalVerdict.DENY
        yield _signal(SignalSubject.LICENCE, verdict, field, licence.spdx or "")
    elif any(phrase in field.text[:_MAX_TEXT].lower() for phrase in table("licences.toml")["refusing"]["phrases"]):
        yield _signal(SignalSubject.LICENCE, SignalVerdict.DENY, field, "all-rights-reserved")


def _stock(field: Field) -> Iterator[Signal]:
    agency = agency_in(field.text[:_MAX_TEXT])
    if agency is not None:
        yield _signal(SignalSubject.RIGHTS, SignalVerdict.DENY, field, f"stock:{agency}")
