"""The PLUS vocabularies in XMP: data mining, age of the youngest model, releases, copyright status, constraints.

Real writers misspell namespaces and values. A prohibition spelt wrongly is still a prohibition; a permission spelt
wrongly is not a permission. Absence says nothing: the asset owner has then neither allowed nor refused.
Source: PLUS LDF 2.0.1 and the IPTC Photo Metadata Standard 2025.1.

>>> code_of("http://ns.useplus.org/ldf/vocab/DMI-ALLOWED")
('DMI-ALLOWED', True)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from provenance.carriers.xmp import Property
from provenance.model import Signal, SignalSubject, SignalVerdict, Trust
from provenance.signals.fields import MAX_RAW, own_texts, table
from provenance.vocabulary import ADULT_AGE

_URI: Final = re.compile(r"https?://ns\.useplus\.org/ldf/vocab/([A-Z0-9-]+)")
_CODE: Final = re.compile(r"(?:.{0,200}[/#:])?([A-Z]{2,3}-[A-Z0-9-]{1,64})/?", re.IGNORECASE | re.DOTALL)
_AGE: Final = re.compile(r"AG-[AU](\d{1,3})")
_PROHIBITS: Final = "DMI-PROHIB"
_FALSE: Final = frozenset({"", "0", "no", "false", "n"})
_PROPERTIES: Final = {
    "ModelReleaseStatus": ("model_release", SignalSubject.RELEASE),
    "PropertyReleaseStatus": ("property_release", SignalSubject.RELEASE),
    "CopyrightStatus": ("copyright_status", SignalSubject.RIGHTS),
    "AdultContentWarning": ("adult_content", SignalSubject.SENSITIVE),
}


@cache
def _namespace() -> str:
    return str(table("plus.toml")["namespace"])


@cache
def _constraints() -> frozenset[str]:
    return frozenset(table("plus.toml")["constraints"]["properties"])


def code_of(text: str) -> tuple[str, bool]:
    """The upper-case code of a value, and whether the value is written as the standard wants; "" where it has none.

    >>> code_of(" dmi-prohibited ")
    ('DMI-PROHIBITED', False)
    >>> code_of("some words")
    ('', False)
    """
    exact = _URI.fullmatch(text)
    if exact:
        return exact[1], True
    loose = _CODE.fullmatch(text.strip())
    return (loose[1].upper().rstrip("-"), False) if loose else ("", False)


def data_mining(raw: str, name: str, location: str, trust: Trust = Trust.DECLARED) -> tuple[Signal, ...]:
    """The two signals of a data-mining value: generative training, and all other training.

    A value that is no code gives an UNREADABLE signal beside them: it may be a prohibition that was damaged.
    """
    code, standard = code_of(raw)
    row = table("plus.toml")["data_mining"].get(code)
    if row is None and code.startswith(_PROHIBITS):
        # A code of a later edition prohibits more finely, but it prohibits.
        row, standard = {"generative": "DENY", "other": "DENY"}, False
    unknown = row is None
    if row is None:
        row, standard = {"generative": "UNKNOWN", "other": "UNKNOWN"}, False
    found = tuple(
        _signal(subject, _earned(SignalVerdict(row[key]), earned=standard), name, location, raw, code, standard, trust)
        for subject, key in ((SignalSubject.TRAINING_GENERATIVE, "generative"), (SignalSubject.TRAINING_OTHER, "other"))
    )
    return (*found, _no_code(name, location, raw)) if unknown else found


def minor_age(raw: str, name: str, location: str, trust: Trust = Trust.DECLARED) -> tuple[Signal, ...]:
    """The signals of an age disclosure: DENY for a minor, who is a person shown as well."""
    code, standard = code_of(raw)
    verdict = table("plus.toml")["minor_age"].get(code)
    unknown = verdict is None and not _AGE.fullmatch(code)
    if verdict is None:
        age = _AGE.fullmatch(code)
        verdict, standard = "DENY" if age and int(age[1]) < ADULT_AGE else "UNKNOWN", False
    found = _earned(SignalVerdict(verdict), earned=standard)
    minor = _signal(SignalSubject.MINOR, found, name, location, raw, code, standard, trust)
    if found is not SignalVerdict.DENY:
        return (minor, _no_code(name, location, raw)) if unknown else (minor,)
    return (minor, _signal(SignalSubject.PERSON, found, name, location, raw, code, standard, trust))


def read_plus(properties: Iterable[Property], location: str) -> Iterator[Signal]:
    """The signals of every PLUS value among properties as `xmp.flattened` gives them, in whatever namespace.

    >>> from provenance.carriers.xmp import Value
    >>> mining = Property("http://ns.useplus.org/ldf/xmp/1.0/", "DataMining", Value("DMI-PROHIBITED"))
    >>> [signal.verdict.value for signal in read_plus([mining], "x")]
    ['DENY', 'DENY']
    """
    for prop in properties:
        plus = prop.namespace == _namespace()
        name = f"plus:{prop.name}" if plus else f"{{{prop.namespace}}}{prop.name}"
        if plus or prop.namespace.lower().startswith(("http://ns.useplus.org", "https://ns.useplus.org")):
            for raw in own_texts(prop.value):
                yield from _own(prop.name, raw, name, location, plus)
        else:
            yield from _stray(prop, name, location)


def _own(prop: str, raw: str, name: str, location: str, plus: bool) -> Iterator[Signal]:  # noqa: FBT001
    """The signals of one value of a PLUS property; `plus` is False under a misspelt PLUS namespace."""
    code, standard = code_of(raw)
    if prop == "DataMining" or code.startswith(_PROHIBITS):
        yield from _demoted(data_mining(raw, name, location), plus and prop == "DataMining")
    elif prop == "MinorModelAgeDisclosure" or _is_minor(code):
        yield from _demoted(minor_age(raw, name, location), plus and prop == "MinorModelAgeDisclosure")
    elif prop in _PROPERTIES:
        listed, subject = _PROPERTIES[prop]
        verdict = table("plus.toml")[listed].get(code)
        yield _signal(
            subject, SignalVerdict(verdict or "UNKNOWN"), name, location, raw, code, standard and plus and bool(verdict)
        )
    elif prop in _constraints():
        yield _signal(SignalSubject.RIGHTS, SignalVerdict.UNKNOWN, name, location, raw, code, standard and plus)


def _stray(prop: Property, name: str, location: str) -> Iterator[Signal]:
    """Prohibitions and minor codes under a property that is not PLUS's own; nothing else counts there."""
    if prop.name.upper().startswith(_PROHIBITS):
        if prop.value.text.strip().lower() not in _FALSE or prop.value.items or prop.value.fields:
            yield from _demoted(data_mining(prop.name, name, location), standard=False)
        return
    for raw in own_texts(prop.value):
        if len(raw) > MAX_RAW or "-" not in raw:
            continue
        code, _ = code_of(raw)
        if code.startswith(_PROHIBITS) or (prop.name == "DataMining" and code):
            yield from _demoted(data_mining(raw, name, location), standard=False)
        elif _is_minor(code):
            yield from _demoted(minor_age(raw, name, location), standard=False)


def _no_code(name: str, location: str, raw: str) -> Signal:
    return Signal(SignalSubject.UNREADABLE, SignalVerdict.UNKNOWN, name, location, raw[:MAX_RAW], "not a known code")


def _is_minor(code: str) -> bool:
    return bool(table("plus.toml")["minor_age"].get(code) == "DENY")


def _demoted(signals: tuple[Signal, ...], standard: bool) -> Iterator[Signal]:  # noqa: FBT001
    """The signals as they are, or, from a place that is not the standard's, marked so and without permissions."""
    for signal in signals:
        verdict = _earned(signal.verdict, earned=standard)
        yield Signal(
            signal.subject,
            verdict,
            signal.name,
            signal.location,
            signal.raw,
            signal.value,
            signal.trust,
            nonstandard=signal.nonstandard or not standard,
        )


def _earned(verdict: SignalVerdict, *, earned: bool) -> SignalVerdict:
    return SignalVerdict.UNKNOWN if verdict is SignalVerdict.ALLOW and not earned else verdict


def _signal(
    subject: SignalSubject,
    verdict: SignalVerdict,
    name: str,
    location: str,
    raw: str,
    code: str,
    standard: bool,  # noqa: FBT001
    trust: Trust = Trust.DECLARED,
) -> Signal:
    return Signal(subject, verdict, name, location, raw[:MAX_RAW], code, trust, nonstandard=not standard)
