"""Recorded rows that are read one by one, held against the chain of digests that they belong to.

`ledger.verify` follows each chain from its start. What people decided takes effect as it stands in its rows, so their
number is held against the chain's, and each that is read against the row before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.errors import LedgerError
from provenance.ledger import schema_rights
from provenance.ledger.append import digest_of, last_ids


def require_linked(connection: Connection, table: sa.Table, rows: Sequence[sa.Row[Any]]) -> None:
    """Raise LedgerError where one of these whole rows of a table is not as it was recorded, or not behind its row.

    For tables without `MUTABLE` columns or parts.
    """
    before = _digests(connection, table, [row.id - 1 for row in rows])
    columns = [column.name for column in table.columns if column.name != "row_digest"]
    for row in rows:
        content = {name: row._mapping[name] for name in columns}  # noqa: SLF001 - SQLAlchemy's public way
        if digest_of(before.get(row.id - 1, b""), content) != bytes(row.row_digest):
            raise LedgerError(
                f"row {row.id} of {table.name}, or the one before it, was changed in the ledger by hand",
                remedy="see what `provenance verify` names",
            )


def require_whole(connection: Connection, table: sa.Table) -> None:
    """Raise LedgerError where a recorded table has fewer rows than were recorded and not erased, or more."""
    gone = schema_rights.erased_row.c
    erased = sa.select(sa.func.count()).where(gone.name == table.name, gone.row.not_in(sa.select(table.c.id)))
    there = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    if there + connection.execute(erased).scalar_one() != last_ids(connection, table)[0]:
        raise LedgerError(
            f"rows of {table.name} were put into the ledger by hand, or taken out",
            remedy="see what `provenance verify` names",
        )


def _digests(connection: Connection, table: sa.Table, numbers: Sequence[int]) -> dict[int, bytes]:
    """The digests of these rows, those that were erased included."""
    gone = schema_rights.erased_row.c
    found: dict[int, bytes] = {}
    for some in batched(numbers, IN_LIST):
        for query in (
            sa.select(gone.row, gone.row_digest).where(gone.name == table.name, gone.row.in_(some)),
            sa.select(table.c.id, table.c.row_digest).where(table.c.id.in_(some)),
        ):
            found.update((number, bytes(digest)) for number, digest in connection.execute(query))
    return found
