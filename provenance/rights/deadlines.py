"""By when a request has to be answered and a breach reported, as the jurisdiction packs say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from provenance.errors import UsageError
from provenance.ledger.requests import Request
from provenance.policy.packs import PackSet
from provenance.vocabulary import is_jurisdiction


@dataclass(frozen=True, slots=True)
class Deadline:
    """When an answer is due at the latest, and the rule that says so; `at` is None where no pack sets a term."""

    at: datetime | None
    rule: str


def deadline(packs: PackSet, jurisdiction: str, received_at: datetime) -> Deadline:
    """The deadline of a request from a jurisdiction; the shortest of all where that is not known (""), or sets none.

    Raises UsageError for what is no jurisdiction.

    >>> from provenance.policy.packs import load_packs
    >>> deadline(load_packs(), "CA-ON", datetime(2026, 11, 1)).at
    datetime.datetime(2026, 12, 1, 0, 0)
    """
    if jurisdiction and not is_jurisdiction(jurisdiction):
        raise UsageError(f"{jurisdiction} is no jurisdiction", remedy="write an ISO 3166 code, such as CA-QC")
    rule = packs.applying(jurisdiction)[1].requests if jurisdiction else packs.strictest.requests
    if rule.answer_days is None:
        rule = packs.strictest.requests
    if rule.answer_days is None:
        return Deadline(None, "")
    cited = rule.citation or "the shortest term of all packs"
    return Deadline(received_at + timedelta(days=rule.answer_days), cited)


def report_deadline(packs: PackSet, jurisdictions: Sequence[str], found_at: datetime) -> Deadline:
    """By when an authority has to be told of a breach: the first term of these laws.

    The shortest of all stands for a law that sets none in hours, and where none is known.

    >>> from provenance.policy.packs import load_packs
    >>> report_deadline(load_packs(), ("US-TX", "EU-FR"), datetime(2026, 11, 1)).at
    datetime.datetime(2026, 11, 4, 0, 0)
    """
    strictest = packs.strictest.breaches
    rules = [packs.applying(place)[1].breaches for place in jurisdictions]
    known = [rule if rule.report_hours is not None else strictest for rule in rules] or [strictest]
    timed = [(rule.report_hours, rule.citation) for rule in known if rule.report_hours is not None]
    if not timed:
        return Deadline(None, "")
    hours, cited = min(timed, key=lambda one: (one[0], not one[1]))
    return Deadline(found_at + timedelta(hours=hours), cited or "the shortest term of all packs")


def extended(packs: PackSet, request: Request) -> datetime:
    """The deadline of a request, put off by what its law allows once. Raises UsageError where it allows nothing."""
    pack = packs.applying(request.jurisdiction)[1] if request.jurisdiction else packs.strictest
    days = pack.requests.extension_days
    if days is None or request.due_at is None:
        raise UsageError(f"the term of {request.ref} may not be put off", remedy="answer it, or decline it")
    if any(event.due_at is not None for event in request.events):
        raise UsageError(f"the term of {request.ref} was put off before", remedy="answer it, or decline it")
    return request.due_at + timedelta(days=days)
