"""Collections, scans, and what the ledger holds for the images of a collection now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.ledger import schema
from provenance.ledger.append import append, next_id
from provenance.ledger.bulk import bulk
from provenance.ledger.registry import FILE, Declared
from provenance.ledger.statements import join_requests
from provenance.ledger.within import unindexed
from provenance.model import Signal, SignalSubject, SignalVerdict, Trust


@dataclass(frozen=True, slots=True)
class CurrentItem:
    """The current row of one image.

    `problem` says why its bytes could not be had, `damage` why they could not be decoded; `captures` are the paths
    of captured pages, one a line, whose state is part of `identity`. Of one that `is_declared` some row speaks.
    """

    id: int
    identity: str
    content: int | None
    sha256: bytes | None
    damage: str | None
    problem: str | None
    captures: str | None
    position: int | None
    is_declared: bool


@dataclass(frozen=True, slots=True)
class Known:
    """A collection that the ledger holds: where it lay last, and what identified its folder there."""

    id: int
    uri: str
    root: str


def register(connection: Connection, uri: str, root: str, at: int) -> int:
    """The number of a collection, stored now if nothing lies at that place yet."""
    found = find(connection, uri)
    if found is None:
        found = next_id(connection, schema.collection)
        bulk(connection, schema.collection, ("id", "uri", "revision"), [(found, uri, 0)])
        join_requests(connection, found, at)
    place(connection, found, uri, root, at)
    return found


def place(connection: Connection, collection: int, uri: str, root: str, at: int) -> None:
    """Note where a collection lies now and what identifies its folder there."""
    table = schema.collection_place.c
    last = connection.execute(
        sa.select(table.uri, table.root).where(table.collection_id == collection).order_by(table.id.desc()).limit(1)
    ).first()
    if last is not None and tuple(last) == (uri, root):
        return
    connection.execute(sa.update(schema.collection).where(schema.collection.c.id == collection).values(uri=uri))
    row = (next_id(connection, schema.collection_place), collection, uri, root, at)
    append(connection, schema.collection_place, ("id", "collection_id", "uri", "root", "at"), [row])


def find(connection: Connection, uri: str) -> int | None:
    """The number of the collection that lies at a place, or None if none was ever scanned there."""
    return connection.execute(sa.select(schema.collection.c.id).where(schema.collection.c.uri == uri)).scalar()


def known(connection: Connection) -> list[Known]:
    """Every collection, with the place where it lay last."""
    table = schema.collection_place.c
    newest = sa.select(sa.func.max(table.id)).group_by(table.collection_id)
    rows = connection.execute(
        sa.select(table.collection_id, table.uri, table.root).where(table.id.in_(newest)).order_by(table.collection_id)
    )
    return [Known(*row) for row in rows]


def sample(connection: Connection, collection: int, size: int) -> list[tuple[bytes, int, str]]:
    """The first images of a collection in the order of their keys: key, size and identity."""
    item = schema.item.c
    rows = connection.execute(
        sa.select(item.key, item.size, item.identity)
        .where(item.collection_id == collection, item.current, item.problem.is_(None))
        .order_by(item.key)
        .limit(size)
    )
    return [(bytes(key), size_, identity) for key, size_, identity in rows]


def revisions(connection: Connection, numbers: Sequence[int]) -> dict[int, int]:
    """The state of each of these collections: it goes up with whatever may change a verdict on one of its images."""
    table = schema.collection.c
    rows = connection.execute(sa.select(table.id, table.revision).where(table.id.in_(numbers)))
    return dict(rows.all())


def newest(connection: Connection) -> int:
    """The number of the last item that was registered, 0 if there is none."""
    return next_id(connection, schema.item) - 1


def begin_scan(
    connection: Connection, collection: int, inputs: bytes, software: str, now: int, versions: Sequence[int]
) -> int:
    """A new scan that was given these versions of sources, or the unfinished one with the same inputs."""
    last = _last_scan(connection, collection)
    if last is not None and last.ended is None and bytes(last.inputs) == inputs:
        return int(last.id)
    number = next_id(connection, schema.scan)
    columns = ("id", "collection_id", "inputs", "software", "started_at")
    given = sorted(set(versions))
    row = (number, collection, inputs, software, now)
    append(connection, schema.scan, columns, [row], parts=[{"scan_source": given}])
    bulk(connection, schema.scan_source, ("scan_id", "version_id"), ((number, version) for version in given))
    return number


def end_scan(connection: Connection, number: int, now: int) -> None:
    """Note that a scan came to its end."""
    ended = connection.execute(sa.select(schema.scan_end.c.scan_id).where(schema.scan_end.c.scan_id == number)).scalar()
    if ended is None:
        append(connection, schema.scan_end, ("scan_id", "at"), [(number, now)])


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A scan that never came to its end: when it began, and the files that it was given."""

    started_at: int
    paths: tuple[str, ...]


def unfinished(connection: Connection, collection: int) -> Unfinished | None:
    """A scan of a collection that was begun and not finished, neither itself nor by a later one.

    A later scan finishes it that was given the same sources, in whatever version. One that was given just what the last
    finished one was given leaves nothing half taken: what else it found is what the disk shows.
    """
    scan, end, given = schema.scan.c, schema.scan_end.c, schema.scan_source.c
    version = schema.statement_version.c
    rows = connection.execute(
        sa.select(scan.id, scan.started_at, scan.inputs, end.scan_id.label("ended"))
        .outerjoin(schema.scan_end, end.scan_id == scan.id)
        .where(scan.collection_id == collection)
        .order_by(scan.id)
    ).all()
    if all(row.ended is not None for row in rows):
        return None
    sources: dict[int, dict[int, str]] = {row.id: {} for row in rows}
    for number, source, path in connection.execute(
        sa.select(given.scan_id, version.source_id, version.path)
        .join(schema.statement_version, version.id == given.version_id)
        .where(given.scan_id.in_([row.id for row in rows]))
    ):
        sources[number][source] = path
    last = next((row.inputs for row in reversed(rows) if row.ended is not None), None)
    for place, row in enumerate(rows):
        own = sources[row.id]
        finished = any(later.ended is not None and own.keys() <= sources[later.id].keys() for later in rows[place:])
        # What scans of old ledgers were given is not known, so that they are never the same.
        if not finished and not (own and row.inputs == last):
            return Unfinished(row.started_at, tuple(sorted(own.values())))
    return None


def _last_scan(connection: Connection, collection: int) -> Any:
    scan, end = schema.scan.c, schema.scan_end.c
    query = (
        sa.select(scan.id, scan.inputs, end.scan_id.label("ended"))
        .outerjoin(schema.scan_end, end.scan_id == scan.id)
        .where(scan.collection_id == collection)
        .order_by(scan.id.desc())
        .limit(1)
    )
    return connection.execute(query).first()


def current(connection: Connection, collection: int, keys: Sequence[bytes]) -> dict[bytes, CurrentItem]:
    """What is held now for these keys."""
    item = schema.item.c
    found: dict[bytes, CurrentItem] = {}
    for some in batched(keys, IN_LIST):
        rows = connection.execute(
            sa.select(
                item.key,
                item.id,
                item.identity,
                item.content_id,
                schema.content.c.sha256,
                schema.content.c.problem,
                item.problem,
                item.capture,
                item.position,
                item.declaration_id.is_not(None),
            )
            .outerjoin(schema.content, schema.content.c.id == item.content_id)
            .where(item.collection_id == collection, item.current, item.key.in_(some))
        ).all()
        for key, number, identity, content, sha256, *rest in rows:
            digest = bytes(sha256) if sha256 is not None else None
            found[bytes(key)] = CurrentItem(number, identity, content, digest, *rest)
    return found


def file_signals(connection: Connection, items: Sequence[int]) -> dict[int, tuple[Signal, ...]]:
    """What the files of these images and their sidecars said when they were read."""
    signal = schema.signal.c
    found: dict[int, list[Signal]] = {}
    for some in batched(items, IN_LIST):
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
            .where(signal.item_id.in_(some), signal.origin == FILE)
            .order_by(signal.item_id, signal.ordinal)
        )
        for item, *rest in rows:
            found.setdefault(item, []).append(signal_of(*rest))
    return {item: tuple(signals) for item, signals in found.items()}


def declarations(connection: Connection, items: Sequence[int]) -> dict[int, tuple[Declared, ...]]:
    """The rows that speak of these images, the deciding one first."""
    item, declaration, further = schema.item.c, schema.declaration.c, schema.also_declared.c
    columns = (declaration.digest, declaration.version_id, declaration.line, declaration.row)
    found: dict[int, list[tuple[int, Declared]]] = {}
    for some in batched(items, IN_LIST):
        first = (
            sa.select(item.id, sa.literal(0), *columns)
            .join(schema.declaration, declaration.id == item.declaration_id)
            .where(item.id.in_(some))
        )
        others = (
            sa.select(further.item_id, further.ordinal, *columns)
            .join(schema.declaration, declaration.id == further.declaration_id)
            .where(further.item_id.in_(some))
        )
        for number, ordinal, digest, *rest in connection.execute(sa.union_all(first, others)).all():
            found.setdefault(number, []).append((ordinal, Declared(bytes(digest), *rest)))
    return {
        number: tuple(declared for _, declared in sorted(rows, key=lambda row: row[0]))
        for number, rows in found.items()
    }


def attested_pairs(
    connection: Connection, collection: int, keys: Sequence[bytes]
) -> dict[bytes, set[tuple[bytes, bytes]]]:
    """Which bytes (SHA-256) each of these keys has had under which declared row (its digest), rightly."""
    item = schema.item.c
    found: dict[bytes, set[tuple[bytes, bytes]]] = {}
    for some in batched(keys, IN_LIST):
        rows = connection.execute(
            sa.select(item.key, schema.content.c.sha256, schema.declaration.c.digest)
            .join(schema.content, schema.content.c.id == item.content_id)
            .join(schema.declaration, schema.declaration.c.id == item.declaration_id)
            .where(unindexed(item.collection_id) == collection, item.bytes_match, item.key.in_(some))
        )
        for key, sha256, digest in rows:
            found.setdefault(bytes(key), set()).add((bytes(sha256), bytes(digest)))
    return found


def with_signal(connection: Connection, items: Sequence[int], name: str) -> set[int]:
    """Which of these images have a signal of that name."""
    signal = schema.signal.c
    found: set[int] = set()
    for some in batched(items, IN_LIST):
        query = sa.select(signal.item_id).where(signal.item_id.in_(some), signal.name == name)
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


def was_last_given(connection: Connection, version: int, inputs: Mapping[int, bytes]) -> bool:
    """Whether the newest scan that was given a version of a source came to its end and was given just `inputs`.

    `inputs` says by collection what this run is given.
    """
    scan, end, given = schema.scan.c, schema.scan_end.c, schema.scan_source.c
    last = connection.execute(
        sa.select(scan.collection_id, scan.inputs, end.scan_id.label("ended"))
        .join(schema.scan_source, given.scan_id == scan.id)
        .outerjoin(schema.scan_end, end.scan_id == scan.id)
        .where(given.version_id == version)
        .order_by(scan.id.desc())
        .limit(1)
    ).first()
    return last is not None and last.ended is not None and inputs.get(last.collection_id) == bytes(last.inputs)


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


def touch(connection: Connection, items: Sequence[tuple[int, str]]) -> None:
    """Store a new identity for images whose bytes are as they were."""
    if items:
        connection.execute(
            sa.update(schema.item)
            .where(schema.item.c.id == sa.bindparam("number"))
            .values(identity=sa.bindparam("now")),
            [{"number": number, "now": identity} for number, identity in items],
        )


def move(connection: Connection, items: Sequence[tuple[int, int]]) -> None:
    """Store a new place in the manifest for images of which nothing else changed."""
    connection.execute(
        sa.update(schema.item).where(schema.item.c.id == sa.bindparam("number")).values(position=sa.bindparam("place")),
        [{"number": number, "place": place} for number, place in items],
    )
