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

from provenance.chunks import IN_LIST, batched
from provenance.ledger import schema
from provenance.ledger.append import append, next_id
from provenance.ledger.checks import insert_from
from provenance.ledger.names import loose_ref


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
    found: dict[Any, Any] = {}
    for some in batched(dict.fromkeys(wanted), IN_LIST):
        found.update(connection.execute(sa.select(key, value).where(limit, key.in_(some))).all())
    return found


def profiles(connection: Connection, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The number of each (kind, text), stored now where it is new, in the order of first appearance."""
    digests = {(kind, text): profile_digest(kind, text) for kind, text in dict.fromkeys(wanted)}
    known = lookup(connection, schema.profile.c.digest, schema.profile.c.id, digests.values())
    fresh = [(kind, text, digest) for (kind, text), digest in digests.items() if digest not in known]
    first = next_id(connection, schema.profile) if fresh else 0
    rows = [(first + i, digest, kind, text) for i, (kind, text, digest) in enumerate(fresh)]
    append(connection, schema.profile, ("id", "digest", "kind", "facts"), rows)
    known.update({digest: number for number, digest, _, _ in rows})
    return {named: known[digest] for named, digest in digests.items()}


def profile_digest(kind: str, text: str) -> bytes:
    """What names a profile: SHA-256 over its kind and its text."""
    return sha256(f"{kind}\n{text}".encode()).digest()


def persons(connection: Connection, refs: Iterable[str]) -> dict[str, int]:
    """The number of each pseudonym, stored now where it is new."""
    wanted = list(dict.fromkeys(refs))
    known = lookup(connection, schema.person.c.ref, schema.person.c.id, wanted)
    fresh = [ref for ref in wanted if ref not in known]
    first = next_id(connection, schema.person) if fresh else 0
    rows = [(first + i, ref, loose_ref(ref)) for i, ref in enumerate(fresh)]
    append(connection, schema.person, ("id", "ref", "loose"), rows)
    return known | {ref: number for number, ref, _ in rows}


def mark_pending(connection: Connection, items: sa.Select[Any]) -> None:
    """Note that what is known of these current items (id, collection) has changed: their verdicts may be others now."""
    derive_again(connection, items)
    raise_revision(connection, sa.select(items.subquery().c[1]).distinct())


def derive_again(connection: Connection, items: sa.Select[Any]) -> None:
    """Note that the facts of these current items (id, collection) must be derived again before the next verdict."""
    number, collection = items.subquery().c
    known = sa.exists().where(schema.pending.c.item_id == number)
    fresh = sa.select(number.label("item_id"), collection.label("collection_id")).distinct().where(~known)
    insert_from(connection, schema.pending, ("item_id", "collection_id"), fresh)


def raise_revision(connection: Connection, collections: sa.Select[Any]) -> None:
    """Note that verdicts on images of these collections may have become others."""
    table = schema.collection
    connection.execute(sa.update(table).where(table.c.id.in_(collections)).values(revision=table.c.revision + 1))


def items_showing(people: Sequence[int], source: int) -> sa.Select[Any]:
    """The current items, in the collections that a source speaks for, that show any of these persons."""
    item, link = schema.item.c, schema.source_of_collection.c
    return (
        sa.select(item.id, item.collection_id)
        .join(schema.depiction, item.id == schema.depiction.c.item_id)
        .where(
            schema.depiction.c.person_id.in_(people),
            item.current,
            item.collection_id.in_(sa.select(link.collection_id).where(link.source_id == source)),
        )
    )
