"""What has to go or to be done by when, and the destruction of what was kept long enough.

What may not be kept any longer is no secret to be kept out: the same picture may come back under another permission.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.errors import NothingToCheck, UsageError
from provenance.keys import collection_name, display
from provenance.ledger import accounts, erasures, orders, requests, schema
from provenance.ledger.database import Database
from provenance.ledger.erasures import Doomed
from provenance.model import from_micros, to_micros
from provenance.rights.erasing import Erased, clean, files_of, proof


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that is due: an `answer` to a request, `destruction` of an image, the `end` of an order or account."""

    at: datetime
    what: str
    name: str


def due(connection: Connection, until: datetime) -> list[Due]:
    """Everything that is due until a moment, what is overdue included, in the order of time."""
    found = [
        Due(one.due_at, "answer", f"{one.ref} ({one.kind})")
        for one in requests.listed(connection)
        if one.is_open and one.due_at is not None and one.due_at <= until
    ]
    found += [
        Due(from_micros(row.retain_until_at), "destruction", f"{collection_name(row.uri)}/{display(bytes(row.key))}")
        for row in connection.execute(_kept_until(until))
    ]
    now = datetime.now(UTC)
    found += [
        Due(one.until_at, "end", f"the order {one.ref}")
        for one in orders.listed(connection)
        if one.until_at is not None and one.until_at <= until and one.in_force(now)
    ]
    found += [
        Due(one.until_at, "end", f"the account {one.name}")
        for one in accounts.listed(connection)
        if one.until_at is not None and now < one.until_at <= until and one.ended_at is None
    ]
    return sorted(found, key=lambda one: (one.at, one.what, one.name))


def destroy(database: Database, *, by: str) -> Erased:
    """Erase every image whose time is over, with proof. Raises NothingToCheck where there is none."""
    if not by.strip():
        raise UsageError("a destruction needs a name", remedy="say who carries it out")
    now = datetime.now(UTC)
    with database.writing() as connection:
        items = [row.id for row in connection.execute(_kept_until(now))]
        if not items:
            raise NothingToCheck("no image has been kept for too long", remedy="see `provenance due`")
        files = files_of(connection, items)
        erasure = erasures.erase(connection, Doomed(items), request_id=None, cause="retention", by=by, at=now)
    clean(database)
    with database.reading() as connection:
        return Erased(erasure, files, proof(connection, erasure))


def _kept_until(until: datetime) -> sa.Select[tuple[object, ...]]:
    item, collection = schema.item.c, schema.collection.c
    return (
        sa.select(item.id, item.retain_until_at, item.key, collection.uri)
        .join(schema.collection, collection.id == item.collection_id)
        .where(item.current, item.retain_until_at.is_not(None), item.retain_until_at <= to_micros(until))
        .order_by(item.retain_until_at, item.id)
    )
