"""A ledger of an earlier version, as that version left it: upgraded in place, nothing lost, nothing made milder."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

import provenance as pv
from provenance.errors import LedgerError
from provenance.gate.decide import PolicyVersion, context_of
from provenance.gate.image import Judging
from provenance.gate.run import counts_now, judging, settled
from provenance.gate.run_findings import run_findings
from provenance.ledger import migrations, schema
from provenance.ledger.database import Database
from provenance.ledger.verify import verify
from provenance.model import Context, to_micros
from provenance.policy.packs import load_packs
from provenance.proofs.notes import Note
from provenance.rights.witnessing import extends
from provenance.run.progress import Silent
from provenance.vocabulary import Decision, Purpose

GOLDEN = Path(__file__).parent / "golden"


def restored(folder: Path, name: str) -> Path:
    path = folder / "ledger.db"
    with sqlite3.connect(path) as ledger:
        ledger.executescript((GOLDEN / name).read_text())
    path.chmod(0o600)
    return path


@pytest.fixture
def old_ledger(tmp_path) -> Path:
    """Written by version 0.1.0: five images, three consents (one withdrawn), a list, a review, two gates."""
    return restored(tmp_path, "schema_0002.sql")


@pytest.fixture
def ledger_0003(tmp_path) -> Path:
    """Revision 0003: seven images that are held, one that went, one erased; requests, orders, a release, a gate."""
    return restored(tmp_path, "schema_0003.sql")


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_0005(request, tmp_path, new_place) -> str:
    """Revision 0005: four images, two unsigned looks, a signed review, an open breach and a closed one, two gates."""
    file = restored(tmp_path, "schema_0005.sql")
    if request.param == "sqlite":
        return str(file)
    target = new_place("postgresql")
    moved(file, target, "0005")
    return target


def moved(file: Path, target: str, revision: str) -> None:
    """Put the rows of a SQLite file into a database of a server that was brought to the same revision."""
    source, server = sa.create_engine(f"sqlite:///{file}"), sa.create_engine(target)
    with source.connect() as reading, server.begin() as writing:
        migrations.upgrade(writing, revision)
        tables = sa.MetaData()
        tables.reflect(writing)
        for table in reversed(tables.sorted_tables):
            writing.execute(sa.delete(table))  # what a migration filled in
        for table in tables.sorted_tables:
            columns = [f'"{column.name}"' for column in table.columns]
            rows = reading.exec_driver_sql(f'SELECT {", ".join(columns)} FROM "{table.name}"').all()
            if rows:
                writing.execute(sa.insert(table), [_typed(table, row) for row in rows])
    source.dispose()
    server.dispose()


def _typed(table: sa.Table, row: sa.Row) -> dict[str, object]:
    """A row of SQLite, which keeps truth as 0 and 1, for a database that has a kind of its own for it."""
    values = zip(table.columns, row, strict=True)
    return {c.name: bool(v) if isinstance(c.type, sa.Boolean) and v is not None else v for c, v in values}


@pytest.fixture
def ledger_0006(tmp_path) -> Path:
    """Revision 0006: six images of which one went, a withdrawal, a record of nobody here and one of no image, gates."""
    return restored(tmp_path, "schema_0006.sql")


def judged(ledger: Path | str, *, required: bool = False) -> dict[str, tuple[str, str]]:
    """The verdicts of the upgraded ledger under the context of its newest gate."""
    database = Database.open(ledger)
    with database.reading() as connection:
        text = connection.execute(sa.select(schema.gate.c.context).order_by(schema.gate.c.id.desc()).limit(1)).scalar()
    context = replace(context_of(text), require_signatures=required)
    policy = PolicyVersion.now(database, context, load_packs())
    with judging(database, policy, None, [1], Silent()) as (connection, judge):
        held = connection.execute(sa.select(schema.item.c.id).where(schema.item.c.current)).scalars().all()
        found = judge.verdicts_of(connection, held)
    database.close()
    return {one.item: (one.decision.value, one.reason) for one in found.values()}


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


def test_a_ledger_of_revision_0003_gives_the_verdicts_that_it_gave(ledger_0003):
    with sqlite3.connect(ledger_0003) as ledger:
        told = {
            item: (decision, reason)
            for item, decision, reason in ledger.execute("SELECT item, decision, reason FROM image_verdict")
        }
    assert {decision for decision, _ in told.values()} == {"ALLOW", "REVIEW", "BLOCK"}
    assert judged(ledger_0003) == told


def test_a_ledger_of_revision_0003_still_proves_itself_and_its_checkpoint(ledger_0003):
    with sqlite3.connect(ledger_0003) as ledger:
        (note,) = ledger.execute("SELECT note FROM checkpoint").fetchone()
    database = Database.open(ledger_0003)
    with database.reading() as connection:
        assert list(verify(connection)) == []
        assert connection.execute(sa.select(schema.alembic_version.c.version_num)).scalar() == schema.REVISION
    assert extends(database, Note.parse(note), []).since > 0
    database.close()


def test_a_ledger_of_revision_0005_gives_its_verdicts_and_none_to_an_unsigned_look_where_that_is_required(ledger_0005):
    """Its facts were derived when looks could not be signed: what they clear does not count as signed."""
    told = {
        "a.png": ("ALLOW_BY_REVIEW", "LICENCE_MISSING"),  # a signed review
        "b.png": ("ALLOW", "NO_PERSON_DEPICTED"),  # somebody looked and saw nobody
        "c.png": ("BLOCK", "BASIS_MISSING"),  # somebody looked and saw a child
        "d.png": ("ALLOW", "NO_PERSON_DEPICTED"),  # a row says so
    }
    assert judged(ledger_0005) == told
    assert judged(ledger_0005, required=True) == {**told, "b.png": ("REVIEW", "PERSON_STATUS_UNKNOWN")}


def test_breaches_of_revision_0005_are_due_by_the_shortest_term_and_kept_as_they_were(ledger_0005):
    with pv.open(ledger_0005) as opened:
        told = {one.ref: (one.jurisdictions, opened.duties.report_deadline(one)) for one in opened.duties.breaches()}
        assert {ref: laws for ref, (laws, _) in told.items()} == {"B-1": (), "B-2": ()}
        assert told["B-1"][1].at == datetime(2026, 11, 23, 8, tzinfo=UTC)  # 72 hours after it was found
        assert opened.duties.prune("breach", "B-2", by="AB").proof["rows"] == {"breach": 1, "breach_event": 1}


def test_a_ledger_of_revision_0005_still_proves_itself(ledger_0005):
    database = Database.open(ledger_0005)
    with database.reading() as connection:
        assert list(verify(connection)) == []
        assert connection.execute(sa.select(schema.alembic_version.c.version_num)).scalar() == schema.REVISION
    database.close()


def test_a_ledger_of_revision_0006_is_counted_and_finds_what_reaches_nothing_as_it_did(ledger_0006):
    """Nothing was kept of its gates. What is kept from the first one on is what was counted from nothing."""
    database = Database.open(ledger_0006)
    with database.reading() as connection:
        assert list(verify(connection)) == []
    policy = PolicyVersion.now(database, Context(as_of=AFTER_0006, purpose=Purpose.MODEL_TRAINING), load_packs())
    for _ in range(2):
        with settled(database, policy, [1], Silent()) as connection:
            counts = counts_now(connection, Judging(policy), [1])
            findings = run_findings(connection, [1], to_micros(AFTER_0006), policy.reasons_catalogue)
        assert counts == {
            (Decision.ALLOW, "NO_PERSON_DEPICTED"): 1,
            (Decision.REVIEW, "LICENCE_MISSING"): 2,
            (Decision.REVIEW, "EVIDENCE_MISSING"): 1,  # it lies elsewhere
            (Decision.BLOCK, "CONSENT_WITHDRAWN"): 1,
            (Decision.BLOCK, "DECLARED_FILE_MISSING"): 1,
        }
        assert [(one.reason, one.line) for one in findings] == [
            ("STATEMENT_REACHES_NOTHING", 3),  # nobody of that pseudonym is shown
            ("STATEMENT_REACHES_NOTHING", 4),  # no image of that name is here
        ]
    with database.reading() as connection:
        assert list(verify(connection)) == []
    database.close()


AFTER_0006 = datetime(2026, 11, 27, tzinfo=UTC)


def test_a_secret_of_before_is_named_by_the_first_entry_since(ledger_0003):
    """Until then nobody can tell whether it was exchanged; what was written under it is still known."""
    with pv.open(ledger_0003) as ledger:
        assert ledger.verify() == ()
        for name in ("one", "two"):
            ledger.rights.open_account(name, "person", by="AB")
        assert ledger.verify() == ()
    with sqlite3.connect(ledger_0003) as connection:
        (kept,) = connection.execute("SELECT secret FROM ledger_secret").fetchone()
        named = connection.execute("SELECT entry FROM log_entry WHERE entry LIKE '%ledger_secret%'").fetchall()
    (entry,) = (json.loads(text) for (text,) in named)
    digest = hashlib.sha256(b"provenance ledger secret\0" + kept).hexdigest()
    assert ["ledger_secret", 1, digest] in entry["tables"]
    assert "account" in [name for name, _, _ in entry["tables"]]
