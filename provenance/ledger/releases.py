"""Releases: what a gate allowed, frozen under a name, and who was given it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from provenance.errors import UsageError
from provenance.ledger import numbers, schema, schema_rights
from provenance.ledger.append import append, next_id
from provenance.model import from_micros, to_micros


@dataclass(frozen=True, slots=True)
class NewRelease:
    """A release as it was written: `header` is the first line of its file, `root` the Merkle root over the others."""

    name: str
    gate: int
    root: bytes
    file_sha256: bytes
    header: str
    by: str


@dataclass(frozen=True, slots=True)
class Release:
    """A release as the ledger keeps it. `context` is that of its gate, as canonical JSON."""

    id: int
    name: str
    gate: int
    images: int
    root: bytes
    file_sha256: bytes
    header: str
    context: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Affected:
    """A release that holds some of the images in question, and the recipients to whom it was given."""

    name: str
    images: int
    recipients: tuple[str, ...]


def add(connection: Connection, new: NewRelease, items: Sequence[int], at: datetime) -> Release:
    """Append a release of these images, ascending numbers. Raises UsageError where its name is taken."""
    require_free(connection, new.name)
    table = schema_rights.release
    number = next_id(connection, table)
    chunks = list(numbers.packed(items))
    columns = ("id", "name", "gate_id", "images", "root", "file_sha256", "header", "by", "at")
    row = (number, new.name, new.gate, len(items), new.root, new.file_sha256, new.header, new.by, to_micros(at))
    append(connection, table, columns, [row], parts=[numbers.chunk_parts(data for _, _, data in chunks)])
    numbers.store(connection, schema_rights.release_chunk, number, chunks)
    return named(connection, new.name)


def require_free(connection: Connection, name: str) -> None:
    """Raise UsageError where a release has this name: what was released stays what it was."""
    table = schema_rights.release.c
    if connection.execute(sa.select(table.id).where(table.name == name)).first() is not None:
        raise UsageError(
            f"there is a release {name} already", remedy="name the new one otherwise, such as by a version"
        )


def named(connection: Connection, name: str) -> Release:
    """The release of that name. Raises UsageError."""
    found = [one for one in listed(connection) if one.name == name]
    if not found:
        raise UsageError(f"there is no release {name}", remedy="see `provenance release list`")
    return found[0]


def listed(connection: Connection) -> list[Release]:
    """Every release, in the order in which they were made."""
    table, gate = schema_rights.release, schema.gate.c
    rows = connection.execute(
        sa.select(table, gate.context).join(schema.gate, gate.id == table.c.gate_id).order_by(table.c.id)
    )
    return [
        Release(
            row.id, row.name, row.gate_id, row.images, bytes(row.root), bytes(row.file_sha256), row.header, row.context,
            row.by, from_micros(row.at),
        )
        for row in rows
    ]  # fmt: skip


def images(connection: Connection, release: Release) -> Iterator[NDArray[np.int64]]:
    """The numbers of the images of a release, ascending, a chunk at a time."""
    yield from numbers.read(connection, schema_rights.release_chunk, release.id)


def affected(
    connection: Connection, items: Iterable[int], meant: Callable[[Release], bool] = lambda _release: True
) -> list[Affected]:
    """The releases that hold any of these rows of images, of those that are `meant`, in the order of their making."""
    held = numbers.among(connection, schema_rights.release_chunk, sorted(items))
    return [
        Affected(one.name, len(held[one.id]), recipients_of(connection, one))
        for one in listed(connection)
        if one.id in held and meant(one)
    ]


def recipients_of(connection: Connection, release: Release) -> tuple[str, ...]:
    """Those to whom a release, or a sample of it, was given, each once, in order."""
    given = schema_rights.disclosure.c
    rows = sa.select(given.recipient).where(given.release_id == release.id).order_by(given.id)
    return tuple(dict.fromkeys(connection.execute(rows).scalars()))
