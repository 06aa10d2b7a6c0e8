"""What persons ask for, and what became of it. Appended; the state is that of the newest event."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.errors import UsageError
from provenance.ledger import schema, schema_rights
from provenance.ledger.append import append, next_id
from provenance.ledger.holds import ENDING
from provenance.ledger.interning import raise_revision
from provenance.model import from_micros, to_micros
from provenance.vocabulary import Purpose


class RequestKind(StrEnum):
    """What a person may ask for."""

    WITHDRAW = "withdraw"
    """A consent is taken back (GDPR Art. 7(3), PIPEDA Sch. 1 cl. 4.3.8)."""
    OBJECT = "object"
    """A use that rests on another ground is objected to (GDPR Art. 21)."""
    ERASE = "erase"
    """What is held is to be deleted, and not to come back (GDPR Art. 17, P-39.1 s. 28.1)."""
    RESTRICT = "restrict"
    """What is held is not to be used until a question is settled (GDPR Art. 18)."""
    ACCESS = "access"
    """What is held is to be told (GDPR Art. 15, PIPEDA s. 8)."""


OPEN: Final = "OPEN"
CLOSED: Final = ("ANSWERED", *ENDING)
"""The states in which nothing is due any more."""


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A request as it comes in.

    `requester` is the person's own reference (a ticket, a letter), never a name; `identity` says how it was checked who
    asks, "" where that was not; `targets` name for people what it is about.
    """

    kind: RequestKind
    requester: str
    identity: str
    jurisdiction: str
    received_at: datetime
    due_at: datetime | None
    purposes: tuple[Purpose, ...]
    targets: tuple[str, ...]
    by: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a request: to be put off (`due_at`), answered, declined, lifted."""

    state: str
    at: datetime
    by: str
    note: str
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it stands. `due_at` is that of the last extension, or the first one; None where no law sets one."""

    id: int
    ref: str
    kind: RequestKind
    requester: str
    identity: str
    jurisdiction: str
    received_at: datetime
    due_at: datetime | None
    purposes: tuple[Purpose, ...]
    targets: tuple[str, ...]
    by: str
    at: datetime
    events: tuple[Event, ...]

    @property
    def state(self) -> str:
        """OPEN, or what closed it."""
        return next((event.state for event in reversed(self.events) if event.state in CLOSED), OPEN)

    @property
    def is_open(self) -> bool:
        """Whether an answer is due."""
        return self.state == OPEN

    @property
    def answered_at(self) -> datetime | None:
        """When it was first closed."""
        return next((event.at for event in self.events if event.state in CLOSED), None)


def add(connection: Connection, new: NewRequest, at: datetime) -> Request:
    """Append a request; gives it with its reference. The caller holds the writing transaction."""
    number = next_id(connection, schema_rights.request)
    columns = (
        "id", "ref", "kind", "requester", "identity", "jurisdiction", "received_at", "due_at", "purposes", "targets",
        "by", "at",
    )  # fmt: skip
    ref = f"Q-{number}"
    row = (
        number,
        ref,
        new.kind.value,
        new.requester,
        new.identity,
        new.jurisdiction,
        to_micros(new.received_at),
        to_micros(new.due_at) if new.due_at is not None else None,
        json.dumps([purpose.value for purpose in new.purposes]),
        json.dumps(list(new.targets)),
        new.by,
        to_micros(at),
    )
    append(connection, schema_rights.request, columns, [row])
    return named(connection, ref)


def add_event(connection: Connection, request: Request, event: Event) -> None:
    """Append what happened to a request. Where it ends a hold, verdicts may become others."""
    columns = ("request_id", "state", "at", "by", "note", "due_at")
    due_at = to_micros(event.due_at) if event.due_at is not None else None
    row = (request.id, event.state, to_micros(event.at), event.by, event.note, due_at)
    append(connection, schema_rights.request_event, columns, [row])
    if event.state in ENDING:
        raise_revision(connection, sa.select(schema.collection.c.id))


def named(connection: Connection, ref: str) -> Request:
    """The request of that reference. Raises UsageError."""
    found = _read(connection, schema_rights.request.c.ref == ref)
    if not found:
        raise UsageError(f"there is no request {ref}", remedy="see `provenance requests list --all`")
    return found[0]


def listed(connection: Connection) -> list[Request]:
    """Every request, in the order in which they came in."""
    return _read(connection, sa.true())


def _read(connection: Connection, which: sa.ColumnElement[bool]) -> list[Request]:
    table, event = schema_rights.request, schema_rights.request_event.c
    rows = connection.execute(sa.select(table).where(which).order_by(table.c.id)).all()
    among = sa.select(table.c.id).where(which)
    events: dict[int, list[Event]] = {}
    for row in connection.execute(
        sa.select(event.request_id, event.state, event.at, event.by, event.note, event.due_at)
        .where(event.request_id.in_(among))
        .order_by(event.id)
    ):
        due_at = from_micros(row.due_at) if row.due_at is not None else None
        told = Event(row.state, from_micros(row.at), row.by, row.note, due_at)
        events.setdefault(row.request_id, []).append(told)
    return [_request(row, events.get(row.id, ())) for row in rows]


def _request(row: sa.Row[tuple[object, ...]], events: Sequence[Event]) -> Request:
    values = row._mapping  # noqa: SLF001 - SQLAlchemy's public way to columns by name
    extended = next((event.due_at for event in reversed(events) if event.due_at is not None), None)
    first = from_micros(values["due_at"]) if values["due_at"] is not None else None
    return Request(
        id=values["id"],
        ref=values["ref"],
        kind=RequestKind(values["kind"]),
        requester=values["requester"],
        identity=values["identity"],
        jurisdiction=values["jurisdiction"],
        received_at=from_micros(values["received_at"]),
        due_at=extended or first,
        purposes=tuple(map(Purpose, json.loads(values["purposes"]))),
        targets=tuple(json.loads(values["targets"])),
        by=values["by"],
        at=from_micros(values["at"]),
        events=tuple(events),
    )
