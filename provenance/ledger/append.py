"""Appending recorded rows: each carries a digest over its content and the digest of the row before it.

`row_digest` is SHA-256 over the digest of the table's row before (nothing for the first) and the row as canonical JSON
(`proofs.canonical`): an object of its columns, bytes as lowercase hexadecimal text. Left out are the digest itself,
columns without a value, so that a new column changes no digest, and those that say only where something is now
(`MUTABLE`). What belongs to a row and lies in a table of its own is one of its members (`parts`). A row that was
changed, left out, put in or moved by hand no longer fits (`ledger.verify`).

`salt` is one of the columns: 16 random bytes. Where a row's content is erased, its salt goes too, and nobody can tell
any more from the digest that stays what the row may have said. The digests that a transaction leaves at the tables'
ends are an entry of the log (`ledger.log`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from hashlib import sha256
from secrets import token_bytes
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.ledger import schema
from provenance.ledger.bulk import bulk
from provenance.proofs.canonical import canonical, canonical_rows

MUTABLE: Final[Mapping[str, frozenset[str]]] = {
    "item": frozenset(("identity", "position", "current")),
    "record": frozenset(("current",)),
    "hash_list": frozenset(("current",)),
    "evidence_check": frozenset(("current",)),
}
"""The columns that change while a row stays, by table."""

SALT_BYTES: Final = 16

APPENDED: Final = "appended"
"""Under which key a connection notes the heads of the tables that its transaction has appended to, for the log."""

Row = tuple[Any, ...]


def append(
    connection: Connection,
    table: sa.Table,
    columns: Sequence[str],
    rows: Sequence[Row],
    *,
    parts: Sequence[Mapping[str, Any]] | None = None,
) -> None:
    """Append rows in their order, numbered on from the last where `columns` have no `id`.

    `parts` holds for each row what else its digest covers. The caller holds the writing transaction and gives the
    values as they are stored.
    """
    if not rows:
        return
    if "id" not in columns:
        first = next_id(connection, table)
        columns, rows = ("id", *columns), [(number, *row) for number, row in enumerate(rows, start=first)]
    count, last = _head(connection, table)
    salts = _salts(len(rows))
    digests = []
    for text in canonical_rows(*_covered(table, columns, rows, salts, parts)):
        last = sha256(last + text).digest()
        digests.append(last)
    chained = ((*row, salt, digest) for row, salt, digest in zip(rows, salts, digests, strict=True))
    bulk(connection, table, (*columns, "salt", "row_digest"), chained)
    head = (count + len(rows), last)
    connection.info.setdefault(APPENDED, {})[table.name] = head
    bulk(connection, schema.chain_head, ("name", "rows", "row_digest"), [(table.name, *head)], replace=True)


def _salts(count: int) -> list[bytes]:
    drawn = token_bytes(SALT_BYTES * count)
    return [drawn[start : start + SALT_BYTES] for start in range(0, len(drawn), SALT_BYTES)]


def _covered(
    table: sa.Table,
    columns: Sequence[str],
    rows: Sequence[Row],
    salts: Sequence[bytes],
    parts: Sequence[Mapping[str, Any]] | None,
) -> tuple[list[str], list[Sequence[Any]]]:
    """What the digests of rows cover, by name."""
    left_out = MUTABLE.get(table.name, frozenset())
    values = zip(columns, zip(*rows, strict=True), strict=True)
    covered: dict[str, Sequence[Any]] = {name: column for name, column in values if name not in left_out}
    covered["salt"] = salts
    if parts is not None:
        for name in dict.fromkeys(name for part in parts for name in part):
            covered[name] = [part.get(name) for part in parts]
    return list(covered), list(covered.values())


def next_id(connection: Connection, table: sa.Table) -> int:
    """The number of the next row of a table. One of a row that was erased does not come again."""
    if "row_digest" in table.c:
        return _head(connection, table)[0] + 1
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0))).scalar_one()) + 1


def last_ids(connection: Connection, *tables: sa.Table) -> list[int]:
    """The number of the last row of each of these recorded tables, 0 where there was none."""
    kept = dict(connection.execute(_HEADS, {"tables": [one.name for one in tables]}).all())
    appended: Mapping[str, tuple[int, bytes]] = connection.info.get(APPENDED, {})
    return [appended[one.name][0] if one.name in appended else kept.get(one.name, 0) for one in tables]


def digest_of(before: bytes, content: Mapping[str, Any]) -> bytes:
    """The digest of a row that follows one with the digest `before`.

    >>> digest_of(b"", {"id": 1, "ref": "p1"}).hex()[:16]
    '70bcd4bbda2581f8'
    """
    return sha256(before + canonical({name: value for name, value in content.items() if value is not None})).digest()


def _head(connection: Connection, table: sa.Table) -> tuple[int, bytes]:
    appended: Mapping[str, tuple[int, bytes]] = connection.info.get(APPENDED, {})
    if table.name in appended:
        return appended[table.name]
    row = connection.execute(_HEAD, {"table": table.name}).first()
    return (0, b"") if row is None else (row.rows, bytes(row.row_digest))


_HEAD: Final = sa.select(schema.chain_head.c.rows, schema.chain_head.c.row_digest).where(
    schema.chain_head.c.name == sa.bindparam("table")
)
"""Made once: making a statement costs as much as the database takes to answer it."""

_HEADS: Final = sa.select(schema.chain_head.c.name, schema.chain_head.c.rows).where(
    schema.chain_head.c.name.in_(sa.bindparam("tables", expanding=True))
)


def rows_as_json(columns: Sequence[str], rows: Iterable[Row]) -> list[list[Any]]:
    """Rows of a table that belong to another row, for `parts`: lists in the order of the columns' names.

    >>> rows_as_json(("ordinal", "age"), [(0, 35)])
    [[35, 0]]
    """
    order = _by_name(tuple(columns))
    return [[row[place] for place in order] for row in rows]


@cache
def _by_name(columns: tuple[str, ...]) -> list[int]:
    return sorted(range(len(columns)), key=columns.__getitem__)
