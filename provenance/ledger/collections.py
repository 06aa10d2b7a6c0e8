"""Collections, scans, and what the ledger holds for the images of a collection now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.ledger import schema
from provenance.ledger.database import bulk
from provenance.ledger.interning import next_id
from provenance.ledger.registry import FILE, Declared
from provenance.model import Signal, SignalSubject, SignalVerdict, Trust


@dataclass(frozen=True, slots=True)
class CurrentItem:
    """The current row of one image.

    `problem` says why its bytes could not be had, `damage` why they could not be decoded; `declared` is the digest of
    the manifest row that speaks of it.
    """

    id: int
    size: int
    modified_ns: int
    content: int | None
    sha256: bytes | None
    damage: str | None
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


def newest(connection: Connection) -> int:
    """The number of the last item that was registered, 0 if there is none."""
    return next_id(connection, schema.item) - 1


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


def current(connection: Connection, collection: int, keys: Sequence[bytes]) -> dict[bytes, CurrentItem]:
    """What is held now for these keys."""
    item = schema.item.c
    found: dict[bytes, CurrentItem] = {}
    for start in range(0, len(keys), 500):
        rows = connection.execute(
            sa.select(
                item.key,
                item.id,
                item.size,
                item.modified_ns,
                item.content_id,
                schema.content.c.sha256,
                schema.content.c.problem,
                item.problem,
                schema.declaration.c.digest,
                item.position,
            )
            .outerjoin(schema.content, schema.content.c.id == item.content_id)
            .outerjoin(schema.declaration, schema.declaration.c.id == item.declaration_id)
            .where(item.collection_id == collection, item.current, item.key.in_(keys[start : start + 500]))
        )
        found |= {bytes(key): CurrentItem(*rest) for key, *rest in rows}
    return found


def file_signals(connection: Connection, items: Sequence[int]) -> dict[int, tuple[Signal, ...]]:
    """What the files of these images said when they were read."""
    signal = schema.signal.c
    found: dict[int, list[Signal]] = {}
    for start in range(0, len(items), 500):
        rows = connection.execute(
            sa.select(
                signal.item_id,
                signal.subject,
                signal.verdict,
                signal.name,
                signal.location,
                signal.raw,
                signal.value,
                signal.trust,
                signal.nonstandard,
            )
            .where(signal.item_id.in_(items[start : start + 500]), signal.origin == FILE)
            .order_by(signal.item_id, signal.ordinal)
        )
        for item, *rest in rows:
            found.setdefault(item, []).append(signal_of(*rest))
    return {item: tuple(signals) for item, signals in found.items()}


def declarations(connection: Connection, items: Sequence[int]) -> dict[int, Declared]:
    """The manifest rows that speak of these images."""
    item, declaration = schema.item.c, schema.declaration.c
    found: dict[int, Declared] = {}
    for start in range(0, len(items), 500):
        rows = connection.execute(
            sa.select(item.id, declaration.digest, declaration.file, declaration.line, declaration.row)
            .join(schema.declaration, declaration.id == item.declaration_id)
            .where(item.id.in_(items[start : start + 500]))
        )
        found |= {number: Declared(*rest) for number, *rest in rows}
    return found


def attested_pairs(
    connection: Connection, collection: int, keys: Sequence[bytes]
) -> dict[bytes, set[tuple[bytes, bytes]]]:
    """Which bytes (SHA-256) each of these keys has had under which declared row (its digest), rightly."""
    item = schema.item.c
    found: dict[bytes, set[tuple[bytes, bytes]]] = {}
    for start in range(0, len(keys), 500):
        rows = connection.execute(
            sa.select(item.key, schema.content.c.sha256, schema.declaration.c.digest)
            .join(schema.content, schema.content.c.id == item.content_id)
            .join(schema.declaration, schema.declaration.c.id == item.declaration_id)
            .where(item.collection_id == collection, item.bytes_match, item.key.in_(keys[start : start + 500]))
        )
        for key, sha256, digest in rows:
            found.setdefault(bytes(key), set()).add((bytes(sha256), bytes(digest)))
    return found


def with_signal(connection: Connection, items: Sequence[int], name: str) -> set[int]:
    """Which of these images have a signal of that name."""
    signal = schema.signal.c
    found: set[int] = set()
    for start in range(0, len(items), 500):
        part = items[start : start + 500]
        query = sa.select(signal.item_id).where(signal.item_id.in_(part), signal.name == name)
        found.update(connection.execute(query).scalars())
    return found


def signal_of(
    subject: str,
    verdict: str,
    name: str,
    location: str,
    raw: str,
    value: str,
    trust: str,
    nonstandard: bool,  # noqa: FBT001 - the order of the columns
) -> Signal:
    """A signal as it was stored."""
    return Signal(SignalSubject(subject), SignalVerdict(verdict), name, location, raw, value, Trust(trust), nonstandard)


def count(connection: Connection, collections: Sequence[int]) -> int:
    """How many images these collections hold now."""
    item = schema.item.c
    held = sa.select(sa.func.count()).where(item.collection_id.in_(collections), item.current)
    return int(connection.execute(held.select_from(schema.item)).scalar_one())


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
