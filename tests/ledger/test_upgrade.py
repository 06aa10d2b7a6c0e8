"""A ledger of an earlier version, as that version left it: upgraded in place, nothing lost, nothing made milder."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

import provenance as pv
from provenance.errors import LedgerError
from provenance.ledger.database import Database
from provenance.ledger.verify import verify

GOLDEN = Path(__file__).parent / "golden" / "schema_0002.sql"


@pytest.fixture
def old_ledger(tmp_path) -> Path:
    """Written by version 0.1.0: five images, three consents (one withdrawn), a list, a review, two gates."""
    path = tmp_path / "ledger.db"
    with sqlite3.connect(path) as ledger:
        ledger.executescript(GOLDEN.read_text())
    path.chmod(0o600)
    return path


def asked(path: Path, query: str) -> list[tuple[object, ...]]:
    Database.open(path).close()
    with sqlite3.connect(path) as ledger:
        return ledger.execute(query).fetchall()


def test_every_recorded_row_is_there(old_ledger):
    counted = "(SELECT count(*) FROM {})"
    tables = ("content", "item", "declaration", "person", "record", "evidence", "review", "gate", "hash_list", "scan")
    with sqlite3.connect(old_ledger) as ledger:
        before = [ledger.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]
    (after,) = asked(old_ledger, f"SELECT {', '.join(counted.format(table) for table in tables)}")
    assert list(after) == before
    assert 0 not in before


def test_it_proves_itself_from_then_on(old_ledger):
    database = Database.open(old_ledger)
    with database.reading() as connection:
        assert list(verify(connection)) == []
    database.close()


def test_nothing_passes_until_it_was_scanned_again(old_ledger, tmp_path, image):
    """An older version read less of a file, and took a pseudonym for one person in every collection."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "clear.png").write_bytes(image(1))
    with sqlite3.connect(old_ledger) as ledger:
        ledger.execute("UPDATE collection SET uri = ?", ((tmp_path / "photos").as_uri(),))
    with pv.open(old_ledger) as opened, pytest.raises(LedgerError, match="was not finished"):
        opened.gate(tmp_path / "photos", purpose="MODEL_TRAINING")


def test_a_withdrawal_holds_the_person_and_a_consent_has_to_be_told_again(old_ledger):
    assert asked(old_ledger, "SELECT person, record_id, status FROM consent_now") == [("p2", "R-2", "WITHDRAWN")]


def test_a_rejection_by_a_reviewer_still_names_its_image(old_ledger):
    with sqlite3.connect(old_ledger) as ledger:
        digests = {row[0] for row in ledger.execute("SELECT sha256 FROM content")}
    ((decision, code, sha256),) = asked(old_ledger, "SELECT decision, code, sha256 FROM review")
    assert decision == "BLOCK"
    assert code
    assert sha256 in digests


def test_gates_that_were_run_are_still_told(old_ledger):
    told = asked(old_ledger, "SELECT id, counts FROM gate ORDER BY id")
    assert told == [(1, '{"ALLOW": 2, "BLOCK": 3}'), (2, '{"ALLOW": 2, "BLOCK": 2}')]
    assert asked(old_ledger, "SELECT DISTINCT collection_id FROM gate_collection") == [(1,)]
