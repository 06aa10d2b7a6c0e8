"""The file that reviewers fill in: undecided rows wait, every fault is told at once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from provenance.errors import RowErrors
from provenance.printable import csv_cell
from provenance.records.reviews import read_reviews
from provenance.vocabulary import Decision

HEADER = "finding,item,sha256,code,decision,reviewer,at,expires,reason,ticket\n"
BYTES = "0a" * 32


def write(folder: Path, *rows: str) -> Path:
    """A file of reviews; each row without its third column, which is always the same bytes."""
    path = folder / "review.csv"
    lines = (f"{finding},{item},{BYTES},{rest}\n" for finding, item, rest in (row.split(",", 2) for row in rows))
    path.write_text(HEADER + "".join(lines))
    return path


def test_decided_rows_are_taken_and_undecided_ones_wait(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "AB12,a.jpg,LICENCE_MISSING,allow,JM,2026-11-22T10:00:00Z,,our own,T-1",
        "cd34,b.jpg,LICENCE_MISSING,,,,,,",
        "ef56,c.jpg,LICENCE_MISSING,BLOCK,JM,2026-11-22T10:00:00+01:00,2026-12-01,no,",
    )
    first, second = read_reviews(path).iterate()
    assert (first.finding, first.decision, first.line) == ("ab12", Decision.ALLOW_BY_REVIEW, 2)
    assert (first.sha256, first.code) == (bytes.fromhex(BYTES), "LICENCE_MISSING")
    assert first.expires == date(2027, 5, 21)  # 180 days after 22 November 2026
    assert (second.decision, second.expires) == (Decision.BLOCK, date(2026, 12, 1))


def test_every_fault_is_told_together_with_its_line_and_field(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "ab,a.jpg,C,ALOW,JM,2026-11-22T10:00:00Z,,why,",
        "ab,a.jpg,C,ALLOW,,2026-11-22T10:00:00Z,,why,",
        "ab,a.jpg,C,ALLOW,JM,2026-11-22T10:00:00,,why,",
        "ab,a.jpg,C,ALLOW,JM,2026-11-22T10:00:00Z,2027-12-01,why,",
        "ab,a.jpg,C,ALLOW,JM,,,,",
    )
    with pytest.raises(RowErrors) as raised:
        read_reviews(path)
    found = {(error.line, error.field) for error in raised.value.errors}
    assert found >= {(2, "decision"), (3, "reviewer"), (4, "at"), (5, "expires"), (6, "at"), (6, "reason")}
    # "Did you mean ALLOW" would make a permission of a slip of the pen.
    wrong = next(error for error in raised.value.errors if error.line == 2)
    assert (wrong.nearest, wrong.valid) == (None, ("ALLOW", "BLOCK"))


def test_a_file_without_the_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    path.write_text("item,decision\na.jpg,ALLOW\n")
    with pytest.raises(RowErrors, match="finding"):
        read_reviews(path)


@pytest.mark.parametrize("name", ["expires_on", "Expiry", "valid until", "approved_by", "note"])
def test_an_unknown_column_is_a_fault(tmp_path: Path, name: str) -> None:
    path = tmp_path / "review.csv"
    path.write_text(f"{HEADER[:-1]},{name}\nab,a.jpg,{BYTES},C,ALLOW,JM,2026-11-22T10:00:00Z,,why,,2026-11-23\n")
    with pytest.raises(RowErrors) as raised:
        read_reviews(path)
    assert [(error.line, error.field) for error in raised.value.errors] == [(1, name)]


@pytest.mark.parametrize(
    "nobody", ["auto", "gpt-5", "retinaface", "n/a", "-", "\u200b", "\u3164", "\u2800", "nan", "admin"]
)
def test_nobody_reviews_nothing(tmp_path: Path, nobody: str) -> None:
    path = write(tmp_path, f"ab,a.jpg,C,ALLOW,{nobody},2026-11-22T10:00:00Z,,why,")
    with pytest.raises(RowErrors) as raised:
        read_reviews(path)
    assert [(error.line, error.field) for error in raised.value.errors] == [(2, "reviewer")]


def test_a_decision_that_lies_ahead_is_none(tmp_path: Path) -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    path = write(tmp_path, "ab,a.jpg,C,ALLOW,JM,2026-11-22T12:00:00Z,,why,")
    assert len(list(read_reviews(path, now=now).iterate())) == 1
    path = write(tmp_path, "ab,a.jpg,C,ALLOW,JM,2026-11-22T12:00:01Z,,why,")
    with pytest.raises(RowErrors, match="lies ahead"):
        read_reviews(path, now=now)


@pytest.mark.parametrize(
    ("answer", "decision"), [("allow", Decision.ALLOW_BY_REVIEW), ("Block", Decision.BLOCK), ("reject", Decision.BLOCK),
                             ("denied", Decision.BLOCK), ("no", Decision.BLOCK)]
)  # fmt: skip
def test_a_refusal_is_understood_in_other_words(tmp_path: Path, answer: str, decision: Decision) -> None:
    (review,) = read_reviews(write(tmp_path, f"ab,a.jpg,C,{answer},JM,2026-11-22T10:00:00Z,,why,")).iterate()
    assert review.decision is decision


@pytest.mark.parametrize("answer", ["yes", "ok", "approved", "accept", "ALLOW_BY_REVIEW", "fine"])
def test_only_the_word_itself_allows(tmp_path: Path, answer: str) -> None:
    with pytest.raises(RowErrors) as raised:
        read_reviews(write(tmp_path, f"ab,a.jpg,C,{answer},JM,2026-11-22T10:00:00Z,,why,"))
    assert [(error.line, error.field) for error in raised.value.errors] == [(2, "decision")]


def test_cells_are_read_as_the_export_quotes_them(tmp_path: Path) -> None:
    told = csv_cell("=2+3\x07")
    (review,) = read_reviews(write(tmp_path, f"ab,a.jpg,C,ALLOW,JM,2026-11-22T10:00:00Z,,{told},'-7")).iterate()
    assert (review.reason, review.ticket) == ("=2+3\x07", "-7")


@pytest.mark.parametrize("digest", ["", "0a", "zz" * 32])
def test_a_decision_without_the_bytes_it_is_about_is_a_fault(tmp_path: Path, digest: str) -> None:
    path = tmp_path / "review.csv"
    path.write_text(f"{HEADER}ab,a.jpg,{digest},C,ALLOW,JM,2026-11-22T10:00:00Z,,why,\n")
    with pytest.raises(RowErrors) as raised:
        read_reviews(path)
    assert [(error.line, error.field) for error in raised.value.errors] == [(2, "sha256")]
