"""A statement that reaches nothing is told, and a refusal that may have meant an image here fails the gate."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from hashlib import sha256

import pytest

SIGNED = b"%PDF signed"
PERSON = {"ref": "p-17", "identifiable": True, "age": 35, "age_status": "ADULT_VERIFIED", "jurisdictions": ["CA"]}


def record(number, person="p-17", events=("GIVEN",), **scope):
    dates = ("2026-05-01T00:00:00+00:00", "2026-06-01T00:00:00+00:00")
    return {
        "record_id": f"r{number}",
        "person": person,
        "basis": "EXPLICIT_CONSENT",
        "purposes": ["MODEL_TRAINING"],
        "form": "EXPRESS",
        "notice_version": "v3",
        "written_release": True,
        "evidence": {"kind": "MODEL_RELEASE", "uri": "release.pdf", "sha256": sha256(SIGNED).hexdigest()},
        "given_by": {"role": "SELF"},
        "events": [{"state": state, "at": at} for state, at in zip(events, dates, strict=False)],
        **scope,
    }


@pytest.fixture
def project(workspace, row):
    """`project(*records)` gates two images, one of which shows `p-17`, who consented; gives what came of it."""

    def gated(*records, form="json"):
        (workspace.root / "release.pdf").write_bytes(SIGNED)
        workspace.add("Summer/IMG 1.png")
        workspace.add("landscape.png")
        shown = row("Summer/IMG 1.png", persons_status="PRESENT", persons_determined_by=None, persons=[PERSON])
        workspace.declare([shown, row("landscape.png")])
        register = workspace.root / "records.jsonl"
        register.write_text("".join(json.dumps(one) + "\n" for one in (record(1), *records)))
        return workspace.gate("--records", str(register), form=form)

    return gated


def findings(ran):
    told = json.loads(ran.out)["findings"]
    return [(one["decision"], one["reason"], one["source"]["line"]) for one in told]


def test_nothing_is_found_over_a_register_that_reaches_its_people(project):
    ran = project()
    assert ran.status == 0, ran.out
    assert findings(ran) == []


@pytest.mark.parametrize(
    "missed",
    [
        record(2, person="P-17", events=("GIVEN", "WITHDRAWN")),
        record(2, events=("GIVEN", "WITHDRAWN"), items=["summer/img 1.png"]),
        record(2, events=("GIVEN", "WITHDRAWN"), items=["IMG 1.png"]),
        record(2, events=("GIVEN", "WITHDRAWN"), items=["Summer/IMG_1.jpg"]),
        record(2, events=("GIVEN", "WITHDRAWN"), items=["somewhere/else.png"]),
        record(2, events=("GIVEN", "WITHDRAWN"), sources=["http://photos.example/1001.jpg"]),
    ],
    ids=["case", "folders", "base name", "extension", "another", "scheme"],
)
def test_a_refusal_that_misses_its_image_fails_the_gate(project, missed):
    ran = project(missed)
    assert ran.status == 1, ran.out
    found = findings(ran)
    assert all(decision == "BLOCK" for decision, *_ in found)
    report = json.loads(ran.out)
    blocked = {one["item"] for one in report["verdicts"] if one["decision"] == "BLOCK"}
    assert blocked == {"Summer/IMG 1.png"}


def test_a_refusal_of_somebody_who_is_not_here_is_only_told(project):
    ran = project(record(2, person="p-99", events=("GIVEN", "WITHDRAWN")))
    assert ran.status == 0, ran.out
    assert findings(ran) == [("INFO", "STATEMENT_REACHES_NOTHING", 2)]


@pytest.mark.parametrize(
    "missed", [record(2, items=["nowhere.png"]), record(2, person="p-99")], ids=["scope", "person"]
)
def test_a_permission_that_reaches_nothing_is_told_with_its_line(project, missed):
    ran = project(missed)
    assert ran.status == 0, ran.out
    assert findings(ran) == [("INFO", "STATEMENT_REACHES_NOTHING", 2)]


@pytest.mark.parametrize("form", ["table", "jsonl", "sarif", "junit", "github", "gitlab", "markdown", "html"])
def test_every_format_tells_it_and_fails(project, form):
    ran = project(record(2, person="P-17", events=("GIVEN", "WITHDRAWN")), form=form)
    assert ran.status == 1
    assert "r2" in ran.out + ran.err


def test_a_record_whose_person_only_a_collection_of_another_register_shows_reaches_nothing(workspace, project, row):
    """`p-99` is shown in a second collection, for which the first one's register does not speak."""
    project(record(2, person="p-99"))
    workspace.add("other.png")
    (workspace.root / "others").mkdir()
    (workspace.photos / "other.png").rename(workspace.root / "others" / "other.png")
    shown = row("other.png", persons_status="PRESENT", persons_determined_by=None, persons=[{**PERSON, "ref": "p-99"}])
    manifest, register = workspace.root / "others.jsonl", workspace.root / "others-records.jsonl"
    manifest.write_text(json.dumps(shown) + "\n")
    register.write_text(json.dumps(record(1, person="p-99")) + "\n")
    scanned = workspace.run(
        "scan", workspace.root / "others", "--ledger", workspace.ledger, "--manifest", manifest, "--records", register
    )
    assert scanned.status == 0, scanned.err
    records = str(workspace.root / "records.jsonl")
    assert findings(workspace.gate("--records", records, form="json")) == [("INFO", "STATEMENT_REACHES_NOTHING", 2)]
    assert workspace.run(
        "scan", workspace.root / "others", "--ledger", workspace.ledger, "--manifest", manifest, "--records", records
    ).status == 0  # fmt: skip
    assert findings(workspace.gate("--records", records, form="json")) == []


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM idle_record",
        "UPDATE idle_record SET shown = 1 - shown",
        "UPDATE idle_record SET record = 1",
        "UPDATE idle_record SET source_id = 1",
        "UPDATE idle_record_upto SET records = records + 1",
        "DELETE FROM idle_record_upto",
    ],
)
def test_what_was_kept_of_them_and_changed_by_hand_is_an_error(workspace, project, change):
    project(record(2, person="p-99"))
    with closing(sqlite3.connect(workspace.ledger)) as ledger, ledger:
        assert ledger.execute(change).rowcount == 1
    ran = workspace.gate("--records", str(workspace.root / "records.jsonl"))
    assert ran.status == 2
    assert "is not as it was written" in ran.err


def test_a_record_reaches_its_person_from_when_an_image_shows_them_until_it_is_gone(workspace, project, row):
    """What is kept from one gate to the next follows what came and went in between."""
    late = record(2, person="p-99")
    assert findings(project(late)) == [("INFO", "STATEMENT_REACHES_NOTHING", 2)]
    records, manifest = str(workspace.root / "records.jsonl"), workspace.manifest.read_text()
    workspace.add("late.png")
    shown = row("late.png", persons_status="PRESENT", persons_determined_by=None, persons=[{**PERSON, "ref": "p-99"}])
    workspace.manifest.write_text(manifest + json.dumps(shown) + "\n")
    assert findings(workspace.gate("--records", records, form="json")) == []
    (workspace.photos / "late.png").unlink()
    workspace.manifest.write_text(manifest)
    assert findings(workspace.gate("--records", records, form="json")) == [("INFO", "STATEMENT_REACHES_NOTHING", 2)]
