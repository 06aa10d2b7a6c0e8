"""What a request keeps out, for those who received copies: as a list of hashes, or with all that knows it again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.copies.export import Entry
from provenance.ledger import schema_rights
from provenance.ledger.holds import Picture, hashes_of
from provenance.ledger.requests import Request
from provenance.lookup.hashlists import HashType


def pictures_of(connection: Connection, request: Request) -> Iterator[Picture]:
    """The pictures that a request keeps out, each once."""
    table, hold = schema_rights.suppression.c, schema_rights.hold.c
    rows = connection.execute(
        sa.select(table.id, table.sha256, table.wholes, table.parts)
        .join(schema_rights.hold, hold.id == table.hold_id)
        .where(hold.request_id == request.id)
        .order_by(table.sha256, table.id),
        execution_options={"yield_per": 100},
    )
    for digest, several in groupby(rows, key=_whose):
        same = list(several)  # as the ledger held it, and as its file was read once more
        wholes = dict.fromkeys(value for row in same for value in hashes_of(bytes(row.wholes)))
        parts = dict.fromkeys(value for row in same for value in hashes_of(bytes(row.parts)))
        yield Picture(digest if isinstance(digest, bytes) else None, b"".join(wholes), b"".join(parts))


def _whose(row: Any) -> bytes | int:
    """What rows of one picture have in common: its digest, or the row itself where it has none."""
    return bytes(row.sha256) if row.sha256 is not None else int(row.id)


def kept_out(connection: Connection, request: Request, kind: HashType) -> list[Entry]:
    """The hashes of the pictures that a request keeps out, each once: of their bytes, or of them as a whole.

    Pictures that say too little are not among the latter: no list can tell them from others.
    """
    pictures = pictures_of(connection, request)
    if kind is HashType.SHA256:
        found = [one.sha256 for one in pictures if one.sha256 is not None]
    else:
        found = [value for one in pictures for value in hashes_of(one.wholes)]
    return [(value, None) for value in dict.fromkeys(found)]
