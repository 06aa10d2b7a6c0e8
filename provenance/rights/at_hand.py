"""Reading images that are kept out once more, while their files lie at hand.

What the ledger holds of a picture meets a copy that was cut lightly in a quarter of the cases and a mirrored one in
none; hashes of what it may be turned and cut down to meet them all (`fingerprint.crops`). They cannot be taken any more
once the file is gone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import batched
from provenance.errors import SourceError
from provenance.fingerprint.crops import turned_and_cut
from provenance.ledger import holds, schema, schema_rights
from provenance.ledger.database import Database
from provenance.ledger.holds import Picture
from provenance.lookup.interface import HASH_BYTES
from provenance.run.progress import Progress
from provenance.sources.collection import Collection
from provenance.sources.open import open_collection

_LOCAL: Final = "file:///"
FROM_WINDOWS: Final = 64 * HASH_BYTES
"""More than what the windows of a picture come to: what is longer was taken of the file."""

_BATCH: Final = 50


def look_again(database: Database, which: sa.ColumnElement[bool], progress: Progress) -> None:
    """Take the hashes of every picture that some holds keep out and whose unchanged file lies on this machine.

    Raises LedgerError.
    """
    with database.reading() as connection:
        wanted = _wanted(connection, which)
    if not wanted:
        return
    progress.begin("reading what is kept out", len(wanted))
    opened: dict[str, Collection | None] = {}
    for some in batched(sorted(wanted.items()), _BATCH):
        with database.reading() as connection:
            found = [(hold, _picture(connection, sha256, opened)) for (hold, sha256), _ in some]
        with database.writing() as connection:
            for hold, picture in found:
                holds.add_pictures(connection, hold, [picture] if picture is not None else [])
        progress.advance(len(some))
    progress.end()


def _wanted(connection: Connection, which: sa.ColumnElement[bool]) -> dict[tuple[int, bytes], None]:
    """The holds and the digests of pictures of which no file was read yet."""
    table = schema_rights.suppression.c
    rows = connection.execute(
        sa.select(table.hold_id, table.sha256, sa.func.max(sa.func.length(table.parts)))
        .join(schema_rights.hold, schema_rights.hold.c.id == table.hold_id)
        .where(which, table.sha256.is_not(None))
        .group_by(table.hold_id, table.sha256)
    )
    return {(hold, bytes(sha256)): None for hold, sha256, size in rows if size <= FROM_WINDOWS}


def _picture(connection: Connection, sha256: bytes, opened: dict[str, Collection | None]) -> Picture | None:
    for data in _files(connection, sha256, opened):
        if hashlib.sha256(data).digest() == sha256:
            wholes, parts = turned_and_cut(data)
            return Picture(sha256, wholes, parts) if wholes else None
    return None


def _files(connection: Connection, sha256: bytes, opened: dict[str, Collection | None]) -> Iterator[bytes]:
    item, collection, content = schema.item.c, schema.collection.c, schema.content.c
    rows = connection.execute(
        sa.select(collection.uri, item.key)
        .join(schema.collection, collection.id == item.collection_id)
        .join(schema.content, content.id == item.content_id)
        .where(content.sha256 == sha256, item.current, collection.uri.startswith(_LOCAL))
        .order_by(item.id)
    )
    for uri, key in rows:
        if uri not in opened:
            opened[uri] = _open(uri)
        source = opened[uri]
        try:
            if source is not None:
                yield source.read(bytes(key))
        except OSError:
            continue


def _open(uri: str) -> Collection | None:
    try:
        return open_collection(uri)
    except SourceError:  # it lies somewhere else now
        return None
