"""What the images of a gate are, counted: by basis, jurisdiction, age and source, with what is near, past and due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Final

from sqlalchemy.engine import Connection

from provenance.gate.fact_sets import load
from provenance.ledger import overview as ledger
from provenance.ledger.overview import Count, Group, Lapse, PastGate
from provenance.model import Context
from provenance.policy.facts import FactSet
from provenance.policy.rules.evaluation import AgeClass, age_class
from provenance.vocabulary import PersonsStatus

LISTED: Final = 12
"""Sources that a report names before it sums up the others."""

GROUPS: Final = 50
LAPSE_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Overview:
    """The images of one gate in numbers. An image with several people counts under each of their bases and laws."""

    by_basis: tuple[Count, ...]
    by_jurisdiction: tuple[Count, ...]
    by_age: tuple[Count, ...]
    by_source: tuple[Count, ...]
    groups: tuple[Group, ...]
    lapsing: tuple[Lapse, ...]
    past: tuple[PastGate, ...]


def overview(connection: Connection, among: Sequence[int], uris: Sequence[str], context: Context) -> Overview:
    """Count the images of these collections, whose facts must have been derived at the context's clock."""
    counts = ledger.fact_set_counts(connection, among)
    basis: Counter[str] = Counter()
    law: Counter[str] = Counter()
    age: Counter[str] = Counter()
    for number, facts in load(connection, counts, signed_only=context.require_signatures):
        images = counts[number]
        basis.update(dict.fromkeys(bases(facts), images))
        law.update(dict.fromkeys(jurisdictions(facts), images))
        age[age_of_youngest(facts)] += images
    today = context.as_of.astimezone(UTC).date()
    return Overview(
        _counted(basis),
        _counted(law),
        _counted(age),
        ledger.sources(connection, among, LISTED),
        ledger.kept_groups(connection, among, GROUPS),
        ledger.lapsing(connection, today, days_after(today, LAPSE_DAYS)),
        ledger.past_gates(connection, uris, 2),
    )


def days_after(day: date, days: int) -> date:
    """The day so many days later, or the last there is."""
    return day + min(timedelta(days=days), date.max - day)


def _counted(counts: Counter[str]) -> tuple[Count, ...]:
    return tuple(Count(name, images) for name, images in counts.most_common())


def bases(facts: FactSet) -> Iterable[str]:
    """What is claimed for the people shown, each once; that there is no record, or that nobody is shown."""
    if not facts.persons:
        return (_nobody(facts),)
    claimed = {record.basis.value for person in facts.persons for record in person.records}
    lacking = any(not person.records for person in facts.persons)
    return (*sorted(claimed), *(["no record"] if lacking else []))


def jurisdictions(facts: FactSet) -> Iterable[str]:
    """The laws that are declared or hinted at, each once; UNKNOWN where none is."""
    named = {place for person in facts.persons for place in person.jurisdictions}
    named.update(facts.item.jurisdictions, facts.item.hinted_jurisdictions)
    return sorted(named) or ("UNKNOWN",)


def age_of_youngest(facts: FactSet) -> str:
    """The class of the youngest person, or that nobody is shown."""
    if not facts.persons:
        return _nobody(facts)
    classes = {age_class(person) for person in facts.persons}
    youngest = next(one for one in (AgeClass.MINOR, AgeClass.UNKNOWN, AgeClass.ADULT) if one in classes)
    return {AgeClass.MINOR: "minor", AgeClass.UNKNOWN: "age unknown", AgeClass.ADULT: "adult"}[youngest]


def _nobody(facts: FactSet) -> str:
    return "nobody shown" if facts.item.persons_status is PersonsStatus.NONE else "not known who is shown"
