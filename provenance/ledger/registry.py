"""Registering images: new rows for what is new or changed, the old rows left in place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.ledger import counts, fingerprints, reach, schema
from provenance.ledger.append import append, next_id, rows_as_json
from provenance.ledger.bulk import bulk
from provenance.ledger.checks import changing
from provenance.ledger.interning import lookup, persons, profiles, raise_revision
from provenance.model import Problem, Reading, Signal


@dataclass(frozen=True, slots=True)
class Declared:
    """A row that speaks of an image: its digest, the version of its source, its line, its text as canonical JSON."""

    digest: bytes
    version_id: int
    line: int
    row: str


@dataclass(frozen=True, slots=True)
class Depicted:
    """A person shown in an image; `facts` is an encoded profile, `age` whole years when the image was acquired."""

    ref: str | None
    facts: str
    age: int | None
    born_on: date | None
    died_on: date | None = None


@dataclass(frozen=True, slots=True)
class Dates:
    """The instants of an image by which a gate's clock tells its facts apart; None where there is none."""

    acquired_at: int | None = None
    licence_ends_at: int | None = None
    training_from_at: int | None = None
    training_until_at: int | None = None
    retain_until_at: int | None = None
    looked_at: int | None = None


@dataclass(frozen=True, slots=True)
class NewItem:
    """An image that is new or changed, ready to be stored.

    `content` is the number of bytes already held, where only what is declared has changed; `reading` is what a read
    gave; `problem` stands where the bytes could not be had at all. `signals` come from the file and its sidecars,
    `told` from what was declared about it. `declared` are the rows that speak of it, the deciding one first;
    `captures` are the paths of the captured pages that they name, one a line. `replaces` is the row that this one
    succeeds.
    """

    key: bytes
    size: int
    identity: str
    facts: str
    bytes_match: bool = True
    reading: Reading | None = None
    content: int | None = None
    problem: Problem | None = None
    declared: tuple[Declared, ...] = ()
    captures: str | None = None
    source_url: str | None = None
    acquired_on: int | None = None
    dates: Dates = Dates()
    people: tuple[Depicted, ...] = ()
    signals: tuple[Signal, ...] = ()
    told: tuple[Signal, ...] = ()
    position: int | None = None
    replaces: int | None = None


def register(connection: Connection, collection: int, scan: int, batch: Sequence[NewItem]) -> None:
    """Store a batch, in its order. The caller holds the writing transaction."""
    if not batch:
        return
    contents = _contents(connection, [i.reading for i in batch if i.reading is not None])
    facts = profiles(connection, (kind for i in batch for kind in _profiles_of(i)))
    people = persons(connection, (p.ref for i in batch for p in i.people if p.ref is not None))
    declared = _declarations(connection, batch)
    retire(connection, [i.replaces for i in batch if i.replaces is not None], scan)
    first = next_id(connection, schema.item)
    items, parts, shown, signals, further = [], [], [], [], []
    for number, (new, statements) in enumerate(zip(batch, declared, strict=True), start=first):
        dates = new.dates
        content = contents[new.reading.sha256] if new.reading else new.content
        problem = (new.problem.kind.value, new.problem.detail) if new.problem else (None, None)
        items.append(
            (
                number, collection, scan, new.key, new.size, new.identity, content, *problem, new.source_url,
                statements[0] if statements else None, new.captures, new.bytes_match, facts["item", new.facts],
                dates.acquired_at, new.acquired_on, dates.licence_ends_at, dates.training_from_at,
                dates.training_until_at, dates.retain_until_at, dates.looked_at, len(new.people), new.position, True,
            )
        )  # fmt: skip
        own_people = [
            (
                place,
                people[p.ref] if p.ref is not None else None,
                facts["person", p.facts],
                p.age,
                day_number(p.born_on),
                day_number(p.died_on),
            )
            for place, p in enumerate(new.people)
        ]
        told = [*((FILE, s) for s in new.signals), *((DECLARED, s) for s in new.told)]
        own_signals = [
            (
                i, origin, s.subject.value, s.verdict.value, s.name, s.location, s.raw, s.value, s.trust.value,
                s.nonstandard,
            )
            for i, (origin, s) in enumerate(told)
        ]  # fmt: skip
        own_further = list(enumerate(statements[1:], start=1))
        shown += [(number, *row) for row in own_people]
        signals += [(number, *row) for row in own_signals]
        further += [(number, *row) for row in own_further]
        parts.append(item_parts(own_people, own_signals, own_further))
    append(connection, schema.item, _ITEM, items, parts=parts)
    bulk(connection, schema.depiction, DEPICTION, shown)
    bulk(connection, schema.signal, SIGNAL, signals)
    bulk(connection, schema.also_declared, FURTHER, further)
    numbers = range(first, first + len(batch))
    new_ones = schema.pending.c.item_id.between(numbers[0], numbers[-1])
    with changing(connection, schema.pending, new_ones):
        bulk(connection, schema.pending, ("item_id", "collection_id"), ((number, collection) for number in numbers))
    reach.link_items(connection, collection, [n for n, new in zip(numbers, batch, strict=True) if new.people])
    raise_revision(connection, sa.select(sa.literal(collection)))


def item_parts(people: Sequence[Any], signals: Sequence[Any], further: Sequence[Any]) -> dict[str, Any]:
    """What the digest of an item covers beside its own row."""
    return {
        "depiction": rows_as_json(DEPICTION[1:], people),
        "signal": rows_as_json(SIGNAL[1:], signals),
        "also_declared": rows_as_json(FURTHER[1:], further),
    }


def retire_absent(connection: Connection, items: Sequence[int], scan: int) -> None:
    """Note that images are no longer in their collection. Their rows stay."""
    retire(connection, items, scan)


def day_number(day: date | None) -> int | None:
    """A day as an integer whose differences give whole years: `(b - a) // 10000`.

    >>> (day_number(date(2026, 11, 22)) - day_number(date(2008, 11, 23))) // 10000
    17
    """
    return None if day is None else day.year * 10_000 + day.month * 100 + day.day


def day_of(number: int) -> date:
    """The day behind such an integer.

    >>> day_of(20261122)
    datetime.date(2026, 11, 22)
    """
    return date(number // 10_000, number // 100 % 100, number % 100)


FILE: Final = "file"
DECLARED: Final = "declared"

_ITEM: Final = (
    "id", "collection_id", "scan_id", "key", "size", "identity", "content_id", "problem", "problem_detail",
    "source_url", "declaration_id", "capture", "bytes_match", "profile_id", "acquired_at", "acquired_on",
    "licence_ends_at", "training_from_at", "training_until_at", "retain_until_at", "looked_at", "persons", "position",
    "current",
)  # fmt: skip
DEPICTION: Final = ("item_id", "ordinal", "person_id", "profile_id", "age", "born_on", "died_on")
SIGNAL: Final = (
    "item_id", "ordinal", "origin", "subject", "verdict", "name", "location", "raw", "value", "trust", "nonstandard",
)  # fmt: skip
FURTHER: Final = ("item_id", "ordinal", "declaration_id")
_CONTENT: Final = (
    "id", "sha256", "size", "format", "width", "height", "frames", "orientation", "problem", "problem_detail",
)  # fmt: skip


def _profiles_of(new: NewItem) -> Iterator[tuple[str, str]]:
    # Image by image, so that numbers do not depend on where one batch ends and the next begins.
    yield "item", new.facts
    yield from (("person", person.facts) for person in new.people)


def _contents(connection: Connection, readings: Sequence[Reading]) -> dict[bytes, int]:
    distinct = {reading.sha256: reading for reading in readings}
    known: dict[bytes, int] = lookup(connection, schema.content.c.sha256, schema.content.c.id, distinct)
    fresh = [reading for sha, reading in distinct.items() if sha not in known]
    first = next_id(connection, schema.content) if fresh else 0
    rows = [
        (first + i, r.sha256, r.size, r.format, r.width, r.height, r.frames, r.orientation)
        + ((r.problem.kind.value, r.problem.detail) if r.problem else (None, None))
        for i, r in enumerate(fresh)
    ]
    append(connection, schema.content, _CONTENT, rows)
    fingerprints.store(connection, ((first + i, f) for i, r in enumerate(fresh) for f in r.fingerprints))
    left_out = [(first + i, r.not_compared) for i, r in enumerate(fresh) if r.not_compared]
    fingerprints.store_not_compared(connection, left_out)
    if known:
        fingerprints.supplement(connection, [distinct[sha] for sha in known])
    return known | {r.sha256: first + i for i, r in enumerate(fresh)}


def _declarations(connection: Connection, batch: Sequence[NewItem]) -> list[list[int]]:
    """The numbers of the rows that speak of each image; one that says nothing new has its number already."""
    table = schema.declaration.c
    digests = {declared.digest for new in batch for declared in new.declared}
    known: dict[tuple[int, int, bytes], int] = {}
    for some in batched(sorted(digests), IN_LIST):
        rows = connection.execute(
            sa.select(table.version_id, table.line, table.digest, table.id).where(table.digest.in_(some))
        )
        known |= {(version, line, bytes(digest)): number for version, line, digest, number in rows}
    first = next_id(connection, schema.declaration)
    fresh: list[tuple[Any, ...]] = []
    found = []
    for new in batch:
        numbers = []
        for declared in new.declared:
            named = (declared.version_id, declared.line, declared.digest)
            if named not in known:
                known[named] = first + len(fresh)
                fresh.append((known[named], declared.digest, declared.version_id, declared.line, declared.row))
            numbers.append(known[named])
        found.append(numbers)
    append(connection, schema.declaration, ("id", "digest", "version_id", "line", "row"), fresh)
    return found


def retire(connection: Connection, items: Sequence[int], scan: int | None) -> None:
    """Let current rows of images count no more: as a scan found, or because they are erased (None)."""
    if not items:
        return
    append(connection, schema.item_end, ("item_id", "scan_id"), [(number, scan) for number in items])
    collections: set[int] = set()
    for some in batched(items, IN_LIST):
        item = schema.item
        collections.update(connection.execute(sa.select(item.c.collection_id).where(item.c.id.in_(some))).scalars())
        connection.execute(sa.update(item).where(item.c.id.in_(some)).values(current=False))
        uncount(connection, some)
        for table in (schema.pending, schema.record_scope_image, schema.refusal_reach, schema.near_duplicate):
            where = table.c.item_id.in_(some)
            with changing(connection, table, where):
                connection.execute(sa.delete(table).where(where))
    raise_revision(connection, sa.select(schema.collection.c.id).where(schema.collection.c.id.in_(collections)))


def uncount(connection: Connection, items: Sequence[int]) -> None:
    """Take the facts of these items out of what is derived, and keep what every gate until now saw of them."""
    facts, past = schema.item_facts, schema.item_facts_past
    coming = next_id(connection, schema.gate)
    gone: dict[int, Counter[int]] = {}
    for some in batched(items, IN_LIST):
        where: sa.ColumnElement[bool] = facts.c.item_id.in_(some)
        columns = (facts.c.item_id, facts.c.collection_id, facts.c.fact_set_id, facts.c.since_gate)
        rows = connection.execute(sa.select(*columns).where(where)).all()
        for _, collection, fact_set, _ in rows:
            gone.setdefault(collection, Counter())[fact_set] -= 1
        kept = [(item, coming, since, fact_set) for item, _, fact_set, since in rows if since < coming]
        if kept:
            with changing(connection, past, past.c.item_id.in_(some)):
                bulk(connection, past, schema.PAST, kept, replace=True)
        with changing(connection, facts, where):
            connection.execute(sa.delete(facts).where(where))
    for collection, change in gone.items():
        counts.move(connection, collection, change)
