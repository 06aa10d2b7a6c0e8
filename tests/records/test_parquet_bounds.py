"""Small Parquet files that unpack to much: measured first, and read in memory that stays far below a gibibyte."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from provenance.records import read_manifest

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
ROWS = 1024
BIG = "x" * (512 << 10)
LONG_ROWS = 96
"""Rows of 32 MiB each: five times the memory that is allowed."""

READ = """
import json, pathlib, sys
from provenance.errors import InputError
from provenance.records import read_manifest
try:
    manifest = read_manifest(sys.argv[1])
    said = sum(1 for _ in manifest.iterate())
except InputError as error:
    said = str(error)[:200]
peak = pathlib.Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]  # ru_maxrss is inherited
print(json.dumps([said, int(peak) >> 10]))
"""


def repeated(values: list[Any], times: int) -> pa.Array:
    """One value many times over, for the price of one."""
    return pa.DictionaryArray.from_arrays(pa.array([0] * times, pa.int32()), pa.array(values))


def lists(entries: pa.Array, of: int) -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array(range(0, len(entries) + 1, of), pa.int32()), entries)


def with_names(**columns: pa.Array) -> pa.Table:
    rows = len(next(iter(columns.values())))
    return pa.table({"file_name": [f"{n}.jpg" for n in range(rows)], **columns})


BOMBS: dict[str, Callable[[], pa.Table]] = {
    "a long text in every row": lambda: with_names(caption=repeated([BIG], ROWS)),
    "a long text in every row of an unknown column": lambda: with_names(remark=repeated([BIG], ROWS)),
    "a long text in every entry of a list": lambda: with_names(keywords=lists(repeated([BIG], 64 * LONG_ROWS), 64)),
    "a long text in an object": lambda: with_names(
        meta=pa.StructArray.from_arrays([repeated([BIG], ROWS), repeated(["y"], ROWS)], ["a", "b"])
    ),
    "a long text in lists of objects": lambda: with_names(
        people=lists(pa.StructArray.from_arrays([repeated([BIG], 64 * LONG_ROWS)], ["a"]), 64)
    ),
    "a list of millions of numbers": lambda: with_names(
        marks=pa.ListArray.from_arrays(
            pa.array([0, 12_000_000], pa.int32()), pa.nulls(12_000_000, pa.float64()).fill_null(0.5)
        )
    ),
    "lists in lists": lambda: with_names(marks=lists(lists(repeated(["y" * 900], 4_000_000), 2_000), 1_000)),
    "raw bytes of a fixed size": lambda: with_names(sha256=pa.array([b"\0" * (1 << 20)] * 64, pa.binary(1 << 20))),
}


def read(path: Path) -> tuple[Any, int]:
    """What came of reading a manifest in a process of its own, and that process's peak in MiB."""
    done = subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr[-500:]
    said, peak = json.loads(done.stdout)
    return said, peak


@pytest.mark.slow
@LINUX
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_read_or_refused_in_little_memory(tmp_path: Path, name: str) -> None:
    path = tmp_path / "m.parquet"
    table = BOMBS[name]()
    pq.write_table(table, path, dictionary_pagesize_limit=1 << 30, store_schema=False, compression="zstd")
    assert path.stat().st_size < 2 << 20, "it is no bomb"
    said, peak = read(path)
    assert said == table.num_rows or "Parquet" in said or "m.parquet" in said or "invalid" in said
    assert peak < 600, f"{peak} MiB"


def test_a_row_longer_than_a_row_may_be_is_a_fault(tmp_path: Path, manifest_faults: Any) -> None:
    table = with_names(keywords=lists(repeated(["y" * (1 << 20)], 34), 17))
    pq.write_table(table, tmp_path / "m.parquet", store_schema=False)
    first, second = manifest_faults((tmp_path / "m.parquet").read_bytes(), name="m.parquet")
    assert (first.line, second.line) == (1, 2)
    assert "longer than" in first.problem


@pytest.mark.parametrize("rows_in_a_group", [1, 7, 1000, 5000])
def test_row_groups_are_read_one_after_the_other(tmp_path: Path, rows_in_a_group: int) -> None:
    rows = 60 if rows_in_a_group == 1 else 2_500
    table = pa.table(
        {
            "file_name": [f"{n}.jpg" for n in range(rows)],
            "caption": [f"{n} " * (1 + n % 50) for n in range(rows)],
            "keywords": [[str(n)] * (n % 4) for n in range(rows)],
            "persons": [[{"ref": f"p{n}", "age": n % 90}] for n in range(rows)],
            "a.b": [{"c": n} for n in range(rows)],
        }
    )
    pq.write_table(table, tmp_path / "m.parquet", row_group_size=rows_in_a_group)
    found = list(read_manifest(tmp_path / "m.parquet").iterate())
    assert [(row.file_name, row.line) for row in found] == [(f"{n}.jpg", n + 1) for n in range(rows)]
    assert [len(row.keywords) for row in found] == [n % 4 for n in range(rows)]
    assert [row.persons[0].age for row in found] == [n % 90 for n in range(rows)]
    assert [row.extra["a.b"] for row in found] == [{"c": n} for n in range(rows)]


@LINUX
def test_a_large_column_of_plain_texts_is_read(tmp_path: Path) -> None:
    """What is large because there is much of it is no bomb."""
    captions = [f"{n} " + "many words " * 900 for n in range(4_000)]
    pq.write_table(
        pa.table({"file_name": [f"{n}.jpg" for n in range(4_000)], "caption": captions}), tmp_path / "m.parquet"
    )
    said, peak = read(tmp_path / "m.parquet")
    assert said == 4_000
    assert peak < 600, f"{peak} MiB"
