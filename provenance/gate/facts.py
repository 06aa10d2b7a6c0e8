"""Deriving which set of facts each image has at the gate's clock.

SQL brings each image together with the people it shows and the state of their records at the clock, as small
integers; equal ones are one fact set. What was derived is kept with the span of time for which it holds, so that a
later gate derives only what an event, a new fact or a date has touched since.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.gate.beside import Beside, Image
from provenance.gate.facts_query import (
    EQUAL,
    Clock,
    FactRow,
    RefusalRow,
    column,
    facts_query,
)
from provenance.ledger import checks, schema, spans
from provenance.ledger.append import next_id
from provenance.ledger.bulk import bulk
from provenance.ledger.checks import changing
from provenance.ledger.database import Database
from provenance.ledger.evidence import STATES
from provenance.ledger.interning import derive_again, lookup
from provenance.ledger.schema import NEVER, PAST
from provenance.ledger.statements import speaking
from provenance.policy.facts import EvidenceState, RecordFacts
from provenance.policy.looks import encode
from provenance.policy.rules.consents import is_express
from provenance.policy.summarise import decode_record
from provenance.run.progress import Progress

_CHUNK: Final = 50_000
"""Images derived in one transaction: half a second of work, so that gates take turns and a kill loses little."""

_REMEMBERED: Final = 200_000

_READ: Final = (
    schema.consent_state,
    schema.refusal,
    schema.record_scope_image,
    schema.refusal_reach,
    schema.age_conflict,
)
"""The derived tables from which facts are derived."""

_ITEM: Final = column("item_id")
_FROM: Final = column("holds_from")
_UNTIL: Final = column("holds_until")
_DATES: Final = column("dates")

Row: TypeAlias = tuple[Any, ...]
Derived: TypeAlias = tuple[int, int, int, int, int]
"""Image, collection, fact set, and from when until when it holds: the first columns of `item_facts`."""


def refresh(database: Database, collections: Sequence[int], at: int, progress: Progress) -> int:
    """Derive what is new, touched, or no longer holds at the clock; gives the number of images derived."""
    clock = Clock.of(at)
    _mark_outdated(database, collections, clock)
    pending = schema.pending.c
    with database.reading() as connection:
        counted = sa.select(pending.collection_id, sa.func.count()).where(pending.collection_id.in_(collections))
        totals: dict[int, int] = dict(connection.execute(counted.group_by(pending.collection_id)).all())
        if totals:
            checks.verify(connection, database.name, *_READ)
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
                coming = next_id(connection, schema.gate)
                _derive_chunk(connection, fact_sets, _Deriving(collection, clock, coming), chunk)
            last = chunk.last
            progress.advance(chunk.images)
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
    validity, facts = schema.derivation_validity, schema.item_facts.c
    outside = sa.or_(validity.c.valid_until <= clock.at, validity.c.valid_from > clock.at)
    with database.reading() as connection:
        query = sa.select(validity.c.collection_id).where(validity.c.collection_id.in_(collections), outside)
        stale = list(connection.execute(query).scalars())
    if not stale:
        return
    with database.writing() as connection:
        outdated = sa.or_(facts.valid_until <= clock.at, facts.valid_from > clock.at)
        among = facts.collection_id.in_(stale)
        # Another clock changes no verdict of the gates that were run at theirs.
        derive_again(connection, sa.select(facts.item_id, facts.collection_id).where(among, outdated))
        # Of what is left, every row holds now; what is derived next narrows the span again.
        for collection in stale:
            holding = sa.select(sa.func.max(facts.valid_from), sa.func.min(facts.valid_until)).where(
                facts.collection_id == collection, ~outdated
            )
            starts, ends = connection.execute(holding).one()
            where = validity.c.collection_id == collection
            with changing(connection, validity, where):
                connection.execute(
                    sa.update(validity)
                    .where(where)
                    .values(
                        valid_from=-NEVER if starts is None else starts, valid_until=NEVER if ends is None else ends
                    )
                )


@dataclass(frozen=True, slots=True)
class _Chunk:
    """The images to derive in one transaction: first and last number, and how many."""

    first: int
    last: int
    images: int


@dataclass(frozen=True, slots=True)
class _Deriving:
    """For what images are derived: the collection, the clock, and the first gate that can see it."""

    collection: int
    clock: Clock
    gate: int


def _chunk(connection: Connection, collection: int, last: int) -> _Chunk | None:
    pending = schema.pending.c
    ahead = (
        sa.select(pending.item_id)
        .where(pending.item_id > last, pending.collection_id == collection)
        .order_by(pending.item_id)
        .limit(_CHUNK)
        .subquery()
    )
    numbers = sa.select(sa.func.min(ahead.c.item_id), sa.func.max(ahead.c.item_id), sa.func.count())
    first, final, images = connection.execute(numbers).one()
    return _Chunk(first, final, images) if images else None


def _derive_chunk(connection: Connection, fact_sets: _FactSets, how: _Deriving, chunk: _Chunk) -> None:
    facts, pending, past = schema.item_facts, schema.pending, schema.item_facts_past
    bounds = (chunk.first, chunk.last)
    sources = [version.source_id for version in speaking(connection, how.collection)]
    # The driver's own rows: SQLAlchemy's cost more than the query.
    cursor: Any = connection.execute(facts_query(how.collection, sources, how.clock, bounds)).cursor
    rows = cursor.fetchall()
    fact_sets.forget_some()
    beside = Beside.of(connection, how.collection, sources, bounds)
    derived = _derived(connection, fact_sets, rows, beside, how)
    held = (
        sa.select(facts.c.item_id, facts.c.fact_set_id, facts.c.since_gate)
        .join(pending, pending.c.item_id == facts.c.item_id)
        .where(pending.c.item_id.between(*bounds), pending.c.collection_id == how.collection)
    )
    before = {item: (fact_set, since) for item, fact_set, since in connection.execute(held)}
    count = Counter([row[2] for row in derived])
    count.subtract([fact_set for fact_set, _ in before.values()])
    _count(connection, how.collection, count)
    since = [_since(before.get(row[0]), row[2], how.gate) for row in derived]
    gone = [
        (item, how.gate, before[item][1], before[item][0])
        for (item, _, fact_set, _, _) in derived
        if item in before and before[item][0] != fact_set and before[item][1] < how.gate
    ]
    if gone:
        with changing(connection, past, past.c.item_id.between(*bounds)):
            bulk(connection, past, PAST, gone, replace=True)
    columns = ("item_id", "collection_id", "fact_set_id", "valid_from", "valid_until", "since_gate")
    within = facts.c.item_id.between(*bounds)
    with changing(connection, facts, within):
        rows_now = ((*row, first) for row, first in zip(derived, since, strict=True))
        bulk(connection, facts, columns, rows_now, replace=bool(before))
    _narrow(connection, how.collection, derived)
    done = sa.and_(pending.c.item_id.between(*bounds), pending.c.collection_id == how.collection)
    with changing(connection, pending, done):
        connection.execute(sa.delete(pending).where(done))


def _since(before: tuple[int, int] | None, fact_set: int, gate: int) -> int:
    return before[1] if before is not None and before[0] == fact_set else gate


def _count(connection: Connection, collection: int, change: Mapping[int, int]) -> None:
    """Change how many images of a collection have each fact set."""
    table = schema.fact_set_count
    changed = {number: images for number, images in change.items() if images}
    mine = table.c.collection_id == collection
    known = lookup(connection, table.c.fact_set_id, table.c.images, changed, within=mine)
    rows = [(collection, number, known.get(number, 0) + images) for number, images in changed.items()]
    with changing(connection, table, mine):
        bulk(connection, table, ("collection_id", "fact_set_id", "images"), rows, replace=True)


def _narrow(connection: Connection, collection: int, derived: Sequence[Derived]) -> None:
    """Keep the span in which all facts of a collection hold."""
    table = schema.derivation_validity
    mine = table.c.collection_id == collection
    known = connection.execute(sa.select(table.c.valid_from, table.c.valid_until).where(mine)).first()
    starts, ends = known or (-NEVER, NEVER)
    starts = max(starts, max((row[3] for row in derived), default=-NEVER))
    ends = min(ends, min((row[4] for row in derived), default=NEVER))
    with changing(connection, table, mine):
        rows = [(collection, starts, ends)]
        bulk(connection, table, ("collection_id", "valid_from", "valid_until"), rows, replace=True)


def _derived(
    connection: Connection, fact_sets: _FactSets, rows: list[Row], beside: Beside, how: _Deriving
) -> list[Derived]:
    """The row of `item_facts` for each image that these rows speak of, in their order."""
    numbers = fact_sets.numbers
    fresh: dict[Any, Image] = {}
    waiting: list[tuple[int, Any]] = []
    found: list[Derived] = []
    group: list[Row] = []
    for row, following in zip(rows, [*rows[1:], _END], strict=True):
        item = row[_ITEM]
        if item == following[_ITEM]:
            group.append(row)
            continue
        group.append(row)
        image: Image | None = None
        if row[_DATES] is None and not beside.has(item):
            # Nearly all: nothing but its rows, of which no date of the image's own changes anything.
            raw: Any = tuple(map(_part_and_place, group))
            starts, ends = max(map(_from, group)), min(map(_until, group))
        else:
            image = beside.image(item, [FactRow(*one) for one in group], how.clock)
            raw = image.equal_part
            starts, ends = image.holds
        number = numbers.get(raw, 0)
        if not number:
            if raw not in fresh:
                fresh[raw] = image or beside.image(item, [FactRow(*one) for one in group], how.clock)
            waiting.append((len(found), raw))
        found.append((item, how.collection, number, starts, ends))
        group = []
    fact_sets.learn(connection, fresh)
    for place, raw in waiting:
        item, _, _, starts, ends = found[place]
        found[place] = (item, how.collection, numbers[raw], starts, ends)
    return found


_END: Final[Row] = (None,)
_from: Final = itemgetter(_FROM)
_until: Final = itemgetter(_UNTIL)
_part_and_place: Final = itemgetter(*map(column, (*EQUAL, "ordinal")))
"""What of a row makes its facts those of another, and whose they are."""


class _FactSets:
    """The numbers of fact sets, remembered within bounds and kept in the ledger."""

    def __init__(self) -> None:
        self.numbers: dict[Any, int] = {}
        self._terms: dict[int, RecordFacts] = {}

    def learn(self, connection: Connection, fresh: Mapping[Any, Image]) -> None:
        """Find the numbers of fact sets that were not met before, storing those that are new."""
        texts = {raw: self._text(connection, image) for raw, image in fresh.items()}
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

    def _text(self, connection: Connection, image: Image) -> str:
        shown = [row for row in image.rows if row.ordinal is not None]
        people = [
            self._person(connection, list(rows), image.refusals)
            for _, rows in groupby(shown, key=attrgetter("ordinal"))
        ]
        facts = {
            "item": image.rows[0].item_profile,
            **dict(image.dated),
            "people": people,
            "looks": encode(image.seen),
        }
        return json.dumps({name: value for name, value in facts.items() if value}, separators=(",", ":"))

    def _person(
        self, connection: Connection, rows: Sequence[FactRow], refusals: Iterable[RefusalRow]
    ) -> dict[str, Any]:
        first = rows[0]
        refused = [row for row in refusals if row.person_id == first.person_id and first.person_id is not None]
        records = [self._record(connection, row, refused) for row in rows if row.record is not None]
        stated = {row.record for row in rows if row.record is not None}
        # A refusal counts although nothing in scope here states it any more, and needs no proof. One that was asked for
        # needs no record of its own beside others, which it refuses as well.
        shown = STATES.index(EvidenceState.MATCHES)
        records += [
            {
                "terms": row.profile_id,
                "status": row.status,
                "evidence": shown,
                "refusals": self._purposes(connection, refused),
            }
            for row in refused
            if row.record not in stated and not (row.requested and stated)
        ]
        unique = {json.dumps(record, sort_keys=True): record for record in records}
        facts = {
            "person": first.person_profile,
            "age": first.age_now,
            "age_when_taken": first.age_taken,
            "died": bool(first.died),
            "ages_conflict": bool(first.ages_conflict),
            "consent_at_acquisition": bool(first.consented),
            "records": [record for _, record in sorted(unique.items())],
        }
        return _known(facts)

    def _record(self, connection: Connection, row: FactRow, refused: Sequence[RefusalRow]) -> dict[str, Any]:
        assert row.record_profile is not None
        assert row.status is not None
        outlived = row.given_at if self._is_express_consent(connection, row) else None
        standing = [one for one in refused if outlived is None or one.at >= outlived]
        facts = {
            "terms": row.record_profile,
            "status": row.status,
            "evidence": row.evidence,
            "age_when_given": row.age_given,
            "years_since_last_event": row.years,
            "has_term": bool(row.has_term),
            "refusals": self._purposes(connection, standing),
        }
        return _known(facts)

    def _is_express_consent(self, connection: Connection, row: FactRow) -> bool:
        assert row.record_profile is not None
        assert row.status is not None
        return spans.STATUSES[row.status] in spans.GIVEN and is_express(self._terms_of(connection, row.record_profile))

    def _purposes(self, connection: Connection, refused: Sequence[RefusalRow]) -> list[list[str]]:
        """The purposes of each refusal, none for one of every purpose."""
        named = {self._terms_of(connection, row.profile_id).purposes for row in refused}
        return sorted([purpose.value for purpose in purposes] for purposes in named)

    def _terms_of(self, connection: Connection, profile: int) -> RecordFacts:
        found = self._terms.get(profile)
        if found is None:
            query = sa.select(schema.profile.c.facts).where(schema.profile.c.id == profile)
            found = self._terms[profile] = decode_record(connection.execute(query).scalar_one())
        return found


def _known(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is unknown, false or empty. An age of 0 is known."""
    return {name: value for name, value in facts.items() if value is not None and value is not False and value != []}
