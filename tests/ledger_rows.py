"""Everything that a ledger holds, for comparing two that should hold the same."""

from __future__ import annotations

import sqlite3
from pathlib import Path

WHEN = {"started_at", "ended_at", "at", "as_of", "revision", "salt", "row_digest"}
"""Columns that tell when something was run or in how many batches, what is random, and the digests over them."""

OF_TRANSACTIONS = {"ledger_secret", "log_entry"}
"""Tables that hold random bytes, or a row for each transaction."""


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, without the times of the runs and what is random."""
    with sqlite3.connect(path) as ledger:
        assert ledger.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        tables = {name for (name,) in ledger.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        found = {}
        for table in tables - OF_TRANSACTIONS:
            columns = [row[1] for row in ledger.execute(f"PRAGMA table_info({table})")]
            kept = ", ".join(f'"{c}"' for c in columns if c not in WHEN)
            found[table] = sorted(ledger.execute(f'SELECT {kept} FROM "{table}"').fetchall(), key=repr)
    return found
