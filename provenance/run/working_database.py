"""A private, temporary SQLite file for what is too much to hold in memory while a run lasts."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from provenance.errors import ProvenanceError
from provenance.private_files import create, working_folder


@contextmanager
def working_database() -> Iterator[sqlite3.Connection]:
    """A connection to an empty one, removed at the end. What a run that was killed leaves, the next one removes.

    Transactions are the caller's. Raises ProvenanceError where it fails, for want of space as a rule.
    """
    with working_folder() as folder:
        file = folder / "working.db"
        os.close(create(file))
        connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False, factory=_Working)
        try:
            connection.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-8192;")
            with _explained():
                yield connection
        finally:
            connection.close()


class _Working(sqlite3.Connection):
    """Tells its own errors at once: a ledger that is written meanwhile would take them for errors of its own file."""

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        with _explained():
            return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> sqlite3.Cursor:
        with _explained():
            return super().executemany(sql, parameters)

    def executescript(self, script: str, /) -> sqlite3.Cursor:
        with _explained():
            return super().executescript(script)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except sqlite3.IntegrityError:  # what was put in cannot be: whoever did knows why
        raise
    except sqlite3.Error as error:
        raise ProvenanceError(
            f"the scan's working space failed: {error}", remedy="free some space in the temporary folder"
        ) from error
