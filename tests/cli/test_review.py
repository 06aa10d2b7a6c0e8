"""Reviews and waivers from the outside: export, decide, import, gate."""

from __future__ import annotations

import csv
import io
import json
from hashlib import sha256
from pathlib import Path

import pytest

from provenance.printable import csv_cell, from_csv_cell
from provenance.vocabulary import Decision

AT = "2026-11-22T10:00:00Z"
WAIVER = """
[[waiver]]
code = "LICENCE_MISSING"
items = ["{item}"]
reason = "our own archive"
approver = "J. Morin"
ticket = "LEGAL-77"
date = 2026-10-01
expires = 2027-01-31
"""


def unlicensed(workspace, *names: str) -> None:  # type: ignore[no-untyped-def]
    """Pictures in which a reviewer saw nobody, without a licence: held for review, each for one reason."""
    from provenance.vocabulary import PersonsStatus

    rows = []
    for name in names:
        workspace.add(name)
        rows.append(
            {
                "file_name": name,
                "source_url": "https://photos.example/1.jpg",
                "acquired_at": "2026-06-01T10:00:00Z",
                "acquisition_method": "LICENSED",
                "persons_status": PersonsStatus.NONE,
                "persons_determined_by": {"reviewer": "AB"},
                "jurisdictions": ["CA"],
            }
        )
    workspace.declare(rows)


def exported(workspace) -> list[dict[str, str]]:  # type: ignore[no-untyped-def]
    ran = workspace.run(
        "review", "export", workspace.photos, "--ledger", workspace.ledger, "--purpose", "MODEL_TRAINING"
    )
    assert ran.status == 0, ran.err
    return list(csv.DictReader(io.StringIO(ran.out)))


def decide(workspace, rows: list[dict[str, str]], decision: str, reason: str = "looked") -> Path:  # type: ignore[no-untyped-def]
    path: Path = workspace.root / "decided.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows({**row, "decision": decision, "reviewer": "JM", "at": AT, "reason": reason} for row in rows)
    return path


def test_what_a_reviewer_allows_passes_by_review_and_what_they_reject_is_blocked(workspace) -> None:  # type: ignore[no-untyped-def]
    unlicensed(workspace, "a.png", "b.png")
    as_of = ("--as-of", "2026-11-22T12:00:00Z")
    assert workspace.gate(*as_of).status == 1
    rows = exported(workspace)
    assert {(row["item"], row["code"]) for row in rows} == {("a.png", "LICENCE_MISSING"), ("b.png", "LICENCE_MISSING")}
    for item, answer in (("a.png", "ALLOW"), ("b.png", "BLOCK")):
        file = decide(workspace, [row for row in rows if row["item"] == item], answer)
        assert workspace.run("review", "import", file, "--ledger", workspace.ledger).status == 0
    found = workspace.gate(*as_of)
    assert found.status == 1
    assert {item: v["decision"] for item, v in found.by_item.items()} == {
        "a.png": Decision.ALLOW_BY_REVIEW,
        "b.png": Decision.BLOCK,
    }


def test_a_decision_is_taken_once(workspace) -> None:  # type: ignore[no-untyped-def]
    unlicensed(workspace, "a.png")
    workspace.gate()
    file = decide(workspace, exported(workspace), "ALLOW")
    first = workspace.run("review", "import", file, "--ledger", workspace.ledger)
    again = workspace.run("review", "import", file, "--ledger", workspace.ledger)
    assert (first.err, again.err) == ("1 decision taken\n", "0 decisions taken\n")


def test_new_bytes_under_a_reviewed_name_need_a_new_review(workspace) -> None:  # type: ignore[no-untyped-def]
    unlicensed(workspace, "a.png")
    workspace.gate()
    workspace.run("review", "import", decide(workspace, exported(workspace), "ALLOW"), "--ledger", workspace.ledger)
    data = (workspace.photos / "a.png").read_bytes() + b"\0"
    workspace.add("a.png", data)
    declared = json.loads(workspace.manifest.read_text())
    workspace.declare([{**declared, "sha256": sha256(data).hexdigest()}])
    assert workspace.gate("--as-of", "2026-11-22T12:00:00Z").by_item["a.png"]["decision"] == Decision.REVIEW


def test_a_waiver_lets_pass_and_one_that_serves_nothing_fails_the_gate(workspace) -> None:  # type: ignore[no-untyped-def]
    unlicensed(workspace, "a.png")
    waivers = workspace.root / "waivers.toml"
    as_of = ("--as-of", "2026-11-22T12:00:00Z", "--waivers", waivers)
    waivers.write_text(WAIVER.format(item="a.png"))
    passing = workspace.gate(*as_of)
    assert (passing.status, passing.by_item["a.png"]["decision"]) == (0, Decision.ALLOW_BY_REVIEW)
    waivers.write_text(WAIVER.format(item="a.png") + WAIVER.format(item="gone.png"))
    unused = workspace.gate(*as_of, form="json")
    assert unused.status == 1
    assert '"state": "UNUSED"' in unused.out


def test_nothing_lifts_what_nobody_can_override(workspace) -> None:  # type: ignore[no-untyped-def]
    workspace.add("a.png", b"not an image")
    workspace.clear("a.png")
    waivers = workspace.root / "waivers.toml"
    waivers.write_text(WAIVER.format(item="a.png").replace("LICENCE_MISSING", "IMAGE_UNREADABLE"))
    refused = workspace.gate("--waivers", waivers)
    assert (refused.status, refused.out) == (2, "")
    assert "IMAGE_UNREADABLE" in refused.err
    assert workspace.gate().status == 1
    rows = exported(workspace)
    assert "IMAGE_UNREADABLE" not in {row["code"] for row in rows}
    workspace.run("review", "import", decide(workspace, rows, "ALLOW"), "--ledger", workspace.ledger)
    assert workspace.gate("--as-of", "2026-11-22T12:00:00Z").by_item["a.png"]["decision"] == Decision.BLOCK


def test_names_that_a_spreadsheet_would_compute_come_back_from_it(workspace) -> None:  # type: ignore[no-untyped-def]
    names = ("=1+2.png", "-rf.png", "@SUM(1).png", "'=x.png", "esc\x1b[2Jx.png", "bidi\u202egnp.png")
    unlicensed(workspace, *names)
    as_of = ("--as-of", "2026-11-22T12:00:00Z")
    workspace.gate(*as_of)
    rows = exported(workspace)
    assert sorted(from_csv_cell(row["item"]) for row in rows) == sorted(names)
    assert [cell for row in rows for cell in row.values() if cell[:1] in set("=+-@\t\r")] == []
    file = decide(workspace, rows, "ALLOW", reason=csv_cell("=looked"))
    assert workspace.run("review", "import", file, "--ledger", workspace.ledger).err == "6 decisions taken\n"
    found = workspace.gate(*as_of)
    assert found.status == 0
    details = [reason["detail"] for verdict in found.verdicts for reason in verdict["reasons"]]
    assert [": =looked)" in detail for detail in details if "JM" in detail] == [True] * 6


def test_a_clock_that_was_asked_for_is_told_beside_the_rows(workspace) -> None:  # type: ignore[no-untyped-def]
    unlicensed(workspace, "a.png")
    workspace.gate()
    ran = workspace.run(
        "review", "export", workspace.photos, "--ledger", workspace.ledger, "--purpose", "MODEL_TRAINING", "--as-of",
        "2026-11-22T12:00:00Z", "-o", "out.csv",
    )  # fmt: skip
    assert ran.out == ""
    assert "2026-11-22T12:00:00Z, as asked for; not now" in ran.err
    assert Path("out.csv").read_text().startswith("finding,item,")


def test_a_decision_on_an_image_that_is_not_held_is_an_error_and_nothing_is_taken(workspace) -> None:  # type: ignore[no-untyped-def]
    unlicensed(workspace, "a.png", "b.png")
    assert workspace.gate().status == 1
    known, other = exported(workspace)
    other["sha256"] = sha256(b"never seen").hexdigest()
    ran = workspace.run("review", "import", decide(workspace, [known, other], "ALLOW"), "--ledger", workspace.ledger)
    assert ran.status == 2
    assert f"decided.csv:3: sha256: the ledger holds no image with these bytes: {other['sha256']}" in ran.err
    assert {verdict["decision"] for verdict in workspace.gate().verdicts} == {"REVIEW"}


def test_a_code_that_is_not_that_of_the_finding_is_an_error_that_names_the_line(workspace) -> None:  # type: ignore[no-untyped-def]
    """The finding would decide, and the code is what the reviewer read."""
    unlicensed(workspace, "a.png", "b.png")
    workspace.gate("--as-of", "2026-11-22T12:00:00Z")
    rows = exported(workspace)
    changed = [rows[0], {**rows[1], "code": "SOURCE_MISSING"}]
    ran = workspace.run("review", "import", decide(workspace, changed, "ALLOW"), "--ledger", workspace.ledger)
    assert ran.status == 2
    assert "decided.csv:3: code: " in ran.err
    assert "did you mean LICENCE_MISSING?" in ran.err
    assert workspace.run("review", "list", "--ledger", workspace.ledger).status == 3, "nothing of the file was taken"
    swapped = [{**rows[0], "finding": rows[1]["finding"], "sha256": rows[1]["sha256"]}, rows[1]]
    assert (
        workspace.run("review", "import", decide(workspace, swapped, "ALLOW"), "--ledger", workspace.ledger).status == 0
    )


@pytest.mark.parametrize("answer", ["ALLOW", "BLOCK"])
def test_a_decision_on_a_finding_that_no_gate_came_to_is_taken_as_it_is(workspace, answer: str) -> None:  # type: ignore[no-untyped-def]
    """Such as one that was exported by another ledger over the same pictures: nothing here says what it is."""
    unlicensed(workspace, "a.png")
    workspace.gate("--as-of", "2026-11-22T12:00:00Z")
    rows = [{**row, "finding": "0f" * 16} for row in exported(workspace)]
    assert workspace.run("review", "import", decide(workspace, rows, answer), "--ledger", workspace.ledger).status == 0


def test_a_finding_about_a_person_and_one_of_this_image_alone_are_told_apart_too(workspace, row) -> None:  # type: ignore[no-untyped-def]
    workspace.add("a.png")
    person = {"ref": "p1", "identifiable": True, "age": 30, "age_status": "ADULT_VERIFIED", "jurisdictions": ["CA"]}
    shown = {"persons_status": "PRESENT", "persons_determined_by": None, "persons": [person]}
    workspace.declare([row("a.png", licence=None, **shown)])
    workspace.gate()
    rows = exported(workspace)
    assert {"LICENCE_MISSING", "BASIS_MISSING"} <= {one["code"] for one in rows}
    of_person = next(one for one in rows if one["code"] == "BASIS_MISSING")
    assert of_person["person"] == "p1"
    for code, status in (("LICENCE_MISSING", 2), ("BASIS_MISSING", 0)):
        file = decide(workspace, [{**of_person, "code": code}], "ALLOW")
        assert workspace.run("review", "import", file, "--ledger", workspace.ledger).status == status
