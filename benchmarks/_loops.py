"""The peers of the gate: the same verdict counts by an ORM entity loop and by a plain Python loop with dictionaries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, registry, relationship, selectinload

from provenance.gate.decide import PolicyVersion
from provenance.gate.fact_sets import Profiles, decoded
from provenance.gate.facts_query import Clock
from provenance.ledger import schema
from provenance.ledger.database import Database
from provenance.vocabulary import ADULT_AGE

Counts = Counter[tuple[str, str]]


class _Decider:
    """Facts of one image to a decision, each distinct combination judged once: the loops differ only in loading."""

    def __init__(self, connection: sa.Connection, policy: PolicyVersion, clock: Clock) -> None:
        self._profiles = Profiles(connection)
        self._rulings = policy
        self._clock = clock
        self._known: dict[Any, tuple[str, str]] = {}

    def decide(self, profile: int, acquired_at: int, acquired_on: int, people: Sequence[Any]) -> tuple[str, str]:
        """`people` holds (profile, age, [(profile, status, evidence, given_at, given_on)])."""
        day = self._clock.day
        key = (
            profile,
            tuple(
                (
                    kind,
                    min(ADULT_AGE, age + max(0, day - acquired_on) // 10_000 if age < ADULT_AGE else ADULT_AGE),
                    min(ADULT_AGE, age),
                    tuple(
                        (
                            terms,
                            status,
                            evidence,
                            int(given_at is not None and given_at > acquired_at),
                            None if given_on is None else _age_when_given(age, given_on, acquired_on),
                            0,
                        )
                        for terms, status, evidence, given_at, given_on in records
                    ),
                )
                for kind, age, records in people
            ),
        )
        found = self._known.get(key)
        if found is None:
            text = str([profile, 0, [[*person[:3], [list(r) for r in person[3]]] for person in key[1]]])
            judgement = self._rulings.judge.judge(decoded(text.replace("None", "null"), self._profiles))
            found = self._known[key] = (judgement.decision.value, judgement.reason)
        return found


def _age_when_given(age: int, given_on: int, acquired_on: int) -> int:
    if given_on >= acquired_on:
        return min(ADULT_AGE, age + (given_on - acquired_on) // 10_000)
    return min(ADULT_AGE, max(0, age - (acquired_on - given_on) // 10_000))


def plain_loop(database: Database, policy: PolicyVersion, clock: Clock, images: int) -> Counts:
    """Rows as tuples from the driver, people and records in dictionaries."""
    counts: Counts = Counter()
    with database.reading() as connection:
        raw: Any = connection.connection.driver_connection
        decider = _Decider(connection, policy, clock)
        records: dict[int, list[Any]] = {}
        for person, *rest in raw.execute(
            "SELECT person_id, profile_id, status, evidence, given_at, given_on FROM consent_state "
            "WHERE from_at <= ? AND until_at > ?",
            (clock.at, clock.at),
        ):
            records.setdefault(person, []).append(rest)
        people: dict[int, list[Any]] = {}
        query = "SELECT item_id, profile_id, age, person_id FROM depiction WHERE item_id <= ?"
        for item, kind, age, person in raw.execute(query, (images,)):
            people.setdefault(item, []).append((kind, age, records.get(person, [])))
        query = "SELECT id, profile_id, acquired_at, acquired_on FROM item WHERE current AND id <= ?"
        for item, profile, acquired_at, acquired_on in raw.execute(query, (images,)):
            counts[decider.decide(profile, acquired_at, acquired_on, people.get(item, []))] += 1
    return counts


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
    standings: list[_Standing]


class _Standing:
    profile_id: int
    status: int
    evidence: int
    given_at: int | None
    given_on: int | None
    from_at: int
    until_at: int


_mapper.map_imperatively(_Standing, schema.consent_state)
_mapper.map_imperatively(
    _Depiction,
    schema.depiction,
    properties={
        "standings": relationship(
            _Standing,
            primaryjoin=sa.orm.foreign(schema.depiction.c.person_id) == sa.orm.remote(schema.consent_state.c.person_id),
            uselist=True,
            viewonly=True,
        )
    },
)
_mapper.map_imperatively(
    _Item,
    schema.item,
    properties={"depictions": relationship(_Depiction, order_by=schema.depiction.c.ordinal, viewonly=True)},
)


def orm_loop(database: Database, policy: PolicyVersion, clock: Clock, images: int) -> Counts:
    """Entities with their relationships, eagerly loaded a thousand images at a time."""
    counts: Counts = Counter()
    with Session(database.engine) as session, database.reading() as connection:
        decider = _Decider(connection, policy, clock)
        query = (
            sa.select(_Item)
            .where(schema.item.c.current, schema.item.c.id <= images)
            .options(selectinload(_Item.depictions).selectinload(_Depiction.standings))  # type: ignore[arg-type]
            .execution_options(yield_per=1_000)
        )
        for item in session.scalars(query):
            people = [(shown.profile_id, shown.age, list(_now(shown.standings, clock.at))) for shown in item.depictions]
            counts[decider.decide(item.profile_id, item.acquired_at, item.acquired_on, people)] += 1
    return counts


def _now(standings: Sequence[_Standing], at: int) -> Iterator[tuple[Any, ...]]:
    for s in standings:
        if s.from_at <= at < s.until_at:
            yield s.profile_id, s.status, s.evidence, s.given_at, s.given_on
