"""Copying a ledger into an empty database, such as a team's on PostgreSQL: the same rows, digests, secret and log.

Nothing is derived or numbered anew, so the copy has the log's root, and checkpoints of the one hold for the other. Rows
go over a batch a transaction, in the order of their references, from one state of the source. Until the last of them is
there the copy has no revision that any version opens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import batched
from provenance.errors import LedgerError, UsageError
from provenance.ledger import log, schema
from provenance.ledger.bulk import BATCH, bulk
from provenance.ledger.database import UNFINISHED, Database, revision_of, set_wal, unfinished
from provenance.ledger.furnish import add_views

_TABLES: Final = tuple(table for table in schema.metadata.sorted_tables if table is not schema.alembic_version)


@dataclass(frozen=True, slots=True)
class CopiedTable:
    """How many rows of a table went over, and in how many seconds."""

    name: str
    rows: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy came to; `root` is that of the log, of `entries` entries."""

    tables: tuple[CopiedTable, ...]
    entries: int
    root: bytes

    @property
    def rows(self) -> int:
        """How many rows went over."""
        return sum(table.rows for table in self.tables)


def copy(source: Database, target: str, advance: Callable[[int], None]) -> Copied:
    """Copy a ledger into a file that is not there yet, or into an empty database; `advance` gets numbers of rows.

    Raises UsageError where the target holds anything, LedgerError where either cannot be used or the copy came out
    otherwise. A copy that was not finished is refused by whoever opens it.

    >>> copy(Database.open("ledger.db"), "postgresql+psycopg://team@db.example/ledger", print)  # doctest: +SKIP
    """
    into = Database.connect(target, create=True)
    try:
        with into.explaining_errors(), source.reading() as reader:
            _begin(into)
            tables = tuple(_copied(reader, into, table, advance) for table in _TABLES)
            return _finished(reader, into, tables)
    finally:
        into.close()


def _begin(into: Database) -> None:
    """Make the tables of a ledger in an empty database."""
    with into.reading() as connection:
        _require_empty(connection, into.name)
    if into.is_sqlite:
        set_wal(into)
    with into.writing() as connection:
        _require_empty(connection, into.name)  # somebody else may have been quicker
        schema.metadata.create_all(connection)
        connection.execute(sa.insert(schema.alembic_version).values(version_num=UNFINISHED))


def _require_empty(connection: Connection, name: str) -> None:
    if revision_of(connection) == UNFINISHED:
        raise unfinished(name)
    if sa.inspect(connection).get_table_names():
        raise UsageError(f"{name} is not empty", remedy="name a file that is not there yet, or an empty database")


def _copied(reader: Connection, into: Database, table: sa.Table, advance: Callable[[int], None]) -> CopiedTable:
    began, rows = perf_counter(), 0
    columns = [column.name for column in table.columns]
    selected = reader.execution_options(yield_per=BATCH).execute(sa.select(table).order_by(*table.primary_key))
    for some in batched(selected, BATCH):
        with into.writing() as connection:
            bulk(connection, table, columns, map(tuple, some))
        rows += len(some)
        advance(len(some))
    return CopiedTable(table.name, rows, perf_counter() - began)


def _finished(reader: Connection, into: Database, tables: Sequence[CopiedTable]) -> Copied:
    """Open the copy to whoever comes, once it is what the source was."""
    with into.writing() as connection:
        root = log.root(reader)
        if log.root(connection) != root or _ends(connection) != _ends(reader):
            raise LedgerError(f"the copy {into.name} is not what was read", remedy="remove it, and copy again")
        add_views(connection)
        connection.execute(sa.update(schema.alembic_version).values(version_num=schema.REVISION))
    return Copied(tuple(tables), log.size(reader), root)


def _ends(connection: Connection) -> list[tuple[object, ...]]:
    """How many rows each table has, and the digest of the last of each chained one."""
    counts = [
        (table.name, connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
        for table in _TABLES
    ]
    heads = connection.execute(sa.select(schema.chain_head).order_by(schema.chain_head.c.name))
    return [*counts, *((row.name, row.rows, bytes(row.row_digest)) for row in heads)]
