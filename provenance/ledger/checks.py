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
_BLOCK_COLUMN: Final = "block"

_IN_BLOCKS: Final = (schema.consent_state, schema.refusal, schema.record_scope_image)
"""The tables checked by blocks of their first column, a person or an image."""

_BLOCK: Final = 2_048
"""How many numbers a block spans: one is checked within milliseconds, and 10 million people make 5,000."""


@contextmanager
def changing(connection: Connection, table: sa.Table, *where: sa.ColumnElement[bool]) -> Iterator[None]:
    """Keep the checks of a table while rows that `where` selects are added, changed or removed.

    `where` must cover every row that changes, before and after.
    """
    _divide(connection, table)
    selected = _summed(_terms_of(table).where(*where))
    before = _sums(connection, table, selected)
    yield
    _move(connection, table, before, _sums(connection, table, selected))


def insert_from(connection: Connection, table: sa.Table, columns: tuple[str, ...], rows: sa.Select[Any]) -> None:
    """Insert what a query gives, and keep the table's checks."""
    _divide(connection, table)
    added = _sums(connection, table, _summed(_terms(table, rows.subquery("added"))))
    connection.execute(sa.insert(table).from_select(list(columns), rows))
    _move(connection, table, {}, added)


def verify(connection: Connection, ledger: str, *tables: sa.Table) -> None:
    """Raise LedgerError where a row of a table is not as this package left it."""
    kept = _kept_named(connection, [table.name for table in tables])
    for place, count, total in connection.execute(_sums_of_all(tables)):
        if (int(count), int(total)) != kept.get(tables[place].name, _NOTHING):
            raise _changed(ledger, tables[place])


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
        table, (blocks, *total) = self._table, _total_of_blocks(connection, self._table)
        if not blocks:
            verify(connection, self._ledger, table)
            self._whole = True
        elif tuple(total) != sum_of(connection, table):
            raise _changed(self._ledger, table)
        else:
            kept = _kept_named(connection, [_block_name(table, n) for n in wanted])
            for first, last in _runs(wanted):
                within = table.columns[0].between(first * _BLOCK, last * _BLOCK + _BLOCK - 1)
                mine = _total({n: kept.get(_block_name(table, n), _NOTHING) for n in range(first, last + 1)})
                if _total(_sums(connection, table, _summed(_terms_of(table).where(within)))) != mine:
                    raise _changed(self._ledger, table)
        self._sound.update(wanted)


def is_sound(connection: Connection, table: sa.Table) -> bool:
    """Whether every row of a derived table is as this package left it."""
    _, count, total = connection.execute(_sums_of_all((table,))).one()
    return (int(count), int(total)) == sum_of(connection, table)


def forget(connection: Connection, table: sa.Table) -> None:
    """Empty a derived table, and its checks."""
    connection.execute(sa.delete(table))
    _forget_sums(connection, table)


def renew(connection: Connection, table: sa.Table) -> None:
    """Take a derived table as it is: for what cannot be derived anew, once somebody has looked at it."""
    _forget_sums(connection, table)
    _move(connection, table, {}, _sums(connection, table, _summed(_terms_of(table))))


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


def _sums(connection: Connection, table: sa.Table, summed: sa.Select[Any]) -> Sums:
    """What a query of `_summed` gives: the sum of each block that has any row."""
    if table not in _IN_BLOCKS:
        count, total = connection.execute(summed).one()
        return {0: (int(count), int(total))}
    return {int(n): (int(count), int(total)) for count, total, n in connection.execute(summed)}


@cache
def _sums_of_all(tables: tuple[sa.Table, ...]) -> sa.CompoundSelect[Any]:
    """The sums of whole tables, each with its place: asked at every gate, and long, so it is made and compiled once."""
    each = []
    for place, table in enumerate(tables):
        number = sa.literal_column(str(place), sa.Integer)
        each.append(sa.select(number, *_COUNT_AND_SUM).select_from(_each(_terms_of(table))))
    return sa.union_all(*each)


def _summed(terms: sa.Select[Any]) -> sa.Select[Any]:
    """The number and the sum of terms, of each block by itself where they have one."""
    blocks: list[Any] = [sa.literal_column(_BLOCK_COLUMN)] if len(terms.selected_columns) > 1 else []
    return sa.select(*_COUNT_AND_SUM, *blocks).select_from(_each(terms)).group_by(*blocks)


def _each(terms: sa.Select[Any]) -> sa.Subquery:
    # Without the offset SQLite would put the whole sum in place of each of its two mentions.
    return terms.offset(sa.literal_column("0")).subquery("terms")


_COUNT_AND_SUM: Final = (
    sa.literal_column("count(*)", sa.BigInteger),
    sa.literal_column(f"coalesce(sum((mixed * mixed) % {_PRIME}), 0)", sa.BigInteger),
)


@cache
def _terms_of(table: sa.Table) -> sa.Select[Any]:
    """The term of each row of a table."""
    return _terms(table, table)


def _terms(table: sa.Table, rows: sa.FromClause) -> sa.Select[Any]:
    """The term of each of some rows of a table, before it is squared, with its block if the table has any.

    As text, which both databases read: SQLAlchemy takes longer over expressions than they over hundreds of rows.
    """
    terms = " + ".join(
        # The factors are of 64 bits, so that PostgreSQL multiplies these.
        f"{_number(column, rows)} * CAST({factor} AS BIGINT)"
        for factor, column in zip(_FACTORS, table.columns, strict=False)
    )
    mixed = sa.literal_column(f"({terms}) % {_PRIME}", sa.BigInteger).label("mixed")
    block = [(rows.c[table.columns[0].name] // _BLOCK).label(_BLOCK_COLUMN)] if table in _IN_BLOCKS else []
    return sa.select(mixed, *block).select_from(rows)


def _number(column: sa.Column[Any], rows: Any) -> str:
    """The value of a column as a number."""
    value = f'"{rows.name}"."{column.name}"'
    if isinstance(column.type, sa.Text):
        value = f"length({value})"
    if isinstance(column.type, sa.Boolean):
        value = f"CAST({value} AS INTEGER)"
    if column.nullable:
        value = f"coalesce({value}, -1)"
    return f"({value} % {_PRIME})" if _is_wide(column) else value


def _is_wide(column: sa.Column[Any]) -> bool:
    """Whether a column holds instants; a number of a row never comes near the prime."""
    return isinstance(column.type, sa.BigInteger) and not column.foreign_keys


def sum_of(connection: Connection, table: sa.Table) -> Sum:
    """What the rows of a table have to come to: another sum after any change of them."""
    row = connection.execute(_SUM, {"table": table.name}).first()
    return _NOTHING if row is None else (row.rows, row.checksum)


_SUM: Final = sa.select(schema.derived_check.c.rows, schema.derived_check.c.checksum).where(
    schema.derived_check.c.name == sa.bindparam("table")
)
"""Made once: making a statement costs as much as the database takes to answer it."""


def _total_of_blocks(connection: Connection, table: sa.Table) -> tuple[int, int, int]:
    """How many blocks a table has, and what they come to together."""
    check = schema.derived_check.c
    sums = (sa.func.coalesce(sa.func.sum(column), 0) for column in (check.rows, check.checksum))
    blocks, rows, total = connection.execute(sa.select(sa.func.count(), *sums).where(_is_block(table))).one()
    return int(blocks), int(rows), int(total)


def _is_block(table: sa.Table) -> sa.ColumnElement[bool]:
    """Selects the checks of a table's blocks, which are named after it: `refusal 12`."""
    return schema.derived_check.c.name.startswith(f"{table.name} ", autoescape=True)


def _divide(connection: Connection, table: sa.Table) -> None:
    """Sum the blocks of a table up that has none yet, as in ledgers of earlier versions, unless it was changed."""
    if table not in _IN_BLOCKS or _is_divided(connection, table):
        return
    whole = sum_of(connection, table)
    if whole != _NOTHING:
        found = _sums(connection, table, _summed(_terms_of(table)))
        if _total(found) == whole:
            _keep(connection, {_block_name(table, n): one for n, one in found.items()})


def _is_divided(connection: Connection, table: sa.Table) -> bool:
    return (
        connection.execute(sa.select(schema.derived_check.c.name).where(_is_block(table)).limit(1)).first() is not None
    )


def _move(connection: Connection, table: sa.Table, before: Sums, after: Sums) -> None:
    if before == after:
        return
    whole = sum_of(connection, table)
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
    found: dict[str, Sum] = {}
    for some in batched(names, IN_LIST):
        found.update({name: (count, total) for name, count, total in connection.execute(_NAMED, {"names": some})})
    return found


_NAMED: Final = sa.select(
    schema.derived_check.c.name, schema.derived_check.c.rows, schema.derived_check.c.checksum
).where(schema.derived_check.c.name.in_(sa.bindparam("names", expanding=True)))


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
