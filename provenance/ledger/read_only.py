"""Ledgers that may be read and not written: a file or folder without the right to, a role of PostgreSQL with SELECT.

SQLite cannot open a database in WAL mode where it may make no file beside it, unless it is told that nobody changes the
database meanwhile (https://sqlite.org/wal.html#read_only_databases). That is so while there is no `-wal` file, and it
is checked again at the end of every reading.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.errors import LedgerError, LedgerLocked
from provenance.ledger import schema_rights


@dataclass(frozen=True, slots=True)
class Still:
    """A ledger's file as it was when it was opened to be read only, with nobody writing to it."""

    path: Path
    state: tuple[int, int, int]

    @classmethod
    def of(cls, path: Path) -> Self:
        """The file as it is now. Raises OSError."""
        found = path.stat()
        return cls(path, (found.st_ino, found.st_size, found.st_mtime_ns))

    def require(self) -> None:
        """Raise LedgerLocked where somebody who may has written to the file since it was opened."""
        try:
            if not _is_being_written(self.path) and Still.of(self.path) == self:
                return
        except OSError:
            pass
        raise LedgerLocked(f"the ledger {self.path} was written while it was read", remedy="run again")


def may_not_write(path: Path) -> bool:
    """Whether a ledger's file is there and cannot be written: for its own mode, or for that of its folder."""
    if not path.exists():
        return False
    return not os.access(path, os.W_OK) or not (os.access(path.parent, os.W_OK) or _is_being_written(path))


def connector(path: Path) -> tuple[Callable[[], sqlite3.Connection], Still | None]:
    """What opens a file to be read only, and what to hold it against after each reading.

    Raises LedgerError for a file that cannot be read.
    """
    if not os.access(path, os.R_OK):
        raise LedgerError(f"the ledger {path} cannot be read", remedy="ask its owner for the right to")
    still = None if _is_being_written(path) else Still.of(path)
    if still is None and not path.with_name(f"{path.name}-shm").exists():
        raise LedgerError(
            f"the ledger {path} has changes beside it in {path.name}-wal, which cannot be taken in without writing",
            remedy="let somebody who may write open it once, such as by `provenance status`",
        )
    uri = f"{path.absolute().as_uri()}?mode=ro{'' if still is None else '&immutable=1'}"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(uri, uri=True, check_same_thread=False)

    return connect, still


def may_only_select(connection: Connection) -> bool:
    """Whether a role of PostgreSQL may not add to the ledger, or the server is a standby."""
    may = sa.func.has_table_privilege(schema_rights.log_entry.name, "INSERT")
    return bool(
        connection.execute(
            sa.select(
                sa.or_(
                    sa.func.pg_is_in_recovery(), sa.func.current_setting("transaction_read_only") == "on", sa.not_(may)
                )
            )
        ).scalar()
    )


def let_read(connection: Connection, role: str) -> None:
    """Let a role of PostgreSQL read every table of the ledger, those of later versions too, and write none."""
    quoted = connection.dialect.identifier_preparer.quote_identifier
    place = quoted(connection.execute(sa.select(sa.func.current_schema())).scalar_one())
    for text in (
        f"GRANT USAGE ON SCHEMA {place} TO {quoted(role)}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {place} TO {quoted(role)}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {place} GRANT SELECT ON TABLES TO {quoted(role)}",
    ):
        connection.exec_driver_sql(text)


def refused(name: str) -> LedgerError:
    """What whoever wants to write is told."""
    return LedgerError(
        f"the ledger {name} is read-only, and this has to write to it",
        remedy="run it, or a gate before it, as somebody who may write",
    )


def _is_being_written(path: Path) -> bool:
    """Whether there is a write-ahead log beside the file, in which its newest changes may stand."""
    try:
        return path.with_name(f"{path.name}-wal").stat().st_size > 0
    except FileNotFoundError:
        return False
