"""Where in a file the ages of one pseudonym cannot be one person's, so that both places can be named.

Two people who share a pseudonym, or an age that is wrong, show in dates of birth that differ, in somebody who grows
younger, in an age that is years off the date of birth. What follows for an image is worked out in the ledger, over all
files, by the same rule (`ledger.ages`): an age says between which days somebody was born; one of 18 or more, only the
later of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import date, datetime
from types import TracebackType
from typing import Final, Self

from provenance.errors import InputError
from provenance.model import Person
from provenance.vocabulary import ADULT_AGE

SLACK_DAYS: Final = 183
"""Ages are often those of another day: half a year on either side, a year between two, contradicts nothing."""

MAX_CONTRADICTING: Final = 10_000
"""Pseudonyms of one file that may contradict themselves; a file with more is no account of anybody."""

_BATCH: Final = 5_000
_YEAR: Final = 365.2425


class Ages:
    """Takes every person of a file, then tells which pseudonyms cannot each be one person."""

    def __init__(self) -> None:
        self._db: sqlite3.Connection | None = None
        self._waiting: list[tuple[str | int, ...]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._db is not None:
            self._db.close()

    def add(self, person: Person, acquired_at: datetime | None, line: int) -> None:
        """Note what an entry in a line says of when its person was born."""
        if person.ref is None:
            return
        if person.born_on is not None:
            born = person.born_on.toordinal()
            self._waiting.append((person.ref, born - SLACK_DAYS, born + SLACK_DAYS, line, line, born, born, line, line))
        if person.age is not None and acquired_at is not None:
            first, last = _born_between(person.age, acquired_at)
            span = (first - SLACK_DAYS, last + SLACK_DAYS)
            self._waiting.append((person.ref, *span, line, line, *_NO_DAY, line, line))
        if len(self._waiting) >= _BATCH:
            self._store()

    def contradicting(self) -> Mapping[str, tuple[int, int]]:
        """The pseudonyms that are two people, or of whom an age is wrong, each with two lines that show it.

        Raises InputError for too many of them.
        """
        self._store()
        if self._db is None:
            return {}
        found = {
            ref: (min(one, other), max(one, other))
            for ref, one, other in self._db.execute(_CONTRADICTING, (MAX_CONTRADICTING + 1,))
        }
        if len(found) > MAX_CONTRADICTING:
            raise InputError(
                f"more than {MAX_CONTRADICTING} pseudonyms of one file have ages that cannot be one person's",
                remedy="give each person a pseudonym of their own",
            )
        return found

    def _store(self) -> None:
        if not self._waiting:
            return
        try:
            if self._db is None:
                self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
                self._db.executescript(_SCHEMA)
            self._db.execute("BEGIN")
            self._db.executemany(_NOTE, self._waiting)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise InputError(f"there is no space to compare ages: {error}", remedy="free some space") from error
        self._waiting.clear()


_NO_DAY: Final = (date.max.toordinal(), 0)
"""The earliest and the latest of no dates of birth."""

_SCHEMA: Final = """
PRAGMA journal_mode=OFF;
CREATE TABLE born (
    ref TEXT PRIMARY KEY,
    first INTEGER, last INTEGER, first_line INTEGER, last_line INTEGER,
    earliest INTEGER, latest INTEGER, earliest_line INTEGER, latest_line INTEGER
) WITHOUT ROWID;
"""

# Every entry allows a span of birth dates; a person was born in all of them. Two dates of birth are two people.
_NOTE: Final = """
INSERT INTO born VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (ref) DO UPDATE SET
    first = max(first, excluded.first),
    first_line = CASE WHEN excluded.first > first THEN excluded.first_line ELSE first_line END,
    last = min(last, excluded.last),
    last_line = CASE WHEN excluded.last < last THEN excluded.last_line ELSE last_line END,
    earliest = min(earliest, excluded.earliest),
    earliest_line = CASE WHEN excluded.earliest < earliest THEN excluded.earliest_line ELSE earliest_line END,
    latest = max(latest, excluded.latest),
    latest_line = CASE WHEN excluded.latest > latest THEN excluded.latest_line ELSE latest_line END
"""

_CONTRADICTING: Final = """
SELECT ref,
    CASE WHEN first > last THEN first_line ELSE earliest_line END,
    CASE WHEN first > last THEN last_line ELSE latest_line END
FROM born WHERE first > last OR earliest < latest ORDER BY ref LIMIT ?
"""


def _born_between(age: int, acquired_at: datetime) -> tuple[int, int]:
    """The first and the last day on which somebody of this age at this time may have been born."""
    taken = acquired_at.date().toordinal()
    return 0 if age >= ADULT_AGE else round(taken - (age + 1) * _YEAR), round(taken - age * _YEAR)
