"""Deriving which combination of facts each image has at the gate's clock.

SQL brings each image together with the people it shows and the state of their records at the clock, as small
integers; equal ones are one combination. What was derived is kept with the span of time for which it holds, so that
a later gate derives only what an event, a new fact or a date has touched since.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.ledger import schema
from provenance.ledger.database import Database, bulk
from provenance.ledger.interning import lookup, mark_dirty, next_id
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
    _mark_outdated(database, collections, clock)
    dirty = schema.dirty.c
    with database.reading() as connection:
        counted = sa.select(dirty.collection_id, sa.func.count()).where(dirty.collection_id.in_(collections))
        totals: dict[int, int] = dict(connection.execute(counted.group_by(dirty.collection_id)).all())
    if not totals:
        return 0
    progress.begin("deriving facts", sum(totals.values()))
    combinations = _Combinations()
    for collection in totals:
        last = 0
        while True:
            with database.writing() as connection:
                chunk = _chunk(connection, collection, last)
                if chunk is None:
                    break
                _derive_chunk(connection, combinations, collection, clock, chunk)
            last = chunk[1]
            progress.advance(chunk[2])
    progress.end()
    return sum(totals.values())


def holds(connection: Connection, collections: Sequence[int], at: int) -> bool:
    """Whether the facts of every image of these collections are derived and hold at the clock."""
    dirty, validity = schema.dirty.c, schema.validity.c
    outside = sa.or_(validity.valid_until <= at, validity.valid_from > at)
    touched = sa.select(dirty.item_id).where(dirty.collection_id.in_(collections))
    stale = sa.select(validity.collection_id).where(validity.collection_id.in_(collections), outside)
    return all(connection.execute(query.limit(1)).first() is None for query in (touched, stale))


def _mark_outdated(database: Database, collections: Sequence[int], clock: Clock) -> None:
    """Mark images whose facts no longer hold. Where all of a collection's hold, one row says so."""
    validity, facts = schema.validity.c, schema.item_facts.c
    outside = sa.or_(validity.valid_until <= clock.at, validity.valid_from > clock.at)
    with database.reading() as connection:
        stale = list(
            connection.execute(
                sa.select(validity.collection_id).where(validity.collection_id.in_(collections), outside)
            ).scalars()
        )
    if not stale:
        return
    with database.writing() as connection:
        outdated = sa.or_(facts.valid_until <= clock.at, facts.valid_from > clock.at)
        mark_dirty(
            connection,
            sa.select(facts.item_id, facts.collection_id).where(facts.collection_id.in_(stale), outdated),
        )
        # Of what is left, every row holds now; what is derived next narrows the span again.
        for collection in stale:
            holding = sa.select(sa.func.max(facts.valid_from), sa.func.min(facts.valid_until)).where(
                facts.collection_id == collection, ~outdated
            )
            starts, ends = connection.execute(holding).one()
            connection.execute(
                sa.update(schema.validity)
                .where(validity.collection_id == collection)
                .values(valid_from=-NEVER if starts is None else starts, valid_until=NEVER if ends is None else ends)
            )


def _chunk(connection: Connection, collection: int, last: int) -> tuple[int, int, int] | None:
    """The next images to derive, in one transaction: first and last number, and how many."""
    dirty = schema.dirty.c
    ahead = (
        sa.select(dirty.item_id)
        .where(dirty.item_id > last, dirty.collection_id == collection)
        .order_by(dirty.item_id)
        .limit(_CHUNK)
        .subquery()
    )
    numbers = sa.select(sa.func.min(ahead.c.item_id), sa.func.max(ahead.c.item_id), sa.func.count())
    first, final, count = connection.execute(numbers).one()
    return (first, final, count) if count else None


def _derive_chunk(
    connection: Connection,
    combinations: _Combinations,
    collection: int,
    clock: Clock,
    chunk: tuple[int, int, int],
) -> None:
    first, final, _ = chunk
    facts, dirty = schema.item_facts.c, schema.dirty.c
    # The driver's own rows: SQLAlchemy's cost more than the query.
    cursor: Any = connection.execute(_facts_query(collection, clock, (first, final))).cursor
    combinations.forget_some()
    derived = _derived(connection, combinations, cursor.fetchall(), clock)
    held = sa.select(facts.combination_id).join(schema.dirty, dirty.item_id == facts.item_id)
    held = held.where(dirty.item_id.between(first, final), dirty.collection_id == collection)
    before = connection.execute(held).scalars().all()
    tally = Counter([number for _, number, _, _ in derived])
    tally.subtract(before)
    _count(connection, collection, tally)
    bulk(
        connection,
        schema.item_facts,
        ("item_id", "combination_id", "valid_from", "valid_until", "collection_id"),
        [(*row, collection) for row in derived],
        replace=bool(before),
    )
    _narrow(connection, collection, derived)
    connection.execute(
        sa.delete(schema.dirty).where(dirty.item_id.between(first, final), dirty.collection_id == collection)
    )


def _count(connection: Connection, collection: int, change: Mapping[int, int]) -> None:
    """Change how many images of a collection have each combination."""
    table = schema.tally.c
    changed = {number: images for number, images in change.items() if images}
    known = lookup(connection, table.combination_id, table.images, changed, within=table.collection_id == collection)
    rows = [(collection, number, known.get(number, 0) + images) for number, images in changed.items()]
    bulk(connection, schema.tally, ("collection_id", "combination_id", "images"), rows, replace=True)


def _narrow(connection: Connection, collection: int, derived: Sequence[tuple[int, int, int, int]]) -> None:
    """Keep the span in which all facts of a collection hold."""
    table = schema.validity
    known = connection.execute(
        sa.select(table.c.valid_from, table.c.valid_until).where(table.c.collection_id == collection)
    ).first()
    starts, ends = known or (-NEVER, NEVER)
    starts = max(starts, max((row[2] for row in derived), default=-NEVER))
    ends = min(ends, min((row[3] for row in derived), default=NEVER))
    bulk(connection, table, ("collection_id", "valid_from", "valid_until"), [(collection, starts, ends)], replace=True)


# The place of each value in a row of the query below. What tells combinations apart stands from _PROFILE on.
_ITEM, _FROM, _UNTIL, _LICENCE, _SINCE, _GIVEN, _ORDINAL, _PROFILE = range(8)
_LICENCE_ENDED, _PERSON, _AGE_NOW, _AGE_TAKEN, _RECORD, _STATUS, _EVIDENCE, _AFTER, _AGE_GIVEN = range(8, 17)


def _facts_query(collection: int, clock: Clock, bounds: tuple[int, int]) -> sa.Select[Any]:
    """One row for each image, person shown and record in scope, in the order of images and persons."""
    dirty, item, shown, record = schema.dirty.c, schema.item.c, schema.depiction.c, schema.standing.c
    in_scope = sa.or_(
        ~record.scoped,
        sa.exists().where(schema.reach.c.item_id == item.id, schema.reach.c.record == record.record),
    )
    stands = sa.and_(
        record.person_id == shown.person_id, record.from_at <= clock.at, record.until_at > clock.at, in_scope
    )
    return (
        sa.select(
            dirty.item_id,
            _holds_from(clock),
            _holds_until(clock),
            item.licence_ends_at,
            record.since_at,
            record.given_at,
            shown.ordinal,
            item.profile_id,
            sa.case((item.licence_ends_at < clock.at, 1), else_=0),
            shown.profile_id,
            _age_now(clock),
            _age_when_taken(),
            record.profile_id,
            record.status,
            record.evidence,
            sa.case((record.given_at > item.acquired_at, 1), else_=0),
            _age_when_given(),
        )
        .select_from(schema.dirty)
        .join(schema.item, item.id == dirty.item_id)
        .outerjoin(schema.depiction, shown.item_id == item.id)
        .outerjoin(schema.standing, stands)
        .where(dirty.item_id.between(*bounds), dirty.collection_id == collection)
        .order_by(dirty.item_id, shown.ordinal)
    )


def _years(later: Any, earlier: Any) -> Any:
    """Whole years between two day numbers, as SQL. Both engines divide integers towards zero."""
    return (later - earlier) // 10_000


def _capped(age: Any) -> Any:
    """An age as the rules tell it apart: 18 and all above it are one."""
    return sa.case((age > ADULT_AGE, ADULT_AGE), else_=age)


def _age_now(clock: Clock) -> Any:
    shown, acquired = schema.depiction.c, schema.item.c.acquired_on
    return sa.case(
        (shown.born_on.is_not(None), _capped(_years(sa.literal(clock.day), shown.born_on))),
        (shown.age >= ADULT_AGE, ADULT_AGE),
        (acquired < clock.day, _capped(shown.age + _years(clock.day, acquired))),
        else_=shown.age,
    )


def _holds_from(clock: Clock) -> Any:
    """Since when the state of a record and, within a day, somebody's age have been as they are."""
    begins, knows_age = schema.standing.c.from_at, _age_now(clock).is_not(None)
    return sa.case(
        (sa.and_(knows_age, sa.func.coalesce(begins, -NEVER) < clock.day_starts), clock.day_starts),
        else_=sa.func.coalesce(begins, -NEVER),
    )


def _holds_until(clock: Clock) -> Any:
    """Until when they stay so: a minor may have a birthday tomorrow."""
    ends, minor = schema.standing.c.until_at, _age_now(clock) < ADULT_AGE
    return sa.case(
        (sa.and_(minor, sa.func.coalesce(ends, NEVER) > clock.day_ends), clock.day_ends),
        else_=sa.func.coalesce(ends, NEVER),
    )


def _age_when_taken() -> Any:
    shown, acquired = schema.depiction.c, schema.item.c.acquired_on
    return sa.case((shown.born_on.is_not(None), _capped(_years(acquired, shown.born_on))), else_=_capped(shown.age))


def _age_when_given() -> Any:
    shown, acquired, given = schema.depiction.c, schema.item.c.acquired_on, schema.standing.c.given_on
    return sa.case(
        (shown.born_on.is_not(None), _capped(_years(given, shown.born_on))),
        (given >= acquired, _capped(shown.age + _years(given, acquired))),
        # Given before the image was taken: rounded so that a child is never made older.
        else_=_capped(shown.age - (acquired - given + 9_999) // 10_000),
    )


def _derived(
    connection: Connection, combinations: _Combinations, rows: list[Row], clock: Clock
) -> list[tuple[int, int, int, int]]:
    """Image, combination and span of validity of each image that these rows speak of, in their order."""
    numbers = combinations.numbers
    fresh: dict[Any, list[Row]] = {}
    found: list[tuple[int, Any, int, int]] = []
    group: list[Row] = []
    for row, following in zip(rows, [*rows[1:], _END], strict=True):
        if row[_ITEM] == following[_ITEM]:
            group.append(row)
            continue
        if not group and row[_LICENCE] is None:  # nearly all: one row, and nothing else that a date changes
            raw: Any = row[_PROFILE:]
            starts, ends = row[_FROM], row[_UNTIL]
        else:
            group.append(row)
            raw = _raw(group)
            starts, ends = _holds(group, clock)
        if raw not in numbers:
            fresh[raw] = group or [row]
        found.append((row[_ITEM], raw, starts, ends))
        group = []
    combinations.learn(connection, fresh)
    return [(item, numbers[raw], starts, ends) for item, raw, starts, ends in found]


_END: Final[Row] = (None,)


def _raw(rows: Sequence[Row]) -> Any:
    """What tells one combination from another. Times matter only between several records of one person."""
    if len(rows) == 1:
        return rows[0][_PROFILE:]
    several_records = len({row[_ORDINAL] for row in rows}) < len(rows)
    return tuple([row[_SINCE:] if several_records else row[_ORDINAL:] for row in rows])


def _holds(rows: Sequence[Row], clock: Clock) -> tuple[int, int]:
    """The instants between which nothing about an image changes by itself."""
    starts, ends = max(row[_FROM] for row in rows), min(row[_UNTIL] for row in rows)
    licence = rows[0][_LICENCE]
    if licence is not None:
        starts, ends = (max(starts, licence + 1), ends) if licence < clock.at else (starts, min(ends, licence + 1))
    return starts, ends


class _Combinations:
    """The numbers of combinations, remembered within bounds and kept in the ledger."""

    def __init__(self) -> None:
        self.numbers: dict[Any, int] = {}
        self._purposes: dict[int, frozenset[Purpose]] = {}

    def learn(self, connection: Connection, fresh: dict[Any, list[Row]]) -> None:
        """Find the numbers of combinations that were not met before, storing those that are new."""
        texts = {raw: self._text(connection, rows) for raw, rows in fresh.items()}
        digests = {text: sha256(text.encode()).digest() for text in texts.values()}
        table = schema.combination
        known = lookup(connection, table.c.digest, table.c.id, digests.values())
        new = [(text, digest) for text, digest in digests.items() if digest not in known]
        first = next_id(connection, table) if new else 0
        rows_to_add = [(first + place, digest, text) for place, (text, digest) in enumerate(new)]
        bulk(connection, table, ("id", "digest", "facts"), rows_to_add)
        known.update({digest: number for number, digest, _ in rows_to_add})
        self.numbers.update({raw: known[digests[text]] for raw, text in texts.items()})

    def forget_some(self) -> None:
        """Keep memory within bounds."""
        if len(self.numbers) > _REMEMBERED:
            self.numbers.clear()

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
