"""Carrying an erasure out: in the ledger, in the index, and in the pages of the files that still hold what was removed.

The files of the images are their owner's: they are named, not deleted. The ledger's backups, and the server's own log
of PostgreSQL, are beyond its reach.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.copies.index import rebuild
from provenance.copies.suppress import settle
from provenance.errors import LedgerLocked, UsageError
from provenance.keys import display
from provenance.ledger import erasures, holds, log, requests, schema, schema_rights, statements
from provenance.ledger.database import Database
from provenance.ledger.erasures import Doomed, Erasure
from provenance.ledger.holds import Target, TargetKind
from provenance.ledger.requests import Request, RequestKind
from provenance.ledger.secret import secret_of
from provenance.rights.at_hand import look_again
from provenance.rights.requests import reached
from provenance.run.progress import Progress


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased for a request. `files` are the images' own files, which their owner has to delete.

    `proof` is what can be handed over: what was erased, and where the log of the ledger says so.
    """

    erasure: Erasure
    files: tuple[str, ...]
    proof: Mapping[str, Any]


def carry_out(database: Database, ref: str, *, by: str, progress: Progress) -> Erased:
    """Erase everything that an erasure request reaches now. It may be done again, as when a copy came back.

    Raises UsageError for another kind of request or one that was lifted, LedgerLocked where somebody keeps the
    ledger's file open, so that old pages could not be cleaned.
    """
    settle(database, progress)
    with database.reading() as connection:
        number = requests.named(connection, ref).id
    look_again(database, schema_rights.hold.c.request_id == number, progress)
    settle(database, progress)
    with database.writing() as connection:
        request = requests.named(connection, ref)
        if request.kind is not RequestKind.ERASE or request.state in holds.ENDING:
            raise UsageError(f"{ref} is no erasure in force", remedy="see `provenance requests list --all`")
        doomed = _doomed(connection, request)
        files = files_of(connection, doomed.items)
        at = datetime.now(UTC)
        erasure = erasures.erase(connection, doomed, request_id=request.id, cause=f"request {ref}", by=by, at=at)
    clean(database)
    with database.reading() as connection:
        return Erased(erasure, files, proof(connection, erasure))


def clean(database: Database) -> None:
    """Build the index anew, and have the database write its files without what was removed. Raises LedgerLocked."""
    rebuild(database)
    with database.explaining_errors(), database.engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        if not database.is_sqlite:
            raw.autocommit = True
            for table in (*schema.RECORDED, *schema.DERIVED, *_PARTS):
                raw.execute(f'VACUUM (FULL) "{table.name}"')
            raw.autocommit = False
            return
        raw.execute("VACUUM")
        busy, _, _ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise LedgerLocked(
                f"the content was erased, but somebody reads {database.name}, so that its file keeps old pages",
                remedy="when nobody does, erase once more with `provenance requests erase`",
            )


_PARTS: Final = (schema.signal, schema.depiction, schema.also_declared, schema.event, schema.scope)


def proof(connection: Connection, erasure: Erasure) -> dict[str, Any]:
    """That an erasure was done, as the log holds it: whoever has a checkpoint can verify it."""
    size = log.size(connection)
    return {
        "cause": erasure.cause,
        "erasure": erasure.id,
        "at": erasure.at.isoformat(),
        "by": erasure.by,
        "images": erasure.images,
        "rows": dict(erasure.rows),
        "row_digest": erasure.digest.hex(),
        "log": {"size": size, "root": log.root(connection, size).hex()},
    }


def _doomed(connection: Connection, request: Request) -> Doomed:
    """What a request reaches: images, and the persons whom its holds name, known by their digests."""
    target, hold, person = schema_rights.hold_target.c, schema_rights.hold.c, schema.person.c
    rows = connection.execute(
        sa.select(target.digest, target.place)
        .join(schema_rights.hold, hold.id == target.hold_id)
        .where(hold.request_id == request.id, target.kind == TargetKind.PERSON.value)
    )
    wanted = {bytes(digest): place for digest, place in rows}
    secret = secret_of(connection)
    places = set(wanted.values())
    people = [
        number
        for number, ref in (connection.execute(sa.select(person.id, person.ref)) if wanted else ())
        if any(holds.digest_of(secret, Target(TargetKind.PERSON, ref, place)) in wanted for place in places)
    ]
    return Doomed(reached(connection, request), people, _sources(connection, places))


def _sources(connection: Connection, places: set[str]) -> frozenset[int] | None:
    """The sources whose pseudonyms are meant, with the requests about people of these; None for all."""
    if "" in places or not places:
        return None
    numbers = sorted(map(int, places))
    beside = [statements.requests_about(connection, version) for version in statements.newest(connection, numbers)]
    return frozenset((*numbers, *(version.source_id for version in beside if version is not None)))


def files_of(connection: Connection, items: Sequence[int]) -> tuple[str, ...]:
    """The addresses of the files of images that are held now."""
    item, collection = schema.item.c, schema.collection.c
    found: list[str] = []
    for some in batched(items, IN_LIST):
        rows = connection.execute(
            sa.select(collection.uri, item.key)
            .join(schema.collection, collection.id == item.collection_id)
            .where(item.id.in_(some), item.current)
            .order_by(item.id)
        )
        found += [f"{uri.rstrip('/')}/{display(bytes(key))}" for uri, key in rows]
    return tuple(dict.fromkeys(found))
