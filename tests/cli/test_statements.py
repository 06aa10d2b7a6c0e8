"""Who stated what, from the command line: names of sources, who vouches, retraction, retirement, upkeep."""

from __future__ import annotations

import csv
import json
import sqlite3

import pytest

PERSON = {"ref": "p1", "identifiable": True, "age": 35, "age_status": "ADULT_VERIFIED", "jurisdictions": ["CA"]}
GIVEN = {"state": "GIVEN", "at": "2026-01-01T00:00:00Z"}
WITHDRAWN = {"state": "WITHDRAWN", "at": "2026-05-01T00:00:00Z"}


@pytest.fixture
def shown(workspace, row):
    """An image of one adult, and a register that permits it."""
    workspace.add("a.png")
    workspace.declare([row("a.png", persons_status="PRESENT", persons=[PERSON])])
    (workspace.root / "signed.pdf").write_bytes(b"%PDF-1.7 signed by p1")
    (workspace.root / "c.toml").write_text('purpose = "MODEL_TRAINING"\n[face_templates]\nderived = false\n')
    return workspace


def register(workspace, *events, name="r.jsonl", evidence="signed.pdf"):
    record = {
        "record_id": "R-1", "person": "p1", "basis": "EXPLICIT_CONSENT", "purposes": ["MODEL_TRAINING"],
        "form": "EXPRESS", "given_by": {"role": "SELF"}, "notice_version": "v1", "events": list(events),
        "evidence": {"kind": "CONSENT_RECORD", "uri": evidence},
    }  # fmt: skip
    path = workspace.root / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(record) + "\n")
    return path


def gated(workspace, *more):
    """The status, and the decision and reason of the one image."""
    ran = workspace.gate("--context", workspace.root / "c.toml", *more)
    (verdict,) = (one for one in ran.verdicts if one.get("item") == "a.png")
    return ran.status, verdict["decision"], verdict["reason"]


def ledger(workspace, *words):
    return workspace.run(*words, "--ledger", workspace.ledger)


# --- sources by name -------------------------------------------------------------------------------------------------


def test_a_source_that_comes_under_several_paths_is_one_by_its_name(shown):
    assert gated(shown, "--records", register(shown, GIVEN), "--as", "study 7") == (0, "ALLOW", "LAWFUL_BASIS_VERIFIED")
    (shown.root / "october").mkdir()
    empty = shown.root / "october" / "r.jsonl"
    empty.write_text("")
    assert gated(shown, "--records", empty, "--as", "study 7")[1] == "BLOCK"


def test_under_another_path_without_a_name_the_earlier_source_still_counts(shown):
    """The control of the one above."""
    assert gated(shown, "--records", register(shown, GIVEN))[1] == "ALLOW"
    (shown.root / "october").mkdir()
    empty = shown.root / "october" / "r.jsonl"
    empty.write_text("")
    assert gated(shown, "--records", empty)[1] == "ALLOW"


def test_sources_and_their_versions_are_shown(shown):
    gated(shown, "--records", register(shown, GIVEN))
    gated(shown, "--records", register(shown, GIVEN, WITHDRAWN))
    rows = [json.loads(line) for line in ledger(shown, "statements", "show", "--format", "jsonl").out.splitlines()]
    assert [(one["kind"], one["rows"], one["counts"]) for one in rows] == [("manifest", 1, True), ("register", 1, True)]
    assert all(one["collections"] for one in rows)
    versions = [
        json.loads(line)
        for line in ledger(shown, "statements", "show", "r.jsonl", "--format", "jsonl").out.splitlines()
    ]
    assert [one["counts"] for one in versions] == [False, True]
    assert versions[0]["sha256"] != versions[1]["sha256"] == rows[1]["sha256"]
    table = ledger(shown, "statements", "show").out
    assert "register" in table
    assert "taken at" in table


def test_a_retired_source_permits_nothing_until_it_is_given_again(shown):
    records = register(shown, GIVEN)
    gated(shown, "--records", records)
    told = ("--by", "A. Lee", "--reason", "succeeded, ticket 7")
    assert ledger(shown, "statements", "retire", "r.jsonl", *told).status == 0
    assert gated(shown)[1:] == ("BLOCK", "BASIS_MISSING")
    assert gated(shown, "--records", records)[1] == "ALLOW"


def test_a_source_that_there_is_not_is_named_with_those_that_there_are(shown):
    gated(shown, "--records", register(shown, GIVEN))
    ran = ledger(shown, "statements", "retire", "s.jsonl", "--by", "A. Lee", "--reason", "ticket 7")
    assert ran.status == 2
    assert "r.jsonl" in ran.err


# --- retraction ------------------------------------------------------------------------------------------------------


def test_a_refusal_stays_until_it_is_retracted_by_name_and_reason(shown):
    gated(shown, "--records", register(shown, GIVEN, WITHDRAWN))
    given = register(shown, GIVEN)
    (verdict,) = shown.gate("--context", shown.root / "c.toml", "--records", given).verdicts
    assert verdict["decision"] == "BLOCK"
    assert "CONSENT_WITHDRAWN" in {reason["code"] for reason in verdict["reasons"]}
    told = ("--by", "A. Lee", "--reason", "filed for the wrong person, ticket 12")
    assert ledger(shown, "retract", "R-1", *told).status == 0
    assert gated(shown, "--records", given) == (0, "ALLOW", "LAWFUL_BASIS_VERIFIED")


def test_a_refusal_that_is_still_stated_cannot_be_retracted_away(shown):
    records = register(shown, GIVEN, WITHDRAWN)
    gated(shown, "--records", records)
    ran = ledger(shown, "retract", "R-1", "--by", "A. Lee", "--reason", "filed for the wrong person")
    assert ran.status == 1
    assert "still count" in ran.err
    assert gated(shown, "--records", records)[1:] == ("BLOCK", "CONSENT_WITHDRAWN")


@pytest.mark.parametrize(
    ("by", "reason"), [("", "ticket 12"), ("-", "ticket 12"), ("nan", "ticket 12"), ("A. Lee", " "), ("A. Lee", "n/a")]
)
def test_nobody_retracts_for_no_reason(shown, by, reason):
    gated(shown, "--records", register(shown, GIVEN, WITHDRAWN))
    assert ledger(shown, "retract", "R-1", "--by", by, "--reason", reason).status == 2
    assert gated(shown, "--records", register(shown, GIVEN))[1] == "BLOCK"


def test_what_was_never_refused_cannot_be_retracted(shown):
    gated(shown, "--records", register(shown, GIVEN))
    for record in ("R-1", "R-2"):
        ran = ledger(shown, "retract", record, "--by", "A. Lee", "--reason", "ticket 12")
        assert ran.status == 2
        assert record in ran.err


# --- evidence folders ------------------------------------------------------------------------------------------------


def test_evidence_lies_beside_its_register_or_in_a_folder_that_is_named(shown):
    records = register(shown, GIVEN, name="registers/r.jsonl", evidence="../signed.pdf")
    assert gated(shown, "--records", records)[1] != "ALLOW"
    assert gated(shown, "--records", records, "--evidence-folder", shown.root)[1] == "ALLOW"


def test_a_register_that_moved_with_its_evidence_permits_what_it_did(shown):
    records = register(shown, GIVEN, name="registers/r.jsonl")
    (shown.root / "signed.pdf").rename(shown.root / "registers" / "signed.pdf")
    assert gated(shown, "--records", records)[1] == "ALLOW"
    (shown.root / "registers").rename(shown.root / "archive")
    assert gated(shown, "--records", shown.root / "archive" / "r.jsonl")[1] == "ALLOW"


# --- who vouches -----------------------------------------------------------------------------------------------------


@pytest.fixture
def from_elsewhere(workspace):
    """A collection that came with a metadata file of its own, which says that nobody is shown."""
    workspace.add("a.png")
    row = {
        "file_name": "a.png", "source_url": "https://photos.example/1", "acquired_at": "2026-06-01T10:00:00Z",
        "acquisition_method": "LICENSED", "licence": "CC0-1.0", "persons_status": "NONE", "reviewer": "AB",
    }  # fmt: skip
    with (workspace.photos / "metadata.csv").open("w") as file:
        rows = csv.DictWriter(file, row)
        rows.writeheader()
        rows.writerow(row)
    (workspace.root / "c.toml").write_text('purpose = "MODEL_TRAINING"\n')
    return workspace


def test_what_a_collection_says_of_itself_clears_nothing_until_somebody_vouches(from_elsewhere):
    assert gated(from_elsewhere)[:2] == (1, "REVIEW")
    assert gated(from_elsewhere, "--vouch", "A. Petrov") == (0, "ALLOW", "NO_PERSON_DEPICTED")
    explained = ledger(from_elsewhere, "explain", "a.png", "--purpose", "MODEL_TRAINING", "--full")
    assert "metadata.csv, line 2, for which A. Petrov vouches" in explained.out
    shown = ledger(from_elsewhere, "statements", "show", "--format", "jsonl")
    assert [json.loads(line)["vouched_by"] for line in shown.out.splitlines()] == ["A. Petrov"]


def test_where_nobody_answers_for_it_the_flag_is_named(from_elsewhere):
    asked = ("gate", from_elsewhere.photos, "--purpose", "MODEL_TRAINING")
    told = ledger(from_elsewhere, *asked)
    assert "metadata.csv" in told.err
    assert "--vouch" in told.err
    assert "--vouch" not in ledger(from_elsewhere, *asked, "--vouch", "A. Petrov").err


def test_the_context_may_say_who_vouches(from_elsewhere):
    (from_elsewhere.root / "c.toml").write_text('purpose = "MODEL_TRAINING"\nvouched_by = "A. Petrov"\n')
    assert gated(from_elsewhere) == (0, "ALLOW", "NO_PERSON_DEPICTED")


def test_a_scan_may_say_who_vouches(from_elsewhere):
    scanned = ledger(from_elsewhere, "scan", from_elsewhere.photos, "--vouch", "A. Petrov")
    assert scanned.status == 0, scanned.err
    assert gated(from_elsewhere)[1] == "ALLOW"


@pytest.mark.parametrize("name", ["", "-", "n/a", "auto", "\u200b", "yolov8"])
def test_nobody_and_no_program_vouches(from_elsewhere, name):
    for words in (["gate", "--purpose", "MODEL_TRAINING"], ["scan"]):
        ran = ledger(from_elsewhere, *words, from_elsewhere.photos, "--vouch", name)
        assert ran.status == 2
        assert "--vouch" in ran.err
    assert gated(from_elsewhere)[1] != "ALLOW"


def test_a_changed_file_has_to_be_vouched_for_again(from_elsewhere):
    assert gated(from_elsewhere, "--vouch", "A. Petrov")[1] == "ALLOW"
    metadata = from_elsewhere.photos / "metadata.csv"
    metadata.write_text(metadata.read_text().replace("photos.example/1", "photos.example/2"))
    assert gated(from_elsewhere)[1] != "ALLOW"


# --- upkeep ----------------------------------------------------------------------------------------------------------


def change(workspace, statement):
    with sqlite3.connect(workspace.ledger) as connection:
        assert connection.execute(statement).rowcount > 0
    connection.close()


def test_verify_names_the_table_and_the_row_that_somebody_changed(shown):
    gated(shown, "--records", register(shown, GIVEN, WITHDRAWN))
    assert ledger(shown, "verify").status == 0
    change(shown, "UPDATE event SET state = 'REQUESTED' WHERE state = 'WITHDRAWN'")
    ran = ledger(shown, "verify", "--format", "jsonl")
    assert ran.status == 1
    assert [(one["table"], one["row"]) for one in map(json.loads, ran.out.splitlines())] == [("record", 1)]
    assert "record" in ledger(shown, "verify").out


def test_a_changed_derived_table_is_found_and_made_anew(shown):
    records = register(shown, GIVEN, WITHDRAWN)
    gated(shown, "--records", records)
    change(shown, "UPDATE item_facts SET fact_set_id = fact_set_id + 1")
    ran = shown.gate("--context", shown.root / "c.toml")
    assert ran.status == 2
    assert "provenance db rebuild" in ran.err
    assert ledger(shown, "verify").status == 1
    assert ledger(shown, "db", "rebuild").status == 0
    assert ledger(shown, "verify").status == 0
    assert gated(shown, "--records", records)[1:] == ("BLOCK", "CONSENT_WITHDRAWN")


def test_rebuilding_keeps_a_copy_beside_a_blocked_picture_held_up(workspace, row, image):
    for name in ("a.png", "b.png"):
        workspace.add(name, image(7))
    (workspace.root / "c.toml").write_text('purpose = "MODEL_TRAINING"\n')
    workspace.declare([row("a.png"), row("b.png", acquisition_method="USER_SUBMITTED", licence="CC-BY-4.0")])
    gated(workspace)
    assert ledger(workspace, "duplicates", "--keep").status == 0
    before = workspace.gate().by_item
    assert {one["decision"] for one in before.values()} == {"REVIEW"}
    assert ledger(workspace, "db", "rebuild").status == 0
    assert {name: one["reasons"] for name, one in workspace.gate().by_item.items()} == {
        name: one["reasons"] for name, one in before.items()
    }


def test_pruning_changes_no_verdict(shown):
    records = register(shown, GIVEN)
    before = gated(shown, "--records", records)
    ran = ledger(shown, "db", "prune")
    assert ran.status == 0
    assert "dropped" in ran.err
    assert gated(shown, "--records", records) == before == (0, "ALLOW", "LAWFUL_BASIS_VERIFIED")
