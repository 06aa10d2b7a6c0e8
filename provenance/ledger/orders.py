"""Orders of regulators and courts, as they were recorded and lifted. Nothing overrides one while it is in force."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.errors import UsageError
from provenance.ledger import schema, schema_rights
from provenance.ledger.append import append, next_id
from provenance.ledger.interning import raise_revision
from provenance.ledger.schema import NEVER
from provenance.model import from_micros, to_micros


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order: who made it, under which reference, what it is about, the file that shows it, and its term."""

    ref: str
    authority: str
    targets: tuple[str, ...]
    evidence: str
    evidence_sha256: bytes
    from_at: datetime
    until_at: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands; `lifted_at` with who lifted it and why, None while it was not."""

    id: int
    ref: str
    authority: str
    targets: tuple[str, ...]
    evidence: str
    evidence_sha256: bytes
    from_at: datetime
    until_at: datetime | None
    by: str
    at: datetime
    lifted_at: datetime | None
    lifted_by: str
    reason: str

    def in_force(self, at: datetime) -> bool:
        """Whether it binds at a moment."""
        over = (self.until_at is not None and at >= self.until_at) or (
            self.lifted_at is not None and at >= self.lifted_at
        )
        return self.from_at <= at and not over


def add(connection: Connection, new: NewOrder, at: datetime) -> int:
    """Append an order; gives its number. Raises UsageError where its reference is held already."""
    table = schema_rights.legal_order
    if connection.execute(sa.select(table.c.id).where(table.c.ref == new.ref)).first() is not None:
        raise UsageError(f"an order {new.ref} is held already", remedy="lift it, or name the new one otherwise")
    number = next_id(connection, table)
    columns = ("id", "ref", "authority", "targets", "evidence", "evidence_sha256", "from_at", "until_at", "by", "at")
    row = (
        number,
        new.ref,
        new.authority,
        json.dumps(list(new.targets)),
        new.evidence,
        new.evidence_sha256,
        to_micros(new.from_at),
        to_micros(new.until_at) if new.until_at is not None else NEVER,
        new.by,
        to_micros(at),
    )
    append(connection, table, columns, [row])
    return number


def lift(connection: Connection, order: Order, *, by: str, reason: str, at: datetime) -> None:
    """Note that an order binds no more. Raises UsageError for one that was lifted before."""
    if order.lifted_at is not None:
        raise UsageError(
            f"the order {order.ref} was lifted on {order.lifted_at.date()}", remedy="nothing is left to do"
        )
    row = (order.id, to_micros(at), by, reason)
    append(connection, schema_rights.legal_order_end, ("order_id", "at", "by", "reason"), [row])
    raise_revision(connection, sa.select(schema.collection.c.id))


def named(connection: Connection, ref: str) -> Order:
    """The order of that reference. Raises UsageError."""
    found = [order for order in listed(connection) if order.ref == ref]
    if not found:
        raise UsageError(f"there is no order {ref}", remedy="see `provenance orders list`")
    return found[0]


def listed(connection: Connection) -> list[Order]:
    """Every order, in the order in which they were recorded."""
    table, end = schema_rights.legal_order, schema_rights.legal_order_end.c
    rows = connection.execute(
        sa.select(table, end.at.label("lifted_at"), end.by.label("lifted_by"), end.reason)
        .outerjoin(schema_rights.legal_order_end, end.order_id == table.c.id)
        .order_by(table.c.id)
    )
    return [
        Order(
            id=row.id,
            ref=row.ref,
            authority=row.authority,
            targets=tuple(json.loads(row.targets)),
            evidence=row.evidence,
            evidence_sha256=bytes(row.evidence_sha256),
            from_at=from_micros(row.from_at),
            until_at=from_micros(row.until_at) if row.until_at < NEVER else None,
            by=row.by,
            at=from_micros(row.at),
            lifted_at=from_micros(row.lifted_at) if row.lifted_at is not None else None,
            lifted_by=row.lifted_by or "",
            reason=row.reason or "",
        )
        for row in rows
    ]
