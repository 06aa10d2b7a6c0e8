"""Registering basis records: headers in versions, events as a growing set, and the spans derived from them.

Events are only ever added (ISO/IEC TS 27560:2023): a file that no longer lists a withdrawal does not undo it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.keys import display
from provenance.ledger import evidence, schema
from provenance.ledger.database import bulk
from provenance.ledger.interning import items_showing, mark_pending, next_id, persons, profiles
from provenance.ledger.registry import day_number
from provenance.ledger.scope import ITEM, SOURCE, Scope
from provenance.ledger.spans import STATUSES, Occurrence, spans
from provenance.model import from_micros
from provenance.vocabulary import ConsentStatus


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A basis record ready to be stored; `facts` is an encoded profile, `header` its text without the events."""

    record_id: str
    person: str
    facts: str
    header: str
    file: str
    line: int
    events: tuple[Occurrence, ...]
    items: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    evidence: evidence.Reference | None = None


def register(connection: Connection, batch: Sequence[NewRecord]) -> int:
    """Store a batch in its order; gives the number of records that were new or had changed.

    The caller holds the writing transaction.
    """
    known = _current(connection, batch)
    digests = [sha256(new.header.encode()).digest() for new in batch]
    added = _add_events(connection, batch)
    changed = [
        (new, digest)
        for new, digest in zip(batch, digests, strict=True)
        if new.record_id not in known or known[new.record_id][1] != digest
    ]
    _add_versions(connection, changed, known)
    touched = {new.record_id for new, _ in changed} | added
    _derive(connection, [new.record_id for new in batch if new.record_id in touched])
    return len(touched)


def add_events(connection: Connection, record_id: str, events: Sequence[Occurrence], *, file: str, line: int) -> None:
    """Append events to one record, and mark the images that show its person. `file` and `line` say who told."""
    held = set(_events(connection, [record_id]).get(record_id, ()))
    rows = [
        (record_id, event.at, event.state.value, event.expires_at, file, line)
        for event in dict.fromkeys(events)
        if event not in held
    ]
    bulk(connection, schema.event, _EVENT_COLUMNS, rows)
    if rows:
        _derive(connection, [record_id])


def _current(connection: Connection, batch: Sequence[NewRecord]) -> dict[str, tuple[int, bytes]]:
    record = schema.record.c
    known: dict[str, tuple[int, bytes]] = {}
    wanted = [new.record_id for new in batch]
    for start in range(0, len(wanted), 500):
        rows = connection.execute(
            sa.select(record.record_id, record.id, record.digest).where(
                record.record_id.in_(wanted[start : start + 500]), record.current
            )
        )
        known |= {name: (number, digest) for name, number, digest in rows}
    return known


def _add_events(connection: Connection, batch: Sequence[NewRecord]) -> set[str]:
    """Add the events that are not held yet; gives the records that they belong to."""
    held = _events(connection, [new.record_id for new in batch])
    rows = []
    for new in batch:
        seen = set(held.get(new.record_id, ()))
        for event in new.events:
            if event not in seen:
                seen.add(event)
                rows.append((new.record_id, event.at, event.state.value, event.expires_at, new.file, new.line))
    bulk(connection, schema.event, _EVENT_COLUMNS, rows)
    return {row[0] for row in rows}


def _events(connection: Connection, record_ids: Sequence[str]) -> dict[str, list[Occurrence]]:
    event = schema.event.c
    found: dict[str, list[Occurrence]] = {}
    for start in range(0, len(record_ids), 500):
        rows = connection.execute(
            sa.select(event.record_id, event.at, event.state, event.expires_at).where(
                event.record_id.in_(record_ids[start : start + 500])
            )
        )
        for name, at, state, expires_at in rows:
            found.setdefault(name, []).append(Occurrence(at, ConsentStatus(state), expires_at))
    return found


def _add_versions(
    connection: Connection,
    changed: Sequence[tuple[NewRecord, bytes]],
    known: dict[str, tuple[int, bytes]],
) -> None:
    if not changed:
        return
    replaced = [known[new.record_id][0] for new, _ in changed if new.record_id in known]
    for number in replaced:
        _retire(connection, number)
    people = persons(connection, (new.person for new, _ in changed))
    terms = profiles(connection, (("record", new.facts) for new, _ in changed))
    proofs = evidence.register(connection, [new.evidence for new, _ in changed if new.evidence is not None])
    first = next_id(connection, schema.record)
    numbered = list(enumerate(changed, start=first))
    bulk(
        connection,
        schema.record,
        (
            "id",
            "record_id",
            "person_id",
            "profile_id",
            "evidence_id",
            "scoped",
            "digest",
            "file",
            "line",
            "header",
            "current",
        ),
        (
            (
                number,
                new.record_id,
                people[new.person],
                terms["record", new.facts],
                proofs[new.evidence] if new.evidence else None,
                bool(new.items or new.sources),
                digest,
                new.file,
                new.line,
                new.header,
                True,
            )
            for number, (new, digest) in numbered
        ),
    )
    scopes = [
        Scope(number, people[new.person], kind, value)
        for number, (new, _) in numbered
        for kind, values in ((ITEM, new.items), (SOURCE, new.sources))
        for value in dict.fromkeys(values)
    ]
    bulk(connection, schema.scope, ("record", "kind", "value"), ((s.record, s.kind, s.value) for s in scopes))
    _reach(connection, scopes)


def _retire(connection: Connection, number: int) -> None:
    """A header was replaced: the old version no longer stands, and its images must be judged again."""
    record = schema.record
    person = connection.execute(sa.select(record.c.person_id).where(record.c.id == number)).scalar_one()
    mark_pending(connection, items_showing([person]))
    connection.execute(sa.update(record).where(record.c.id == number).values(current=False))
    connection.execute(sa.delete(schema.consent_state).where(schema.consent_state.c.record == number))
    connection.execute(sa.delete(schema.record_scope_image).where(schema.record_scope_image.c.record == number))


def _reach(connection: Connection, scopes: Sequence[Scope]) -> None:
    """Link new scoped records with the images already registered."""
    by_person: dict[int, list[Scope]] = {}
    for scope in scopes:
        by_person.setdefault(scope.person, []).append(scope)
    item = schema.item.c
    for person, own in by_person.items():
        shown = connection.execute(
            sa.select(item.id, item.key, item.source_url)
            .join(schema.depiction, schema.depiction.c.item_id == item.id)
            .where(schema.depiction.c.person_id == person, item.current)
            .distinct()
        )
        rows = sorted(
            {
                (number, scope.record)
                for number, key, source_url in shown
                for scope in own
                if scope.covers(display(key), source_url)
            }
        )
        bulk(connection, schema.record_scope_image, ("item_id", "record"), rows)


def _derive(connection: Connection, record_ids: Sequence[str]) -> None:
    """Rebuild the spans of these records and mark the images that show their persons."""
    if not record_ids:
        return
    record = schema.record.c
    events = _events(connection, record_ids)
    rows = []
    people: set[int] = set()
    for start in range(0, len(record_ids), 500):
        found = connection.execute(
            sa.select(
                record.record_id,
                record.id,
                record.person_id,
                record.profile_id,
                record.scoped,
                schema.evidence.c.state,
            )
            .outerjoin(schema.evidence, schema.evidence.c.id == record.evidence_id)
            .where(record.record_id.in_(record_ids[start : start + 500]), record.current)
            .order_by(record.id)
        )
        for name, number, person, profile, scoped, state in found:
            people.add(person)
            proof = evidence.STATES.index(state) if state is not None else 0
            rows += [
                (
                    person,
                    number,
                    span.start,
                    span.end,
                    profile,
                    STATUSES.index(span.status),
                    proof,
                    span.since,
                    span.unbroken,
                    day_number(from_micros(span.given).date()) if span.given is not None else None,
                    scoped,
                )
                for span in spans(events.get(name, ()))
            ]
    numbers = sorted({row[1] for row in rows})
    for start in range(0, len(numbers), 500):
        connection.execute(
            sa.delete(schema.consent_state).where(schema.consent_state.c.record.in_(numbers[start : start + 500]))
        )
    bulk(connection, schema.consent_state, STANDING_COLUMNS, rows)
    affected = sorted(people)
    for start in range(0, len(affected), 500):
        mark_pending(connection, items_showing(affected[start : start + 500]))


_EVENT_COLUMNS = ("record_id", "at", "state", "expires_at", "file", "line")

STANDING_COLUMNS = (
    "person_id",
    "record",
    "from_at",
    "until_at",
    "profile_id",
    "status",
    "evidence",
    "since_at",
    "given_at",
    "given_on",
    "scoped",
)
