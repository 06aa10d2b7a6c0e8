"""The secret that binds files beside a ledger, such as its search index, to it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.errors import LedgerError
from provenance.ledger import schema


def secret_of(connection: Connection) -> bytes:
    """The 32 bytes that were drawn when the ledger was made. Raises LedgerError where they are not there."""
    found = connection.execute(sa.select(schema.ledger_secret.c.secret)).scalars().all()
    if len(found) != 1 or len(found[0]) != 32:
        raise LedgerError("the ledger's secret was taken out or changed", remedy="restore the ledger from a copy")
    return bytes(found[0])
