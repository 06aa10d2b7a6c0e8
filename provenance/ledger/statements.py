"""Who stated what: manifests, registers and collections' own metadata files, by name and version.

A permission counts while its source still states it: the newest version of a source replaces what the one before
permitted. A source speaks for the collections that it was given with and for no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.errors import LedgerError, UsageError
from provenance.ledger import schema
from provenance.ledger.append import append, next_id
from provenance.ledger.files import digest_of_file, identity_of


class SourceKind(StrEnum):
    """What a source of statements is."""

    MANIFEST = "manifest"
    REGISTER = "register"
    COLLECTION = "collection"
    """A metadata file that lies in the collection: its own word, until somebody vouches for it."""
    REQUEST = "request"
    """What people asked for (`ledger.requests`), not given by any file."""


@dataclass(frozen=True, slots=True)
class Given:
    """A source as a run was given it: `digest` is the SHA-256 of its bytes, `path` where they lay."""

    kind: SourceKind
    name: str
    path: str
    digest: bytes
    rows: int


@dataclass(frozen=True, slots=True)
class Version:
    """The newest version of a source. It is `ended` where somebody retired the source since."""

    source_id: int
    id: int
    kind: SourceKind
    name: str
    path: str
    digest: bytes
    identity: str
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """A source that a run was given: its version, and the collections that it had not spoken for."""

    version: Version
    new_for: tuple[int, ...]


def own_name(collection: int, key: str) -> str:
    """What a metadata file that lies in a collection is called: by its place there, wherever the collection lies."""
    return f"{collection}/{key}"


def take(connection: Connection, given: Given, collections: Sequence[int], at: int) -> Taken:
    """The version of a source that was given for these collections.

    A source that is given under another path with the same bytes, while nothing can be read at the old one, is the
    same source, moved.
    """
    before = find(connection, given.kind, given.name) or _moved(connection, given, collections)
    if before is None:
        source = next_id(connection, schema.statement_source)
        append(connection, schema.statement_source, ("id", "kind", "name"), [(source, given.kind.value, given.name)])
        version = _add(connection, source, given, at)
    elif before.ended or before.digest != given.digest:
        version = _add(connection, before.source_id, given, at)
    else:
        version = before
    spoken_for = set(collections_of(connection, version.source_id))
    _link(connection, version, collections, at)
    requests = requests_about(connection, version)
    if requests is not None:
        _link(connection, requests, collections, at)
    new_for = tuple(number for number in collections if number not in spoken_for)
    return Taken(version, new_for)


def of_requests(connection: Connection, among: Version | None, at: int) -> Taken:
    """The source of requests about people of one register or manifest, or of any: made now if there is none.

    It speaks for the collections that this source speaks for, or for all, those to come included (`join_requests`).
    """
    name = _requests_name(among)
    version = find(connection, SourceKind.REQUEST, name)
    if version is None:
        source = next_id(connection, schema.statement_source)
        row = (source, SourceKind.REQUEST.value, name)
        append(connection, schema.statement_source, ("id", "kind", "name"), [row])
        version = _add(connection, source, Given(SourceKind.REQUEST, name, name, b"", 0), at)
    if among is not None:
        spoken_for = collections_of(connection, among.source_id)
    else:
        spoken_for = list(connection.execute(sa.select(schema.collection.c.id)).scalars())
    new_for = set(spoken_for) - set(collections_of(connection, version.source_id))
    _link(connection, version, spoken_for, at)
    return Taken(version, tuple(sorted(new_for)))


def join_requests(connection: Connection, collection: int, at: int) -> None:
    """Let the requests about people of any register speak for a new collection."""
    version = find(connection, SourceKind.REQUEST, _requests_name(None))
    if version is not None:
        _link(connection, version, [collection], at)


def requests_about(connection: Connection, among: Version) -> Version | None:
    """The source of requests about people of one register or manifest, if there were any."""
    return find(connection, SourceKind.REQUEST, _requests_name(among))


def _requests_name(among: Version | None) -> str:
    return "requests" if among is None else f"requests, {among.kind} {among.name}"


def find(connection: Connection, kind: SourceKind, name: str) -> Version | None:
    """The newest version of the source of that name."""
    source = schema.statement_source.c
    number = connection.execute(sa.select(source.id).where(source.kind == kind.value, source.name == name)).scalar()
    return None if number is None else _newest_of(connection, number, name)


def newest(connection: Connection, sources: Sequence[int]) -> list[Version]:
    """The newest version of each of these sources, in the order of their numbers."""
    version = schema.statement_version.c
    latest = sa.select(sa.func.max(version.id)).where(version.source_id.in_(sources)).group_by(version.source_id)
    return _versions(connection, version.id.in_(latest))


def _versions(connection: Connection, which: sa.ColumnElement[bool]) -> list[Version]:
    source, version = schema.statement_source.c, schema.statement_version.c
    rows = connection.execute(
        sa.select(schema.statement_version, source.kind, source.name, schema.source_end.c.id.label("ended"))
        .join(schema.statement_source, source.id == version.source_id)
        .outerjoin(schema.source_end, schema.source_end.c.version_id == version.id)
        .where(which)
        .order_by(version.source_id, version.id)
    )
    return [
        Version(
            row.source_id, row.id, SourceKind(row.kind), row.name, row.path, bytes(row.digest), row.identity,
            row.ended is not None,
        )
        for row in rows
    ]  # fmt: skip


def speaking(connection: Connection, collection: int) -> list[Version]:
    """The sources that speak for a collection, each in its newest version, whether or not it was taken here by it."""
    link = schema.source_of_collection.c
    sources = sa.select(link.source_id).where(link.collection_id == collection).distinct()
    return newest(connection, list(connection.execute(sources).scalars()))


def taken_by(connection: Connection, collection: int) -> dict[int, int]:
    """By which version each source was last taken for a collection."""
    link = schema.source_of_collection.c
    rows = connection.execute(
        sa.select(link.source_id, link.version_id).where(link.collection_id == collection).order_by(link.id)
    )
    return dict(rows.all())


def versions_of(connection: Connection, source: int) -> list[int]:
    """The numbers of all versions of a source."""
    version = schema.statement_version.c
    return list(connection.execute(sa.select(version.id).where(version.source_id == source)).scalars())


def collections_of(connection: Connection, source: int) -> list[int]:
    """The collections that a source speaks for."""
    link = schema.source_of_collection.c
    query = sa.select(link.collection_id).where(link.source_id == source).distinct().order_by(link.collection_id)
    return list(connection.execute(query).scalars())


def end(connection: Connection, version: Version, *, by: str, reason: str, at: int) -> None:
    """Let a source permit nothing until it is given again. What rests on it is left to the caller."""
    row = (next_id(connection, schema.source_end), version.id, at, by, reason)
    append(connection, schema.source_end, ("id", "version_id", "at", "by", "reason"), [row])


def vouch(connection: Connection, version: Version, *, by: str, at: int) -> None:
    """Note that somebody answers for this version of a collection's own metadata file."""
    if vouched_by(connection, version.id) is None:
        row = (next_id(connection, schema.vouch), version.id, by, at)
        append(connection, schema.vouch, ("id", "version_id", "by", "at"), [row])


def vouched_by(connection: Connection, version: int) -> str | None:
    """Who answers for a version of a collection's own metadata file."""
    table = schema.vouch.c
    query = sa.select(table.by).where(table.version_id == version).order_by(table.id).limit(1)
    return connection.execute(query).scalar()


def named(connection: Connection, name: str, kind: SourceKind | None = None) -> Version:
    """The source that a person names, by its name or the end of its path. Raises UsageError for none or several."""
    source = schema.statement_source.c
    query = sa.select(source.id, source.name)
    if kind is not None:
        query = query.where(source.kind == kind.value)
    rows = connection.execute(query).all()
    meant = [row for row in rows if row.name == name] or [row for row in rows if row.name.endswith("/" + name)]
    if len(meant) != 1:
        there = ", ".join(row.name for row in (meant or rows)[:10]) or "none"
        problem = f"{name} names several sources" if meant else f"no source is called {name}"
        raise UsageError(problem, remedy=f"name one of these: {there}")
    return _newest_of(connection, meant[0].id, meant[0].name)


def _newest_of(connection: Connection, source: int, name: str) -> Version:
    """The newest version of one source. Raises LedgerError where somebody took all of them out of the ledger."""
    found = newest(connection, [source])
    if not found:
        raise LedgerError(
            f"the ledger holds no version of {name} any more", remedy="see what `provenance verify` names"
        )
    return found[0]


def holding(connection: Connection, record_id: str, name: str | None) -> Version:
    """The source that holds a record. Raises UsageError where none does, or several do and none is named."""
    if name is not None:
        return named(connection, name)
    record = schema.record.c
    query = sa.select(record.source_id).where(record.record_id == record_id).distinct()
    found = newest(connection, list(connection.execute(query).scalars()))
    if len(found) != 1:
        there = ", ".join(version.name for version in found)
        problem = f"several sources hold a record {record_id}: {there}" if found else f"no source holds {record_id}"
        raise UsageError(problem, remedy="name the source" if found else "check the id")
    return found[0]


@dataclass(frozen=True, slots=True)
class Listed:
    """A source for people: its newest version, who vouches for it, and the collections that it speaks for."""

    kind: SourceKind
    name: str
    path: str
    digest: bytes
    rows: int
    at: int
    ended: bool
    vouched_by: str | None
    collections: tuple[str, ...]


def listed(connection: Connection) -> tuple[Listed, ...]:
    """Every source in its newest version, in the order of their kinds and names."""
    sources = list(connection.execute(sa.select(schema.statement_source.c.id)).scalars())
    found = [_listed(connection, version) for version in newest(connection, sources)]
    return tuple(sorted(found, key=lambda one: (one.kind, one.name)))


def history(connection: Connection, name: str) -> tuple[Listed, ...]:
    """Every version of one source, the oldest first. Raises UsageError as `named` does."""
    of_source = schema.statement_version.c.source_id == named(connection, name).source_id
    return tuple(_listed(connection, version) for version in _versions(connection, of_source))


def _listed(connection: Connection, one: Version) -> Listed:
    version, place = schema.statement_version.c, schema.collection.c
    row = connection.execute(sa.select(version.rows, version.at).where(version.id == one.id)).one()
    uris = sa.select(place.uri).where(place.id.in_(collections_of(connection, one.source_id))).order_by(place.id)
    return Listed(
        one.kind, one.name, one.path, one.digest, row.rows, row.at, one.ended, vouched_by(connection, one.id),
        tuple(connection.execute(uris).scalars()),
    )  # fmt: skip


def _add(connection: Connection, source: int, given: Given, at: int) -> Version:
    number = next_id(connection, schema.statement_version)
    identity = identity_of(given.path)
    if digest_of_file(given.path) not in (given.digest, None):
        identity = ""  # it changed since it was read, and by its identity it would pass for what was
    row = (number, source, given.digest, given.path, given.rows, at, identity)
    columns = ("id", "source_id", "digest", "path", "rows", "at", "identity")
    append(connection, schema.statement_version, columns, [row])
    return Version(source, number, given.kind, given.name, given.path, given.digest, identity)


def _link(connection: Connection, version: Version, collections: Sequence[int], at: int) -> None:
    rows: list[tuple[int, ...]] = []
    first = next_id(connection, schema.source_of_collection)
    for collection in collections:
        if taken_by(connection, collection).get(version.source_id) != version.id:
            rows.append((first + len(rows), collection, version.source_id, version.id, at))
    columns = ("id", "collection_id", "source_id", "version_id", "at")
    append(connection, schema.source_of_collection, columns, rows)


def _moved(connection: Connection, given: Given, collections: Sequence[int]) -> Version | None:
    candidates = [version for collection in collections for version in speaking(connection, collection)]
    for version in candidates:
        if version.kind is given.kind and version.digest == given.digest and not identity_of(version.path):
            return version
    return None
