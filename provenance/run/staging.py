"""What a scan has listed and what was declared, sorted by key on disk so that memory stays flat."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from provenance.errors import ProvenanceError
from provenance.ledger.registry import Declared
from provenance.model import Problem, ProblemKind
from provenance.private_files import create, working_folder

_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Staged:
    """One image of the collection as this scan finds it, with the manifest row that names it, if any."""

    key: bytes
    size: int
    modified_ns: int
    problem: Problem | None
    declared: Declared | None
    position: int | None


class Staging:
    """A private, temporary database that lives as long as one scan. Use `Staging.temporary()`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    @classmethod
    @contextmanager
    def temporary(cls) -> Iterator[Staging]:
        """A fresh staging area, removed at the end. What a scan that was killed leaves, the next one removes."""
        with working_folder() as folder:
            file = folder / "staging.db"
            os.close(create(file))
            connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
            try:
                connection.executescript(_SCHEMA)
                yield cls(connection)
            except sqlite3.Error as error:
                raise ProvenanceError(
                    f"the scan's working space failed: {error}", remedy="free some space in the temporary folder"
                ) from error
            finally:
                connection.close()

    def list(self, entries: Iterable[tuple[bytes, int, int, Problem | None]]) -> int:
        """Take (key, size, modified_ns, problem) in any order; gives their number."""
        rows = ((k, s, m, p.kind.value if p else None, p.detail if p else None) for k, s, m, p in entries)
        self._fill("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?)", rows)
        return self.count()

    def declare(self, rows: Iterable[tuple[bytes, Declared, int]]) -> None:
        """Take (key, manifest row, position); a later row for the same key replaces an earlier one."""
        flat = ((key, d.digest, d.file, d.line, d.row, position) for key, d, position in rows)
        self._fill("INSERT OR REPLACE INTO declared VALUES (?, ?, ?, ?, ?, ?)", flat)

    def declared_but_absent(self) -> Iterator[bytes]:
        """Keys that a manifest names and that were not listed, in order."""
        query = "SELECT key FROM declared WHERE key NOT IN (SELECT key FROM entry) ORDER BY key"
        for (key,) in self._db.execute(query):
            yield key

    def add_missing(self, keys: Iterable[bytes]) -> None:
        """Note images that were declared but are not there: they get a verdict too."""
        problem = Problem(ProblemKind.MISSING, "the manifest names this file, and it is not there")
        self.list((key, 0, 0, problem) for key in keys)

    def count(self) -> int:
        """How many images were listed."""
        return int(self._db.execute("SELECT count(*) FROM entry").fetchone()[0])

    def in_order(self) -> Iterator[Staged]:
        """Every image, sorted by the bytes of its key."""
        query = """
            SELECT key, size, modified_ns, problem, detail, digest, file, line, row, position
            FROM entry LEFT JOIN declared USING (key) ORDER BY key
        """
        for key, size, modified, problem, detail, digest, file, line, row, position in self._db.execute(query):
            yield Staged(
                key,
                size,
                modified,
                Problem(ProblemKind(problem), detail) if problem else None,
                Declared(digest, file, line, row) if digest is not None else None,
                position,
            )

    def absent_from(self, keys: Sequence[bytes]) -> set[bytes]:
        """Which of these keys were not listed."""
        found: set[bytes] = set()
        for start in range(0, len(keys), 500):
            part = keys[start : start + 500]
            query = f"SELECT key FROM entry WHERE key IN ({','.join('?' * len(part))})"  # noqa: S608 - only marks
            found.update(key for (key,) in self._db.execute(query, part))
        return set(keys) - found

    def _fill(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        iterator = iter(rows)
        while batch := list(islice(iterator, _BATCH)):
            self._db.execute("BEGIN")
            self._db.executemany(statement, batch)
            self._db.execute("COMMIT")


_SCHEMA = """
PRAGMA journal_mode=OFF;
PRAGMA synchronous=OFF;
PRAGMA cache_size=-8192;
CREATE TABLE entry (
    key BLOB PRIMARY KEY, size INTEGER, modified_ns INTEGER, problem TEXT, detail TEXT
) WITHOUT ROWID;
CREATE TABLE declared (
    key BLOB PRIMARY KEY, digest BLOB, file TEXT, line INTEGER, row TEXT, position INTEGER
) WITHOUT ROWID;
"""
