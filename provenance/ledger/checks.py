"""Checksums of derived rows: a value that somebody changed by hand is an error when it is read, never a verdict.

A derived table is divided into parts by its leading key, and `derived_check` holds for each part the number of its
rows and the sum of a term for each row. The term is a square modulo a prime, so that neither a changed value nor two
exchanged ones leave the sum as it was, and the database computes it by itself: some 100 ns a row.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.errors import LedgerError
from provenance.ledger import schema
from provenance.ledger.bulk import bulk

PART: Final = 1_024
"""Leading keys in one part."""

_PRIME: Final = 2_147_483_647
_FACTORS: Final = (
    1_103_515_245, 1_664_525, 22_695_477, 134_775_813, 214_013, 2_147_001_325, 69_069, 1_566_083_941, 16_807, 48_271,
    630_360_016, 742_938_285, 950_706_376, 1_226_874_159,
)  # fmt: skip

Sums = dict[int, tuple[int, int]]
"""Rows and checksum of parts."""


@contextmanager
def changing(connection: Connection, table: sa.Table, *where: sa.ColumnElement[bool]) -> Iterator[None]:
    """Keep the checks of a table while rows that `where` selects are added, changed or removed.

    `where` must cover every row that changes, before and after.
    """
    before = sums(connection, table, *where)
    yield
    _move(connection, table, before, sums(connection, table, *where))


def insert_from(connection: Connection, table: sa.Table, columns: tuple[str, ...], rows: sa.Select[Any]) -> None:
    """Insert what a query gives, and keep the table's checks."""
    added = _summed(connection, table, rows.subquery())
    connection.execute(sa.insert(table).from_select(list(columns), rows))
    _move(connection, table, {}, added)


def sums(connection: Connection, table: sa.Table, *where: sa.ColumnElement[bool]) -> Sums:
    """The number of rows and the checksum of each part of a table, among the rows that are selected."""
    return _summed(connection, table, sa.select(table).where(*where).subquery())


def verify(connection: Connection, ledger: str, table: sa.Table, *, first: int = 0, last: int | None = None) -> None:
    """Check the parts of a table that hold the leading keys from `first` to `last` (by default all).

    Raises LedgerError where a row is not as this package left it.
    """
    check = schema.derived_check.c
    low, high = first // PART, None if last is None else last // PART
    kept = sa.select(check.part, check.rows, check.checksum).where(check.name == table.name, check.part >= low)
    key = _leading(table)
    where = [key >= low * PART]
    if high is not None:
        kept = kept.where(check.part <= high)
        where.append(key < (high + 1) * PART)
    expected = {part: (rows, checksum) for part, rows, checksum in connection.execute(kept) if rows or checksum}
    if sums(connection, table, *where) != expected:
        raise LedgerError(
            f"the ledger {ledger}: the derived table {table.name} is not as it was written",
            remedy="find out who changed it (`provenance verify`), then `provenance db rebuild`",
        )


def forget(connection: Connection, table: sa.Table) -> None:
    """Empty a derived table, and its checks."""
    connection.execute(sa.delete(table))
    connection.execute(sa.delete(schema.derived_check).where(schema.derived_check.c.name == table.name))


def renew(connection: Connection, table: sa.Table) -> None:
    """Take a derived table as it is: for what cannot be derived anew, once somebody has looked at it."""
    connection.execute(sa.delete(schema.derived_check).where(schema.derived_check.c.name == table.name))
    _move(connection, table, {}, sums(connection, table))


def _leading(table: sa.Table) -> sa.ColumnElement[int]:
    column: sa.ColumnElement[int] = next(iter(table.primary_key))
    return column


def _summed(connection: Connection, table: sa.Table, rows: sa.Subquery) -> Sums:
    mixed: Any = sa.literal(0)
    for factor, column in zip(_FACTORS, table.columns, strict=False):
        value: Any = rows.c[column.name]
        if isinstance(column.type, sa.Boolean):
            value = sa.cast(value, sa.Integer)
        value = sa.cast(value, sa.BigInteger)
        if column.nullable:
            value = sa.func.coalesce(value, -1)
        # Negative where a span has no beginning; both engines then give a negative remainder.
        mixed = mixed + (((value % _PRIME + _PRIME) % _PRIME) * sa.literal(factor, sa.BigInteger)) % _PRIME
    part = (rows.c[_leading(table).name] // PART).label("part")
    terms = sa.select(part, (mixed % _PRIME).label("mixed")).subquery()
    query = sa.select(terms.c.part, sa.func.count(), sa.func.sum((terms.c.mixed * terms.c.mixed) % _PRIME)).group_by(
        terms.c.part
    )
    return {int(part): (int(rows), int(total)) for part, rows, total in connection.execute(query)}


def _move(connection: Connection, table: sa.Table, before: Sums, after: Sums) -> None:
    parts = {part for part in before.keys() | after.keys() if before.get(part) != after.get(part)}
    if not parts:
        return
    check = schema.derived_check.c
    known: Sums = {}
    for some in _some(sorted(parts)):
        rows = connection.execute(
            sa.select(check.part, check.rows, check.checksum).where(check.name == table.name, check.part.in_(some))
        )
        known |= {part: (count, checksum) for part, count, checksum in rows}
    moved = []
    for part in sorted(parts):
        (count, total), (old, was), (new, now) = (each.get(part, (0, 0)) for each in (known, before, after))
        moved.append((table.name, part, count + new - old, total + now - was))
    bulk(connection, schema.derived_check, ("name", "part", "rows", "checksum"), moved, replace=True)


def _some(parts: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(parts), 500):
        yield parts[start : start + 500]
