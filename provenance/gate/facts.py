"""Deriving which set of facts each image has at the gate's clock.

Images, the people they show and the state of their records at the clock are read as columns of small integers and
brought together; equal ones are one fact set. What was derived is kept with the span of time for which it holds, so
that a later gate derives only what an event, a new fact or a date has touched since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.gate.columns import Flags, Ints, constant, read
from provenance.gate.fact_numbers import FactNumbers
from provenance.gate.fact_sets import Profiles
from provenance.gate.facts_columns import Images, read_facts
from provenance.gate.facts_query import Clock, Deriving, placed_query
from provenance.gate.facts_refusals import read_refused
from provenance.ledger import checks, counts, schema
from provenance.ledger.append import next_id
from provenance.ledger.bulk import bulk
from provenance.ledger.checks import changing
from provenance.ledger.database import Database
from provenance.ledger.interning import derive_again
from provenance.ledger.schema import NEVER, PAST
from provenance.ledger.statements import speaking
from provenance.policy.rules.consents import is_express
from provenance.run.progress import Progress

_CHUNK: Final = 100_000
"""Images derived in one transaction: half a second of work, so that gates take turns and a kill loses little."""

_READ_WHOLE: Final = (schema.refusal_reach, schema.age_conflict)
"""The small derived tables from which facts are derived. Those that grow with people and images are read in parts."""

_COLUMNS: Final = ("item_id", "collection_id", "fact_set_id", "valid_from", "valid_until", "since_gate")


def refresh(database: Database, collections: Sequence[int], at: int, progress: Progress) -> int:
    """Derive what is new, touched, or no longer holds at the clock; gives the number of images derived."""
    clock = Clock.of(at)
    _mark_outdated(database, collections, clock)
    pending = schema.pending.c
    with database.reading() as connection:
        counted = sa.select(pending.collection_id, sa.func.count()).where(pending.collection_id.in_(collections))
        totals: dict[int, int] = dict(connection.execute(counted.group_by(pending.collection_id)).all())
        if totals:
            checks.verify(connection, database.name, *_READ_WHOLE)
    if not totals:
        return 0
    progress.begin("deriving facts", sum(totals.values()))
    numbers, sound = FactNumbers(), _Sound.of(database.name)
    for collection in totals:
        last = 0
        while True:
            with database.writing(derived=True) as connection:
                chunk = _chunk(connection, collection, last)
                if chunk is None:
                    break
                sources = [version.source_id for version in speaking(connection, collection)]
                how = Deriving(collection, (chunk.first, chunk.last), clock, sources)
                _derive_chunk(connection, numbers, how, sound)
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


@dataclass(frozen=True, slots=True)
class _Sound:
    """What of the derived tables that are read in parts was found sound."""

    states: checks.InParts
    refusals: checks.InParts
    links: checks.InParts

    @classmethod
    def of(cls, ledger: str) -> _Sound:
        """Nothing yet."""
        tables = (schema.consent_state, schema.refusal, schema.record_scope_image)
        return cls(*(checks.InParts(ledger, table) for table in tables))


def _derive_chunk(connection: Connection, numbers: FactNumbers, how: Deriving, sound: _Sound) -> None:
    """Derive some images. Raises LedgerError where anything that this rests on was changed by hand."""
    gate = next_id(connection, schema.gate)  # the first that can see it
    profiles = Profiles(connection)
    facts = read_facts(connection, how)
    sound.states.verify(connection, facts.shown.person)
    sound.refusals.verify(connection, np.append(facts.shown.person, read(connection, placed_query(how))[0]))
    sound.links.verify(connection, facts.images.number)
    refused = read_refused(connection, how, facts, lambda terms: is_express(profiles.terms(terms)))
    images, fact_sets = facts.images, numbers.of(connection, facts, refused)
    before = _before(connection, how, images)
    counts.move(connection, how.collection, _change(fact_sets, before.fact_sets[before.held]))
    same = before.held & (before.fact_sets == fact_sets)
    gone = before.held & ~same & (before.since < gate)
    if gone.any():
        past = schema.item_facts_past
        columns = (images.number, constant(gate, len(gone)), before.since, before.fact_sets)
        with changing(connection, past, past.c.item_id.in_(how.images)):
            bulk(connection, past, PAST, _rows([column[gone] for column in columns]), replace=True)
    collection = constant(how.collection, len(fact_sets))
    since = np.where(same, before.since, gate)
    _write(connection, how, [images.number, collection, fact_sets, images.starts, images.ends, since], before)
    _narrow(connection, how.collection, images)
    checks.removed(connection, schema.pending, [images.number, collection])
    connection.execute(sa.delete(schema.pending).where(how.among))


@dataclass(frozen=True, slots=True)
class _Before:
    """Which images were derived before, as which fact set, and since which gate."""

    held: Flags
    fact_sets: Ints
    since: Ints


def _before(connection: Connection, how: Deriving, images: Images) -> _Before:
    facts, pending = schema.item_facts.c, schema.pending.c
    size = len(images.number)
    found = _Before(np.zeros(size, np.bool_), constant(0, size), constant(0, size))
    query = sa.select(facts.item_id, facts.fact_set_id, facts.since_gate).where(facts.item_id.between(*how.bounds))
    number, fact_set, since = read(
        connection, query.join(schema.pending, pending.item_id == facts.item_id).where(how.among)
    )
    places = np.searchsorted(images.number, number)
    found.held[places], found.fact_sets[places], found.since[places] = True, fact_set, since
    return found


def _change(now: Ints, before: Ints) -> Mapping[int, int]:
    """How many images more have each fact set than before."""
    change: dict[int, int] = {}
    for fact_sets, sign in ((now, 1), (before, -1)):
        for number, images in zip(*(part.tolist() for part in np.unique(fact_sets, return_counts=True)), strict=True):
            change[number] = change.get(number, 0) + sign * images
    return change


def _write(connection: Connection, how: Deriving, columns: Sequence[Ints], before: _Before) -> None:
    facts = schema.item_facts
    if before.held.any():
        with changing(connection, facts, facts.c.item_id.in_(how.images)):
            bulk(connection, facts, _COLUMNS, _rows(columns), replace=True)
    else:
        bulk(connection, facts, _COLUMNS, _rows(columns))
        checks.added(connection, facts, columns)


def _rows(columns: Sequence[Ints]) -> list[tuple[int, ...]]:
    return list(zip(*(column.tolist() for column in columns), strict=True))


def _narrow(connection: Connection, collection: int, images: Images) -> None:
    """Keep the span in which all facts of a collection hold."""
    table = schema.derivation_validity
    mine = table.c.collection_id == collection
    known = connection.execute(sa.select(table.c.valid_from, table.c.valid_until).where(mine)).first()
    starts, ends = known or (-NEVER, NEVER)
    starts = max(starts, int(images.starts.max(initial=-NEVER)))
    ends = min(ends, int(images.ends.min(initial=NEVER)))
    if known is not None and tuple(known) == (starts, ends):
        return
    with changing(connection, table, mine):
        rows = [(collection, starts, ends)]
        bulk(connection, table, ("collection_id", "valid_from", "valid_until"), rows, replace=True)
