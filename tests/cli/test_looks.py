"""The spreadsheet way of looking at pictures: a sheet out, what was seen in, listed and taken back."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest


@pytest.fixture
def unsure(workspace: Any, row: Any) -> Any:
    """Two pictures of which nobody has said whether a person is shown, one without a licence, and one for a minor."""
    changes: list[dict[str, Any]] = [{}, {"licence": None}, {"caption": "a 9-year-old girl at school"}]
    rows = []
    for name, change in zip(("a.png", "b.png", "c.png"), changes, strict=True):
        workspace.add(name)
        rows.append(row(name, persons_status="UNKNOWN", persons_determined_by=None, **change))
    workspace.declare(rows)
    workspace.gate()
    return workspace


def sheet(workspace: Any, *more: Any) -> list[dict[str, str]]:
    given = ("--ledger", workspace.ledger, "--purpose", "MODEL_TRAINING", "--reviewer", "J. Morin")
    ran = workspace.run("review", "sheet", workspace.photos, *given, *more)
    assert ran.status == 0, ran.err
    return list(csv.DictReader(io.StringIO(ran.out)))


def taken(workspace: Any, rows: list[dict[str, str]], **seen: str) -> Any:
    path: Path = workspace.root / "seen.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), delimiter=";")
        writer.writeheader()
        writer.writerows({**one, **seen} for one in rows)
    return workspace.run("review", "import", path, "--ledger", workspace.ledger)


def decisions(workspace: Any) -> dict[str, str]:
    return {item: verdict["decision"] for item, verdict in workspace.gate().by_item.items()}


def test_a_sheet_has_one_row_a_picture_with_its_path_and_a_thumbnail(unsure: Any) -> None:
    rows = sheet(unsure, "--thumbnails", unsure.root / "small")
    assert [one["item"] for one in rows] == ["a.png", "b.png", "c.png"]
    assert [Path(one["path"]).resolve() for one in rows] == [
        unsure.photos / name for name in ("a.png", "b.png", "c.png")
    ]
    for one in rows:
        drawn = Path(unquote(urlsplit(one["thumbnail"]).path))
        assert drawn.name == f"{one['sha256']}.webp"
        assert drawn.read_bytes()[8:12] == b"WEBP"
    assert {"PERSON_STATUS_UNKNOWN", "LICENCE_MISSING"} <= set(rows[1]["findings"].split())
    assert {one["persons_status"] for one in rows} == {""}


def test_nobody_for_all_settles_neither_a_licence_nor_an_age(unsure: Any) -> None:
    assert taken(unsure, sheet(unsure), persons_status="NONE").err == "3 looks taken\n"
    assert decisions(unsure) == {"a.png": "ALLOW", "b.png": "REVIEW", "c.png": "REVIEW"}


def test_a_sheet_is_taken_once_and_an_empty_one_says_nothing(unsure: Any) -> None:
    rows = sheet(unsure)
    before = decisions(unsure)
    assert taken(unsure, rows).err == "0 looks taken\n"
    assert decisions(unsure) == before
    assert taken(unsure, rows, persons_status="PRESENT", at="2026-11-20T10:00:00Z").err == "3 looks taken\n"
    assert taken(unsure, rows, persons_status="PRESENT", at="2026-11-20T10:00:00Z").err == "0 looks taken\n"


def test_bytes_that_the_ledger_does_not_hold_are_refused_and_nothing_is_taken(unsure: Any) -> None:
    rows = sheet(unsure)
    rows[2]["sha256"] = "ff" * 32
    ran = taken(unsure, rows, persons_status="NONE")
    assert ran.status == 2
    assert "line 4" in ran.err
    assert unsure.run("review", "list", "--ledger", unsure.ledger).status == 3


def test_what_was_said_is_listed_and_taken_back(unsure: Any) -> None:
    before = decisions(unsure)
    taken(unsure, sheet(unsure)[:1], persons_status="NONE")
    assert decisions(unsure)["a.png"] == "ALLOW"
    (line,) = unsure.run("review", "list", "--ledger", unsure.ledger).out.splitlines()
    name, item = line.split()[:2]
    assert (item, "J. Morin" in line, "nobody is shown" in line) == ("a.png", True, True)
    given = ("--ledger", unsure.ledger, "--by", "A. Lee", "--reason", "the wrong picture")
    assert unsure.run("review", "revoke", name, *given).status == 0
    assert decisions(unsure) == before
    assert "taken back by A. Lee" in unsure.run("review", "list", "--ledger", unsure.ledger).out
    assert unsure.run("review", "revoke", name, *given).err.startswith("0 entries taken back")


def test_a_decision_is_taken_back_by_its_name(unsure: Any) -> None:
    given = ("--ledger", unsure.ledger, "--purpose", "MODEL_TRAINING")
    rows = list(csv.DictReader(io.StringIO(unsure.run("review", "export", unsure.photos, *given).out)))
    rows = [one for one in rows if one["item"] == "a.png"]
    assert (
        taken(unsure, rows, decision="ALLOW", reviewer="JM", at="2026-11-20T10:00:00Z", reason="in order").status == 0
    )
    assert decisions(unsure)["a.png"] == "ALLOW_BY_REVIEW"
    given = ("--ledger", unsure.ledger, "--by", "A. Lee", "--reason", "in error")
    assert unsure.run("review", "revoke", "decision:1", *given).status == 0
    assert decisions(unsure)["a.png"] == "REVIEW"


@pytest.mark.parametrize("name", ["look:7", "look", "decision:x", "waiver:1", "look:-1"])
def test_a_name_that_stands_for_nothing_takes_nothing_back(unsure: Any, name: str) -> None:
    ran = unsure.run("review", "revoke", name, "--ledger", unsure.ledger, "--by", "A. Lee", "--reason", "in error")
    assert ran.status == 2
    assert "review list" in ran.err


def test_nobody_takes_back_nothing(unsure: Any) -> None:
    ran = unsure.run("review", "revoke", "look:1", "--ledger", unsure.ledger, "--by", "unknown", "--reason", "in error")
    assert ran.status == 2


def test_what_people_saw_is_told_beside_the_verdict_and_in_the_explanation(unsure: Any) -> None:
    taken(unsure, sheet(unsure)[:1], persons_status="PRESENT", persons="2")
    verdict = unsure.gate().by_item["a.png"]
    assert "Seen by J. Morin" in " ".join(reason["detail"] for reason in verdict["reasons"])
    given = ("--ledger", unsure.ledger, "--purpose", "MODEL_TRAINING")
    told = unsure.run("explain", "a.png", *given).out
    assert "2 of them" in told
