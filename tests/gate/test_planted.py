"""A ledger in which somebody put what changes its answers is not opened, and what others add for themselves is."""

from __future__ import annotations

import sqlite3
from contextlib import closing

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
