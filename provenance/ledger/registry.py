"""Registering images: new rows for what is new or changed, the old rows left in place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.ledger import fingerprints, schema
from provenance.ledger.database import bulk
from provenance.ledger.interning import lookup, next_id, persons, profiles
from provenance.ledger.scope import Scope, reached
from provenance.model import Problem, Reading, Signal


@dataclass(frozen=True, slots=True)
class Declared:
    """The manifest row that speaks of an image: its digest, its place, and its text as canonical JSON."""

    digest: bytes
    file: str
    line: int
    row: str


@dataclass(frozen=True, slots=True)
class Depicted:
    """A person shown in an image; `facts` is an encoded profile, `age` whole years when the image was acquired."""

    ref: str | None
    facts: str
    age: int | None
    born_on: date | None


@dataclass(frozen=True, slots=True)
class NewItem:
    """An image that is new or changed, ready to be stored.

    `content` is the number of bytes already held, where only what is declared has changed; `reading` is what a read
    gave; `problem` stands where the bytes could not be had at all. `signals` come from the file and its sidecars,
    `told` from what was declared about it. `replaces` is the row that this one succeeds.
    """

    key: bytes
    file_name: str
    size: int
    modified_ns: int
    facts: str
    bytes_match: bool = True
    reading: Reading | None = None
    content: int | None = None
    problem: Problem | None = None
    declared: Declared | None = None
    declaration: int | None = None
    source_url: str | None = None
    acquired_at: int | None = None
    acquired_on: int | None = None
    licence_ends_at: int | None = None
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
    declarations = _declarations(connection, batch)
    _retire(connection, [i.replaces for i in batch if i.replaces is not None])
    first = next_id(connection, schema.item)
    numbered = list(enumerate(batch, start=first))
    bulk(
        connection,
        schema.item,
        _ITEM_COLUMNS,
        (
            (
                number,
                collection,
                scan,
                new.key,
                new.size,
                new.modified_ns,
                contents[new.reading.sha256] if new.reading else new.content,
                new.problem.kind if new.problem else None,
                new.problem.detail if new.problem else None,
                new.source_url,
                declarations.get(number - first, new.declaration),
                new.bytes_match,
                facts["item", new.facts],
                new.acquired_at,
                new.acquired_on,
                new.licence_ends_at,
                len(new.people),
                new.position,
                True,
            )
            for number, new in numbered
        ),
    )
    bulk(
        connection,
        schema.depiction,
        ("item_id", "ordinal", "person_id", "profile_id", "age", "born_on"),
        (
            (
                number,
                ordinal,
                people[person.ref] if person.ref is not None else None,
                facts["person", person.facts],
                person.age,
                day_number(person.born_on),
            )
            for number, new in numbered
            for ordinal, person in enumerate(new.people)
        ),
    )
    bulk(connection, schema.signal, _SIGNAL_COLUMNS, _signal_rows(numbered))
    bulk(connection, schema.pending, ("item_id", "collection_id"), ((number, collection) for number, _ in numbered))
    _reach(connection, numbered, people)


def _profiles_of(new: NewItem) -> Iterator[tuple[str, str]]:
    # Image by image, so that numbers do not depend on where one batch ends and the next begins.
    yield "item", new.facts
    yield from (("person", person.facts) for person in new.people)


def retire_absent(connection: Connection, items: Sequence[int]) -> None:
    """Note that images are no longer in their collection. Their rows stay."""
    _retire(connection, items)


def day_number(day: date | None) -> int | None:
    """A day as an integer whose differences give whole years: `(b - a) // 10000`.

    >>> (day_number(date(2026, 11, 22)) - day_number(date(2008, 11, 23))) // 10000
    17
    """
    return None if day is None else day.year * 10_000 + day.month * 100 + day.day


_ITEM_COLUMNS = (
    "id",
    "collection_id",
    "scan_id",
    "key",
    "size",
    "modified_ns",
    "content_id",
    "problem",
    "problem_detail",
    "source_url",
    "declaration_id",
    "bytes_match",
    "profile_id",
    "acquired_at",
    "acquired_on",
    "licence_ends_at",
    "persons",
    "position",
    "current",
)

FILE = "file"
DECLARED = "declared"

_SIGNAL_COLUMNS = (
    "item_id",
    "ordinal",
    "origin",
    "subject",
    "verdict",
    "name",
    "location",
    "raw",
    "value",
    "trust",
    "nonstandard",
)


def _signal_rows(numbered: Sequence[tuple[int, NewItem]]) -> list[tuple[object, ...]]:
    return [
        (number, i, origin, s.subject, s.verdict, s.name, s.location, s.raw, s.value, s.trust, s.nonstandard)
        for number, new in numbered
        for i, (origin, s) in enumerate([*((FILE, s) for s in new.signals), *((DECLARED, s) for s in new.told)])
    ]


def _contents(connection: Connection, readings: Sequence[Reading]) -> dict[bytes, int]:
    distinct = {reading.sha256: reading for reading in readings}
    known: dict[bytes, int] = lookup(connection, schema.content.c.sha256, schema.content.c.id, distinct)
    fresh = [reading for sha, reading in distinct.items() if sha not in known]
    first = next_id(connection, schema.content) if fresh else 0
    rows = [
        (
            first + i,
            r.sha256,
            r.size,
            r.format,
            r.width,
            r.height,
            r.frames,
            r.orientation,
            r.problem.kind if r.problem else None,
            r.problem.detail if r.problem else None,
        )
        for i, r in enumerate(fresh)
    ]
    columns = (
        "id",
        "sha256",
        "size",
        "format",
        "width",
        "height",
        "frames",
        "orientation",
        "problem",
        "problem_detail",
    )
    bulk(connection, schema.content, columns, rows)
    fingerprints.store(connection, ((first + i, f) for i, r in enumerate(fresh) for f in r.fingerprints))
    left_out = [(first + i, r.not_compared) for i, r in enumerate(fresh) if r.not_compared]
    fingerprints.store_not_compared(connection, left_out)
    if known:
        fingerprints.supplement(connection, [distinct[sha] for sha in known])
    return known | {r.sha256: first + i for i, r in enumerate(fresh)}


def _declarations(connection: Connection, batch: Sequence[NewItem]) -> dict[int, int]:
    declared = [(place, new.declared) for place, new in enumerate(batch) if new.declared is not None]
    if not declared:
        return {}
    first = next_id(connection, schema.declaration)
    bulk(
        connection,
        schema.declaration,
        ("id", "digest", "file", "line", "row"),
        ((first + i, d.digest, d.file, d.line, d.row) for i, (_, d) in enumerate(declared)),
    )
    return {place: first + i for i, (place, _) in enumerate(declared)}


def _retire(connection: Connection, items: Sequence[int]) -> None:
    if not items:
        return
    parameters = [{"number": number} for number in items]
    number: sa.BindParameter[int] = sa.bindparam("number")
    connection.execute(sa.update(schema.item).where(schema.item.c.id == number).values(current=False), parameters)
    uncount(connection, items)
    for table in (schema.item_facts, schema.pending, schema.record_scope_image, schema.near_duplicate):
        connection.execute(sa.delete(table).where(table.c.item_id == number), parameters)


def uncount(connection: Connection, items: Sequence[int]) -> None:
    """Take these items out of the tally of combinations, where they were counted."""
    facts, tally = schema.item_facts.c, schema.fact_set_count.c
    gone: Counter[tuple[int, int]] = Counter()
    for start in range(0, len(items), 500):
        counted = sa.select(facts.collection_id, facts.fact_set_id)
        gone.update(connection.execute(counted.where(facts.item_id.in_(items[start : start + 500]))))
    for (collection, fact_set), images in gone.items():
        connection.execute(
            sa.update(schema.fact_set_count)
            .where(tally.collection_id == collection, tally.fact_set_id == fact_set)
            .values(images=tally.images - images)
        )


def _reach(connection: Connection, numbered: Sequence[tuple[int, NewItem]], people: Mapping[str, int]) -> None:
    scopes = scopes_of(connection, list(people.values()))
    if not scopes:
        return
    by_person: dict[int, list[Scope]] = {}
    for scope in scopes:
        by_person.setdefault(scope.person, []).append(scope)
    rows = []
    for number, new in numbered:
        shown = [people[p.ref] for p in new.people if p.ref is not None]
        own = [scope for person in shown for scope in by_person.get(person, ())]
        rows += [(number, record) for record in sorted(reached(own, shown, new.file_name, new.source_url))]
    bulk(connection, schema.record_scope_image, ("item_id", "record"), rows)


def scopes_of(connection: Connection, people: Sequence[int]) -> list[Scope]:
    """The scopes of every current record of these persons."""
    found: list[Scope] = []
    for start in range(0, len(people), 500):
        rows = connection.execute(
            sa.select(schema.record.c.id, schema.record.c.person_id, schema.scope.c.kind, schema.scope.c.value)
            .join(schema.scope, schema.scope.c.record == schema.record.c.id)
            .where(schema.record.c.current, schema.record.c.scoped)
            .where(schema.record.c.person_id.in_(people[start : start + 500]))
        )
        found += [Scope(*row) for row in rows]
    return found
