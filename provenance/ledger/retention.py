"""Until when images may be kept, where somebody has said so beside their rows: for one image, a basis record, a
collection, or a purpose. The earliest end of all counts; taking one back needs a name and a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.errors import UsageError
from provenance.keys import collection_name, display
from provenance.ledger import schema, schema_duties
from provenance.ledger.append import append, next_id
from provenance.ledger.interning import mark_pending, raise_revision
from provenance.ledger.within import unindexed
from provenance.model import from_micros, to_micros
from provenance.vocabulary import Purpose


@dataclass(frozen=True, slots=True)
class NewTerm:
    """Until when something may be kept: exactly one of a row of an image, of a record, a collection, a purpose."""

    until_at: datetime
    reason: str
    by: str
    item: int | None = None
    record: int | None = None
    collection: int | None = None
    purpose: Purpose | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """A term as it stands. `about` names for people what it is of; `ended_at` is None while it counts."""

    id: int
    about: str
    until_at: datetime
    reason: str
    by: str
    at: datetime
    ended_at: datetime | None

    @property
    def ref(self) -> str:
        """What it is called."""
        return f"K-{self.id}"


def add(connection: Connection, new: NewTerm, at: datetime) -> Term:
    """Append a term; what it is about is judged anew."""
    table = schema_duties.retention
    number = next_id(connection, table)
    columns = ("id", "item_id", "record", "collection_id", "purpose", "until_at", "reason", "by", "at")
    purpose = new.purpose.value if new.purpose is not None else None
    row = (
        number, new.item, new.record, new.collection, purpose, to_micros(new.until_at), new.reason, new.by,
        to_micros(at),
    )  # fmt: skip
    append(connection, table, columns, [row])
    _judge_again(connection, number)
    return named(connection, f"K-{number}")


def end(connection: Connection, term: Term, *, by: str, reason: str, at: datetime) -> None:
    """Note that a term counts no more. Raises UsageError for one that ended before."""
    if term.ended_at is not None:
        raise UsageError(f"{term.ref} was taken back on {term.ended_at.date()}", remedy="nothing is left to do")
    row = (term.id, to_micros(at), by, reason)
    append(connection, schema_duties.retention_end, ("retention_id", "at", "by", "reason"), [row])
    _judge_again(connection, term.id)


def named(connection: Connection, ref: str) -> Term:
    """The term of that reference. Raises UsageError."""
    found = [one for one in listed(connection) if one.ref == ref]
    if not found:
        raise UsageError(f"there is no term {ref}", remedy="see `provenance retention list`")
    return found[0]


def listed(connection: Connection) -> list[Term]:
    """Every term, in the order in which they were recorded."""
    table, ended, item, record = schema_duties.retention, schema_duties.retention_end.c, schema.item.c, schema.record.c
    whole, place = schema.collection.c, schema.collection.alias("place")
    rows = connection.execute(
        sa.select(
            table, ended.at.label("ended_at"), item.key, record.record_id, whole.uri, place.c.uri.label("lies_in")
        )
        .outerjoin(schema_duties.retention_end, ended.retention_id == table.c.id)
        .outerjoin(schema.item, item.id == table.c.item_id)
        .outerjoin(place, place.c.id == item.collection_id)
        .outerjoin(schema.record, record.id == table.c.record)
        .outerjoin(schema.collection, whole.id == table.c.collection_id)
        .order_by(table.c.id)
    )
    return [
        Term(
            id=row.id,
            about=_about(row),
            until_at=from_micros(row.until_at),
            reason=row.reason,
            by=row.by,
            at=from_micros(row.at),
            ended_at=from_micros(row.ended_at) if row.ended_at is not None else None,
        )
        for row in rows
    ]


def _about(row: Any) -> str:
    if row.item_id is not None:
        return f"item {collection_name(row.lies_in)}/{display(bytes(row.key))}" if row.key else "item (erased)"
    if row.record is not None:
        return f"record {row.record_id or '(erased)'}"
    return f"collection {collection_name(row.uri)}" if row.collection_id is not None else f"purpose {row.purpose}"


def of_purpose(connection: Connection, purpose: Purpose) -> datetime | None:
    """Until when images may be kept under a purpose."""
    table = schema_duties.retention.c
    query = sa.select(sa.func.min(table.until_at)).where(table.purpose == purpose.value, _counts())
    at = connection.execute(query).scalar()
    return from_micros(at) if at is not None else None


def any_at_all(connection: Connection) -> bool:
    """Whether some image may have a term beside its row."""
    table = schema_duties.retention.c
    return (
        connection.execute(sa.select(table.id).where(table.purpose.is_(None), _counts()).limit(1)).first() is not None
    )


def newest() -> sa.ColumnElement[bool]:
    """That a row of an image is the last that tells of it: it lies there, or lay there last and was not erased."""
    item, later = schema.item.c, schema.item.alias("later")
    newer = sa.exists().where(
        unindexed(later.c.collection_id) == item.collection_id, later.c.key == item.key, later.c.id > item.id
    )
    return sa.or_(item.current, sa.and_(item.key != b"", ~newer))


def terms_query(items: sa.Select[Any], among: sa.ColumnElement[bool] | None = None) -> sa.Select[Any]:
    """For each of these items (id) that a term speaks of, its number and the earliest end.

    Terms speak of what is held now, or of the rows `among` which they are looked for.
    """
    table = schema_duties.retention.c
    wanted = items.subquery().c[0]
    spoken_of = _spoken_of(schema.item.c.current if among is None else among).subquery().c
    return (
        sa.select(spoken_of.item_id, sa.func.min(table.until_at).label("until_at"))
        .join(schema_duties.retention, table.id == spoken_of.retention_id)
        .where(spoken_of.item_id.in_(sa.select(wanted)), _counts())
        .group_by(spoken_of.item_id)
    )


def _spoken_of(standing: sa.ColumnElement[bool]) -> sa.CompoundSelect[Any]:
    """Each term with the rows of images that it is about."""
    table, item, record = schema_duties.retention.c, schema.item.c, schema.record.c
    then, stated = schema.item.alias("then"), schema.record.alias("stated")
    shown, scope = schema.depiction.c, schema.record_scope_image.c
    whole = (
        sa.select(table.id.label("retention_id"), item.id.label("item_id"))
        .join(schema.item, item.collection_id == table.collection_id)
        .where(standing)
    )
    single = (
        sa.select(table.id, item.id)
        .join(then, then.c.id == table.item_id)
        .join(schema.item, sa.and_(unindexed(item.collection_id) == then.c.collection_id, item.key == then.c.key))
        .where(standing)
    )
    later = schema.record.alias("later")
    last_stated = ~sa.exists().where(
        later.c.source_id == record.source_id, later.c.record_id == record.record_id, later.c.id > record.id
    )
    in_scope = sa.exists().where(scope.item_id == item.id, scope.record == record.id)
    speaks = sa.exists().where(
        schema.source_of_collection.c.collection_id == item.collection_id,
        schema.source_of_collection.c.source_id == record.source_id,
    )
    of_record = (
        sa.select(table.id, item.id)
        .join(stated, stated.c.id == table.record)
        .join(
            schema.record,
            sa.and_(record.source_id == stated.c.source_id, record.record_id == stated.c.record_id, last_stated),
        )
        .join(schema.depiction, shown.person_id == record.person_id)
        .join(schema.item, item.id == shown.item_id)
        .where(standing, speaks, sa.or_(~record.scoped, in_scope))
    )
    return sa.union(whole, single, of_record)


def _counts() -> sa.ColumnElement[bool]:
    ended = schema_duties.retention_end.c
    return ~sa.exists().where(ended.retention_id == schema_duties.retention.c.id)


def _judge_again(connection: Connection, number: int) -> None:
    """Have what a term is about judged anew: under a purpose that is everything."""
    item, table = schema.item.c, schema_duties.retention.c
    if connection.execute(sa.select(table.purpose).where(table.id == number)).scalar() is not None:
        raise_revision(connection, sa.select(schema.collection.c.id))
        return
    spoken_of = _spoken_of(item.current).subquery().c
    about = sa.select(spoken_of.item_id).where(spoken_of.retention_id == number)
    mark_pending(connection, sa.select(item.id, item.collection_id).where(item.id.in_(about)))
