"""What a run has listed and what was stated about it, sorted by key on disk so that memory stays flat."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from provenance.chunks import IN_LIST, TEXT_AT_ONCE, batched, bounded
from provenance.model import Problem, ProblemKind
from provenance.records.row_text import row_text
from provenance.run.beside import RowsBeside, row_beside
from provenance.run.statements import row_digest
from provenance.run.working_database import working_database
from provenance.sources.exclusions import TakenOut
from provenance.sources.interface import Entry, Role

_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Listed:
    """One image of a collection as it lies there now. `identity` is "" where nothing tells an unchanged file."""

    key: bytes
    size: int
    identity: str
    problem: Problem | None
    role: Role = Role.IMAGE


@dataclass(frozen=True, slots=True)
class StagedRow:
    """A row of the source number `source` of this run that speaks of an image: its line, digest and text."""

    source: int
    line: int
    position: int
    digest: bytes
    row: str


@dataclass(frozen=True, slots=True)
class Staged:
    """One image with the rows of this run that speak of it, those of the first source first."""

    listed: Listed
    rows: tuple[StagedRow, ...]

    @property
    def length(self) -> int:
        """Characters of its rows."""
        return sum(len(row.row) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that names several images, or none: its source and line, its name, and the collections that have one."""

    source: int
    line: int
    key: bytes
    collections: tuple[int, ...] = ()


class Staging:
    """A private, temporary database that lives as long as one run. Use `Staging.temporary()`.

    Collections and sources are numbered by the caller, from 0. Rows of a source that speaks for several collections
    are staged without one and find theirs in `resolve`.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self.taken_out: dict[str, TakenOut] = {}
        """What is no part of the collections, by the reason."""

    @classmethod
    @contextmanager
    def temporary(cls) -> Iterator[Staging]:
        """A fresh staging area, removed at the end."""
        with working_database() as connection:
            connection.executescript(_SCHEMA)
            yield cls(connection)

    def take(self, collection: int, entries: Iterable[Entry]) -> int:
        """Take the entries of a collection in any order; gives their number. Excluded ones are kept apart."""
        rows = (
            (
                collection,
                entry.key,
                entry.size,
                entry.identity.text if entry.identity is not None else "",
                entry.role.value,
                *_told(entry.problem),
                entry.container or entry.key,
                entry.place,
                entry.alias or None,
            )
            for entry in self._sorted_out(collection, entries)
        )
        self._fill(_ENTRY, rows)
        return self.count(collection)

    def _sorted_out(self, collection: int, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Without what was excluded, and with the rows that lie beside put aside."""
        beside: list[tuple[object, ...]] = []
        held = 0
        for entry in entries:
            if entry.role is Role.EXCLUDED:
                self.taken_out.setdefault(entry.reason, TakenOut(entry.reason)).add(entry.key)
                continue
            if entry.row:
                text = row_text(row_beside(entry.row, entry.place))
                beside.append((collection, entry.key, entry.place, text))
                held += len(text)
            if len(beside) >= _BATCH or held > TEXT_AT_ONCE:
                self._fill(_BESIDE, beside)
                beside.clear()
                held = 0
            yield entry
        self._fill(_BESIDE, beside)

    def rows_beside(self, collection: int, location: str) -> RowsBeside | None:
        """The rows that lie beside the images of a collection, as a manifest; None where there are none."""
        digest = hashlib.sha256()
        count = 0
        query = "SELECT key, row FROM beside WHERE collection = ? ORDER BY key"
        for key, row in self._db.execute(query, (collection,)):
            digest.update(b"%d:%b%b\n" % (len(key), key, row.encode()))
            count += 1
        return RowsBeside(Path(location), digest.digest(), count) if count else None

    def state_beside(self, collection: int, source: int) -> None:
        """Take the rows that lie beside the images of a collection as those of a source."""
        query = "SELECT key, line, row FROM beside WHERE collection = ? ORDER BY key"
        rows = self._db.execute(query, (collection,))
        self.state(collection, source, ((k, line, line, row_digest(row, vouched=True), row) for k, line, row in rows))

    def state(self, collection: int | None, source: int, rows: Iterable[tuple[bytes, int, int, bytes, str]]) -> None:
        """Take rows of a source: key, line, position, digest and text."""
        flat = ((collection, key, source, *rest) for key, *rest in rows)
        for batch in bounded(flat, _BATCH, lambda row: len(str(row[-1]))):
            self._fill("INSERT INTO statement VALUES (?, ?, ?, ?, ?, ?, ?)", batch)
        self._db.execute(_ALIAS, (source,))

    def resolve(self, names: Sequence[bytes]) -> list[Claim]:
        """Give each row that was staged without a collection the one that has its image; gives those of several.

        A row may name its image as `KEY` or `COLLECTION/KEY`; `names` are those of the collections.
        """
        self._db.execute("CREATE TEMP TABLE name (collection INTEGER PRIMARY KEY, prefix BLOB)")
        self._db.executemany("INSERT INTO name VALUES (?, ?)", [(n, name + b"/") for n, name in enumerate(names)])
        self._db.executescript(_RESOLVE)
        found = [
            Claim(source, line, key, tuple(map(int, several.split(","))))
            for source, line, key, several in self._db.execute(_SEVERAL)
        ]
        self._db.executescript(_MEANT)
        return found

    def unresolved(self) -> Iterator[Claim]:
        """Rows without a collection, whose image is in none of this run."""
        query = "SELECT source, line, key FROM statement WHERE collection IS NULL ORDER BY source, line"
        yield from (Claim(*row) for row in self._db.execute(query))

    def assign(self, claims: Iterable[Claim]) -> None:
        """Give rows the one collection of their claim, and its key."""
        rows = ((claim.collections[0], claim.key, claim.source, claim.line) for claim in claims)
        self._fill("UPDATE statement SET collection = ?, key = ? WHERE source = ? AND line = ?", rows)

    def settle(self) -> None:
        """Give every row that is still without a collection the one that it names, or the first."""
        self._db.executescript(_REST)

    def collection_of(self, source: int, line: int) -> tuple[int, bytes] | None:
        """The collection and the key that a row of a source was given (`assign` may have given it one of no list)."""
        query = "SELECT collection, key FROM statement WHERE source = ? AND line = ?"
        found: tuple[int, bytes] | None = self._db.execute(query, (source, line)).fetchone()
        return found

    def stated_but_absent(self, collection: int) -> Iterator[Claim]:
        """Rows whose images were not listed, in the order of their keys; the first of several for one key."""
        query = """
            SELECT min(source), line, key FROM statement WHERE collection = ? AND NOT EXISTS
            (SELECT 1 FROM entry WHERE entry.collection = statement.collection AND entry.key = statement.key)
            GROUP BY key ORDER BY key
        """
        for source, line, key in self._db.execute(query, (collection,)):
            yield Claim(source, line, key)

    def keys(self, collection: int) -> Iterator[bytes]:
        """Every key that was listed in a collection, in order."""
        for (key,) in self._db.execute("SELECT key FROM entry WHERE collection = ? ORDER BY key", (collection,)):
            yield key

    def add_missing(self, collection: int, missing: Iterable[tuple[bytes, str]]) -> None:
        """Note images that were stated but are not there, and what to say of each: they get a verdict too."""
        problems = ((key, Problem(ProblemKind.ABSENT, detail)) for key, detail in missing)
        rows = ((collection, key, 0, "", Role.IMAGE.value, *_told(problem), key, 0, None) for key, problem in problems)
        self._fill(_ENTRY, rows)

    def take_off(self, collection: int, keys: Iterable[bytes]) -> None:
        """Take images off the list of a collection."""
        self._fill("DELETE FROM entry WHERE collection = ? AND key = ?", ((collection, key) for key in keys))

    def count(self, collection: int) -> int:
        """How many images were listed in a collection."""
        return int(self._db.execute("SELECT count(*) FROM entry WHERE collection = ?", (collection,)).fetchone()[0])

    def listed(self, collection: int) -> Iterator[Listed]:
        """Every image of a collection, sorted by the bytes of its key."""
        query = "SELECT key, size, identity, role, problem, detail FROM entry WHERE collection = ? ORDER BY key"
        for row in self._db.execute(query, (collection,)):
            yield _listed(row)

    def in_order(self, collection: int) -> Iterator[Staged]:
        """Every image of a collection with the rows that speak of it, sorted by the bytes of its key.

        Those of a container come together, in their order in it: so it is read from front to back.
        """
        query = """
            SELECT key, size, identity, role, problem, detail, source, line, position, digest, row
            FROM entry LEFT JOIN statement USING (collection, key)
            WHERE entry.collection = ? ORDER BY container, place, key, source, line
        """
        for _, rows in groupby(self._db.execute(query, (collection,)), key=itemgetter(0)):
            several = list(rows)
            stated = tuple(StagedRow(*row[6:]) for row in several if row[6] is not None)
            yield Staged(_listed(several[0][:6]), stated)

    def of_keys(self, collection: int, keys: Sequence[bytes]) -> Iterator[Listed]:
        """Those of these keys that were listed in a collection."""
        for part in batched(keys, IN_LIST):
            marks = ",".join("?" * len(part))
            query = (
                "SELECT key, size, identity, role, problem, detail FROM entry "  # noqa: S608 - only marks
                f"WHERE collection = ? AND key IN ({marks})"
            )
            yield from map(_listed, self._db.execute(query, (collection, *part)))

    def absent_from(self, collection: int, keys: Sequence[bytes]) -> set[bytes]:
        """Which of these keys were not listed in a collection."""
        found: set[bytes] = set()
        for part in batched(keys, IN_LIST):
            marks = ",".join("?" * len(part))
            query = f"SELECT key FROM entry WHERE collection = ? AND key IN ({marks})"  # noqa: S608 - only marks
            found.update(key for (key,) in self._db.execute(query, (collection, *part)))
        return set(keys) - found

    def _fill(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        for batch in batched(rows, _BATCH):
            self._db.execute("BEGIN")
            self._db.executemany(statement, batch)
            self._db.execute("COMMIT")


def _told(problem: Problem | None) -> tuple[str | None, str | None]:
    return (problem.kind.value, problem.detail) if problem is not None else (None, None)


def _listed(row: Sequence[object]) -> Listed:
    key, size, identity, role, problem, detail = row
    found = Problem(ProblemKind(str(problem)), str(detail)) if problem else None
    return Listed(key, size, identity, found, Role(role))  # type: ignore[arg-type]


_BESIDE = "INSERT OR REPLACE INTO beside VALUES (?, ?, ?, ?)"
_ENTRY = "INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

_SCHEMA = """
CREATE TABLE entry (
    collection INTEGER, key BLOB, size INTEGER, identity TEXT, role TEXT, problem TEXT, detail TEXT,
    container BLOB, place INTEGER, alias BLOB,
    PRIMARY KEY (collection, key)
) WITHOUT ROWID;
CREATE INDEX entry_order ON entry (collection, container, place);
CREATE INDEX entry_alias ON entry (alias, collection) WHERE alias IS NOT NULL;
CREATE TABLE beside (collection INTEGER, key BLOB, line INTEGER, row TEXT, PRIMARY KEY (collection, key)) WITHOUT ROWID;
CREATE TABLE statement (
    collection INTEGER, key BLOB, source INTEGER, line INTEGER, position INTEGER, digest BLOB, row TEXT
);
CREATE INDEX statement_key ON statement (collection, key, source);
CREATE INDEX statement_line ON statement (source, line);
"""

_ALIAS = """
UPDATE statement SET key = (
    SELECT entry.key FROM entry WHERE entry.alias = statement.key
    AND (statement.collection IS NULL OR entry.collection = statement.collection)
) WHERE source = ? AND key IN (SELECT alias FROM entry WHERE alias IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM entry WHERE entry.key = statement.key)
    AND 1 = (SELECT count(*) FROM entry WHERE entry.alias = statement.key
        AND (statement.collection IS NULL OR entry.collection = statement.collection))
"""
"""A row may call an image of a shard by the whole name of its member."""

_RESOLVE = """
CREATE TEMP TABLE meant AS
    SELECT statement.rowid AS number, name.collection AS collection,
        CASE WHEN own.key IS NOT NULL THEN own.key ELSE named.key END AS key
    FROM statement CROSS JOIN name
    LEFT JOIN entry AS own ON own.collection = name.collection AND own.key = statement.key
    LEFT JOIN entry AS named ON named.collection = name.collection AND own.key IS NULL
        AND substr(statement.key, 1, length(name.prefix)) = name.prefix
        AND named.key = substr(statement.key, length(name.prefix) + 1)
    WHERE statement.collection IS NULL AND (own.key IS NOT NULL OR named.key IS NOT NULL);
CREATE INDEX meant_number ON meant (number);
"""

_SEVERAL = """
SELECT statement.source, statement.line, statement.key, group_concat(meant.collection)
FROM meant JOIN statement ON statement.rowid = meant.number
GROUP BY meant.number HAVING count(*) > 1 ORDER BY statement.source, statement.line
"""

_MEANT = """
UPDATE statement SET (collection, key) =
    (SELECT meant.collection, meant.key FROM meant WHERE meant.number = statement.rowid ORDER BY meant.collection)
    WHERE rowid IN (SELECT number FROM meant);
DROP TABLE meant;
"""

_REST = """
UPDATE statement SET (collection, key) =
    (SELECT name.collection, substr(statement.key, length(name.prefix) + 1) FROM name
     WHERE substr(statement.key, 1, length(name.prefix)) = name.prefix ORDER BY name.collection)
    WHERE collection IS NULL AND EXISTS
    (SELECT 1 FROM name WHERE substr(statement.key, 1, length(name.prefix)) = name.prefix
        AND length(statement.key) > length(name.prefix));
UPDATE statement SET collection = 0 WHERE collection IS NULL;
DROP TABLE name;
"""
