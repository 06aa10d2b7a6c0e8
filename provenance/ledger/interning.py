"""Giving rows their numbers, and storing once what many rows share.

Numbers are counted up by the one writer instead of the database, so that an interrupted scan that is run again gives
every row the number it would have had.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.ledger import schema
from provenance.ledger.database import bulk

_LOOKUP = 500
"""Values in one IN list: SQLite allows 32,766, and short statements are cached better."""


def next_id(connection: Connection, table: sa.Table) -> int:
    """The number of the next row of a table."""
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0))).scalar_one()) + 1


def lookup(
    connection: Connection,
    key: sa.Column[Any],
    value: sa.Column[Any],
    wanted: Iterable[Any],
    *,
    within: sa.ColumnElement[bool] | None = None,
) -> dict[Any, Any]:
    """Map each wanted key that exists, `within` a condition, to its value."""
    limit = sa.true() if within is None else within
    distinct = list(dict.fromkeys(wanted))
    found: dict[Any, Any] = {}
    for start in range(0, len(distinct), _LOOKUP):
        part = distinct[start : start + _LOOKUP]
        found.update(connection.execute(sa.select(key, value).where(limit, key.in_(part))).all())
    return found


def profiles(connection: Connection, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The number of each (kind, text), stored now where it is new, in the order of first appearance."""
    digests = {(kind, text): sha256(f"{kind}\n{text}".encode()).digest() for kind, text in dict.fromkeys(wanted)}
    known = lookup(connection, schema.profile.c.digest, schema.profile.c.id, digests.values())
    fresh = [(kind, text, digest) for (kind, text), digest in digests.items() if digest not in known]
    first = next_id(connection, schema.profile) if fresh else 0
    rows = [(first + i, digest, kind, text) for i, (kind, text, digest) in enumerate(fresh)]
    bulk(connection, schema.profile, ("id", "digest", "kind", "facts"), rows)
    known.update({digest: number for number, digest, _, _ in rows})
    return {named: known[digest] for named, digest in digests.items()}


def persons(connection: Connection, refs: Iterable[str]) -> dict[str, int]:
    """The number of each pseudonym, stored now where it is new."""
    wanted = list(dict.fromkeys(refs))
    known = lookup(connection, schema.person.c.ref, schema.person.c.id, wanted)
    fresh = [ref for ref in wanted if ref not in known]
    first = next_id(connection, schema.person) if fresh else 0
    rows = [(first + i, ref) for i, ref in enumerate(fresh)]
    bulk(connection, schema.person, ("id", "ref"), rows)
    return known | {ref: number for number, ref in rows}


def mark_pending(connection: Connection, items: sa.Select[Any]) -> None:
    """Note that the facts of these current items (id, collection) must be derived again before the next verdict."""
    wanted = items.subquery()
    number, collection = wanted.c
    known = sa.exists().where(schema.pending.c.item_id == number)
    fresh = sa.select(number, collection).distinct().where(~known)
    connection.execute(sa.insert(schema.pending).from_select(["item_id", "collection_id"], fresh))


def items_showing(people: Sequence[int]) -> sa.Select[Any]:
    """The current items that show any of these persons, with their collections."""
    return (
        sa.select(schema.item.c.id, schema.item.c.collection_id)
        .join(schema.depiction, schema.item.c.id == schema.depiction.c.item_id)
        .where(schema.depiction.c.person_id.in_(people), schema.item.c.current)
    )
