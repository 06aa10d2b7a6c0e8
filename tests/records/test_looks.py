"""The sheet on which people write what they see: rows that are left, times as spreadsheets write them, every fault."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from provenance.errors import RowErrors
from provenance.model import ApparentAge, Look
from provenance.records.looks import holds_looks, read_looks
from provenance.records.reviews import read_reviews
from provenance.records.values.local_times import LocalTimes, zone_of
from provenance.vocabulary import PersonsStatus

HEADER = "item,sha256,persons_status,persons,age,synthetic,sensitive,reviewer,at,reason\n"
BYTES = "0a" * 32
SAVED = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def write(folder: Path, *rows: str, parted_by: str = ",") -> Path:
    path = folder / "sheet.csv"
    text = HEADER + "".join(f"a.jpg,{BYTES},{row}\n" for row in rows)
    path.write_text(text.replace(",", parted_by))
    os.utime(path, (SAVED.timestamp(), SAVED.timestamp()))
    return path


def looks(path: Path, times: LocalTimes | None = None) -> list[Look]:
    return [look for _, look in read_looks(path, times=times).iterate()]


def faults(path: Path) -> set[tuple[int, str]]:
    with pytest.raises(RowErrors) as raised:
        read_looks(path)
    return {(error.line, error.field) for error in raised.value.errors}


def test_filled_rows_are_read_with_their_lines_and_empty_ones_are_left(tmp_path: Path) -> None:
    path = write(
        tmp_path, "NONE,,,,,JM,2026-11-19T10:00:00Z,looked", ",,,,,JM,,looked at", "PRESENT,2,adult,,,JM,,seen"
    )
    (first, nobody), (second, two) = read_looks(path).iterate()
    assert (first, second) == (2, 4)
    assert (nobody.persons_status, nobody.reviewer, nobody.reason) == (PersonsStatus.NONE, "JM", "looked")
    assert (two.persons, two.age, two.sha256) == (2, ApparentAge.ADULT, bytes.fromhex(BYTES))


def test_a_blank_time_is_when_the_sheet_was_saved(tmp_path: Path) -> None:
    assert [look.at for look in looks(write(tmp_path, "NONE,,,,,JM,,looked"))] == [SAVED]


@pytest.mark.parametrize("parted_by", [";", "\t"])
def test_a_sheet_saved_by_a_spreadsheet_with_its_own_times_is_read(tmp_path: Path, parted_by: str) -> None:
    path = write(tmp_path, "NONE,,,,,JM,19.11.2026 10:00,looked", "NONE,,,,,JM,46345.5,looked", parted_by=parted_by)
    times = LocalTimes(zone_of("Europe/Berlin"), "DMY", excel=True)
    # Excel's day 46345 is 19 November 2026: 46,345 days after 30 December 1899. Berlin is at +01:00 then.
    assert [look.at.astimezone(UTC) for look in looks(path, times)] == [
        datetime(2026, 11, 19, 9, 0, tzinfo=UTC),
        datetime(2026, 11, 19, 11, 0, tzinfo=UTC),
    ]
    assert faults(path) == {(2, "at"), (3, "at")}  # nothing is guessed where nobody said how they are written


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("nobody,,,,,JM,,seen", "persons_status"),
        ("none,,,,,JM,,seen", "persons_status"),  # elsewhere that word is an empty cell
        (",,,false,,JM,,seen", "persons_status"),
        ("NONE,2,,,,JM,,seen", "persons_status"),
        ("NONE,,MINOR,,,JM,,seen", "persons_status"),
        ("PRESENT,0,,,,JM,,seen", "persons"),
        ("PRESENT,,child,,,JM,,seen", "age"),
        ("PRESENT,,,perhaps,,JM,,seen", "synthetic"),
        ("NONE,,,,,,,seen", "reviewer"),
        ("NONE,,,,,unknown,,seen", "reviewer"),
        ("NONE,,,,,JM,,", "reason"),
        ("NONE,,,,,JM,2026-11-19,seen", "at"),
        ("NONE,,,,,JM,2999-01-01T00:00:00Z,seen", "at"),
    ],
)
def test_what_nobody_could_mean_is_a_fault(tmp_path: Path, row: str, field: str) -> None:
    assert faults(write(tmp_path, row)) == {(2, field)}


def test_a_minor_is_never_read_as_an_adult_by_a_slip(tmp_path: Path) -> None:
    with pytest.raises(RowErrors) as raised:
        read_looks(write(tmp_path, "PRESENT,,ADULTT,,,JM,,seen"))
    assert raised.value.errors[0].nearest is None


def test_the_two_kinds_of_file_are_told_apart(tmp_path: Path) -> None:
    assert holds_looks(write(tmp_path, "NONE,,,,,JM,,seen"))
    decisions = tmp_path / "review.csv"
    decisions.write_text("finding,sha256,code,decision,reviewer,at,reason\n")
    assert not holds_looks(decisions)


def test_decisions_are_read_with_a_spreadsheets_times_too(tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    path.write_text(
        f"finding;sha256;code;decision;reviewer;at;reason\nab;{BYTES};LICENCE_MISSING;BLOCK;JM;19/11/2026 10:00;no\n"
    )
    (review,) = read_reviews(path, times=LocalTimes(zone_of("+00:00"), "DMY", excel=True)).iterate()
    assert review.at == datetime(2026, 11, 19, 10, 0, tzinfo=UTC)
