"""Hostile CSV, JSON Lines and Parquet: each is refused with its line, none is guessed at, none exhausts anything."""

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.errors import InputError, RowErrors
from provenance.records import read_manifest
from provenance.records.formats.raw import MAX_DEPTH, MAX_ROW_BYTES


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (b"", 1, "empty"),
        (b"file_name,file_name\na,b\n", 1, "two columns"),
        (b"file_name,\na,b\n", 2, "no name"),
        (b"file_name,caption,,\na.jpg,x,,withdrawn\n", 2, "no name"),
        (b",file_name\n0,a.jpg\nwithdrawn,b.jpg\n", 3, "no name"),
        (b",file_name\n5,a.jpg\n5,b.jpg\n", 3, "no name"),
        (b"file_name,\na.jpg,7\n", 2, "no name"),
        (b"\n\nfile_name,caption\na.jpg\n", 4, "names 2 columns"),
        (b"file_name," + b",".join(b"c%d" % n for n in range(1001)) + b"\n", 1, "columns"),
        (b"file_name,caption\na.jpg\n", 2, "names 2 columns"),
        (b"file_name,caption\na.jpg,x,y\n", 2, "names 2 columns"),
        (b"file_name,caption\na.jpg,ok\nb.jpg,caf\xe9\n", 3, "not UTF-8"),
        (b"file_name,caption\na.jpg,x\0y\n", 2, "NUL"),
        (b'file_name,caption\na.jpg,"never closed\nb.jpg,x\n', 2, "not CSV"),
        (b'file_name,caption\na.jpg,"x"y\n', 2, "not CSV"),
        (b"file_name,caption\ra.jpg,x\r", 1, "not CSV"),
        (b"file_name,caption\na.jpg," + b"x" * 200_000 + b"\n", 2, "not CSV"),
        ("file_name\na.jpg\n".encode("utf-16"), 1, "not UTF-8"),
    ],
)
def test_hostile_csv(manifest_faults: Any, text: bytes, line: int, says: str) -> None:
    fault = manifest_faults(text, name="m.csv")[0]
    assert fault.line == line
    assert says in fault.problem


SHAPES = {
    "blank columns at the end": b"file_name,caption,,\na.jpg,x,,\nb.jpg,y,,\n",
    "blank cells beyond the header": b"file_name,caption\na.jpg,x,,\nb.jpg,y\n",
    "blank lines above": b"\n,,\nfile_name,caption\na.jpg,x\nb.jpg,y\n",
    "blank lines below": b"file_name,caption\na.jpg,x\nb.jpg,y\n,\n\n",
    "the line of Excel": b"sep=;\r\nfile_name;caption\r\na.jpg;x\r\nb.jpg;y\r\n",
    "the line of Excel after a byte order mark": b"\xef\xbb\xbfSEP=|\nfile_name|caption\na.jpg|x\nb.jpg|y\n",
    "the numbers of a dataframe": b",file_name,caption\n0,a.jpg,x\n17,b.jpg,y\n",
}


@pytest.mark.parametrize("data", SHAPES.values(), ids=SHAPES)
def test_what_spreadsheets_and_dataframes_write_around_a_table(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(data)
    assert [(row.file_name, row.caption) for row in read_manifest(path).iterate()] == [("a.jpg", "x"), ("b.jpg", "y")]


def test_lines_are_counted_through_quoted_newlines_and_blank_rows(manifest_faults: Any) -> None:
    text = b'\xef\xbb\xbffile_name,caption,access_state\r\na.jpg,"two\r\nlines",PUBLIC\r\n\r\n,,\r\nb.jpg,x,OPPEN\r\n'
    (fault,) = manifest_faults(text, name="m.csv")
    assert (fault.line, fault.field, fault.value) == (6, "access_state", "OPPEN")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"[1, 2]", "must be an object"),
        (b'"file_name"', "must be an object"),
        (b"null", "must be an object"),
        (b'{"file_name": "a.jpg"', "not JSON"),
        (b'{"file_name": "a.jpg"} {"file_name": "b.jpg"}', "not JSON"),
        (b"{'file_name': 'a.jpg'}", "not JSON"),
        (b'{"file_name": "a.jpg", "file_name": "b.jpg"}', "stands twice"),
        (b'{"file_name": "a.jpg", "persons": [{"age": 9, "age": 35}]}', "stands twice"),
        (b'{"file_name": "a.jpg", "x": NaN}', "NaN"),
        (b'{"file_name": "a.jpg", "x": -Infinity}', "Infinity"),
        (b'{"file_name": "a.jpg", "x": 1e999}', "too large"),
        (b'{"file_name": "a.jpg", "x": ' + b"9" * 5000 + b"}", "not JSON"),
        (b'{"file_name": "a.jpg", "x": ' + b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1) + b"}", "deep"),
        (b'{"file_name": "a.jpg", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "deep"),
        (b'{"x": ' * 100_000 + b"1" + b"}" * 100_000, "deep"),
        (b'{"file_name": "a\\u0000.jpg"}', "NUL"),
        (b'{"file_name": "a.jpg", "x": [{"y\\u0000": 1}]}', "NUL"),
        (b'{"file_name": "a\\ud800.jpg"}', "surrogate"),
        (b'{"file_name": "a.jpg", "x\\udfff": 1}', "surrogate"),
        (b'{"file_name": "caf\xe9.jpg"}', "not UTF-8"),
        (b'{"file_name": "a\0.jpg"}', "NUL"),
        (b"{" + b",".join(b'"c%d": 1' % n for n in range(1001)) + b"}", "more than 1000 fields"),
    ],
)
def test_hostile_json_does_not_hide_the_next_fault(manifest_faults: Any, text: bytes, says: str) -> None:
    first, second = manifest_faults(b'{"file_name": "ok.jpg"}\n', text + b"\n", b"\n[]\n")
    assert first.line == 2
    assert says in first.problem
    assert (second.line, second.value) == (4, "(not shown, 3 characters)")


def test_a_line_beyond_the_limit_is_left_without_being_held(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    with path.open("wb") as file:
        file.write(b'{"file_name": "a.jpg"}\n{"x": "')
        for _ in range(64):
            file.write(b"x" * (1 << 20))
        file.write(b'"}\n[]\n')
    tracemalloc.start()
    try:
        with pytest.raises(RowErrors) as caught:
            read_manifest(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [(fault.line, fault.problem[:11]) for fault in caught.value.errors] == [
        (2, "longer than"),
        (3, "a row must "),
    ]
    assert peak < 3 * MAX_ROW_BYTES


def test_a_csv_row_of_endless_quoted_lines_is_bounded(manifest_faults: Any) -> None:
    faults = manifest_faults(b'file_name,caption\na.jpg,"' + b"x\n" * 200_000 + b'"\n', name="m.csv")
    assert [fault.line for fault in faults] == [2]


def test_too_many_distinct_unknown_columns(manifest_faults: Any) -> None:
    faults = manifest_faults(*({"file_name": f"{n}.jpg", f"column {n}": 1} for n in range(1005)))
    assert [fault.line for fault in faults] == [1001, 1002, 1003, 1004, 1005]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(data=st.binary(max_size=300), name=st.sampled_from(["m.csv", "m.jsonl", "m.parquet"]), head=st.booleans())
def test_any_bytes_are_a_manifest_or_a_told_fault(tmp_path: Path, data: bytes, name: str, head: bool) -> None:
    path = tmp_path / name
    path.write_bytes((b"file_name,caption\n" if head else b"") + data)
    try:
        manifest = read_manifest(path)
    except InputError:
        return
    assert manifest.rows == sum(1 for _ in manifest.iterate())


# --- Parquet ----------------------------------------------------------------------------------------------------


def parquet(path: Path, columns: dict[str, Any]) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_parquet_rows_are_numbered_across_batches(tmp_path: Path) -> None:
    states = ["PUBLIC"] * 5000
    states[4321] = "OPPEN"
    path = parquet(tmp_path / "m.parquet", {"file_name": [f"{n}.jpg" for n in range(5000)], "access_state": states})
    with pytest.raises(RowErrors) as caught:
        read_manifest(path)
    (fault,) = caught.value.errors
    assert (fault.line, fault.field, fault.value) == (4322, "access_state", "OPPEN")


def test_parquet_times_need_a_zone(tmp_path: Path) -> None:
    micros = [1_780_308_000_000_000]
    zoned = pa.array(micros, pa.timestamp("us", tz="America/Toronto"))
    path = parquet(tmp_path / "m.parquet", {"file_name": ["a.jpg"], "acquired_at": zoned})
    (row,) = read_manifest(path).iterate()
    assert row.acquired_at is not None
    assert row.acquired_at.isoformat() == "2026-06-01T10:00:00+00:00"
    parquet(path, {"file_name": ["a.jpg"], "acquired_at": pa.array([micros[0] * 1000], pa.timestamp("ns"))})
    with pytest.raises(RowErrors, match="needs an offset"):
        read_manifest(path)


def test_parquet_keeps_strange_columns_in_a_form_for_json(tmp_path: Path) -> None:
    columns = {
        "file_name": pa.array(["a.jpg"]).dictionary_encode(),
        "photo": [b"\x00" * 50],
        "day": pa.array([20_000], pa.date32()),
        "price": pa.array(["12.34"]).cast(pa.decimal128(8, 2)),
        "tags": pa.array([[("a", "1"), ("b", "2")]], pa.map_(pa.string(), pa.string())),
        "score": [float("nan")],
        "large": [float("inf")],
        "inner": [{"taken_at": pa.scalar(1_780_308_000_000_000, pa.timestamp("us", tz="UTC")).as_py()}],
    }
    (row,) = read_manifest(parquet(tmp_path / "m.parquet", columns)).iterate()
    assert row.extra == {
        "day": "2024-10-04",
        "price": "12.34",
        "tags": {"a": "1", "b": "2"},
        "large": "inf",
        "inner": {"taken_at": "2026-06-01T10:00:00+00:00"},
    }
    json.dumps(dict(row.extra), allow_nan=False)


def test_parquet_text_that_is_none_is_told_with_its_row(tmp_path: Path) -> None:
    raw = pa.array([b"fine", b"caf\xe9", b"nul\0"], pa.binary()).view(pa.string())
    path = parquet(tmp_path / "m.parquet", {"file_name": ["a", "b", "c"], "caption": raw})
    with pytest.raises(RowErrors) as caught:
        read_manifest(path)
    assert [(fault.line, fault.field, fault.problem) for fault in caught.value.errors] == [
        (2, "caption", "it is not UTF-8"),
        (3, "caption", "it holds a NUL character"),
    ]


@pytest.mark.parametrize(
    "kind",
    [
        pa.binary(), pa.list_(pa.large_binary()), pa.list_(pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        pa.map_(pa.string(), pa.binary()), pa.struct([("pages", pa.list_(pa.binary()))]),
    ],
)  # fmt: skip
def test_parquet_bytes_are_not_kept_however_deep(tmp_path: Path, kind: pa.DataType) -> None:
    path = parquet(tmp_path / "m.parquet", {"file_name": ["a"], "scan": pa.array([None], kind), "size": [7]})
    (row,) = read_manifest(path).iterate()
    assert dict(row.extra) == {"size": 7}


def test_parquet_floats_of_a_column_with_gaps_are_ages(tmp_path: Path) -> None:
    persons = [[{"ref": "p1", "age": 35.0, "estimated_age": {"value": None, "method": None}}], None]
    path = parquet(tmp_path / "m.parquet", {"file_name": ["a", "b"], "persons": persons})
    first, second = read_manifest(path).iterate()
    assert (first.persons[0].age, first.persons[0].estimated_age) == (35, None)
    assert second.persons == ()


@pytest.mark.parametrize("cut", [0, 3, 50, -1, -8])
def test_a_damaged_parquet_file_is_refused(tmp_path: Path, cut: int) -> None:
    path = parquet(tmp_path / "m.parquet", {"file_name": ["a.jpg"]})
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(InputError, match="Parquet"):
        read_manifest(path)


def test_two_parquet_columns_of_one_name(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["file_name", "file_name"])
    pq.write_table(table, tmp_path / "m.parquet")
    with pytest.raises(RowErrors, match="two columns"):
        read_manifest(tmp_path / "m.parquet")
