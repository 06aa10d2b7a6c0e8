"""Collections, scans, and what the ledger holds for the images of a collection now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.ledger import schema
from provenance.ledger.database import bulk
from provenance.ledger.interning import next_id


@dataclass(frozen=True, slots=True)
class Held:
    """The current row of one image. `declared` is the digest of the manifest row that speaks of it."""

    id: int
    size: int
    modified_ns: int
    sha256: bytes | None
    problem: str | None
    declared: bytes | None
    position: int | None


def register(connection: Connection, uri: str) -> int:
    """The number of a collection, stored now if it is new."""
    found = find(connection, uri)
    if found is not None:
        return found
    number = next_id(connection, schema.collection)
    bulk(connection, schema.collection, ("id", "uri"), [(number, uri)])
    return number


def find(connection: Connection, uri: str) -> int | None:
    """The number of a collection, or None if it was never scanned."""
    return connection.execute(sa.select(schema.collection.c.id).where(schema.collection.c.uri == uri)).scalar()


def begin_scan(connection: Connection, collection: int, inputs: bytes, software: str, now: int) -> int:
    """A new scan, or the unfinished one with the same inputs, which then goes on."""
    scan = schema.scan
    unfinished = connection.execute(
        sa.select(sa.func.max(scan.c.id)).where(
            scan.c.collection_id == collection, scan.c.inputs == inputs, scan.c.finished_at.is_(None)
        )
    ).scalar()
    if unfinished is not None:
        return int(unfinished)
    number = next_id(connection, scan)
    columns = ("id", "collection_id", "inputs", "software", "started_at", "finished_at")
    bulk(connection, scan, columns, [(number, collection, inputs, software, now, None)])
    return number


def end_scan(connection: Connection, number: int, now: int) -> None:
    """Note that a scan came to its end."""
    connection.execute(sa.update(schema.scan).where(schema.scan.c.id == number).values(finished_at=now))


def unfinished(connection: Connection, collection: int) -> bool:
    """Whether the last scan of a collection never came to its end."""
    scan = schema.scan
    last = connection.execute(
        sa.select(scan.c.finished_at).where(scan.c.collection_id == collection).order_by(scan.c.id.desc()).limit(1)
    ).first()
    return last is not None and last.finished_at is None


def current(connection: Connection, collection: int, keys: Sequence[bytes]) -> dict[bytes, Held]:
    """What is held now for these keys."""
    item = schema.item.c
    found: dict[bytes, Held] = {}
    for start in range(0, len(keys), 500):
        rows = connection.execute(
            sa.select(
                item.key,
                item.id,
                item.size,
                item.modified_ns,
                schema.content.c.sha256,
                item.problem,
                schema.declaration.c.digest,
                item.position,
            )
            .outerjoin(schema.content, schema.content.c.id == item.content_id)
            .outerjoin(schema.declaration, schema.declaration.c.id == item.declaration_id)
            .where(item.collection_id == collection, item.current, item.key.in_(keys[start : start + 500]))
        )
        found |= {bytes(key): Held(*rest) for key, *rest in rows}
    return found


def page(connection: Connection, collection: int, *, after: bytes, size: int) -> list[tuple[int, bytes]]:
    """The next current images of a collection in the order of their keys: number and key."""
    item = schema.item.c
    rows = connection.execute(
        sa.select(item.id, item.key)
        .where(item.collection_id == collection, item.current, item.key > after)
        .order_by(item.key)
        .limit(size)
    )
    return [(number, bytes(key)) for number, key in rows]


def touch(connection: Connection, items: Sequence[tuple[int, int, int]]) -> None:
    """Store a new size and modification time for images whose bytes are as they were."""
    if items:
        connection.execute(
            sa.update(schema.item)
            .where(schema.item.c.id == sa.bindparam("number"))
            .values(size=sa.bindparam("bytes"), modified_ns=sa.bindparam("modified")),
            [{"number": n, "bytes": size, "modified": modified} for n, size, modified in items],
        )


def move(connection: Connection, items: Sequence[tuple[int, int]]) -> None:
    """Store a new place in the manifest for images of which nothing else changed."""
    connection.execute(
        sa.update(schema.item).where(schema.item.c.id == sa.bindparam("number")).values(position=sa.bindparam("place")),
        [{"number": number, "place": place} for number, place in items],
    )
