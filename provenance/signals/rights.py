"""Who claims a picture and on what terms: notices, creators, licensors, usage terms, licences, agencies' marks.

Sources: IPTC Photo Metadata Standard 2025.1, XMP Rights Management schema, ccREL, PLUS LDF 2.0.1, PRISM Usage Rights
2.1. A licence is about copyright only; it never says that the people shown agreed. Which licence a text names is told
by `provenance.licences`, what its words refuse by `signals.words`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from provenance.licences import Licence, LicenceClass, licence_in
from provenance.model import Signal, SignalSubject, SignalVerdict
from provenance.signals.agencies import agency_of
from provenance.signals.fields import MAX_RAW, Field, names
from provenance.signals.optout import tagged

_DATE: Final = re.compile(r"(\d{4})[-:/](\d{2})[-:/](\d{2})")
_NAMED: Final = re.compile(
    r"\bcc(?:[ -]?(?:by|0|nc|nd|sa)){1,4}(?:[ -]v?\d(?:\.\d)?)?\b|creative commons[^.;,\n|]{0,80}", re.IGNORECASE
)
"""A Creative Commons licence among other words: "Photo: J. Roe under CC BY-NC 2.0"."""
_LICENCE_FIELDS: Final = frozenset({"cc:license", "dcterms:license", "dc:license"})
_TERMS: Final = frozenset({"plus:LicenseEndDate", "plus:LicenseStartDate", "pur:expirationDate", "pur:embargoDate"})
_REUSE_PROHIBITED: Final = "pur:reuseProhibited"
_YES: Final = frozenset({"true", "yes", "1"})
"""PRISM Usage Rights 2.1 says `true` or `false`; what else people write of a yes."""
_MAX_TEXT: Final = 4_000


def read_rights(fields: Iterable[Field]) -> Iterator[Signal]:
    """The RIGHTS and LICENCE signals of an image's fields, and the opt-outs among its keywords.

    A stock agency's marker is a DENY whose value starts with `stock:`; a licence's value is its SPDX id;
    `plus:LicenseEndDate` keeps its date for a caller that has a clock.
    """
    for field in fields:
        claims = field.name in names("rights") or field.name in names("creators")
        if field.name in names("stock"):
            yield _signal(SignalSubject.RIGHTS, SignalVerdict.DENY, field, "stock:Getty Images")
        elif field.name in names("marks"):
            yield _marked(field)
        elif field.name == _REUSE_PROHIBITED and field.text.strip().lower() in _YES:
            yield _signal(SignalSubject.NOTHING_GRANTED, SignalVerdict.DENY, field)
        elif claims:
            yield _signal(SignalSubject.RIGHTS, SignalVerdict.UNKNOWN, field, _normal(field))
        if field.name not in names("silent"):
            yield from _agency(field, credited=claims)
            yield from _licence(field)
        if field.name in names("keywords"):
            yield from tagged(re.split(r"[;,]", field.text[:_MAX_TEXT]), field.name, field.location)


def _signal(subject: SignalSubject, verdict: SignalVerdict, field: Field, value: str = "") -> Signal:
    return Signal(subject, verdict, field.name, field.location, field.text[:MAX_RAW], value[:MAX_RAW])


def _normal(field: Field) -> str:
    date = _DATE.match(field.text) if field.name in _TERMS else None
    return "-".join(date.groups()) if date else ""


def _marked(field: Field) -> Signal:
    """xmpRights:Marked: True is rights-managed, False is a claim of public domain. Neither allows anything."""
    text = field.text.strip().lower()
    value = {"true": "managed", "1": "managed", "false": "claimed-public-domain", "0": "claimed-public-domain"}
    if field.name == "photoshop:CopyrightFlag":
        value["0"] = "unmarked"
    return _signal(SignalSubject.RIGHTS, SignalVerdict.UNKNOWN, field, value.get(text, ""))


def _licence(field: Field) -> Iterator[Signal]:
    """The licence that a field names. A notice may allow what its field is for; other texts can only condition."""
    licence = _strictest(field.text[:_MAX_TEXT])
    if licence is None:
        return
    if licence.kind is LicenceClass.GRANTS_NOTHING:
        yield _signal(SignalSubject.NOTHING_GRANTED, SignalVerdict.DENY, field, licence.spdx or "")
        return
    earned = field.name in _LICENCE_FIELDS and licence.kind is LicenceClass.PERMISSIVE
    verdict = SignalVerdict.ALLOW if earned else SignalVerdict.UNKNOWN
    if licence.conditions or field.name in names("rights"):
        yield _signal(SignalSubject.LICENCE, verdict, field, licence.spdx or "")


def _strictest(text: str) -> Licence | None:
    """The most demanding licence that a text names, alone or among other words."""
    found = [licence_in(text), *(licence_in(match[0].strip()) for match in _NAMED.finditer(text))]
    named = [licence for licence in found if licence is not None]
    return max(named, key=lambda one: (one.kind is LicenceClass.GRANTS_NOTHING, len(one.conditions)), default=None)


def _agency(field: Field, *, credited: bool) -> Iterator[Signal]:
    agency = agency_of(field.text[:_MAX_TEXT], credited=credited)
    if agency is not None:
        yield _signal(SignalSubject.RIGHTS, SignalVerdict.DENY, field, f"stock:{agency}")
