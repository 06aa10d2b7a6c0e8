"""`explain` as a privacy officer reads it: the decision and what it rests on first, then each reason with its fact."""

from __future__ import annotations

import json

import pytest

from fuzz import files
from pictures import encoded, photo


@pytest.fixture
def withdrawn(workspace, row):
    """One adult who consented and withdrew."""
    workspace.add("a.png")
    person = {"ref": "p1", "identifiable": True, "age": 35, "age_status": "ADULT_VERIFIED", "jurisdictions": ["CA"]}
    workspace.declare([row("a.png", persons_status="PRESENT", persons=[person], persons_determined_by=None)])
    record = {
        "record_id": "R-1",
        "person": "p1",
        "basis": "EXPLICIT_CONSENT",
        "purposes": ["MODEL_TRAINING"],
        "form": "EXPRESS",
        "given_by": {"role": "SELF"},
        "events": [
            {"state": "GIVEN", "at": "2026-01-01T00:00:00Z"},
            {"state": "WITHDRAWN", "at": "2026-10-01T00:00:00Z"},
        ],
    }
    records = workspace.root / "records.jsonl"
    records.write_text("\n" + json.dumps(record) + "\n")
    assert workspace.gate("--records", records).status == 1
    return workspace


def explained(workspace, *more):
    return workspace.run("explain", "a.png", "--ledger", workspace.ledger, "--purpose", "MODEL_TRAINING", *more)


def test_the_head_says_decision_purpose_clock_law_and_who_approved(withdrawn):
    ran = explained(withdrawn, "--as-of", "2026-11-22T12:00:00+00:00")
    head = ran.out.split("\n\n")[0].splitlines()
    assert ran.status == 1
    assert head[0] == "BLOCK  a.png"
    told = {line[:14].strip(): line[15:] for line in head[1:] if line[:14].strip()}
    assert list(told) == ["for", "clock", "law", "approved by", "in", "sha256"]
    assert told["for"] == "MODEL_TRAINING"
    assert told["clock"] == "2026-11-22T12:00:00+00:00, as asked for, not now"
    assert told["law"].startswith("Canada (federal) (CA), pack ")
    assert told["approved by"].startswith("nobody")


def test_each_reason_has_its_fact_with_file_and_line_and_its_remedy(withdrawn):
    text = explained(withdrawn).out
    reason = text.split("CONSENT_WITHDRAWN (43), person p1\n")[1].split("\n  BLOCK")[0].split("\n  REVIEW")[0]
    assert "R-1 (" in reason
    assert "records.jsonl, line 2): EXPLICIT_CONSENT, WITHDRAWN at 2026-10-01" in reason
    assert "remedy   " in reason
    assert "source   " in reason
    assert text.index("BLOCK CONSENT_WITHDRAWN") > text.index("Why")


def test_all_that_is_recorded_is_told_only_in_full(withdrawn):
    at = ("--as-of", "2026-11-22T12:00:00+00:00")
    short, full = explained(withdrawn, *at).out, explained(withdrawn, *at, "--full").out
    for word in ("fingerprints: ", "phash", "Codes considered", "Facts that the rules saw"):
        assert word not in short
        assert word in full
    assert full.startswith(short.split("\n\nEverything")[0])


def test_a_clock_of_now_is_called_now_and_the_last_gates_is_not(withdrawn):
    assert ", now\n" in explained(withdrawn).out
    again = withdrawn.run("explain", "a.png", "--ledger", withdrawn.ledger)
    assert ", that of the last gate, not now\n" in again.out


def test_the_record_for_programs_says_the_same(withdrawn):
    record = json.loads(explained(withdrawn, "--format", "json", "--as-of", "2026-11-22T12:00:00+00:00").out)
    assert record["decision"] == "BLOCK"
    assert record["purpose"] == "MODEL_TRAINING"
    assert record["as_of"] == "2026-11-22T12:00:00+00:00"
    assert set(record["rulepacks"]) >= {"CA"}
    assert {"reasons", "facts", "people", "signals", "would_change"} <= record.keys()


def test_who_vouches_is_told(withdrawn):
    assert "A. Petrov vouches" in explained(withdrawn, "--vouch", "A. Petrov").out


def test_text_from_outside_does_not_steer_the_terminal(withdrawn, row):
    withdrawn.declare([row("a.png", caption="\x1b[2J\u202e", licence="\x1b]0;x\x07")])
    withdrawn.gate()
    text = explained(withdrawn, "--full").out
    assert [c for c in text if not c.isprintable() and c != "\n"] == []


def test_a_reason_from_the_file_names_the_field_and_nothing_that_only_speaks_of_the_same(workspace):
    said = "<dc:rights><rdf:Alt><rdf:li>(c) 2020 A. Petrov</rdf:li></rdf:Alt></dc:rights>"
    terms = "<rdf:Alt><rdf:li>May not be used to train AI</rdf:li></rdf:Alt>"
    packet = files.packet(f"{said}<xmpRights:UsageTerms>{terms}</xmpRights:UsageTerms>")
    workspace.add("a.jpg", encoded(photo(3), "JPEG")[:2] + files.xmp_segment(packet) + encoded(photo(3), "JPEG")[2:])
    workspace.clear("a.jpg")
    assert workspace.gate().status == 1
    text = workspace.run("explain", "a.jpg", "--ledger", workspace.ledger, "--purpose", "MODEL_TRAINING").out
    reason = text.split("RESERVATION_IN_WORDS (96)\n")[1].split("\n    source")[0]
    (fact,) = [line.strip() for line in reason.splitlines() if line.strip().startswith("fact ")]
    assert "xmpRights:UsageTerms" in fact
    assert "jpeg:APP1/xmp" in fact
    assert "Petrov" not in reason


def test_people_counted_are_told_by_the_column_that_counts_them(workspace, row):
    workspace.add("a.png")
    workspace.declare([row("a.png", persons_status="UNKNOWN", persons_determined_by=None, face_count=5, subject_id=77)])
    workspace.gate()
    text = workspace.run("explain", "a.png", "--ledger", workspace.ledger, "--purpose", "MODEL_TRAINING").out
    reason = text.split("PERSONS_UNACCOUNTED (25)\n")[1].split("\n    source")[0]
    assert "fact     face_count = 5, in column:face_count" in reason
    assert "subject_id" not in reason
