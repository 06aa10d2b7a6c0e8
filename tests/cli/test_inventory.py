"""`init`, `status` and `ls`: a first configuration, what is there, and what is due."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from provenance.ledger.database import Database
from provenance.ledger.reviews import take_reviews
from provenance.model import Review
from provenance.vocabulary import Decision


def test_init_writes_a_configuration_that_the_gate_takes(workspace):
    workspace.add("a.png")
    workspace.clear("a.png")
    assert workspace.run("init", "--purpose", "MODEL_TRAINING", "--ledger", "my ledger.db").status == 0
    ran = workspace.run("gate", "photos", "--manifest", workspace.manifest, "--format", "jsonl")
    assert ran.status == 0, ran.err
    assert ran.verdicts[0]["purpose"] == "MODEL_TRAINING"
    assert Path("my ledger.db").is_file()


def test_init_adds_to_what_is_there_and_changes_nothing(workspace):
    Path("pyproject.toml").write_text('[project]\nname = "x"')
    assert workspace.run("init").status == 0
    text = Path("pyproject.toml").read_text()
    assert text.startswith('[project]\nname = "x"\n')
    assert tomllib.loads(text)["tool"]["provenance"] == {"ledger": "provenance.db"}
    again = workspace.run("init")
    assert again.status == 2
    assert Path("pyproject.toml").read_text() == text


@pytest.mark.parametrize("arguments", [["--purpose", "MODEL_TRANING"], ["--ledger", "postgresql://u:hunter2@h/d"]])
def test_init_takes_no_unknown_purpose_and_no_password(workspace, arguments):
    ran = workspace.run("init", *arguments)
    assert ran.status == 2
    assert "hunter2" not in ran.err
    assert not Path("pyproject.toml").exists()


@pytest.fixture
def gated(workspace):
    workspace.add("a.png")
    workspace.add("b.png", b"no picture")
    workspace.clear("a.png", "b.png")
    assert workspace.gate().status == 1
    return workspace


def status(workspace):
    return json.loads(workspace.run("status", "--ledger", workspace.ledger, "--format", "json").out)


def test_status_tells_collections_and_their_last_gate(gated):
    found = status(gated)
    uri = gated.photos.as_uri()
    assert found["collections"] == [{"uri": uri, "images": 2}]
    (last,) = found["gates"]
    assert (last["collection_uri"], last["purpose"], last["decisions"]) == (
        uri,
        "MODEL_TRAINING",
        {"ALLOW": 1, "BLOCK": 1},
    )
    text = gated.run("status", "--ledger", gated.ledger).out
    assert "1 collection, 2 images, 0 lists of hashes" in text
    assert "1 ALLOW, 1 BLOCK" in text


@pytest.mark.parametrize(("days", "due"), [(-1, False), (0, True), (30, True), (31, False)])
def test_status_tells_which_permissions_end_within_thirty_days(gated, days, due):
    today = datetime.now(UTC)
    review = Review(
        finding="f" * 32,
        decision=Decision.ALLOW_BY_REVIEW,
        reviewer="JM",
        at=today - timedelta(days=9),
        expires=today.date() + timedelta(days=days),
        reason="seen",
        sha256=sha256((gated.photos / "a.png").read_bytes()).digest(),
        code="LICENCE_MISSING",
    )
    database = Database.open(gated.ledger)
    take_reviews(database, [review], "reviews.csv")
    database.close()
    assert any("JM" in line for line in status(gated)["due"]) is due


def test_status_tells_of_a_scan_that_did_not_finish(gated):
    import sqlalchemy as sa

    from provenance.ledger import schema

    database = Database.open(gated.ledger)
    with database.writing() as connection:
        connection.execute(sa.delete(schema.scan_end))
    database.close()
    assert any("not finished" in line and gated.photos.as_uri() in line for line in status(gated)["due"])


def test_ls_lists_every_image_with_what_is_wrong(gated):
    lines = [
        json.loads(line) for line in gated.run("ls", "--ledger", gated.ledger, "--format", "jsonl").out.splitlines()
    ]
    assert [(line["item"], line["problem"]) for line in lines] == [("a.png", None), ("b.png", "UNIDENTIFIED")]
    assert {line["collection_uri"] for line in lines} == {gated.photos.as_uri()}
    text = gated.run("ls", "photos", "--ledger", gated.ledger).out.splitlines()
    assert text[0] == f"{lines[0]['sha256'][:12]}  a.png"
    assert text[1].endswith("b.png  (UNIDENTIFIED)")


def test_ls_of_what_is_not_there(gated):
    Path("other").mkdir()
    assert gated.run("ls", "other", "--ledger", gated.ledger).status == 2
