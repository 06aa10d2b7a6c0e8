"""Breaches of security safeguards, and what was done about each (PIPEDA s. 10.3, GDPR Art. 33(5)). Appended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.errors import UsageError
from provenance.ledger import schema_duties
from provenance.ledger.append import append, next_id
from provenance.model import from_micros, to_micros


class Risk(StrEnum):
    """Whether a breach is a real risk of significant harm to somebody (PIPEDA s. 10.1)."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class BreachState(StrEnum):
    """What was done about a breach."""

    REPORTED = "REPORTED"
    """It was reported to an authority (PIPEDA s. 10.1(1), GDPR Art. 33)."""
    TOLD = "TOLD"
    """The people whom it affects were told (PIPEDA s. 10.1(3), GDPR Art. 34)."""
    CLOSED = "CLOSED"
    """Nothing is left to do."""


@dataclass(frozen=True, slots=True)
class NewBreach:
    """A breach in words: when it occurred, what happened and why, of what information, and how many it affects.

    `found_at` is when it was determined that it had occurred; `persons` is None where nobody knows the number, and
    `jurisdictions` are those whose law asks for a report, () where that is not known.
    """

    found_at: datetime
    occurred: str
    what: str
    information: str
    persons: int | None
    risk: Risk
    by: str
    jurisdictions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BreachEvent:
    """Something that was done about a breach, by whom, with a note."""

    state: BreachState
    at: datetime
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class Breach:
    """A breach as it stands."""

    id: int
    ref: str
    found_at: datetime
    occurred: str
    what: str
    information: str
    persons: int | None
    risk: Risk
    by: str
    at: datetime
    events: tuple[BreachEvent, ...]
    jurisdictions: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether something is left to do."""
        return not self.has(BreachState.CLOSED)

    def has(self, state: BreachState) -> bool:
        """Whether that was done."""
        return any(event.state is state for event in self.events)


def add(connection: Connection, new: NewBreach, at: datetime) -> Breach:
    """Append a breach; gives it with its reference."""
    number = next_id(connection, schema_duties.breach)
    columns = (
        "id", "ref", "found_at", "occurred", "what", "information", "persons", "risk", "by", "at", "jurisdictions",
    )  # fmt: skip
    row = (
        number,
        f"B-{number}",
        to_micros(new.found_at),
        new.occurred,
        new.what,
        new.information,
        new.persons,
        new.risk.value,
        new.by,
        to_micros(at),
        json.dumps(list(new.jurisdictions)) if new.jurisdictions else None,
    )
    append(connection, schema_duties.breach, columns, [row])
    return named(connection, f"B-{number}")


def add_event(connection: Connection, breach: Breach, event: BreachEvent) -> Breach:
    """Append what was done about a breach. Raises UsageError for one that is closed."""
    if not breach.is_open:
        raise UsageError(f"{breach.ref} is closed already", remedy="record what is new as a breach of its own")
    row = (breach.id, event.state.value, to_micros(event.at), event.by, event.note)
    append(connection, schema_duties.breach_event, ("breach_id", "state", "at", "by", "note"), [row])
    return named(connection, breach.ref)


def named(connection: Connection, ref: str) -> Breach:
    """The breach of that reference. Raises UsageError."""
    found = [one for one in listed(connection) if one.ref == ref]
    if not found:
        raise UsageError(f"there is no breach {ref}", remedy="see `provenance breaches list`")
    return found[0]


def listed(connection: Connection) -> list[Breach]:
    """Every breach, in the order in which they were recorded."""
    table, event = schema_duties.breach, schema_duties.breach_event.c
    events: dict[int, list[BreachEvent]] = {}
    for row in connection.execute(
        sa.select(event.breach_id, event.state, event.at, event.by, event.note).order_by(event.id)
    ):
        told = BreachEvent(BreachState(row.state), from_micros(row.at), row.by, row.note)
        events.setdefault(row.breach_id, []).append(told)
    rows = connection.execute(sa.select(table).order_by(table.c.id))
    return [_breach(row, events.get(row.id, ())) for row in rows]


def _breach(row: sa.Row[tuple[object, ...]], events: Sequence[BreachEvent]) -> Breach:
    values = row._mapping  # noqa: SLF001 - SQLAlchemy's public way to columns by name
    return Breach(
        id=values["id"],
        ref=values["ref"],
        found_at=from_micros(values["found_at"]),
        occurred=values["occurred"],
        what=values["what"],
        information=values["information"],
        persons=values["persons"],
        risk=Risk(values["risk"]),
        by=values["by"],
        at=from_micros(values["at"]),
        events=tuple(events),
        jurisdictions=tuple(json.loads(values["jurisdictions"] or "[]")),
    )
