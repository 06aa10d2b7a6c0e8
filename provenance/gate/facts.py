"""Deriving which combination of facts each image has at the gate's clock.

SQL brings each image together with the people it shows and the state of their records at the clock, as small
integers; equal ones are one combination. What was derived is kept with the span of time for which it holds, so that
a later gate derives only what an event, a new fact or a date has touched since.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.gate.facts_query import (
    AGE_GIVEN,
    AGE_NOW,
    AGE_TAKEN,
    AHEAD,
    CONSENTED,
    EVIDENCE,
    FROM,
    GIVEN_AT,
    ITEM,
    LICENCE,
    LICENCE_ENDED,
    ORDINAL,
    PERSON,
    PROFILE,
    RECORD,
    REFUSED,
    REFUSED_AT,
    STATUS,
    TERM,
    UNTIL,
    YEARS,
    Clock,
    facts_query,
)
from provenance.ledger import schema
from provenance.ledger.database import Database, bulk
from provenance.ledger.interning import lookup, mark_pending, next_id
from provenance.ledger.schema import NEVER
from provenance.policy.facts import RecordFacts
from provenance.policy.rules.consents import is_express
from provenance.policy.summarise import decode_record
from provenance.run.progress import Progress
from provenance.vocabulary import ADULT_AGE, Purpose

_CHUNK: Final = 50_000
"""Images derived in one transaction: half a second of work, so that gates take turns and a kill loses little."""

_REMEMBERED: Final = 200_000

_OUTLIVED: Final = 1
"""A record was refused and given again later."""

Row: TypeAlias = tuple[Any, ...]
Derived: TypeAlias = tuple[int, int, int, int, int]
"""Image, collection, combination, and from when until when it holds: the columns of `item_facts`."""


def refresh(database: Database, collections: Sequence[int], at: int, progress: Progress) -> int:
    """Derive what is new, touched, or no longer holds at the clock; gives the number of images derived."""
    clock = Clock.of(at)
    _mark_outdated(database, collections, clock)
    pending = schema.pending.c
    with database.reading() as connection:
        counted = sa.select(pending.collection_id, sa.func.count()).where(pending.collection_id.in_(collections))
        totals: dict[int, int] = dict(connection.execute(counted.group_by(pending.collection_id)).all())
    if not totals:
        return 0
    progress.begin("deriving facts", sum(totals.values()))
    fact_sets = _FactSets()
    for collection in totals:
        last = 0
        while True:
            with database.writing() as connection:
                chunk = _chunk(connection, collection, last)
                if chunk is None:
                    break
                _derive_chunk(connection, fact_sets, collection, clock, chunk)
            last = chunk[1]
            progress.advance(chunk[2])
    progress.end()
    return sum(totals.values())


def holds(connection: Connection, collections: Sequence[int], at: int) -> bool:
    """Whether the facts of every image of these collections are derived and hold at the clock."""
    pending, validity = schema.pending.c, schema.derivation_validity.c
    outside = sa.or_(validity.valid_until <= at, validity.valid_from > at)
    touched = sa.select(pending.item_id).where(pending.collection_id.in_(collections))
    stale = sa.select(validity.collection_id).where(validity.collection_id.in_(collections), outside)
    return all(connection.execute(query.limit(1)).first() is None for query in (touched, stale))


def _mark_outdated(database: Database, collections: Sequence[int], clock: Clock) -> None:
    """Mark images whose facts no longer hold. Where all of a collection's hold, one row says so."""
    validity, facts = schema.derivation_validity.c, schema.item_facts.c
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
        mark_pending(
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
                sa.update(schema.derivation_validity)
                .where(validity.collection_id == collection)
                .values(valid_from=-NEVER if starts is None else starts, valid_until=NEVER if ends is None else ends)
            )


def _chunk(connection: Connection, collection: int, last: int) -> tuple[int, int, int] | None:
    """The next images to derive, in one transaction: first and last number, and how many."""
    pending = schema.pending.c
    ahead = (
        sa.select(pending.item_id)
        .where(pending.item_id > last, pending.collection_id == collection)
        .order_by(pending.item_id)
        .limit(_CHUNK)
        .subquery()
    )
    numbers = sa.select(sa.func.min(ahead.c.item_id), sa.func.max(ahead.c.item_id), sa.func.count())
    first, final, count = connection.execute(numbers).one()
    return (first, final, count) if count else None


def _derive_chunk(
    connection: Connection,
    fact_sets: _FactSets,
    collection: int,
    clock: Clock,
    chunk: tuple[int, int, int],
) -> None:
    first, final, _ = chunk
    facts, pending = schema.item_facts.c, schema.pending.c
    # The driver's own rows: SQLAlchemy's cost more than the query.
    cursor: Any = connection.execute(facts_query(collection, clock, (first, final))).cursor
    fact_sets.forget_some()
    derived = _derived(connection, fact_sets, cursor.fetchall(), clock, collection)
    held = sa.select(facts.fact_set_id).join(schema.pending, pending.item_id == facts.item_id)
    held = held.where(pending.item_id.between(first, final), pending.collection_id == collection)
    before = connection.execute(held).scalars().all()
    tally = Counter([row[2] for row in derived])
    tally.subtract(before)
    _count(connection, collection, tally)
    bulk(
        connection,
        schema.item_facts,
        ("item_id", "collection_id", "fact_set_id", "valid_from", "valid_until"),
        derived,
        replace=bool(before),
    )
    _narrow(connection, collection, derived)
    connection.execute(
        sa.delete(schema.pending).where(pending.item_id.between(first, final), pending.collection_id == collection)
    )


def _count(connection: Connection, collection: int, change: Mapping[int, int]) -> None:
    """Change how many images of a collection have each combination."""
    table = schema.fact_set_count.c
    changed = {number: images for number, images in change.items() if images}
    known = lookup(connection, table.fact_set_id, table.images, changed, within=table.collection_id == collection)
    rows = [(collection, number, known.get(number, 0) + images) for number, images in changed.items()]
    bulk(connection, schema.fact_set_count, ("collection_id", "fact_set_id", "images"), rows, replace=True)


def _narrow(connection: Connection, collection: int, derived: Sequence[Derived]) -> None:
    """Keep the span in which all facts of a collection hold."""
    table = schema.derivation_validity
    known = connection.execute(
        sa.select(table.c.valid_from, table.c.valid_until).where(table.c.collection_id == collection)
    ).first()
    starts, ends = known or (-NEVER, NEVER)
    starts = max(starts, max((row[3] for row in derived), default=-NEVER))
    ends = min(ends, min((row[4] for row in derived), default=NEVER))
    bulk(connection, table, ("collection_id", "valid_from", "valid_until"), [(collection, starts, ends)], replace=True)


def _derived(
    connection: Connection, fact_sets: _FactSets, rows: list[Row], clock: Clock, collection: int
) -> list[Derived]:
    """The row of `item_facts` for each image that these rows speak of, in their order."""
    numbers = fact_sets.numbers
    fresh: dict[Any, list[Row]] = {}
    waiting: list[tuple[int, Any]] = []
    found: list[Derived] = []
    group: list[Row] = []
    for row, following in zip(rows, [*rows[1:], _END], strict=True):
        item = row[ITEM]
        if item == following[ITEM]:
            group.append(row)
            continue
        if not group and row[LICENCE] is None:  # nearly all: one row, and nothing else that a date changes
            raw: Any = row[PROFILE:]
            starts, ends = row[FROM], row[UNTIL]
        else:
            group.append(row)
            raw = _raw(group)
            starts, ends = _holds(group, clock)
        number = numbers.get(raw, 0)
        if not number:
            fresh[raw] = group or [row]
            waiting.append((len(found), raw))
        found.append((item, collection, number, starts, ends))
        group = []
    fact_sets.learn(connection, fresh)
    for place, raw in waiting:
        item, _, _, starts, ends = found[place]
        found[place] = (item, collection, numbers[raw], starts, ends)
    return found


_END: Final[Row] = (None,)


def _raw(rows: Sequence[Row]) -> Any:
    """What tells one combination from another. Times matter only between several records of one person."""
    if len(rows) == 1:
        return rows[0][PROFILE:]
    several_records = len({row[ORDINAL] for row in rows}) < len(rows)
    return tuple([row[REFUSED_AT:] if several_records else row[ORDINAL:] for row in rows])


def _holds(rows: Sequence[Row], clock: Clock) -> tuple[int, int]:
    """The instants between which nothing about an image changes by itself."""
    starts, ends = max(row[FROM] for row in rows), min(row[UNTIL] for row in rows)
    licence = rows[0][LICENCE]
    if licence is not None:
        starts, ends = (max(starts, licence + 1), ends) if licence < clock.at else (starts, min(ends, licence + 1))
    return starts, ends


class _FactSets:
    """The numbers of combinations, remembered within bounds and kept in the ledger."""

    def __init__(self) -> None:
        self.numbers: dict[Any, int] = {}
        self._terms: dict[int, RecordFacts] = {}

    def learn(self, connection: Connection, fresh: dict[Any, list[Row]]) -> None:
        """Find the numbers of combinations that were not met before, storing those that are new."""
        texts = {raw: self._text(connection, rows) for raw, rows in fresh.items()}
        digests = {text: sha256(text.encode()).digest() for text in texts.values()}
        table = schema.fact_set
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
            for _, group in groupby((row for row in rows if row[ORDINAL] is not None), key=itemgetter(ORDINAL))
        ]
        first = rows[0]
        return json.dumps([first[PROFILE], first[LICENCE_ENDED], first[AHEAD], people], separators=(",", ":"))

    def _person(self, connection: Connection, rows: list[Row]) -> list[Any]:
        records = [row for row in rows if row[RECORD] is not None]
        states = [
            [
                row[RECORD],
                row[STATUS],
                row[EVIDENCE],
                row[YEARS],
                row[TERM],
                _whole_years(row[AGE_GIVEN]),
                sorted({tuple(map(str, refused)) for refused in self._refusals(connection, row, records)}),
            ]
            for row in records
        ]
        unique = sorted({json.dumps(state): state for state in states}.items())
        first = rows[0]
        return [
            first[PERSON],
            _whole_years(first[AGE_NOW]),
            _whole_years(first[AGE_TAKEN]),
            first[CONSENTED],
            [state for _, state in unique],
        ]

    def _refusals(self, connection: Connection, row: Row, records: Sequence[Row]) -> Iterator[tuple[Purpose, ...]]:
        """The purposes of each refusal that a record does not outlive: all, unless it is a later express consent."""
        express = is_express(self._terms_of(connection, row[RECORD]))
        for other in records:
            outlived = express and (
                row[REFUSED] == _OUTLIVED
                if other is row
                else other[REFUSED] and row[GIVEN_AT] is not None and row[GIVEN_AT] > other[REFUSED_AT]
            )
            if other[REFUSED] and not outlived:
                yield self._terms_of(connection, other[RECORD]).purposes

    def _terms_of(self, connection: Connection, profile: int) -> RecordFacts:
        found = self._terms.get(profile)
        if found is None:
            text = connection.execute(
                sa.select(schema.profile.c.facts).where(schema.profile.c.id == profile)
            ).scalar_one()
            found = self._terms[profile] = decode_record(text)
        return found


def _whole_years(age: int | None) -> int | None:
    return None if age is None else min(max(age, 0), ADULT_AGE)
