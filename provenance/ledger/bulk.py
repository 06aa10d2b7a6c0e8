"""Inserting many rows at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

BATCH: Final = 10_000
"""Rows a bulk statement carries: measured best on SQLite, and small enough to keep memory flat."""


def bulk(
    connection: Connection,
    table: sa.Table,
    columns: Sequence[str],
    rows: Iterable[tuple[object, ...]],
    *,
    replace: bool = False,
) -> None:
    """Insert many rows through the driver's own executemany, a batch at a time, or by COPY into PostgreSQL.

    With `replace`, a row with the same primary key is overwritten: for derived tables only. Core's dictionaries cost
    2.7 times as much on SQLite.
    """
    dialect = connection.dialect
    if dialect.name == "postgresql" and not replace:
        _copy(connection, table, columns, rows)
        return
    statement, positional = _insert(dialect, table, tuple(columns), replace)
    order = [columns.index(name) for name in positional] if positional else None
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH)):
        parameters: list[Any]
        if order is None:
            parameters = [dict(zip(columns, row, strict=True)) for row in batch]
        elif order == list(range(len(columns))):
            parameters = batch
        else:
            parameters = [tuple(row[i] for i in order) for row in batch]
        connection.exec_driver_sql(statement, parameters)


@lru_cache(256)
def _insert(
    dialect: sa.Dialect,
    table: sa.Table,
    columns: tuple[str, ...],
    replace: bool,  # noqa: FBT001 - the one caller names it
) -> tuple[str, list[str] | None]:
    """The statement, and the columns in the order of its marks. Making one costs as much as inserting 200 rows."""
    insert = postgresql.insert(table) if dialect.name == "postgresql" else sqlite.insert(table)
    insert = insert.values({c: sa.bindparam(c) for c in columns})
    if replace:
        keys = [column.name for column in table.primary_key]
        values = {c: insert.excluded[c] for c in columns if c not in keys}
        if values:
            insert = insert.on_conflict_do_update(index_elements=keys, set_=values)
        else:
            insert = insert.on_conflict_do_nothing(index_elements=keys)
    compiled = insert.compile(dialect=dialect)
    return str(compiled), compiled.positiontup


_TYPES: Final = (
    (sa.BigInteger, "int8"),
    (sa.SmallInteger, "int2"),
    (sa.Integer, "int4"),
    (sa.Boolean, "bool"),
    (sa.LargeBinary, "bytea"),
    (sa.Text, "text"),
)
"""What binary COPY calls the types of columns; the first that fits counts, since some are kinds of others."""


def _copy(connection: Connection, table: sa.Table, columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> None:
    quoted = connection.dialect.identifier_preparer
    named = ", ".join(map(quoted.quote, columns))
    statement = f"COPY {quoted.format_table(table)} ({named}) FROM STDIN (FORMAT BINARY)"
    types = [next(said for kind, said in _TYPES if isinstance(table.c[name].type, kind)) for name in columns]
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)
    except connection.dialect.loaded_dbapi.Error as error:
        raise sa.exc.DBAPIError(statement, None, error) from error
