"""Refusing to judge by what was not taken in whole, or is no longer what was taken."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.errors import LedgerError
from provenance.keys import collection_name, display
from provenance.ledger import collections, schema, statements
from provenance.ledger.files import digest_of_file, identity_of
from provenance.ledger.statements import SourceKind, Version
from provenance.model import from_micros
from provenance.sources.interface import Source


def require_taken(connection: Connection, among: Sequence[int]) -> None:
    """Raise LedgerError where a scan of these collections was not finished, or a source of theirs changed since.

    A register counts for every collection as soon as it is taken; the rows of a manifest are taken collection by
    collection. A source that can no longer be read counts as it was taken.
    """
    for number in among:
        name = _name(connection, number)
        broken = collections.unfinished(connection, number)
        if broken is not None:
            given = f" with {', '.join(broken.paths)}" if broken.paths else ""
            raise LedgerError(
                f"a scan of {name} that began at {from_micros(broken.started_at):%Y-%m-%dT%H:%M:%SZ} was not finished",
                remedy=f"scan {name} again{given}",
            )
        taken = statements.taken_by(connection, number)
        for version in statements.speaking(connection, number):
            if not version.ended:
                _require_newest(version, taken[version.source_id], name)


def require_own_taken(connection: Connection, collection: int, source: Source) -> None:
    """Raise LedgerError where a metadata file lies in a collection that no scan has taken, as `require_taken` does.

    Raises InputError where its metadata files contradict one another.
    """
    speaking = statements.speaking(connection, collection)
    taken = {version.name for version in speaking if version.kind is SourceKind.COLLECTION and not version.ended}
    for prefix, path in source.metadata_files():
        if statements.own_name(collection, display(prefix) + path.name) not in taken:
            name = _name(connection, collection)
            raise LedgerError(f"{path} lies in {name}, and no scan has taken it", remedy=f"scan {name} again")


def _require_newest(version: Version, taken: int, collection: str) -> None:
    if version.kind is SourceKind.REQUEST:
        return
    if version.kind is not SourceKind.REGISTER and taken != version.id:
        raise LedgerError(
            f"{collection} was last scanned with an earlier version of the {version.kind} {version.name}",
            remedy=f"scan {collection} again with it",
        )
    identity = identity_of(version.path)
    if identity and identity == version.identity:
        return
    if digest_of_file(version.path) not in (version.digest, None):
        raise LedgerError(
            f"the {version.kind} {version.path} has changed since it was taken",
            remedy=f"scan {collection} again with it",
        )


def _name(connection: Connection, number: int) -> str:
    uri = connection.execute(sa.select(schema.collection.c.uri).where(schema.collection.c.id == number)).scalar_one()
    return collection_name(uri)
