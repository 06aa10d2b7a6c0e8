"""What a request keeps out, as a list of hashes for those who received copies."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.copies.export import Entry
from provenance.ledger import schema_rights
from provenance.ledger.holds import hashes_of
from provenance.ledger.requests import Request
from provenance.lookup.hashlists import HashType


def kept_out(connection: Connection, request: Request, kind: HashType) -> list[Entry]:
    """The hashes of the pictures that a request keeps out, each once: of their bytes, or of them as a whole.

    Pictures that say too little are not among the latter: no list can tell them from others.
    """
    table, hold = schema_rights.suppression.c, schema_rights.hold.c
    rows = connection.execute(
        sa.select(table.sha256, table.wholes)
        .join(schema_rights.hold, hold.id == table.hold_id)
        .where(hold.request_id == request.id)
        .order_by(table.id)
    ).all()
    if kind is HashType.SHA256:
        found = [bytes(row.sha256) for row in rows if row.sha256 is not None]
    else:
        found = [value for row in rows for value in hashes_of(bytes(row.wholes))]
    return [(value, None) for value in dict.fromkeys(found)]
