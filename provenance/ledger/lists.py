"""Lists of hashes that others keep, as they were taken: appended, succeeded or retired, never changed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final, TypeAlias

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from provenance.errors import InputError, UsageError
from provenance.ledger import schema
from provenance.ledger.append import append, next_id
from provenance.ledger.bulk import bulk
from provenance.ledger.database import Database
from provenance.ledger.interning import raise_revision
from provenance.lookup.hashlists import HashList, HashType, ListPurpose
from provenance.lookup.interface import HASH_BYTES, Bytes, bytes_of
from provenance.model import from_micros, to_micros

RADIUS: Final = 31
"""Bits within which a picture counts as one of a list, unless the list is added with another radius."""

CHUNK: Final = 8_192
"""Hashes in one stored row: 330 kB, so that a list of any length is read with flat memory."""

_COLUMNS: Final = (
    "id",
    "name",
    "hash_type",
    "purpose",
    "radius",
    "file",
    "digest",
    "entries",
    "low_quality",
    "added_at",
    "current",
)


_CHUNK: Final = ("ordinal", "first", "hashes", "lines", "qualities")
_Stored: TypeAlias = tuple[int, bytes, bytes, bytes, bytes]
"""One chunk in the order of `_CHUNK`."""


@dataclass(frozen=True, slots=True)
class StoredList:
    """A list that the ledger holds. `radius` is in bits of 256; `low_quality` counts entries too flat to compare."""

    id: int
    name: str
    hash_type: HashType
    purpose: ListPurpose
    radius: int
    file: str
    digest: bytes
    entries: int
    low_quality: int
    added_at: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Some of a list's hashes (n, 32), with the line and the quality (-1 for none) of each."""

    hashes: Bytes
    lines: NDArray[np.int64]
    qualities: NDArray[np.int8]


def take_list(
    database: Database,
    given: HashList,
    *,
    name: str,
    purpose: ListPurpose,
    radius: int = RADIUS,
    replace: bool = False,
) -> StoredList:
    """Append a list; with `replace` in place of the one that has its name. The same list once more changes nothing.

    Raises UsageError where another list has the name, InputError for one with nothing in it that can be compared.
    """
    if not len(given):
        # Under an empty list everything passes, and its predecessor would end unnoticed.
        raise InputError(
            f"{given.name} holds no hash that can be compared", remedy="check the file, or retire the list instead"
        )
    now = to_micros(datetime.now(UTC))
    with database.writing() as connection:
        before = find(connection, name)
        wanted = (given.digest, given.hash_type, purpose, radius)
        if before is not None and (before.digest, before.hash_type, before.purpose, before.radius) == wanted:
            return before
        if before is not None and not replace:
            # A list of another hotline may lie in a file of the same name: what it refuses must not end in silence.
            raise UsageError(
                f"another list is called {name} (for {before.purpose}, {before.entries} hashes)",
                remedy="give this one a --name of its own, or let it take the other's place with --replace",
            )
        number = next_id(connection, schema.hash_list)
        if before is not None:
            _end(connection, before.id)
        row = (
            number,
            name,
            given.hash_type.value,
            purpose.value,
            radius,
            given.name,
            given.digest,
            len(given),
            given.low_quality,
            now,
            True,
        )
        order = _order_of(given)
        append(connection, schema.hash_list, _COLUMNS, [row], parts=[chunk_parts(_stored_chunks(given, order))])
        stored = ((number, *one) for one in _stored_chunks(given, order))
        bulk(connection, schema.hash_chunk, ("list_id", *_CHUNK), stored)
        if before is not None:
            append(connection, schema.list_end, ("list_id", "at", "successor_id"), [(before.id, now, number)])
        raise_revision(connection, sa.select(schema.collection.c.id))
        return named(connection, name)


def retire_list(database: Database, name: str) -> StoredList:
    """Let a list count no more; gives it. What it held stays in the ledger. Raises UsageError for an unknown name."""
    with database.writing() as connection:
        stored = named(connection, name)
        _end(connection, stored.id)
        at = to_micros(datetime.now(UTC))
        append(connection, schema.list_end, ("list_id", "at", "successor_id"), [(stored.id, at, None)])
        raise_revision(connection, sa.select(schema.collection.c.id))
    return stored


def current(connection: Connection) -> tuple[StoredList, ...]:
    """The lists that count now, by name."""
    table = schema.hash_list.c
    rows = connection.execute(_select().where(table.current))
    return tuple(sorted(map(_stored, rows), key=lambda stored: stored.name))


def find(connection: Connection, name: str) -> StoredList | None:
    """The current list of that name, or None."""
    table = schema.hash_list.c
    row = connection.execute(_select().where(table.current, table.name == name)).first()
    return None if row is None else _stored(row)


def named(connection: Connection, name: str) -> StoredList:
    """The current list of that name. Raises UsageError, with the names that there are."""
    stored = find(connection, name)
    if stored is None:
        there = ", ".join(stored.name for stored in current(connection)) or "none"
        raise UsageError(f"no current list is called {name}", remedy=f"name one of those that are: {there}")
    return stored


def wanted_kinds(connection: Connection) -> frozenset[HashType]:
    """The kinds of hashes that a scan should take, since a current list is of them."""
    table = schema.hash_list.c
    return frozenset(
        map(HashType, connection.execute(sa.select(table.hash_type).where(table.current).distinct()).scalars())
    )


def count_chunks(connection: Connection, number: int) -> int:
    """How many chunks a list has."""
    table = schema.hash_chunk.c
    found = connection.execute(sa.select(sa.func.max(table.ordinal)).where(table.list_id == number)).scalar()
    return 0 if found is None else int(found) + 1


def chunk(connection: Connection, number: int, ordinal: int) -> Chunk:
    """One chunk of a list."""
    table = schema.hash_chunk.c
    row = connection.execute(
        sa.select(table.hashes, table.lines, table.qualities).where(table.list_id == number, table.ordinal == ordinal)
    ).one()
    return Chunk(
        np.frombuffer(bytes(row.hashes), np.uint8).reshape(-1, HASH_BYTES),
        np.frombuffer(bytes(row.lines), "<i8").astype(np.int64),
        np.frombuffer(bytes(row.qualities), np.int8),
    )


def entries(connection: Connection, stored: StoredList) -> Iterator[tuple[bytes, int | None]]:
    """The hashes of a list with their qualities, in the order of its lines. The list is held in memory meanwhile."""
    parts = [chunk(connection, stored.id, ordinal) for ordinal in range(count_chunks(connection, stored.id))]
    hashes = np.concatenate([part.hashes for part in parts])
    qualities = np.concatenate([part.qualities for part in parts])
    for place in np.argsort(np.concatenate([part.lines for part in parts]), kind="stable"):
        quality = int(qualities[place])
        yield hashes[place].tobytes(), quality if quality >= 0 else None


class Digests:
    """The digests of one list of SHA-256, looked up without reading the whole list: its chunks are in order."""

    def __init__(self, connection: Connection, number: int) -> None:
        table = schema.hash_chunk.c
        rows = connection.execute(sa.select(table.first).where(table.list_id == number).order_by(table.ordinal))
        self._number = number
        self._firsts = [bytes(first) for first in rows.scalars()]

    def lines(self, connection: Connection, wanted: Iterable[bytes]) -> dict[bytes, int]:
        """Those of the wanted digests that are on the list, with their first line."""
        by_chunk: dict[int, list[bytes]] = {}
        for digest in wanted:
            # Equal digests may fill the end of one chunk and the start of the next.
            for ordinal in range(max(0, bisect_left(self._firsts, digest) - 1), bisect_right(self._firsts, digest)):
                by_chunk.setdefault(ordinal, []).append(digest)
        found: dict[bytes, int] = {}
        for ordinal, asked in sorted(by_chunk.items()):
            part = chunk(connection, self._number, ordinal)
            # As text of 32 bytes they are ordered byte by byte; what is equal is checked on the bytes themselves.
            places = np.searchsorted(part.hashes.view("S32").ravel(), bytes_of(asked).view("S32").ravel())
            for digest, place in zip(asked, places.tolist(), strict=True):
                if place < len(part.hashes) and part.hashes[place].tobytes() == digest:
                    found.setdefault(digest, int(part.lines[place]))
        return found


def chunk_parts(chunks: Iterable[_Stored]) -> dict[str, Any]:
    """What the digest of a list covers beside its own row: its chunks as they are stored, in their order."""
    hasher = sha256()
    for ordinal, *blobs in chunks:
        for data in (ordinal.to_bytes(8, "little"), *blobs):
            hasher.update(len(data).to_bytes(8, "little") + data)
    return {"hash_chunk": hasher.hexdigest()}


def stored_chunks(connection: Connection, number: int) -> Iterator[_Stored]:
    """The chunks of a list as they are stored, in their order."""
    table = schema.hash_chunk.c
    query = sa.select(*(table[name] for name in _CHUNK)).where(table.list_id == number).order_by(table.ordinal)
    for ordinal, *blobs in connection.execute(query, execution_options={"yield_per": 10}):
        first, hashes, lines, qualities = map(bytes, blobs)
        yield ordinal, first, hashes, lines, qualities


def _order_of(given: HashList) -> NDArray[np.int64]:
    if given.hash_type is HashType.SHA256:
        words = np.ascontiguousarray(given.hashes).view(">u8")
        return np.lexsort(words.T[::-1])  # stable: of equal digests the first line stays first
    return np.arange(len(given))


def _stored_chunks(given: HashList, order: NDArray[np.int64]) -> Iterator[_Stored]:
    for ordinal, start in enumerate(range(0, len(order), CHUNK)):
        part = order[start : start + CHUNK]
        hashes, lines = given.hashes[part], given.lines[part].astype("<i8")
        yield ordinal, hashes[0].tobytes(), hashes.tobytes(), lines.tobytes(), given.qualities[part].tobytes()


def _end(connection: Connection, number: int) -> None:
    connection.execute(sa.update(schema.hash_list).where(schema.hash_list.c.id == number).values(current=False))


def _select() -> sa.Select[Any]:
    return sa.select(*(schema.hash_list.c[name] for name in _COLUMNS[:-1]))


def _stored(row: Any) -> StoredList:
    return StoredList(
        id=row.id,
        name=row.name,
        hash_type=HashType(row.hash_type),
        purpose=ListPurpose(row.purpose),
        radius=row.radius,
        file=row.file,
        digest=bytes(row.digest),
        entries=row.entries,
        low_quality=row.low_quality,
        added_at=from_micros(row.added_at),
    )
