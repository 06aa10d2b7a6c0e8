"""The fact behind one reason, with its place: a signal in the file, a basis record, a list, or a manifest row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from provenance.gate.explain import Explanation
from provenance.gate.image import said
from provenance.model import Reason, SignalSubject, SignalVerdict

_MOST: Final = 4
_VALUE: Final = 120

_SUBJECTS: Final[Mapping[str, tuple[SignalSubject, ...]]] = {
    "TRAINING_OPT_OUT": (SignalSubject.TRAINING_GENERATIVE, SignalSubject.TRAINING_OTHER, SignalSubject.RIGHTS),
    "SIGNALS_UNREADABLE": (SignalSubject.UNREADABLE,),
    "IDENTIFIABILITY_UNPROVEN": (SignalSubject.HIDDEN_PICTURE,),
    "PERSONS_UNACCOUNTED": (SignalSubject.PERSON,),
    "SYNTHETIC_NOT_DECLARED": (SignalSubject.SYNTHETIC,),
    "MODEL_RELEASE_NONE": (SignalSubject.RELEASE,),
    "CAPTURE_CONTRADICTS_RECORD": (
        SignalSubject.MINOR,
        SignalSubject.PERSON,
        SignalSubject.LICENCE,
        SignalSubject.RIGHTS,
    ),
    "AGE_UNKNOWN_APPARENT_MINOR": (SignalSubject.MINOR,),
    "MINOR_SIGNAL_IN_FILE": (SignalSubject.MINOR,),
    "SENSITIVE_CONTENT_SIGNAL": (SignalSubject.SENSITIVE,),
    "LICENCE_CONDITIONAL": (SignalSubject.LICENCE,),
    "LICENCE_GRANTS_NOTHING": (SignalSubject.NOTHING_GRANTED,),
    "JURISDICTION_SUGGESTED": (SignalSubject.JURISDICTION,),
    "RESERVATION_IN_WORDS": (SignalSubject.RESERVATION,),
}
"""What the signals speak about that a code is given for."""

_UNDECIDED: Final = frozenset(
    {SignalSubject.UNREADABLE, SignalSubject.HIDDEN_PICTURE, SignalSubject.LICENCE, SignalSubject.JURISDICTION}
)
"""Subjects of which a signal bears on a verdict without refusing anything."""

_LISTED: Final = ("SUPPRESSED_ERASURE_REQUEST", "ILLEGAL_CONTENT_SUSPECTED")


_AGES: Final = ("AGE_UNKNOWN_APPARENT_MINOR", "MINOR_BEST_INTERESTS_REVIEW", "MINOR_GUARDIAN_CONSENT_REQUIRED")


def facts_of(reason: Reason, explanation: Explanation) -> list[str]:
    """What a reason rests on, a line each with its place; what is not recorded is said to be missing."""
    if reason.code in _LISTED:
        return [said(listing) for listing in explanation.lists]
    subjects = _SUBJECTS.get(reason.code, ())
    signals = [_signal(s) for s in explanation.signals if s["subject"] in subjects and _bears_on(reason.code, s)]
    if signals:
        return _few(signals)
    for person in explanation.people:
        if reason.person is not None and person["ref"] == reason.person:
            return [_age(person, explanation)] if reason.code in _AGES else _few(_records(person))
    return [_row(explanation)]


def reach_of(record: Mapping[str, Any]) -> str:
    """What has to be said of a record that does not simply stand for the image."""
    refused = record["refuses_this_image"]
    if refused is not None:
        return f", which holds the image ({refused.lower().replace('_', ' ')})"
    if not record["stated_now"]:
        return ", which its source states no more"
    return "" if record["reaches_this_image"] else ", whose scope does not reach this image"


def _row(explanation: Explanation) -> str:
    rows = [f"{row['file']}, line {row['line']}" for row in explanation.declared]
    return " and ".join(rows) or "no row of a manifest names this image"


def _bears_on(code: str, signal: Mapping[str, Any]) -> bool:
    """Whether a signal is one of those for which a code is given, and does not only speak of the same."""
    subject, verdict = signal["subject"], signal["verdict"]
    if code == "PERSONS_UNACCOUNTED":
        return str(signal["value"]).isdecimal()
    if verdict == SignalVerdict.ALLOW:
        return code == "CAPTURE_CONTRADICTS_RECORD" and subject == SignalSubject.MINOR
    return verdict == SignalVerdict.DENY or subject in _UNDECIDED


def _age(person: dict[str, Any], explanation: Explanation) -> str:
    told = [f"age {person['age']}"] if person["age"] is not None else []
    told += [f"born on {person['born_on']}"] if person["born_on"] is not None else []
    return f"{' and '.join(told) or 'neither an age nor a date of birth'}, by {_row(explanation)}"


def _signal(signal: dict[str, Any]) -> str:
    value = signal["value"] or signal["raw"]
    return f"{signal['name']} = {value[:_VALUE]}, in {signal['location']}"


def _records(person: dict[str, Any]) -> list[str]:
    if not person["records"]:
        return ["no basis record names this person"]
    return [_record(record) for record in person["records"]]


def _record(record: dict[str, Any]) -> str:
    last = record["events"][-1] if record["events"] else None
    state = f"{last['state']} at {last['at']}" if last else "no event"
    basis = record["header"].get("basis", "")
    return f"{record['record_id']} ({record['file']}, line {record['line']}): {basis}, {state}{reach_of(record)}"


def _few(lines: list[str]) -> list[str]:
    return lines if len(lines) <= _MOST else [*lines[:_MOST], f"and {len(lines) - _MOST} more (--full)"]
