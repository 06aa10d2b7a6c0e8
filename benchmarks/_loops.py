"""The peers of the gate: the same verdict counts by an ORM entity loop and by a plain Python loop with dictionaries."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, registry, relationship, selectinload

from provenance.gate.decide import PolicyVersion
from provenance.gate.fact_sets import Profiles
from provenance.gate.facts_query import MOST_YEARS, YEAR, Clock
from provenance.ledger import schema
from provenance.ledger.database import Database
from provenance.ledger.spans import GIVEN, STATUSES
from provenance.policy.rules.consents import is_express
from provenance.policy.summarise import decode_record
from provenance.vocabulary import ADULT_AGE, Decision

Counts = Counter[tuple[Decision, str]]

_IN_EFFECT = frozenset(STATUSES.index(status) for status in GIVEN)


class _Stated(NamedTuple):
    """A basis record as it stands at the clock."""

    profile_id: int
    status: int
    evidence: int
    since_at: int
    given_at: int | None
    given_on: int | None
    has_term: bool


@dataclass(slots=True)
class _Said:
    """What is known of one person: records at the clock, the spans of consents, refusals (when, under which terms)."""

    records: list[_Stated] = field(default_factory=list)
    consents: list[tuple[int, int]] = field(default_factory=list)
    refusals: list[tuple[int, int]] = field(default_factory=list)


class _Decider:
    """Facts of one image to a decision, each distinct combination judged once: the loops differ only in loading."""

    def __init__(self, connection: sa.Connection, policy: PolicyVersion, clock: Clock) -> None:
        self._profiles = Profiles(connection)
        self._policy = policy
        self._clock = clock
        self._known: dict[Any, tuple[Decision, str]] = {}
        profile = schema.profile.c
        rows = connection.execute(sa.select(profile.id, profile.facts).where(profile.kind == "record"))
        self._terms = {number: decode_record(text) for number, text in rows}

    def decide(
        self, profile: int, acquired_at: int, acquired_on: int, people: Iterable[tuple[int, int, _Said]]
    ) -> tuple[Decision, str]:
        """`people` holds the profile, the age when the image was taken, and what is known of each person shown."""
        key = (
            profile,
            tuple(
                (
                    kind,
                    _capped(age + max(0, self._clock.day - acquired_on) // 10_000),
                    _capped(age),
                    bool(said.records) and any(start <= acquired_at < end for start, end in said.consents),
                    tuple(self._record(one, age, acquired_on, said.refusals) for one in said.records),
                )
                for kind, age, said in people
            ),
        )
        found = self._known.get(key)
        if found is None:
            judgement = self._policy.judge.judge(self._profiles.fact_set(json.dumps(_told(*key))))
            found = self._known[key] = (judgement.decision, judgement.reason)
        return found

    def _record(self, one: _Stated, age: int, acquired_on: int, refusals: Sequence[tuple[int, int]]) -> tuple[Any, ...]:
        given = one.status in _IN_EFFECT
        refused: tuple[int, ...] = ()
        if refusals:
            outlived = one.given_at if given and is_express(self._terms[one.profile_id]) else None
            refused = tuple(terms for at, terms in refusals if outlived is None or at >= outlived)
        return (
            one.profile_id,
            one.status,
            one.evidence,
            None if one.given_on is None else _age_when_given(age, one.given_on, acquired_on),
            min(MOST_YEARS, (self._clock.at - one.since_at) // YEAR) if given and not one.has_term else None,
            bool(given and one.has_term),
            tuple(sorted({self._terms[terms].purposes for terms in refused})),
        )


def _told(profile: int, people: Iterable[tuple[Any, ...]]) -> dict[str, Any]:
    """A combination as the ledger tells a fact set."""
    return {
        "item": profile,
        "people": [
            {
                **dict(zip(("person", "age", "age_when_taken", "consent_at_acquisition"), person, strict=True)),
                "records": [dict(zip(_RECORD, record, strict=True)) for record in records],
            }
            for *person, records in people
        ],
    }


_RECORD = ("terms", "status", "evidence", "age_when_given", "years_since_last_event", "has_term", "refusals")


def _capped(age: int) -> int:
    return max(0, min(ADULT_AGE, age))


def _age_when_given(age: int, given_on: int, acquired_on: int) -> int:
    if given_on >= acquired_on:
        return _capped(age + (given_on - acquired_on) // 10_000)
    years, begun = divmod(acquired_on - given_on, 10_000)
    return _capped(age - years - bool(begun))


def plain_loop(database: Database, policy: PolicyVersion, clock: Clock, images: int) -> Counts:
    """Rows as tuples from the driver, people and records in dictionaries."""
    counts: Counts = Counter()
    with database.reading() as connection:
        raw: Any = connection.connection.driver_connection
        decider = _Decider(connection, policy, clock)
        said: dict[int, _Said] = {}
        query = (
            "SELECT person_id, from_at, until_at, is_consent, profile_id, status, evidence, since_at, given_at, "
            "given_on, has_term FROM consent_state"
        )
        for person, start, end, is_consent, *stated in raw.execute(query):
            _add(said.setdefault(person, _Said()), start, end, is_consent, _Stated(*stated), clock.at)
        for person, at, terms in raw.execute(
            "SELECT person_id, at, profile_id FROM refusal WHERE at <= ?", (clock.at,)
        ):
            said[person].refusals.append((at, terms))
        people: dict[int, list[Any]] = {}
        query = "SELECT item_id, profile_id, age, person_id FROM depiction WHERE item_id <= ?"
        for item, kind, age, person in raw.execute(query, (images,)):
            people.setdefault(item, []).append((kind, age, said[person]))
        query = "SELECT id, profile_id, acquired_at, acquired_on FROM item WHERE current AND id <= ?"
        for item, profile, acquired_at, acquired_on in raw.execute(query, (images,)):
            counts[decider.decide(profile, acquired_at, acquired_on, people.get(item, []))] += 1
    return counts


def _add(said: _Said, start: int, end: int, is_consent: bool, stated: _Stated, at: int) -> None:  # noqa: FBT001 - a column
    if start <= at < end:
        said.records.append(stated)
    if is_consent and stated.status in _IN_EFFECT:
        said.consents.append((start, end))


_mapper = registry(metadata=schema.metadata)


class _Item:
    id: int
    profile_id: int
    acquired_at: int
    acquired_on: int
    depictions: list[_Depiction]


class _Depiction:
    profile_id: int
    age: int
    states: list[_State]
    refusals: list[_Refusal]


class _State:
    profile_id: int
    status: int
    evidence: int
    since_at: int
    given_at: int | None
    given_on: int | None
    has_term: bool
    is_consent: bool
    from_at: int
    until_at: int


class _Refusal:
    at: int
    profile_id: int


def _of_person(table: sa.Table) -> Any:
    """What a table holds of the person whom a depiction names."""
    shown = sa.orm.foreign(schema.depiction.c.person_id)
    return relationship(
        _State if table is schema.consent_state else _Refusal,
        primaryjoin=shown == sa.orm.remote(table.c.person_id),
        uselist=True,
        viewonly=True,
        order_by=table.c.record,
    )


_mapper.map_imperatively(_State, schema.consent_state)
_mapper.map_imperatively(_Refusal, schema.refusal)
_mapper.map_imperatively(
    _Depiction,
    schema.depiction,
    properties={"states": _of_person(schema.consent_state), "refusals": _of_person(schema.refusal)},
)
_mapper.map_imperatively(
    _Item,
    schema.item,
    properties={"depictions": relationship(_Depiction, order_by=schema.depiction.c.ordinal, viewonly=True)},
)


def orm_loop(database: Database, policy: PolicyVersion, clock: Clock, images: int) -> Counts:
    """Entities with their relationships, eagerly loaded a thousand images at a time."""
    counts: Counts = Counter()
    depictions: Any = _Item.depictions
    states: Any = _Depiction.states
    refusals: Any = _Depiction.refusals
    with Session(database.engine) as session, database.reading() as connection:
        decider = _Decider(connection, policy, clock)
        query = (
            sa.select(_Item)
            .where(schema.item.c.current, schema.item.c.id <= images)
            .options(selectinload(depictions).selectinload(states), selectinload(depictions).selectinload(refusals))
            .execution_options(yield_per=1_000)
        )
        for item in session.scalars(query):
            people = [(shown.profile_id, shown.age, _said(shown, clock.at)) for shown in item.depictions]
            counts[decider.decide(item.profile_id, item.acquired_at, item.acquired_on, people)] += 1
    return counts


def _said(shown: _Depiction, at: int) -> _Said:
    said = _Said(refusals=[(one.at, one.profile_id) for one in shown.refusals if one.at <= at])
    for s in shown.states:
        stated = _Stated(s.profile_id, s.status, s.evidence, s.since_at, s.given_at, s.given_on, s.has_term)
        _add(said, s.from_at, s.until_at, s.is_consent, stated, at)
    return said
