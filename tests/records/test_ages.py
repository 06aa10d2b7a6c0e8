"""Ages and dates of birth of one pseudonym: what one person can have, and what shows two."""

from __future__ import annotations

import json
import sqlite3
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from provenance.api import Ledger
from provenance.records import read_manifest


def manifest(path: Path, *people: tuple[str, str | None, dict[str, Any]]) -> Path:
    """One image for each (pseudonym, day of acquisition, what is recorded)."""
    rows = [
        {"file_name": f"{n}.jpg", "persons": [{"ref": ref, **told}]}
        | ({"acquired_at": f"{day}T12:00:00Z"} if day else {})
        for n, (ref, day, told) in enumerate(people)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def contradicting(path: Path, *people: tuple[str, str | None, dict[str, Any]]) -> set[str]:
    """The pseudonyms whose ages are said to contradict each other."""
    return set(read_manifest(manifest(path, *people)).contradicting)


FITS: list[list[tuple[str | None, dict[str, Any]]]] = [
    [("2024-06-02", {"age": 33}), ("2026-06-01", {"age": 35})],
    [("2024-06-02", {"age": 13}), ("2026-06-01", {"age": 14})],  # before the birthday, and rounded
    [("2026-01-01", {"age": 17}), ("2026-12-31", {"age": 18})],
    [("2026-06-01", {"age": 35}), ("2026-06-01", {"age": 38})],  # 18 or 80, an adult is an adult
    [("2026-06-01", {"age": 18}), ("2026-06-01", {"age": 62})],
    [("2026-06-01", {"age": 35, "born_on": "1991-01-01"}), ("2026-06-01", {"age": 35})],
    [("2026-06-01", {"born_on": "1991-01-01"}), (None, {"age": 12})],  # nobody knows when
    [("2026-06-01", {"age": 0}), ("2026-06-02", {"age": 0})],
]
DOES_NOT: list[list[tuple[str | None, dict[str, Any]]]] = [
    [("2025-06-01", {"age": 41}), ("2026-06-01", {"age": 12})],
    [("2016-06-01", {"age": 17}), ("2026-06-01", {"age": 17})],
    [("2016-06-01", {"age": 18}), ("2026-06-01", {"age": 17})],
    [("2026-06-01", {"born_on": "1991-01-01"}), ("2026-06-01", {"born_on": "1991-01-02"})],
    [("2026-06-01", {"born_on": "1991-01-01"}), ("2026-06-01", {"age": 12})],
]


@pytest.mark.parametrize("told", [*FITS, [("2026-06-01", {"age": 35, "born_on": "1990-01-01"})]])
def test_what_fits_one_person(tmp_path: Path, told: list[tuple[str | None, dict[str, Any]]]) -> None:
    assert not contradicting(tmp_path / "m.jsonl", *(("p1", day, one) for day, one in told))


@pytest.mark.parametrize("told", [*DOES_NOT, [("2026-06-01", {"age": 10, "born_on": "1980-01-01"})]])
def test_what_no_one_person_can_have(tmp_path: Path, told: list[tuple[str | None, dict[str, Any]]]) -> None:
    people = [("p1", day, one) for day, one in told]
    assert contradicting(tmp_path / "m.jsonl", *people, ("p2", "2026-06-01", {"age": 30})) == {"p1"}


def test_the_note_and_the_ledger_agree(tmp_path: Path) -> None:
    """The file names the lines, the ledger holds the images up: by one rule."""
    people = [(f"p{n}", day, one) for n, told in enumerate([*FITS, *DOES_NOT]) for day, one in told]
    path = manifest(tmp_path / "m.jsonl", *people)
    folder = tmp_path / "photos"
    folder.mkdir()
    for n in range(len(people)):
        Image.new("L", (8, 8), n).save(folder / f"{n}.jpg")
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        ledger.scan(folder, manifest=path, workers=1)
    with sqlite3.connect(tmp_path / "ledger.db") as ledger_file:
        held = ledger_file.execute("SELECT ref FROM age_conflict JOIN person ON person.id = person_id").fetchall()
    assert {ref for (ref,) in held} == set(read_manifest(path).contradicting)
    assert len(held) == len(DOES_NOT)


def test_the_note_names_both_places(tmp_path: Path) -> None:
    people = [("p1", "2025-06-01", {"age": 41}), ("p2", "2026-06-01", {"age": 12}), ("p1", "2026-06-01", {"age": 12})]
    (note,) = read_manifest(manifest(tmp_path / "m.jsonl", *people)).notes()
    assert "m.jsonl:1" in note
    assert "m.jsonl:3" in note
    assert "p1" in note


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
@given(
    born=st.dates(date(1930, 1, 1), date(2015, 1, 1)),
    days=st.lists(st.integers(0, 4_000), min_size=1, max_size=5),
    data=st.data(),
)
def test_the_true_ages_of_one_person_never_contradict(
    tmp_path: Path, born: date, days: list[int], data: st.DataObject
) -> None:
    """Whole years at each day, in any order, the date of birth beside them or not."""
    people = []
    for after in days:
        day = date(2015, 1, 2) + timedelta(days=after)
        age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
        told: dict[str, Any] = {"age": age} | ({"born_on": born.isoformat()} if data.draw(st.booleans()) else {})
        people.append(("p1", day.isoformat(), told))
    assert not contradicting(tmp_path / "m.jsonl", *people)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(ages=st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 90)), min_size=1, max_size=6), data=st.data())
def test_the_order_of_rows_changes_nothing(tmp_path: Path, ages: list[tuple[int, int]], data: st.DataObject) -> None:
    people = [("p1", (date(2015, 1, 1) + timedelta(days=days)).isoformat(), {"age": age}) for days, age in ages]
    turned = data.draw(st.permutations(people))
    assert contradicting(tmp_path / "m.jsonl", *people) == contradicting(tmp_path / "m.jsonl", *turned)
