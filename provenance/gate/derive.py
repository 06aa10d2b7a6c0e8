"""Deriving which combination of facts each image has at the gate's clock.

SQL brings each image together with the people it shows and the state of their records at the clock, as small
integers; equal ones are one combination. What was derived is kept with the span of time for which it holds, so that
a later gate derives only what an event, a new fact or a date has touched since.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.ledger import schema
from provenance.ledger.database import Database, bulk
from provenance.ledger.interning import lookup, next_id
from provenance.ledger.registry import day_number
from provenance.ledger.schema import NEVER
from provenance.ledger.spans import DENIED, GIVEN, STATUSES
from provenance.model import moment
from provenance.policy.facts import ADULT_AGE
from provenance.policy.summarise import decode_record
from provenance.run.progress import Progress
from provenance.vocabulary import Purpose

_CHUNK: Final = 20_000
"""Images derived in one transaction: a second of work, so that two gates take turns and a kill loses little."""

_REMEMBERED: Final = 200_000
_DAY: Final = 86_400_000_000

Row: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Clock:
    """The gate's clock as an instant, as a day number, and the instants between which it is that day (UTC)."""

    at: int
    day: int
    day_starts: int
    day_ends: int

    @classmethod
    def of(cls, at: int) -> Clock:
        """The clock at an instant."""
        starts = at - at % _DAY
        number = day_number(moment(at).date())
        assert number is not None
        return cls(at, number, starts, starts + _DAY)


def refresh(database: Database, collections: Sequence[int], at: int, progress: Progress) -> int:
    """Derive what is new, touched, or no longer holds at the clock; gives the number of images derived."""
    clock = Clock.of(at)
    with database.writing() as connection:
        _mark_outdated(connection, collections, clock)
        total = connection.execute(_dirty(collections, sa.func.count())).scalar_one()
    if not total:
        return 0
    progress.begin("deriving facts", total)
    combinations = _Combinations()
    done = last = 0
    while True:
        with database.writing() as connection:
            chunk = _dirty(collections, schema.dirty.c.item_id).where(schema.dirty.c.item_id > last)
            numbers = connection.execute(chunk.order_by(schema.dirty.c.item_id).limit(_CHUNK)).scalars().all()
            if not numbers:
                break
            bounds = (numbers[0], numbers[-1])
            last = numbers[-1]
            # The driver's own rows: SQLAlchemy's cost more than the query.
            rows: Any = connection.execute(_facts_query(collections, clock, bounds)).cursor
            derived = list(_derived(connection, combinations, rows, clock))
            bulk(connection, schema.item_facts, _COLUMNS, derived, replace=True)
            connection.execute(
                sa.delete(schema.dirty).where(
                    schema.dirty.c.item_id.between(*bounds),
                    schema.dirty.c.item_id.in_(_dirty(collections, schema.dirty.c.item_id)),
                )
            )
        done += len(numbers)
        progress.advance(len(numbers))
    progress.end()
    return done


_COLUMNS: Final = ("item_id", "collection_id", "combination_id", "valid_from", "valid_until")


def _mark_outdated(connection: Connection, collections: Sequence[int], clock: Clock) -> None:
    facts = schema.item_facts.c
    for outdated in (facts.valid_until <= clock.at, facts.valid_from > clock.at):
        connection.execute(
            sa.insert(schema.dirty).from_select(
                ["item_id"],
                sa.select(facts.item_id).where(
                    outdated,
                    facts.collection_id.in_(collections),
                    ~sa.exists().where(schema.dirty.c.item_id == facts.item_id),
                ),
            )
        )


def _dirty(collections: Sequence[int], what: Any) -> sa.Select[Any]:
    return (
        sa.select(what)
        .select_from(schema.dirty)
        .join(schema.item, schema.item.c.id == schema.dirty.c.item_id)
        .where(schema.item.c.collection_id.in_(collections), schema.item.c.current)
    )


# The place of each value in a row of the query below.
_ITEM, _COLLECTION, _FROM, _UNTIL, _SINCE, _GIVEN, _ORDINAL = range(7)
_PROFILE = 7
_LICENCE_ENDED, _PERSON, _AGE_NOW, _AGE_TAKEN, _RECORD, _STATUS, _EVIDENCE, _AFTER, _AGE_GIVEN = range(8, 17)


def _facts_query(collections: Sequence[int], clock: Clock, bounds: tuple[int, int]) -> sa.Select[Any]:
    """One row for each image, person shown and record in scope, in the order of images and persons."""
    dirty, item, shown, record = schema.dirty.c, schema.item.c, schema.depiction.c, schema.standing.c
    licence_ended = sa.case((item.licence_ends_at < clock.at, 1), else_=0)
    in_scope = sa.or_(
        ~record.scoped,
        sa.exists().where(schema.reach.c.item_id == item.id, schema.reach.c.record == record.record),
    )
    stands = sa.and_(
        record.person_id == shown.person_id, record.from_at <= clock.at, record.until_at > clock.at, in_scope
    )
    return (
        sa.select(
            item.id,
            item.collection_id,
            record.from_at,
            record.until_at,
            record.since_at,
            record.given_at,
            shown.ordinal,
            item.profile_id,
            licence_ended,
            shown.profile_id,
            _age_now(clock),
            _age_when_taken(),
            record.profile_id,
            record.status,
            record.evidence,
            sa.case((record.given_at > item.acquired_at, 1), else_=0),
            _age_when_given(),
            item.licence_ends_at,
        )
        .select_from(schema.dirty)
        .join(schema.item, item.id == dirty.item_id)
        .outerjoin(schema.depiction, shown.item_id == item.id)
        .outerjoin(schema.standing, stands)
        .where(dirty.item_id.between(*bounds), item.collection_id.in_(collections), item.current)
        .order_by(dirty.item_id, shown.ordinal)
    )


def _years(later: Any, earlier: Any) -> Any:
    """Whole years between two day numbers, as SQL. Both engines divide integers towards zero."""
    return (later - earlier) // 10_000


def _age_now(clock: Clock) -> Any:
    shown, acquired = schema.depiction.c, schema.item.c.acquired_on
    day = sa.literal(clock.day)
    return sa.case(
        (shown.born_on.is_not(None), _years(day, shown.born_on)),
        (sa.and_(shown.age < ADULT_AGE, acquired < clock.day), shown.age + _years(day, acquired)),
        else_=shown.age,
    )


def _age_when_taken() -> Any:
    shown, acquired = schema.depiction.c, schema.item.c.acquired_on
    return sa.case((shown.born_on.is_not(None), _years(acquired, shown.born_on)), else_=shown.age)


def _age_when_given() -> Any:
    shown, acquired, given = schema.depiction.c, schema.item.c.acquired_on, schema.standing.c.given_on
    return sa.case(
        (shown.born_on.is_not(None), _years(given, shown.born_on)),
        (given >= acquired, shown.age + _years(given, acquired)),
        # Given before the image was taken: rounded so that a child is never made older.
        else_=shown.age - (acquired - given + 9_999) // 10_000,
    )


def _derived(
    connection: Connection, combinations: _Combinations, rows: Iterable[Row], clock: Clock
) -> Iterator[tuple[int, int, int, int, int]]:
    for item, group in groupby(rows, key=itemgetter(_ITEM)):
        rows_of_item = list(group)
        first = rows_of_item[0]
        number = combinations.number(connection, _raw(rows_of_item), rows_of_item)
        starts, ends = _validity(rows_of_item, clock)
        yield item, first[_COLLECTION], number, starts, ends


def _raw(rows: Sequence[Row]) -> Any:
    """What tells one combination from another. Times matter only between several records of one person."""
    if len(rows) == 1:
        return rows[0][_PROFILE:17]
    several_records = len({row[_ORDINAL] for row in rows}) < len(rows)
    return tuple(row[_SINCE:17] if several_records else row[_ORDINAL:17] for row in rows)


def _validity(rows: Sequence[Row], clock: Clock) -> tuple[int, int]:
    """The instants between which nothing about an image changes by itself."""
    starts, ends = -NEVER, NEVER
    for row in rows:
        if row[_FROM] is not None:
            starts, ends = max(starts, row[_FROM]), min(ends, row[_UNTIL])
        if row[_AGE_NOW] is not None:
            starts = max(starts, clock.day_starts)
            if row[_AGE_NOW] < ADULT_AGE:
                ends = min(ends, clock.day_ends)
    licence = rows[0][17]
    if licence is not None:
        starts, ends = (max(starts, licence + 1), ends) if licence < clock.at else (starts, min(ends, licence + 1))
    return starts, ends


class _Combinations:
    """The numbers of combinations, remembered within bounds and kept in the ledger."""

    def __init__(self) -> None:
        self._raw: dict[Any, int] = {}
        self._numbers: dict[str, int] = {}
        self._purposes: dict[int, frozenset[Purpose]] = {}

    def number(self, connection: Connection, raw: Any, rows: Sequence[Row]) -> int:
        """The number of the combination that these rows come to, stored now if it is new."""
        found = self._raw.get(raw)
        if found is None:
            if len(self._raw) >= _REMEMBERED:
                self._raw.clear()
                self._numbers.clear()
            found = self._raw[raw] = self._stored(connection, self._text(connection, rows))
        return found

    def _stored(self, connection: Connection, text: str) -> int:
        found = self._numbers.get(text)
        if found is None:
            digest = sha256(text.encode()).digest()
            table = schema.combination
            found = lookup(connection, table.c.digest, table.c.id, [digest]).get(digest)
            if found is None:
                found = next_id(connection, table)
                bulk(connection, table, ("id", "digest", "facts"), [(found, digest, text)])
            self._numbers[text] = found
        return found

    def _text(self, connection: Connection, rows: Sequence[Row]) -> str:
        people = [
            self._person(connection, list(group))
            for _, group in groupby((row for row in rows if row[_ORDINAL] is not None), key=itemgetter(_ORDINAL))
        ]
        return json.dumps([rows[0][_PROFILE], rows[0][_LICENCE_ENDED], people], separators=(",", ":"))

    def _person(self, connection: Connection, rows: list[Row]) -> list[Any]:
        records = [row for row in rows if row[_RECORD] is not None]
        states = [
            [
                row[_RECORD],
                row[_STATUS],
                row[_EVIDENCE],
                row[_AFTER],
                _whole_years(row[_AGE_GIVEN]),
                int(len(records) > 1 and self._superseded(connection, row, records)),
            ]
            for row in records
        ]
        unique = sorted({json.dumps(state): state for state in states}.items())
        first = rows[0]
        return [
            first[_PERSON],
            _whole_years(first[_AGE_NOW]),
            _whole_years(first[_AGE_TAKEN]),
            [state for _, state in unique],
        ]

    def _superseded(self, connection: Connection, row: Row, records: Sequence[Row]) -> bool:
        """Whether the person said no to a shared purpose, in another record in scope, after this one was given."""
        if STATUSES[row[_STATUS]] not in GIVEN:
            return False
        own = self._purposes_of(connection, row[_RECORD])
        for other in records:
            if STATUSES[other[_STATUS]] in DENIED and other[_SINCE] >= row[_GIVEN]:
                theirs = self._purposes_of(connection, other[_RECORD])
                if not theirs or not own or own & theirs:
                    return True
        return False

    def _purposes_of(self, connection: Connection, profile: int) -> frozenset[Purpose]:
        found = self._purposes.get(profile)
        if found is None:
            text = connection.execute(
                sa.select(schema.profile.c.facts).where(schema.profile.c.id == profile)
            ).scalar_one()
            found = self._purposes[profile] = frozenset(decode_record(text).purposes)
        return found


def _whole_years(age: int | None) -> int | None:
    return None if age is None else min(max(age, 0), ADULT_AGE)
