"""Rows put together by what they have in common, in flat memory wherever in the file they stand."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from types import TracebackType
from typing import Final, Self

from provenance.errors import InputError
from provenance.records.formats.raw import RawRow

_BATCH: Final = 2_000


class Spool:
    """Takes rows of plain texts in any order, gives them back in groups.

    They lie in a private database without a name, which is gone with the process, whatever becomes of that.
    """

    def __init__(self) -> None:
        self._db: sqlite3.Connection | None = None
        self._waiting: list[tuple[str, int, str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._db is not None:
            self._db.close()

    def add(self, group: str, raw: RawRow) -> None:
        """Take a row."""
        self._waiting.append((group, raw.line, json.dumps(raw.values)))
        if len(self._waiting) >= _BATCH:
            self._store()

    def groups(self) -> Iterator[tuple[RawRow, ...]]:
        """The rows of each group, in order of the groups' first lines. Raises InputError where there is no space."""
        self._store()
        if self._db is None:
            return
        query = """
            SELECT first, line, row
            FROM rows JOIN (SELECT name, min(line) AS first FROM rows GROUP BY name) USING (name)
            ORDER BY first, line
        """
        for _, rows in groupby(self._db.execute(query), key=itemgetter(0)):
            yield tuple(RawRow(line, json.loads(row)) for _, line, row in rows)

    def _store(self) -> None:
        if not self._waiting:
            return
        try:
            if self._db is None:
                self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
                self._db.execute("PRAGMA journal_mode=OFF")
                self._db.execute("CREATE TABLE rows (name TEXT, line INTEGER, row TEXT)")
            self._db.execute("BEGIN")
            self._db.executemany("INSERT INTO rows VALUES (?, ?, ?)", self._waiting)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise InputError(f"there is no space to sort the rows: {error}", remedy="free some space") from error
        self._waiting.clear()
