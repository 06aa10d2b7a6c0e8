"""What a request keeps out, for those who received copies: as a list of hashes, or with all that knows it again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.copies.export import Entry
from provenance.errors import UsageError
from provenance.ledger import requests, schema_rights
from provenance.ledger.holds import ENDING, Picture, hashes_of
from provenance.ledger.requests import Request, RequestKind
from provenance.lookup.hashlists import HashType
from provenance.rights.at_hand import FROM_WINDOWS


def in_force(connection: Connection, ref: str) -> Request:
    """The request of that reference. Raises UsageError where there is none, or it keeps nothing out."""
    request = requests.named(connection, ref)
    if request.kind is RequestKind.ACCESS or request.state in ENDING:
        raise UsageError(f"{ref} keeps nothing out", remedy="see `provenance requests list --all`")
    return request


def pictures_of(connection: Connection, request: Request) -> Iterator[Picture]:
    """The pictures that a request keeps out, each once."""
    for digest, same in _by_picture(connection, request):
        wholes = dict.fromkeys(value for row in same for value in hashes_of(bytes(row.wholes)))
        parts = dict.fromkeys(value for row in same for value in hashes_of(bytes(row.parts)))
        yield Picture(digest if isinstance(digest, bytes) else None, b"".join(wholes), b"".join(parts))


def kept_out(connection: Connection, request: Request, kind: HashType) -> Iterator[Entry]:
    """The hashes of each picture that a request keeps out: of its bytes, or of it and its crops.

    A list is compared with windows of held images too, so that the ledger's own windows are left out of it: two
    photographs may share a part. Pictures that say too little are not in it either: no list can tell them from others.
    """
    for digest, same in _by_picture(connection, request):
        if kind is HashType.SHA256:
            yield from [(digest, None)] if isinstance(digest, bytes) else []
            continue
        hashes = [bytes(row.wholes) for row in same]
        hashes += [bytes(row.parts) for row in same if len(row.parts) > FROM_WINDOWS]
        yield from ((value, None) for value in dict.fromkeys(one for data in hashes for one in hashes_of(data)))


def _by_picture(connection: Connection, request: Request) -> Iterator[tuple[bytes | int, list[Any]]]:
    """The rows of each picture: as the ledger held it, and as its file was read once more."""
    table, hold = schema_rights.suppression.c, schema_rights.hold.c
    rows = connection.execute(
        sa.select(table.id, table.sha256, table.wholes, table.parts)
        .join(schema_rights.hold, hold.id == table.hold_id)
        .where(hold.request_id == request.id)
        .order_by(table.sha256, table.id),
        execution_options={"yield_per": 100},
    )
    for digest, several in groupby(rows, key=_whose):
        yield digest, list(several)


def _whose(row: Any) -> bytes | int:
    """What rows of one picture have in common: its digest, or the row itself where it has none."""
    return bytes(row.sha256) if row.sha256 is not None else int(row.id)
