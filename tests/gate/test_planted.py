"""A ledger in which somebody put what changes its answers is not opened, and what others add for themselves is."""

from __future__ import annotations

import csv
import io
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

import provenance as pv
from provenance.errors import LedgerError

PLANTED = [
    "CREATE TRIGGER quiet BEFORE INSERT ON event BEGIN SELECT RAISE(IGNORE); END",
    "CREATE TRIGGER quiet AFTER INSERT ON gate BEGIN DELETE FROM review; END",
    "CREATE TRIGGER quiet AFTER INSERT ON list_match BEGIN DELETE FROM list_match; END",
    "CREATE TRIGGER quiet INSTEAD OF INSERT ON image_verdict BEGIN SELECT 1; END",
    "ALTER TABLE review RENAME TO kept; CREATE VIEW review AS SELECT * FROM kept WHERE 0",
    "ALTER TABLE hold RENAME TO kept; CREATE VIEW HOLD AS SELECT * FROM kept WHERE 0",
]
HARMLESS = [
    "CREATE VIEW mine AS SELECT key FROM item",
    "CREATE INDEX mine ON item (key COLLATE NOCASE)",
    "CREATE TABLE mine (note TEXT)",
    "ANALYZE; REINDEX; VACUUM",
]


@pytest.mark.parametrize("statements", [*PLANTED, *HARMLESS])
def test_a_ledger_is_asked_only_where_nothing_was_planted_in_it(workspace, image, row, statements):
    workspace.add("a.png", image(1))
    workspace.declare([row("a.png")])
    with pv.open(workspace.ledger) as ledger:
        assert ledger.gate(workspace.photos, purpose="MODEL_TRAINING", manifest=workspace.manifest).passed()
    with closing(sqlite3.connect(workspace.ledger)) as planting:
        planting.executescript(statements)
    if statements in HARMLESS:
        with pv.open(workspace.ledger) as ledger:
            assert ledger.gate(workspace.photos, purpose="MODEL_TRAINING").passed()
            assert ledger.verify() == ()
    else:
        with pytest.raises(LedgerError, match="somebody else put there"):
            pv.open(workspace.ledger)
        ran = workspace.run("verify", "--ledger", workspace.ledger)
        assert ran.status == 2
        assert "somebody else put there" in ran.err


COLUMNS = "finding, sha256, code, reviewer, at, expires_on, reason, ticket, file, line, salt, row_digest"
DECIDED = [
    "UPDATE review SET decision = 'ALLOW'",
    "UPDATE review SET decision = 'whatever'",
    "UPDATE review SET at = at - 1, reviewer = 'CD'",
    "UPDATE review SET sha256 = (SELECT sha256 FROM content WHERE sha256 NOT IN (SELECT sha256 FROM review))",
    "UPDATE review SET row_digest = x'00'",
    "INSERT INTO review_end SELECT 1, id, at, 'CD', 'a mistake', x'00', x'00' FROM review LIMIT 1",
    f"INSERT INTO review ({COLUMNS}, id, decision) SELECT {COLUMNS}, id + 1, 'ALLOW' FROM review",
    "DELETE FROM review",
]


@pytest.fixture
def rejected(workspace, image, row):
    """Two images whose licence nobody recorded, judged once."""
    for name in ("a.png", "b.png"):
        workspace.add(name, image(len(name) + ord(name[0])))
    workspace.declare([row("a.png", licence=None), row("b.png", licence=None)])
    with pv.open(workspace.ledger) as ledger:
        ledger.gate(workspace.photos, purpose="MODEL_TRAINING", manifest=workspace.manifest)
    return workspace


def decide(workspace, decision, item="a.png"):
    findings = workspace.run("review", "export", "photos", "--ledger", workspace.ledger, "--purpose", "MODEL_TRAINING")
    rows = list(csv.DictReader(io.StringIO(findings.out)))
    at = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    decided = {"decision": decision, "reviewer": "AB", "at": at, "reason": "no licence is to be had"}
    with (workspace.root / "decided.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows({**one, **decided} for one in rows if one["item"].endswith(item))
    assert workspace.run("review", "import", workspace.root / "decided.csv", "--ledger", workspace.ledger).status == 0


def decisions(workspace):
    with pv.open(workspace.ledger) as ledger:
        found = ledger.gate(workspace.photos, purpose="MODEL_TRAINING")
        return {one.item: one.decision.value for one in found}


@pytest.mark.parametrize("change", DECIDED)
def test_a_decision_that_was_changed_by_hand_is_none(rejected, change):
    decide(rejected, "BLOCK")
    assert decisions(rejected)["a.png"] == "BLOCK"
    with closing(sqlite3.connect(rejected.ledger)) as ledger:
        ledger.execute(change)
        ledger.commit()
    with pytest.raises(LedgerError, match="by hand"):
        decisions(rejected)
    with pv.open(rejected.ledger) as ledger:
        assert {"review", "review_end"} & {one.table for one in ledger.verify()}


def test_decisions_behind_an_erased_one_and_those_taken_back_are_as_they_were(rejected):
    decide(rejected, "BLOCK", "b.png")
    decide(rejected, "BLOCK")
    assert decisions(rejected) == {"a.png": "BLOCK", "b.png": "BLOCK"}
    asked = ("--requester", "T-1", "--by", "AB", "--jurisdiction", "EU", "--ledger", rejected.ledger)
    assert rejected.run("erase", "--item", "b.png", *asked).status == 0
    assert decisions(rejected)["a.png"] == "BLOCK"
    by = ("--by", "AB", "--reason", "a licence came")
    assert rejected.run("review", "revoke", "decision:2", *by, "--ledger", rejected.ledger).status == 0
    assert decisions(rejected)["a.png"] == "REVIEW"
