"""Which records reach no image, kept from gate to gate.

Whether one does depends on its person: on the images that show them, on their records, and on the collections for which
a record's source speaks. So a gate looks again at the records of those whom something new touches, and at no others.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.ledger import checks, schema, schema_kept
from provenance.ledger.append import last_ids
from provenance.ledger.bulk import bulk
from provenance.ledger.checks import changing
from provenance.ledger.database import Database
from provenance.ledger.statements import SourceKind

_SHARE: Final = 4
"""Where more than one in so many images and records is new, all are looked at."""

_TABLE: Final = schema_kept.idle_record
_UPTO: Final = schema_kept.idle_record_upto
_COLUMNS: Final = ("record", "source_id", "shown")


@dataclass(frozen=True, slots=True)
class _Upto:
    """The last of everything by which it may have changed whether a record reaches an image."""

    items: int = 0
    item_ends: int = 0
    records: int = 0
    record_ends: int = 0
    links: int = 0

    @classmethod
    def now(cls, connection: Connection) -> _Upto:
        """The last that there are."""
        tables = (schema.item, schema.item_end, schema.record, schema.record_end, schema.source_of_collection)
        return cls(*last_ids(connection, *tables))

    @classmethod
    def kept(cls, connection: Connection) -> _Upto:
        """Those that are known of."""
        row = connection.execute(sa.select(*(_UPTO.c[name] for name in cls.__slots__))).first()
        return cls() if row is None else cls(*row)


def keep_up(database: Database) -> None:
    """Look again at the records of everybody whom something new touches. Raises LedgerError."""
    with database.reading() as connection:
        if database.read_only or _is_kept_up(connection):
            return
    with database.writing(derived=True) as connection:
        known, now = _Upto.kept(connection), _Upto.now(connection)
        fresh = sum(astuple(now)) - sum(astuple(known))
        if fresh * _SHARE > now.items + now.records:
            with changing(connection, _TABLE):
                connection.execute(sa.delete(_TABLE))
                connection.execute(sa.insert(_TABLE).from_select(list(_COLUMNS), _idle()))
        else:
            for people in batched(_touched(connection, known), IN_LIST):
                _look_at(connection, people)
        with changing(connection, _UPTO):
            bulk(connection, _UPTO, ("id", *_Upto.__slots__), [(1, *astuple(now))], replace=True)


def forget(connection: Connection) -> None:
    """Have every record looked at again."""
    for table in (_TABLE, _UPTO):
        checks.forget(connection, table)


def idle_records(connection: Connection) -> sa.FromClause:
    """The records that reach no image: `record`, `source_id`, `shown`. They are looked for where nobody kept them."""
    return _TABLE if _is_kept_up(connection) else _idle().subquery("idle")


def _is_kept_up(connection: Connection) -> bool:
    return _Upto.kept(connection) == _Upto.now(connection)


def _idle(*where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """The records that count, and reach no image in any collection that their source speaks for."""
    record, link, shown, item = (
        schema.record.c,
        schema.source_of_collection.c,
        schema.depiction.c,
        schema.item.c,
    )
    # A request of somebody who is in no picture is no mistake.
    source = schema.statement_source.c
    requests = sa.select(source.id).where(source.kind == SourceKind.REQUEST.value)
    is_shown = sa.exists().where(
        shown.person_id == record.person_id,
        item.id == shown.item_id,
        item.current,
        link.collection_id == item.collection_id,
        link.source_id == record.source_id,
    )
    named = sa.exists().where(schema.record_scope_image.c.record == record.id)
    return (
        sa.select(record.id.label("record"), record.source_id, is_shown.label("shown"))
        .where(record.current, record.source_id.not_in(requests), *where)
        .where(sa.or_(~is_shown, sa.and_(record.scoped, ~named)))
    )


def _touched(connection: Connection, known: _Upto) -> list[int]:
    """Everybody whom an image, a record, the end of either, or a source that speaks for one more collection touches."""
    shown, record, link = schema.depiction.c, schema.record.c, schema.source_of_collection.c
    gone, ended = schema.item_end.c, schema.record_end.c
    before = schema.source_of_collection.alias("before").c
    spoke = sa.exists().where(
        before.source_id == link.source_id, before.collection_id == link.collection_id, before.id <= known.links
    )
    speaking = sa.select(link.source_id).where(link.id > known.links, ~spoke)
    return sorted(
        connection.execute(
            sa.union(
                sa.select(shown.person_id).where(shown.item_id > known.items, shown.person_id.is_not(None)),
                sa.select(shown.person_id)
                .join(schema.item_end, gone.item_id == shown.item_id)
                .where(gone.id > known.item_ends, shown.person_id.is_not(None)),
                sa.select(record.person_id).where(record.id > known.records),
                sa.select(record.person_id)
                .join(schema.record_end, ended.record == record.id)
                .where(ended.id > known.record_ends),
                sa.select(record.person_id).where(record.source_id.in_(speaking)),
            )
        ).scalars()
    )


def _look_at(connection: Connection, people: list[int]) -> None:
    record = schema.record.c
    theirs = record.person_id.in_(people)
    kept = _TABLE.c.record.in_(sa.select(record.id).where(theirs))
    before = set(map(tuple, connection.execute(sa.select(*(_TABLE.c[name] for name in _COLUMNS)).where(kept))))
    now = set(map(tuple, connection.execute(_idle(theirs))))
    if now != before:
        with changing(connection, _TABLE, kept):
            connection.execute(sa.delete(_TABLE).where(kept))
            bulk(connection, _TABLE, _COLUMNS, sorted(now))
