"""What somebody put into a SQLite ledger that would change what is written to it or read from it.

A trigger can pass over a row that is written, such as a withdrawal, while the writer is told that all went well; a view
in a table's place can leave rows out. This package makes neither. On a server its owner's triggers are left to them.
"""

from __future__ import annotations

from sqlalchemy.engine import Connection

from provenance.errors import LedgerError
from provenance.ledger import schema


def require_none(connection: Connection, ledger: str) -> None:
    """Raise LedgerError where the ledger holds a trigger, or a view that is called as a table of ours."""
    if connection.dialect.name != "sqlite":
        return
    query = "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view') ORDER BY rowid"
    for kind, name in connection.exec_driver_sql(query):
        if kind == "trigger" or name.lower() in schema.metadata.tables:
            raise LedgerError(
                f"the ledger {ledger} holds a {kind} {name!r}, which somebody else put there",
                remedy="ask who may write to it, and go back to a copy without it",
            )
