"""The three formats agree, memory stays flat, and a file that changes between the passes is noticed."""

import csv
import hashlib
import io
import json
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.errors import InputError, RowErrors
from provenance.model import ManifestRow
from provenance.records import read_manifest, read_records
from provenance.records.duplicates import Duplicates
from provenance.vocabulary import AccessState, AcquisitionMethod, PersonsStatus, known_jurisdictions

_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20).filter(str.strip)
_WORD = st.text(st.characters(categories=["Ll", "Lu", "Nd"]), min_size=1, max_size=8)
_TIME = st.datetimes(
    timezones=st.timezones().filter(lambda zone: str(zone) in ("UTC", "Asia/Kolkata", "America/Toronto"))
)
_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "source_url": _TEXT,
    "caption": _TEXT,
    "licence": _WORD,
    "acquired_at": st.sampled_from(
        ["2026-06-01T10:00:00+00:00", "2026-06-01T10:00:00.5-05:00", "1999-12-31T23:59:59Z"]
    ),
    "acquisition_method": st.sampled_from([str(term) for term in AcquisitionMethod]),
    "access_state": st.sampled_from([str(term) for term in AccessState]),
    "persons_status": st.sampled_from([str(term) for term in PersonsStatus]),
    "keywords": st.lists(_WORD, min_size=1, max_size=3),
    "jurisdictions": st.lists(st.sampled_from(known_jurisdictions()), min_size=1, max_size=3),
    "sha256": st.binary(min_size=32, max_size=32).map(bytes.hex),
    "mood": _WORD,
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(rows=st.lists(st.fixed_dictionaries({}, optional=_FIELDS), min_size=1, max_size=5))
def test_the_formats_agree(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    for number, row in enumerate(rows):
        row["file_name"] = f"img/{number}.jpg"
    names = sorted({name for row in rows for name in row})
    (tmp_path / "m.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    table = {name: [row.get(name) for row in rows] for name in names}
    pq.write_table(pa.table(table), tmp_path / "m.parquet")
    text = io.StringIO()
    writer = csv.DictWriter(text, names, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(
        [{name: ";".join(cell) if isinstance(cell, list) else cell for name, cell in row.items()} for row in rows]
    )
    (tmp_path / "m.csv").write_bytes(text.getvalue().encode())

    def taken(name: str) -> list[ManifestRow]:
        return [replace(row, line=0) for row in read_manifest(tmp_path / name).iterate()]

    assert taken("m.jsonl") == taken("m.parquet")
    assert taken("m.jsonl") == taken("m.csv")


@pytest.mark.parametrize("name", ["m.jsonl", "m.csv", "m.parquet"])
def test_the_digest_is_that_of_the_bytes_and_rows_come_as_often_as_asked(tmp_path: Path, name: str) -> None:
    path = write_names(tmp_path / name, [f"{n}.jpg" for n in range(3000)])
    manifest = read_manifest(path)
    assert manifest.digest == hashlib.sha256(path.read_bytes()).digest()
    assert manifest.rows == 3000
    for _ in range(2):
        assert [row.file_name for row in manifest.iterate()] == [f"{n}.jpg" for n in range(3000)]


@pytest.mark.parametrize("name", ["m.jsonl", "m.csv", "m.parquet"])
@pytest.mark.parametrize("change", ["other name", "no longer valid", "gone"])
def test_the_rows_are_those_that_were_checked_whatever_becomes_of_the_file(
    tmp_path: Path, name: str, change: str
) -> None:
    path = write_names(tmp_path / name, ["a.jpg", "b.jpg"])
    manifest = read_manifest(path)
    if change == "gone":
        path.unlink()
    else:
        write_names(path, ["a.jpg", {"other name": "c.jpg", "no longer valid": "../b.jpg"}[change]])
    assert [row.file_name for row in manifest.iterate()] == ["a.jpg", "b.jpg"]


def test_two_who_read_the_rows_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    names = [f"{'x' * 200}{n:07}.jpg" for n in range(12_000)]
    manifest = read_manifest(write_names(tmp_path / "m.jsonl", names))
    for one, other, name in zip(manifest.iterate(), manifest.iterate(), names, strict=True):
        assert one.file_name == other.file_name == name


def test_a_record_added_between_the_passes_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    line = '{"record_id": "R-%d", "person": "p1", "basis": "CONSENT"}\n'
    path.write_text(line % 1)
    records = read_records(path)
    path.write_text(line % 1 + line % 2)
    with pytest.raises(InputError, match="changed"):
        list(records.iterate())


@pytest.mark.parametrize("name", ["m.jsonl", "m.csv", "m.parquet"])
def test_memory_does_not_grow_with_the_rows(tmp_path: Path, name: str) -> None:
    def peak(rows: int) -> int:
        path = write_names(tmp_path / name, [f"{'x' * 100}{n:07}.jpg" for n in range(rows)])
        tracemalloc.start()
        try:
            manifest = read_manifest(path)
            assert sum(1 for _ in manifest.iterate()) == rows
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)  # what is loaded once does not count
    small, large = peak(1_000), peak(7_000)
    # Only the rows' 24-byte digests are kept, up to 16 MiB of them in memory.
    assert large - small < 6_000 * 60


@pytest.mark.parametrize("name", ["m.jsonl", "m.csv", "m.parquet"])
def test_a_duplicate_among_many_is_found(tmp_path: Path, name: str) -> None:
    names = [f"{n}.jpg" for n in range(6000)]
    names[5999] = names[17]
    header = 1 if name == "m.csv" else 0
    manifest = read_manifest(write_names(tmp_path / name, names))
    assert manifest.rows == 5999
    assert [row.file_name for row in manifest.iterate()] == names[:5999]
    captions = [str(n) for n in range(6000)]
    with pytest.raises(RowErrors) as caught:
        read_manifest(write_names(tmp_path / name, names, captions))
    (fault,) = caught.value.errors
    assert (fault.line, fault.value) == (6000 + header, f"17.jpg, first in line {18 + header}")


@given(st.lists(st.sampled_from("abcdefgh"), max_size=30))
def test_duplicates_are_those_of_a_plain_count(values: list[str]) -> None:
    first: dict[str, int] = {}
    wanted = []
    with Duplicates() as seen:
        for line, value in enumerate(values, 1):
            seen.add(value, line)
            if value in first:
                wanted.append((first[value], line))
            first.setdefault(value, line)
        assert sorted(seen.found()) == sorted(wanted)


def write_names(path: Path, names: list[str], captions: list[str] | None = None) -> Path:
    columns = {"file_name": names} | ({"caption": captions} if captions else {})
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    if path.suffix == ".parquet":
        pq.write_table(pa.table(columns), path)
    elif path.suffix == ".csv":
        path.write_text("".join(",".join(line) + "\n" for line in (list(columns), *(row.values() for row in rows))))
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path
