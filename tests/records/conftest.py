"""Writing small manifests and records files, and reading back the faults they raise."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provenance.errors import RowError, RowErrors
from provenance.records import read_manifest, read_records

Faults = Callable[..., tuple[RowError, ...]]


@pytest.fixture
def manifest_faults(tmp_path: Path) -> Faults:
    """The faults of a manifest of the given rows or text."""

    def faults(
        *rows: dict[str, Any] | str | bytes, name: str = "manifest.jsonl", **options: Any
    ) -> tuple[RowError, ...]:
        path = tmp_path / name
        path.write_bytes(b"".join(_line(row) for row in rows))
        with pytest.raises(RowErrors) as caught:
            read_manifest(path, **options)
        return caught.value.errors

    return faults


@pytest.fixture
def record_faults(tmp_path: Path) -> Faults:
    """The faults of a records file of the given rows or text."""

    def faults(
        *rows: dict[str, Any] | str | bytes, name: str = "records.jsonl", **options: Any
    ) -> tuple[RowError, ...]:
        path = tmp_path / name
        path.write_bytes(b"".join(_line(row) for row in rows))
        with pytest.raises(RowErrors) as caught:
            read_records(path, **options)
        return caught.value.errors

    return faults


def _line(row: dict[str, Any] | str | bytes) -> bytes:
    if isinstance(row, bytes):
        return row
    return (row if isinstance(row, str) else json.dumps(row)).encode() + b"\n"
