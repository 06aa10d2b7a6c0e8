"""A row of an assessment, a breach, a term, a check or a report that somebody edits by hand is named."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

import provenance as pv
from provenance.ledger import schema_duties

from .conftest import People
from .test_assessments import assess
from .test_breaches import breach
from .test_erasure import problems
from .test_reports import told
from .test_terms import COMING, bring, keep

CHANGES = {bytes: b"\x00changed", str: "changed", int: 77}


@pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)
def test_a_value_that_was_changed_by_hand_is_named(people: People) -> None:
    assess(people, recipients=("Lab",), review_by=COMING.date())
    people.ledger.duties.retire_assessment("DPIA-7", by="AB", reason="made anew")
    breach(people, persons=3)
    people.ledger.duties.note_breach("B-1", "CLOSED", by="AB", note="settled")
    for about in ({"item": "a0.png"}, {"record": "r1"}, {"collection": "photos"}):
        term = keep(people, COMING, **about)
    people.ledger.duties.take_back_term(term.ref, by="AB", reason="renewed")
    bring(people, ("a0.png", 404, COMING.replace(year=2025)))
    told(people, by="AB", recipient="OPC")
    assert problems(people.ledger) == []
    missed = []
    for table in schema_duties.RECORDED:
        for column in table.columns:
            if column.name == "id":
                continue
            copy = people.root / "copy.db"
            copy.unlink(missing_ok=True)
            with closing(sqlite3.connect(people.target)) as ledger:
                ledger.execute(f"VACUUM INTO '{copy}'")
            with closing(sqlite3.connect(copy)) as changed:
                (before,) = changed.execute(f'SELECT "{column.name}" FROM "{table.name}" LIMIT 1').fetchone()
                after = CHANGES.get(type(before), 77)
                changed.execute("PRAGMA ignore_check_constraints=ON")
                where = f'id = (SELECT min(id) FROM "{table.name}")'
                changed.execute(f'UPDATE "{table.name}" SET "{column.name}" = ? WHERE {where}', (after,))
                changed.commit()
            copy.chmod(0o600)
            with pv.open(copy) as opened:
                if not any(found.table == table.name for found in opened.verify()):
                    missed.append((table.name, column.name))
    assert missed == []
