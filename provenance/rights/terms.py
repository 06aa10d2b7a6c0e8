"""Recording until when images may be kept, and what was found at the addresses from which they came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.errors import UsageError
from provenance.ledger import retention, schema, source_checks
from provenance.ledger.database import Database
from provenance.ledger.items import find_collection, find_item
from provenance.ledger.retention import NewTerm, Term
from provenance.ledger.statements import holding
from provenance.rights.checked_sources import CheckedSources, read_checks
from provenance.rights.told import purpose_named, require_named, require_words
from provenance.vocabulary import Purpose


@dataclass(frozen=True, slots=True)
class Kept:
    """Until when something may be kept: exactly one of an image, a record (of `source`), a collection, a purpose."""

    until_at: datetime
    reason: str
    by: str
    item: str | None = None
    record: str | None = None
    source: str | None = None
    collection: str | None = None
    purpose: Purpose | str | None = None


def keep_until(database: Database, kept: Kept) -> Term:
    """Record a term; it counts at once. Raises UsageError for what names nothing, or more than one thing."""
    require_named(kept.by)
    require_words(reason=kept.reason)
    named = [one for one in (kept.item, kept.record, kept.collection, kept.purpose) if one is not None]
    if len(named) != 1:
        raise UsageError("a term is of one thing", remedy="name an image, a record, a collection or a purpose")
    with database.writing() as connection:
        new = NewTerm(
            kept.until_at,
            kept.reason,
            kept.by,
            item=find_item(connection, kept.item)[0] if kept.item is not None else None,
            record=_record(connection, kept.record, kept.source) if kept.record is not None else None,
            collection=find_collection(connection, kept.collection) if kept.collection is not None else None,
            purpose=purpose_named(kept.purpose) if kept.purpose is not None else None,
        )
        return retention.add(connection, new, datetime.now(UTC))


def take_back(database: Database, ref: str, *, by: str, reason: str) -> Term:
    """Let a term count no more. Raises UsageError."""
    require_named(by)
    require_words(reason=reason)
    with database.writing() as connection:
        retention.end(connection, retention.named(connection, ref), by=by, reason=reason, at=datetime.now(UTC))
        return retention.named(connection, ref)


def take_checks(database: Database, path: Path, *, by: str) -> tuple[CheckedSources, int]:
    """Take a file of checks in; gives the checks, and how many images came from the addresses in it.

    Raises RowErrors with the faulty lines, InputError, UsageError.
    """
    require_named(by)
    now = datetime.now(UTC)
    read = read_checks(path, now)
    with database.writing() as connection:
        images = source_checks.add(connection, read.checks, file_sha256=read.sha256, by=by, at=now)
    return read, images


def _record(connection: Connection, record_id: str, source: str | None) -> int:
    """The newest row of a basis record."""
    version, record = holding(connection, record_id, source), schema.record.c
    found = connection.execute(
        sa.select(sa.func.max(record.id)).where(record.source_id == version.source_id, record.record_id == record_id)
    ).scalar()
    if found is None:
        raise UsageError(f"{version.name} holds no record {record_id}", remedy="check the id and the source")
    return int(found)
