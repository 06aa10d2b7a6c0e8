"""Everything read has a reader: no signal subject, fact or state is derived that changes nothing (principle 5)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import agree

from judged import Case
from provenance.model import Signal, SignalFacts, SignalSubject, SignalVerdict, Trust
from provenance.policy.facts import EvidenceState, FactSet, ItemFacts, LicenceClass, PersonFacts, RecordFacts
from provenance.policy.judge import Judge
from provenance.policy.packs import load_packs
from provenance.policy.reasons import load_reasons
from provenance.signals.precedence import hinted_jurisdictions, language_jurisdictions, licence_end, sum_up

PLACES: dict[type, Callable[[FactSet, dict[str, Any]], FactSet]] = {
    SignalFacts: lambda facts, new: replace(
        facts, item=replace(facts.item, signals=replace(facts.item.signals, **new))
    ),
    ItemFacts: lambda facts, new: replace(facts, item=replace(facts.item, **new)),
    PersonFacts: lambda facts, new: replace(facts, persons=tuple(replace(one, **new) for one in facts.persons)),
    RecordFacts: lambda facts, new: replace(
        facts,
        persons=tuple(
            replace(one, records=tuple(replace(record, **new) for record in one.records)) for one in facts.persons
        ),
    ),
}
FACTS = [
    (kind, field.name)
    for kind in PLACES
    for field in fields(kind)
    if field.name not in {"signals", "records"}  # facts of their own
    and field.name != "nobody_by_look_alone"  # too rare for random cases: test_looks has its case
]


def drawn(kind: type, name: str) -> list[Any]:
    """Values of one fact, as random cases hold them."""
    values = set()
    for case in agree.cases(400, seed=17):
        holders: dict[type, list[Any]] = {
            SignalFacts: [case.fact_set.item.signals],
            ItemFacts: [case.fact_set.item],
            PersonFacts: list(case.fact_set.persons),
            RecordFacts: [record for person in case.fact_set.persons for record in person.records],
        }
        values |= {getattr(holder, name) for holder in holders[kind]}
    return sorted(values, key=repr)


def outcomes(kind: type, name: str, values: list[Any]) -> Iterator[list[object]]:
    """For case after case, what is said under each value of one fact, all else being equal."""
    packs, catalogue = load_packs(), load_reasons()
    for case in agree.cases(3_000, seed=23):
        judge = Judge(case.context, packs, catalogue)
        yield [judge.judge(PLACES[kind](case.fact_set, {name: value})).findings for value in values]


@pytest.mark.parametrize(("kind", "name"), FACTS, ids=lambda part: getattr(part, "__name__", part))
def test_every_fact_changes_some_verdict_or_its_words(kind: type, name: str) -> None:
    values = [*drawn(kind, name), "a place"] if name == "deciding_signal" else drawn(kind, name)
    assert len(values) > 1, "the random cases never change it"
    assert any(any(said != under[0] for said in under) for under in outcomes(kind, name, values))


@pytest.mark.parametrize("state", EvidenceState)
def test_every_state_of_evidence_is_told_from_others(state: EvidenceState) -> None:
    said = {other: Case(record={"evidence": other}).judge().findings for other in EvidenceState}
    same = {other for other in EvidenceState if said[other] == said[state]}
    stands = {EvidenceState.MATCHES, EvidenceState.UNPINNED}
    assert same == (stands if state in stands else {state})


@pytest.mark.parametrize("licence", LicenceClass)
def test_every_class_of_licence_is_told_from_the_others(licence: LicenceClass) -> None:
    said = {
        other: (
            Case(item={"licence": other}).judge().findings,
            Case(item={"licence": other}, signals={"stock_marker": True}).judge().findings,
        )
        for other in LicenceClass
    }
    assert [other for other in LicenceClass if said[other] == said[licence]] == [licence]


NAMES = ("plus:DataMining", "plus:LicenseEndDate", "GPS", "language")
VALUES = ("", "CC-BY-NC-4.0", "2020-01-01", "CA", "stock:Getty Images")


@pytest.mark.parametrize("subject", SignalSubject)
def test_every_signal_subject_becomes_a_fact(subject: SignalSubject) -> None:
    def facts(*signals: Signal) -> object:
        return sum_up(signals), hinted_jurisdictions(signals), language_jurisdictions(signals), licence_end(signals)

    some = (
        Signal(subject, verdict, name, "xmp", "raw", value, trust)
        for verdict, name, value, trust in product(SignalVerdict, NAMES, VALUES, Trust)
    )
    assert any(facts(signal) != facts() for signal in some)


def test_the_clock_of_the_cases_is_one_at_which_no_pack_is_stale() -> None:
    # Or every case would be for review, and changes would drown.
    assert any(case.context.as_of < datetime(2026, 12, 1, tzinfo=UTC) for case in agree.cases(10, seed=23))
