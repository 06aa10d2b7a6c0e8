"""Checksums of derived rows: a value that somebody changed by hand is an error when it is read, never a verdict.

`derived_check` holds for each derived table the number of its rows and the sum of a term for each row. The term is a
square modulo a prime, so that neither a changed value nor two exchanged ones leave the sum as it was, and the database
computes it by itself: some 200 ns a row. Of the tables that grow with people and images and are read in part, each
block of numbers has a checksum of its own beside that of the table, so that one withdrawal need not read what everybody
else consented to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
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

Sums: TypeAlias = Mapping[int, Sum]
"""Those of each block that has rows; a table without blocks is block 0."""

_NOTHING: Final = (0, 0)

_IN_BLOCKS: Final = (schema.consent_state, schema.record_scope_image)
"""The tables checked by blocks of their first column, a person or an image."""

_BLOCK: Final = 2_048
"""How many numbers a block spans: one is checked within milliseconds, and 10 million people make 5,000."""


@contextmanager
def changing(connection: Connection, table: sa.Table, *where: sa.ColumnElement[bool]) -> Iterator[None]:
    """Keep the checks of a table while rows that `where` selects are added, changed or removed.

    `where` must cover every row that changes, before and after.
    """
    _divide(connection, table)
    before = _sums(connection, table, sa.select(table).where(*where))
    yield
    _move(connection, table, before, _sums(connection, table, sa.select(table).where(*where)))


def insert_from(connection: Connection, table: sa.Table, columns: tuple[str, ...], rows: sa.Select[Any]) -> None:
    """Insert what a query gives, and keep the table's checks."""
    _divide(connection, table)
    added = _sums(connection, table, rows)
    connection.execute(sa.insert(table).from_select(list(columns), rows))
    _move(connection, table, {}, added)


def verify(connection: Connection, ledger: str, *tables: sa.Table) -> None:
    """Raise LedgerError where a row of a table is not as this package left it."""
    for table in tables:
        if not is_sound(connection, table):
            raise _changed(ledger, table)


class InParts:
    """Checks of a table in blocks as it is read part by part, each block once."""

    def __init__(self, ledger: str, table: sa.Table) -> None:
        self._ledger = ledger
        self._table = table
        self._sound: set[int] = set()
        self._whole = False

    def verify(self, connection: Connection, numbers: NDArray[np.int64]) -> None:
        """Raise LedgerError where a row of any of these persons or images is not as this package left it.

        For what is read it is as strong as `verify`: the sums of all blocks must still come to that of the table.
        """
        wanted = sorted(set((numbers // _BLOCK).tolist()) - self._sound)
        if not wanted or self._whole:
            return
        table, kept = self._table, _kept_blocks(connection, self._table)
        if not kept:
            verify(connection, self._ledger, table)
            self._whole = True
        elif _total(kept) != _kept(connection, table):
            raise _changed(self._ledger, table)
        else:
            for first, last in _runs(wanted):
                within = table.columns[0].between(first * _BLOCK, last * _BLOCK + _BLOCK - 1)
                mine = _total({n: kept.get(n, _NOTHING) for n in range(first, last + 1)})
                if _sum(connection, table, sa.select(table).where(within)) != mine:
                    raise _changed(self._ledger, table)
        self._sound.update(wanted)


def is_sound(connection: Connection, table: sa.Table) -> bool:
    """Whether every row of a derived table is as this package left it."""
    count, total = connection.execute(_sum_of_all(table)).one()
    return (int(count), int(total)) == _kept(connection, table)


def forget(connection: Connection, table: sa.Table) -> None:
    """Empty a derived table, and its checks."""
    connection.execute(sa.delete(table))
    _forget_sums(connection, table)


def renew(connection: Connection, table: sa.Table) -> None:
    """Take a derived table as it is: for what cannot be derived anew, once somebody has looked at it."""
    _forget_sums(connection, table)
    _move(connection, table, {}, _sums(connection, table, sa.select(table)))


def added(connection: Connection, table: sa.Table, columns: Sequence[NDArray[np.int64]]) -> None:
    """Keep the checks of a table of whole numbers to which rows were added: its columns in their order."""
    _move(connection, table, {}, _sums_of(table, columns))


def removed(connection: Connection, table: sa.Table, columns: Sequence[NDArray[np.int64]]) -> None:
    """Keep the checks of a table of whole numbers from which these rows, as they were read, are removed."""
    _move(connection, table, _sums_of(table, columns), {})


def _sums_of(table: sa.Table, columns: Sequence[NDArray[np.int64]]) -> Sums:
    """What the database computes in `_sums`, of columns at hand of a table without blocks."""
    import numpy as np

    mixed = np.zeros(len(columns[0]), np.int64)
    for factor, column, values in zip(_FACTORS, table.columns, columns, strict=False):
        mixed += (np.fmod(values, _PRIME) if _is_wide(column) else values) * factor
    terms = np.fmod(mixed, _PRIME)
    return {0: (len(mixed), int(np.fmod(terms * terms, _PRIME).sum()))}


def _sums(connection: Connection, table: sa.Table, selected: sa.Select[Any]) -> Sums:
    """The sum of each block that has any of the selected rows."""
    if table not in _IN_BLOCKS:
        return {0: _sum(connection, table, selected)}
    rows = selected.subquery()
    block = (rows.c[table.columns[0].name] // _BLOCK).label("block")
    query = _summed(table, rows, block)
    query = query.group_by(query.selected_columns[block.name])
    return {int(n): (int(count), int(total)) for count, total, n in connection.execute(query)}


def _sum(connection: Connection, table: sa.Table, selected: sa.Select[Any]) -> Sum:
    count, total = connection.execute(_summed(table, selected.subquery())).one()
    return int(count), int(total)


@cache
def _sum_of_all(table: sa.Table) -> sa.Select[Any]:
    """Asked of every derived table at every gate, and long: it is made and compiled once."""
    return _summed(table, sa.select(table).subquery())


def _summed(table: sa.Table, rows: Any, *beside: sa.Label[Any]) -> sa.Select[Any]:
    """The sum of rows, with the value beside each by which they are grouped."""
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
    terms = sa.select(*beside, (mixed % _PRIME).label("mixed")).offset(0).subquery()
    squares = sa.func.coalesce(sa.func.sum((terms.c.mixed * terms.c.mixed) % _PRIME), 0)
    return sa.select(sa.func.count(), squares, *(terms.c[one.name] for one in beside)).select_from(terms)


def _is_wide(column: sa.Column[Any]) -> bool:
    """Whether a column holds instants; a number of a row never comes near the prime."""
    return isinstance(column.type, sa.BigInteger) and not column.foreign_keys


def _kept(connection: Connection, table: sa.Table) -> Sum:
    check = schema.derived_check.c
    row = connection.execute(sa.select(check.rows, check.checksum).where(check.name == table.name)).first()
    return _NOTHING if row is None else (row.rows, row.checksum)


def _kept_blocks(connection: Connection, table: sa.Table) -> dict[int, Sum]:
    check = schema.derived_check.c
    rows = connection.execute(sa.select(check.name, check.rows, check.checksum).where(_is_block(table)))
    return {int(name.rpartition(" ")[2]): (count, total) for name, count, total in rows}


def _is_block(table: sa.Table) -> sa.ColumnElement[bool]:
    """Selects the checks of a table's blocks, which are named after it: `refusal 12`."""
    return schema.derived_check.c.name.startswith(f"{table.name} ", autoescape=True)


def _divide(connection: Connection, table: sa.Table) -> None:
    """Sum the blocks of a table up that has none yet, as in ledgers of earlier versions, unless it was changed."""
    whole = _kept(connection, table)
    if table in _IN_BLOCKS and whole != _NOTHING and not _is_divided(connection, table):
        found = _sums(connection, table, sa.select(table))
        if _total(found) == whole:
            _keep(connection, {_block_name(table, n): one for n, one in found.items()})


def _is_divided(connection: Connection, table: sa.Table) -> bool:
    return (
        connection.execute(sa.select(schema.derived_check.c.name).where(_is_block(table)).limit(1)).first() is not None
    )


def _move(connection: Connection, table: sa.Table, before: Sums, after: Sums) -> None:
    if before == after:
        return
    whole = _kept(connection, table)
    moved = {table.name: _moved(whole, _total(before), _total(after))}
    if table in _IN_BLOCKS and (whole == _NOTHING or _is_divided(connection, table)):
        blocks = {n for n in (*before, *after) if before.get(n) != after.get(n)}
        kept = _kept_named(connection, [_block_name(table, n) for n in sorted(blocks)])
        for n in sorted(blocks):
            name = _block_name(table, n)
            moved[name] = _moved(kept.get(name, _NOTHING), before.get(n, _NOTHING), after.get(n, _NOTHING))
    _keep(connection, moved)


def _moved(kept: Sum, before: Sum, after: Sum) -> Sum:
    return kept[0] + after[0] - before[0], kept[1] + after[1] - before[1]


def _keep(connection: Connection, sums: Mapping[str, Sum]) -> None:
    rows = [(name, *one) for name, one in sums.items()]
    bulk(connection, schema.derived_check, ("name", "rows", "checksum"), rows, replace=True)


def _kept_named(connection: Connection, names: Sequence[str]) -> dict[str, Sum]:
    check = schema.derived_check.c
    found: dict[str, Sum] = {}
    for some in batched(names, IN_LIST):
        rows = connection.execute(sa.select(check.name, check.rows, check.checksum).where(check.name.in_(some)))
        found.update({name: (count, total) for name, count, total in rows})
    return found


def _block_name(table: sa.Table, block: int) -> str:
    return f"{table.name} {block}"


def _forget_sums(connection: Connection, table: sa.Table) -> None:
    check = schema.derived_check
    connection.execute(sa.delete(check).where(sa.or_(check.c.name == table.name, _is_block(table))))


def _total(sums: Sums) -> Sum:
    return sum(one[0] for one in sums.values()), sum(one[1] for one in sums.values())


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and last of each run of numbers, sorted, that follow one another.

    >>> list(_runs([1, 2, 3, 7]))
    [(1, 3), (7, 7)]
    """
    first = last = numbers[0]
    for number in numbers[1:]:
        if number > last + 1:
            yield first, last
            first = number
        last = number
    yield first, last


def _changed(ledger: str, table: sa.Table) -> LedgerError:
    return LedgerError(
        f"the ledger {ledger}: the derived table {table.name} is not as it was written",
        remedy="find out who changed it (`provenance verify`), then `provenance db rebuild`",
    )
