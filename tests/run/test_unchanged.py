"""What was given before is not worked through again, and is where anything about it may be another."""

from __future__ import annotations

import json
import sqlite3

import pytest

import provenance as pv
from provenance.run.staging import Staging
from provenance.sources.interface import Entry


def steps_of_absent(count: int) -> int:
    """The steps that the database takes to find which of so many declared images are not there; every second is not."""
    with Staging.temporary() as staging:
        connection: sqlite3.Connection = staging._db
        staging.take(0, (Entry(b"%06d" % number, 1, None) for number in range(0, count, 2)))
        staging.state(0, 0, ((b"%06d" % number, number, number, b"", "{}") for number in range(count)))
        steps = 0

        def step() -> int:
            nonlocal steps
            steps += 1
            return 0

        connection.set_progress_handler(step, 100)
        absent = [claim.key for claim in staging.stated_but_absent(0)]
        connection.set_progress_handler(None, 0)
        assert absent == [b"%06d" % number for number in range(1, count, 2)]
    return steps


def test_finding_what_is_absent_takes_as_many_steps_as_there_are_rows():
    assert steps_of_absent(4_000) < 3 * steps_of_absent(2_000)


REGISTER = """record_id,person,basis,purposes,form,notice_version,evidence,evidence_kind,given_at,Left on
r1,p1,EXPLICIT_CONSENT,MODEL_TRAINING,EXPRESS,v3,release.pdf,MODEL_RELEASE,2026-05-01T00:00:00Z,2026-06-01T00:00:00Z
"""
PERSON = {"ref": "p1", "identifiable": True, "age": 35, "age_status": "ADULT_VERIFIED", "jurisdictions": ["CA"]}


@pytest.fixture
def register(workspace, image, row):
    """Two collections that show one person, and a register that a map may read in two ways."""
    others = workspace.root / "others"
    others.mkdir()
    (others / "b.png").write_bytes(image(2))
    workspace.add("a.png", image(1))
    shown = {"persons_status": "PRESENT", "persons_determined_by": None, "persons": [PERSON]}
    (workspace.root / "b.jsonl").write_text(json.dumps(row("b.png", **shown)) + "\n")
    workspace.declare([row("a.png", **shown)])
    (workspace.root / "release.pdf").write_bytes(b"%PDF signed")
    (workspace.root / "wrong.toml").write_text('[records]\nignore = ["Left on"]\n')
    (workspace.root / "right.toml").write_text('[records.rename]\n"Left on" = "withdrawn_at"\n')
    (workspace.root / "register.csv").write_text(REGISTER)
    return workspace


def versions(workspace):
    with sqlite3.connect(workspace.ledger) as connection:
        return connection.execute("SELECT count(*), sum(current) FROM record").fetchone()


def reason(ledger, workspace):
    (verdict,) = ledger.gate(workspace.photos, purpose="MODEL_TRAINING")
    return verdict.reason


def test_a_register_that_was_given_before_adds_nothing(register):
    given = {"manifest": register.manifest, "records": register.root / "register.csv"}
    with pv.open(register.ledger) as ledger:
        for _ in range(3):
            ledger.scan(register.photos, **given, columns=register.root / "wrong.toml")
            assert versions(register) == (1, 1)
            assert reason(ledger, register) == "LAWFUL_BASIS_VERIFIED"


def test_a_register_that_another_collection_was_given_otherwise_is_compared_again(register):
    """The same bytes, read by another map for another collection: the record of the one serves both."""
    records = register.root / "register.csv"
    wrong, right = register.root / "wrong.toml", register.root / "right.toml"
    first = {"manifest": register.manifest, "records": records}
    other = {"manifest": register.root / "b.jsonl", "records": records}
    with pv.open(register.ledger) as ledger:
        ledger.scan(register.photos, **first, columns=right)
        assert reason(ledger, register) == "CONSENT_WITHDRAWN"
        ledger.scan(register.root / "others", **other, columns=wrong)
        assert versions(register) == (2, 1)
        ledger.scan(register.photos, **first, columns=right)
        assert versions(register) == (3, 1)
        assert reason(ledger, register) == "CONSENT_WITHDRAWN"


def test_a_register_whose_record_was_taken_back_is_compared_again(register):
    given = {"manifest": register.manifest, "records": register.root / "register.csv"}
    wrong = register.root / "wrong.toml"
    with pv.open(register.ledger) as ledger:
        ledger.scan(register.photos, **given, columns=wrong)
        name = str(register.root / "register.csv")
        ended = register.run(
            "statements", "retire", name, "--by", "AB", "--reason", "the form was wrong", "--ledger", "ledger.db"
        )
        assert ended.status == 0, ended.err
        assert reason(ledger, register) == "BASIS_MISSING"
        ledger.scan(register.photos, **given, columns=wrong)
        assert reason(ledger, register) == "LAWFUL_BASIS_VERIFIED", "it was given again"
