"""What has to be assessed, kept, destroyed, reported and handed on, from the command line."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

NOW = datetime.now(UTC)
PAST, COMING = (NOW - timedelta(days=1)).isoformat(), (NOW + timedelta(days=20)).isoformat()


@pytest.fixture
def scanned(workspace: Any) -> Any:
    """Two allowed images, gated once."""
    for name in ("a.png", "b.png"):
        workspace.add(name)
    workspace.clear("a.png", "b.png")
    assert workspace.gate().status == 0
    return workspace


def run(workspace: Any, *words: object, status: int = 0) -> str:
    done = workspace.run(*map(str, words), "--ledger", workspace.ledger)
    assert done.status == status, done.err
    return str(done.out)


def listed(workspace: Any, *words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run(workspace, *words, "--format", "jsonl").splitlines()]


def test_an_assessment_from_its_recording_to_its_end(scanned: Any) -> None:
    paper = scanned.root / "dpia.pdf"
    paper.write_bytes(b"%PDF weighed")
    given = ("--purpose", "MODEL_TRAINING", "--approver", "A. Roy", "--evidence", paper, "--by", "AB")
    add = ("assessments", "add", "DPIA-7", *given, "--approved", "2026-05-01T09:00:00Z")
    run(scanned, *add)
    (row,) = listed(scanned, "assessments", "list")
    assert (row["ref"], row["state"], row["recipients"]) == ("DPIA-7", "in force", [])
    assert "DPIA-7" in run(scanned, "assessments", "list")
    assert "held already" in scanned.run(*map(str, add), "--ledger", scanned.ledger).err
    run(scanned, "assessments", "prune", "DPIA-7", "--by", "AB", status=2)
    run(scanned, "assessments", "retire", "DPIA-7", "--by", "AB", "--reason", "made anew")
    (row,) = listed(scanned, "assessments", "list")
    assert (row["state"], row["reason"]) == ("retired", "made anew")
    assert run(scanned, "verify") == ""


def test_a_breach_from_its_finding_to_its_end(scanned: Any) -> None:
    words = ("--occurred", "18 November", "--what", "open to the web", "--information", "portraits", "--by", "AB")
    added = run(scanned, "breaches", "add", "--found", "2026-11-20T08:00:00Z", *words, "--risk", "yes")
    assert added == "B-1\n"
    run(scanned, "due", status=1)  # 72 hours have passed
    (due,) = listed_due(scanned, status=1)
    assert (due["what"], due["name"], due["overdue"]) == ("report", "the breach B-1", True)
    run(scanned, "breaches", "note", "B-1", "--state", "reported", "--by", "AB", "--note", "OPC, 26-114")
    run(scanned, "breaches", "close", "B-1", "--by", "AB", "--note", "closed the folder")
    (row,) = listed(scanned, "breaches", "list")
    assert (row["state"], [event["state"] for event in row["events"]]) == ("closed", ["REPORTED", "CLOSED"])
    done = scanned.run("breaches", "prune", "B-1", "--by", "AB", "--ledger", scanned.ledger)
    assert (done.status, "has to be kept until 2028-11-20" in done.err) == (2, True)
    (due,) = listed_due(scanned, "--within", "800")
    assert (due["what"], due["at"][:10], due["overdue"]) == ("pruning", "2028-11-20", False)


def listed_due(workspace: Any, *more: str, status: int = 0) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run(workspace, "due", *more, "--format", "jsonl", status=status).splitlines()]


def test_a_term_blocks_is_due_and_can_be_taken_back(scanned: Any) -> None:
    run(scanned, "retention", "add", "--item", "a.png", "--until", PAST, "--reason", "contract 12", "--by", "AB")
    found = scanned.gate()
    assert found.status == 1
    assert {name: one["reason"] for name, one in found.by_item.items()} == {
        "a.png": "RETENTION_ENDED",
        "b.png": "NO_PERSON_DEPICTED",
    }
    (due,) = listed_due(scanned, status=1)
    assert (due["what"], due["name"]) == ("destruction", "photos/a.png")
    (row,) = listed(scanned, "retention", "list")
    assert (row["ref"], row["about"], row["counts"]) == ("K-1", "item photos/a.png", True)
    run(scanned, "retention", "retire", "K-1", "--by", "AB", "--reason", "renewed to 2028")
    assert scanned.gate().status == 0
    run(scanned, "retention", "add", "--until", PAST, "--reason", "r 1", "--by", "AB", status=2)


def test_checks_of_sources_hold_images_for_review(scanned: Any) -> None:
    file = scanned.root / "checks.csv"
    file.write_text("url,status,checked_at\nhttps://photos.example/1001.jpg,410,2026-11-20T08:00:00Z\n")
    done = scanned.run("retention", "sources", str(file), "--by", "AB", "--ledger", scanned.ledger)
    assert (done.status, "1 of a source that is gone; 2 images" in done.err) == (0, True)
    assert {one["reason"] for one in scanned.gate().verdicts} == {"RETENTION_ENDED"}
    file.write_text("url,status,checked_at\nnowhere,410,2026-11-20T08:00:00Z\n")
    done = scanned.run("retention", "sources", str(file), "--by", "AB", "--ledger", scanned.ledger)
    assert (done.status, "checks.csv:2: url" in done.err) == (2, True)


@pytest.mark.parametrize("kind", ["regulator", "training-content", "ab2013", "aims"])
def test_every_report_comes_in_every_form(scanned: Any, kind: str) -> None:
    report = ("report", "--kind", kind)
    whole = json.loads(run(scanned, *report, "--as", "json"))
    assert (whole["kind"], whole["purpose"]) == (kind, "MODEL_TRAINING")
    assert ("figures" in whole) is (kind == "regulator")
    assert run(scanned, *report).startswith("# ")
    rows = list(csv.reader(io.StringIO(run(scanned, *report, "--as", "csv"))))
    assert len({len(row) for row in rows}) == 1
    if kind != "regulator":
        assert whole["verified"] is False  # nobody has compared the fields with the official text
        assert "Nobody has verified" in run(scanned, *report)


def test_a_report_that_was_given_is_what_the_next_is_compared_with(scanned: Any) -> None:
    report = ("report", "--kind", "regulator", "--as", "json")
    assert json.loads(run(scanned, *report, "--by", "AB", "--to", "OPC"))["since"] is None
    scanned.add("c.png")
    scanned.clear("a.png", "b.png", "c.png")
    assert scanned.gate().status == 0
    after = json.loads(run(scanned, *report))
    assert after["changes"]["images"] == {"held": 1}
    run(scanned, *report, "--by", "AB", status=2)
    run(scanned, *report, "--as-of", "2026-01-01T00:00:00Z", status=2)


def test_a_release_states_what_it_is(scanned: Any) -> None:
    file = scanned.root / "one.jsonl"
    create = ("release", "create", "one", scanned.photos, "--purpose", "MODEL_TRAINING", "--by", "AB", "-o", file)
    run(scanned, *create)
    stated = scanned.run("release", "statement", str(file))
    assert json.loads(stated.out)["predicate"]["images"] == 2
    place = scanned.root / "croissant.json"
    assert scanned.run("release", "summary", str(file), "-o", str(place)).status == 0
    assert json.loads(place.read_text())["name"] == "one"
    file.write_bytes(file.read_bytes()[:-2])
    assert scanned.run("release", "statement", str(file)).status == 2


def test_a_request_goes_from_one_ledger_to_another(scanned: Any, tmp_path: Path) -> None:
    run(scanned, "restrict", "--item", "a.png", "--requester", "T-1", "--by", "AB")
    file = tmp_path / "request.json"
    run(scanned, "requests", "export", "Q-1", "--kind", "request", "-o", file)
    theirs = tmp_path / "theirs.db"
    assert scanned.run("scan", str(scanned.photos), "--manifest", scanned.manifest, "--ledger", theirs).status == 0
    taken = scanned.run("requests", "import", str(file), "--requester", "their Q-1", "--by", "CD", "--ledger", theirs)
    assert (taken.status, "reaches 1 image" in taken.out) == (0, True)
    gate = scanned.run(
        "gate", str(scanned.photos), "--purpose", "MODEL_TRAINING", "--ledger", theirs, "--format", "jsonl"
    )
    assert {name: one["reason"] for name, one in gate.by_item.items()}["a.png"] == "SUPPRESSED_ERASURE_REQUEST"
    assert (
        scanned.run(
            "requests", "import", str(scanned.manifest), "--requester", "T", "--by", "CD", "--ledger", theirs
        ).status
        == 2
    )
