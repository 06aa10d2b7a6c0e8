"""What verify says of a file in which stands what this package never writes."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from provenance.ledger import schema
from provenance.ledger.append import append
from provenance.ledger.database import Database
from provenance.ledger.verify import Changed, verify


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Three people in one transaction."""
    path = tmp_path / "ledger.db"
    database = Database.open(path)
    with database.writing() as connection:
        append(connection, schema.person, ("ref", "loose"), [(f"p{n}", f"p{n}") for n in range(3)])
    database.close()
    return path


def changed(path: Path) -> list[Changed]:
    database = Database.open(path)
    with database.reading() as connection:
        found = list(verify(connection))
    database.close()
    return found


def test_a_ledger_as_it_was_written_is_sound(ledger: Path) -> None:
    assert changed(ledger) == []


@pytest.mark.parametrize("value", ["'a text'", "7", "1.5", "zeroblob(3)", "CAST(x'ff' AS TEXT)"])
@pytest.mark.parametrize("column", ["row_digest", "salt"])
def test_a_value_of_another_kind_is_told_and_not_stumbled_over(ledger: Path, column: str, value: str) -> None:
    """SQLite keeps any kind of value in any column, and so does a torn page."""
    with sqlite3.connect(ledger) as opened:
        opened.execute(f"UPDATE person SET {column} = {value} WHERE id = 2")
    assert {one.table for one in changed(ledger)} == {"person"}


def test_an_index_that_misses_a_row_is_told(ledger: Path) -> None:
    """The row is there and its digest holds, but whoever looks it up by that index does not find it."""
    with sqlite3.connect(ledger) as opened:
        opened.execute("PRAGMA writable_schema = ON")
        text = "CREATE INDEX ix_person_loose ON person (loose) WHERE id <> 2"
        opened.execute("DROP INDEX ix_person_loose")
        opened.execute(text)
        opened.execute(
            "UPDATE sqlite_schema SET sql = 'CREATE INDEX ix_person_loose ON person (loose)' "
            "WHERE name = 'ix_person_loose'"
        )
    assert {one.table for one in changed(ledger)} == {"sqlite"}
