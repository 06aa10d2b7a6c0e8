"""The secret that binds files beside a ledger, such as its search index, to it, and knows erased names again.

The log names it like a table of one row, whose digest is SHA-256 over `provenance ledger secret`, a zero byte and the
secret. So one that was put in its place, of the same length, is no secret of this ledger, and differs from every
checkpoint that was given out.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.errors import LedgerError
from provenance.ledger import schema

_LENGTH: Final = 32


def secret_of(connection: Connection) -> bytes:
    """The 32 bytes that were drawn when the ledger was made. Raises LedgerError where they are not there."""
    secret, named = _held(connection), named_secret(connection)
    if secret is None or named not in (None, head_of(secret)):
        raise LedgerError(
            "the ledger's secret was taken out, changed or exchanged", remedy="restore the ledger from a copy"
        )
    return secret


def head_of(secret: bytes) -> tuple[int, bytes]:
    """What the log says of a secret: one row, and its digest.

    >>> head_of(bytes(32))[1].hex()[:16]
    'b312616d5be68205'
    """
    return 1, sha256(b"provenance ledger secret\0" + secret).digest()


def named_secret(connection: Connection) -> tuple[int, bytes] | None:
    """What is kept of the secret that the log names; None before its first entry with one."""
    head = schema.chain_head.c
    row = connection.execute(
        sa.select(head.rows, head.row_digest).where(head.name == schema.ledger_secret.name)
    ).first()
    return None if row is None else (row.rows, bytes(row.row_digest))


def unnamed_head(connection: Connection) -> tuple[int, bytes] | None:
    """What the log has to say of the secret; None where it has said it, or where there is no secret."""
    secret = _held(connection) if named_secret(connection) is None else None
    return None if secret is None else head_of(secret)


def _held(connection: Connection) -> bytes | None:
    found = connection.execute(sa.select(schema.ledger_secret.c.secret)).scalars().all()
    return bytes(found[0]) if len(found) == 1 and len(found[0]) == _LENGTH else None
