"""The fact behind one reason, with its place: a signal in the file, a basis record, a list, or a manifest row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from provenance.gate.explain import Explanation
from provenance.gate.image import said
from provenance.model import SignalSubject
from provenance.policy.judge import Finding

_MOST: Final = 4
_VALUE: Final = 120

_SUBJECTS: Final[Mapping[str, tuple[SignalSubject, ...]]] = {
    "TRAINING_OPT_OUT": (SignalSubject.TRAINING_GENERATIVE, SignalSubject.TRAINING_OTHER),
    "SIGNALS_UNREADABLE": (SignalSubject.UNREADABLE,),
    "PERSONS_UNACCOUNTED": (SignalSubject.PERSON,),
    "SYNTHETIC_NOT_DECLARED": (SignalSubject.SYNTHETIC,),
    "MODEL_RELEASE_NONE": (SignalSubject.RELEASE,),
    "CAPTURE_CONTRADICTS_RECORD": (SignalSubject.MINOR, SignalSubject.PERSON, SignalSubject.LICENCE),
    "AGE_UNKNOWN_APPARENT_MINOR": (SignalSubject.MINOR,),
    "MINOR_SIGNAL_IN_FILE": (SignalSubject.MINOR,),
    "SENSITIVE_CONTENT_SIGNAL": (SignalSubject.SENSITIVE,),
    "LICENCE_CONDITIONAL": (SignalSubject.LICENCE,),
    "LICENCE_GRANTS_NOTHING": (SignalSubject.RIGHTS, SignalSubject.LICENCE),
    "JURISDICTION_SUGGESTED": (SignalSubject.JURISDICTION,),
    "RESERVATION_IN_WORDS": (SignalSubject.RIGHTS, SignalSubject.TRAINING_GENERATIVE, SignalSubject.TRAINING_OTHER),
}
"""What the signals speak about that a code is given for."""

_LISTED: Final = ("SUPPRESSED_ERASURE_REQUEST", "ILLEGAL_CONTENT_SUSPECTED")


_AGES: Final = ("AGE_UNKNOWN_APPARENT_MINOR", "MINOR_BEST_INTERESTS_REVIEW", "MINOR_GUARDIAN_CONSENT_REQUIRED")


def facts_of(finding: Finding, explanation: Explanation) -> list[str]:
    """What a reason rests on, a line each with its place; what is not recorded is said to be missing."""
    if finding.code in _LISTED:
        return [said(listing) for listing in explanation.lists]
    subjects = _SUBJECTS.get(finding.code, ())
    signals = [_signal(signal) for signal in explanation.signals if signal["subject"] in subjects]
    if signals:
        return _few(signals)
    if finding.person is not None and finding.person < len(explanation.people):
        if finding.code in _AGES:
            return [_age(explanation.people[finding.person], explanation)]
        return _few(_records(explanation.people[finding.person]))
    return [_row(explanation)]


def _row(explanation: Explanation) -> str:
    declared = explanation.declared
    return f"{declared['file']}, line {declared['line']}" if declared else "no row of a manifest names this image"


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
    reach = "" if record["reaches_this_image"] else ", whose scope does not reach this image"
    basis = record["header"].get("basis", "")
    return f"{record['record_id']} ({record['file']}, line {record['line']}): {basis}, {state}{reach}"


def _few(lines: list[str]) -> list[str]:
    return lines if len(lines) <= _MOST else [*lines[:_MOST], f"and {len(lines) - _MOST} more (--full)"]
