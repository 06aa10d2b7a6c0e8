"""The log: one entry for each transaction that recorded something, as the leaves of a Merkle tree (RFC 6962).

An entry is canonical JSON: its number, the time, 16 random bytes, and for each table that was appended to the number of
rows that it has since and the digest of the last (`ledger.append`), which covers all rows before it. The first names
the ledger's secret in the same way (`ledger.secret`):

    {"at":1795348800000000,"n":1,"salt":"0f…","tables":[["person",2,"5e…"]],"v":1}

No entry is earlier than the one before it, so that a clock which was set back is noticed. Whoever holds the root of
the tree holds the whole ledger to what it was then. The random bytes keep anybody from guessing what an entry says from
its hash.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.errors import LedgerError, UsageError
from provenance.ledger import schema, schema_rights
from provenance.ledger.append import APPENDED, SALT_BYTES
from provenance.ledger.bulk import bulk
from provenance.ledger.secret import unnamed_head
from provenance.model import from_micros, to_micros
from provenance.proofs import merkle
from provenance.proofs.canonical import canonical

_VERSION: Final = 1

_LAST: Final = (
    sa.select(schema_rights.log_entry.c.id, schema_rights.log_entry.c.entry)
    .order_by(schema_rights.log_entry.c.id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One leaf: its number from 1, when it was written, and the heads of the tables: rows and digest of the last.

    `named` is the number that its text gives, which is another one only where somebody moved it.
    """

    number: int
    named: int
    at: datetime
    heads: Mapping[str, tuple[int, bytes]]
    text: str
    leaf: bytes


def forget_appended(connection: Connection) -> None:
    """Leave nothing of a transaction to the next one on the same connection, whatever became of it."""
    if not connection.invalidated:  # the server is gone, and what was noted of it
        connection.info.pop(APPENDED, None)


def seal(connection: Connection) -> None:
    """Append the entry for what this transaction has recorded, if anything. To be called before it is committed."""
    heads: Mapping[str, tuple[int, bytes]] = connection.info.pop(APPENDED, {})
    if not heads:
        return
    secret = unnamed_head(connection)
    if secret is not None:
        heads = {**heads, schema.ledger_secret.name: secret}
        bulk(connection, schema.chain_head, ("name", "rows", "row_digest"), [(schema.ledger_secret.name, *secret)])
    tables = [(name, *heads[name]) for name in sorted(heads)]
    last, last_at = _last(connection)
    number, at = last + 1, max(to_micros(datetime.now(UTC)), last_at)
    text = entry_text(number, at, token_hex(SALT_BYTES), tables)
    row = (number, text, merkle.leaf_hash(text.encode()))
    bulk(connection, schema_rights.log_entry, ("id", "entry", "leaf"), [row])


def entry_text(number: int, at: int, salt: str, tables: Sequence[tuple[str, int, bytes]]) -> str:
    """The canonical JSON of an entry.

    >>> entry_text(1, 0, "00", [("person", 2, b"\\x5e")])
    '{"at":0,"n":1,"salt":"00","tables":[["person",2,"5e"]],"v":1}'
    """
    entry = {"v": _VERSION, "n": number, "at": at, "salt": salt, "tables": [list(head) for head in tables]}
    return canonical(entry).decode()


def entries(connection: Connection, *, after: int = 0) -> Iterator[Entry]:
    """The entries of the log in order, those up to a number left out. Raises LedgerError for one that is no entry."""
    table = schema_rights.log_entry.c
    query = sa.select(table.id, table.entry, table.leaf).where(table.id > after).order_by(table.id)
    for number, text, leaf in connection.execute(query.execution_options(yield_per=1_000)):
        yield _read(number, text, bytes(leaf))


def entry(connection: Connection, number: int) -> Entry:
    """One entry. Raises UsageError for a number that none has."""
    table = schema_rights.log_entry.c
    row = connection.execute(sa.select(table.entry, table.leaf).where(table.id == number)).first()
    if row is None:
        raise UsageError(f"the log has no entry {number}", remedy=f"it has {size(connection)}, from 1")
    return _read(number, row.entry, bytes(row.leaf))


def leaves(connection: Connection, upto: int | None = None) -> list[bytes]:
    """The hashes of the leaves in order, 32 bytes each."""
    table = schema_rights.log_entry.c
    query = sa.select(table.leaf).order_by(table.id)
    return [
        bytes(leaf) for leaf in connection.execute(query if upto is None else query.where(table.id <= upto)).scalars()
    ]


def size(connection: Connection) -> int:
    """How many entries the log has."""
    return _last(connection)[0]


def newest_at(connection: Connection) -> int:
    """When the newest entry was written, in microseconds since 1970; 0 where there is none.

    No entry is earlier than the one before it, whatever a clock said.
    """
    return _last(connection)[1]


def _last(connection: Connection) -> tuple[int, int]:
    """The number of the last entry, and its time. Raises LedgerError for one that cannot be read."""
    row = connection.execute(_LAST).first()
    return (0, 0) if row is None else (row.id, to_micros(_read(row.id, row.entry, b"").at))


def root(connection: Connection, upto: int | None = None) -> bytes:
    """The root over the first entries of the log, or over all."""
    return merkle.root_of(leaves(connection, upto))


def _read(number: int, text: str, leaf: bytes) -> Entry:
    try:
        values: dict[str, Any] = json.loads(text)
        heads = {name: (int(rows), bytes.fromhex(digest)) for name, rows, digest in values["tables"]}
        return Entry(number, int(values["n"]), from_micros(values["at"]), heads, text, leaf)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise LedgerError(
            f"entry {number} of the log cannot be read", remedy="find out who changed it (`provenance verify`)"
        ) from error
