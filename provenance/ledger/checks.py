"""Checksums of derived rows: a value that somebody changed by hand is an error when it is read, never a verdict.

`derived_check` holds for each derived table the number of its rows and the sum of a term for each row. The term is a
square modulo a prime, so that neither a changed value nor two exchanged ones leave the sum as it was, and the database
computes it by itself: some 200 ns a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.errors import LedgerError
from provenance.ledger import schema
from provenance.ledger.bulk import bulk

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PRIME: Final = 2_147_483_647
_FACTORS: Final = (
    16_777_213, 15_485_863, 14_414_443, 13_466_917, 12_117_361, 11_001_067, 10_007_077, 9_000_011, 8_000_009,
    7_000_003, 6_000_011, 5_000_011, 4_000_037, 3_000_017,
)  # fmt: skip
"""Under 2**24: with values under 2**34 no sum of products reaches 2**63."""

Sum: TypeAlias = tuple[int, int]
"""How many rows, and their checksum."""


@contextmanager
def changing(connection: Connection, table: sa.Table, *where: sa.ColumnElement[bool]) -> Iterator[None]:
    """Keep the checks of a table while rows that `where` selects are added, changed or removed.

    `where` must cover every row that changes, before and after.
    """
    before = _sum(connection, table, sa.select(table).where(*where))
    yield
    _move(connection, table, before, _sum(connection, table, sa.select(table).where(*where)))


def insert_from(connection: Connection, table: sa.Table, columns: tuple[str, ...], rows: sa.Select[Any]) -> None:
    """Insert what a query gives, and keep the table's checks."""
    added = _sum(connection, table, rows)
    connection.execute(sa.insert(table).from_select(list(columns), rows))
    _move(connection, table, (0, 0), added)


def verify(connection: Connection, ledger: str, *tables: sa.Table) -> None:
    """Raise LedgerError where a row of a table is not as this package left it."""
    for table in tables:
        if not is_sound(connection, table):
            raise LedgerError(
                f"the ledger {ledger}: the derived table {table.name} is not as it was written",
                remedy="find out who changed it (`provenance verify`), then `provenance db rebuild`",
            )


def is_sound(connection: Connection, table: sa.Table) -> bool:
    """Whether every row of a derived table is as this package left it."""
    return _sum(connection, table, sa.select(table)) == _kept(connection, table)


def forget(connection: Connection, table: sa.Table) -> None:
    """Empty a derived table, and its checks."""
    connection.execute(sa.delete(table))
    connection.execute(sa.delete(schema.derived_check).where(schema.derived_check.c.name == table.name))


def renew(connection: Connection, table: sa.Table) -> None:
    """Take a derived table as it is: for what cannot be derived anew, once somebody has looked at it."""
    connection.execute(sa.delete(schema.derived_check).where(schema.derived_check.c.name == table.name))
    _move(connection, table, (0, 0), _sum(connection, table, sa.select(table)))


def added(connection: Connection, table: sa.Table, columns: Sequence[NDArray[np.int64]]) -> None:
    """Keep the checks of a table of whole numbers to which rows were added: its columns in their order."""
    _move(connection, table, (0, 0), _sum_of(table, columns))


def removed(connection: Connection, table: sa.Table, columns: Sequence[NDArray[np.int64]]) -> None:
    """Keep the checks of a table of whole numbers from which these rows, as they were read, are removed."""
    _move(connection, table, _sum_of(table, columns), (0, 0))


def _sum_of(table: sa.Table, columns: Sequence[NDArray[np.int64]]) -> Sum:
    """What the database computes in `_sum`, of columns at hand."""
    import numpy as np

    mixed = np.zeros(len(columns[0]), np.int64)
    for factor, column, values in zip(_FACTORS, table.columns, columns, strict=False):
        mixed += (np.fmod(values, _PRIME) if _is_wide(column) else values) * factor
    terms = np.fmod(mixed, _PRIME)
    return len(mixed), int(np.fmod(terms * terms, _PRIME).sum())


def _sum(connection: Connection, table: sa.Table, selected: sa.Select[Any]) -> Sum:
    rows = selected.subquery()
    mixed: Any = sa.literal(0, sa.BigInteger)
    for factor, column in zip(_FACTORS, table.columns, strict=False):
        value: Any = rows.c[column.name]
        if isinstance(column.type, sa.Boolean):
            value = sa.cast(value, sa.Integer)
        elif isinstance(column.type, sa.Text):
            value = sa.func.length(value)
        value = sa.type_coerce(value, sa.BigInteger)  # so that PostgreSQL multiplies 64 bits
        if column.nullable:
            value = sa.func.coalesce(value, -1)
        if _is_wide(column):
            value = value % _PRIME
        mixed = mixed + value * sa.literal(factor, sa.BigInteger)
    # Without the offset SQLite would put the whole sum in place of each of its two mentions.
    terms = sa.select((mixed % _PRIME).label("mixed")).offset(0).subquery()
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum((terms.c.mixed * terms.c.mixed) % _PRIME), 0))
    count, total = connection.execute(query.select_from(terms)).one()
    return int(count), int(total)


def _is_wide(column: sa.Column[Any]) -> bool:
    """Whether a column holds instants; a number of a row never comes near the prime."""
    return isinstance(column.type, sa.BigInteger) and not column.foreign_keys


def _kept(connection: Connection, table: sa.Table) -> Sum:
    check = schema.derived_check.c
    row = connection.execute(sa.select(check.rows, check.checksum).where(check.name == table.name)).first()
    return (0, 0) if row is None else (row.rows, row.checksum)


def _move(connection: Connection, table: sa.Table, before: Sum, after: Sum) -> None:
    if before != after:
        (count, total), (old, was), (new, now) = _kept(connection, table), before, after
        row = (table.name, count + new - old, total + now - was)
        bulk(connection, schema.derived_check, ("name", "rows", "checksum"), [row], replace=True)
