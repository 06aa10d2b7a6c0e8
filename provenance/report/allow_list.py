"""What may be used, for scripts: paths a line, a Parquet table, or the metadata of an `imagefolder`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TextIO

from provenance.chunks import batched
from provenance.errors import MissingExtra, UsageError
from provenance.keys import display
from provenance.report.gate_report import GateReport

if TYPE_CHECKING:
    from provenance.gate.release import Released

COLUMNS: Final = ("path", "item", "collection", "sha256", "decision", "reason", "source_url", "licence")
_ROW_GROUP: Final = 10_000
_BREAKS: Final = "\n\r"


def write_allow_list(report: GateReport, out: TextIO) -> None:
    """The path of each image that may be used, a line each, as a script would open it.

    Raises UsageError for a path with a line break or without an encoding in it: it would be another file's name.
    """
    for one in report.verdicts.released():
        if any(character in one.path for character in _BREAKS) or not _is_text(one.path):
            raise UsageError(
                f"{display(os.fsencode(one.path))} is no line of text", remedy="write metadata or allow-parquet instead"
            )
        out.write(f"{one.path}\n")


def write_allow_parquet(report: GateReport, out: BinaryIO) -> None:
    """One row for each image that may be used; `path` with the escapes of `item`. Raises MissingExtra."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError as missing:
        raise MissingExtra("pyarrow", "parquet", "the format allow-parquet") from missing
    schema = pa.schema([(name, pa.string()) for name in COLUMNS])
    with pq.ParquetWriter(out, schema) as writer:
        for some in batched(_rows(report), _ROW_GROUP):
            writer.write_table(pa.Table.from_pylist(list(some), schema))


def write_metadata(report: GateReport, out: TextIO) -> None:
    """`metadata.jsonl` of an `imagefolder`: `load_dataset` then gives these images and no others.

    Put it into the folder that was gated. Raises UsageError where several were: a name would mean an image of each.
    """
    if len(report.verdicts.collections) > 1:
        raise UsageError("metadata is of one folder", remedy="gate one collection")
    for one in report.verdicts.released():
        about = {"sha256": one.sha256, "provenance_decision": one.decision.value, "provenance_reason": one.reason}
        out.write(json.dumps({"file_name": one.item, **about}) + "\n")


def _rows(report: GateReport) -> Iterator[dict[str, Any]]:
    for one in report.verdicts.released():
        yield _row(one)


def _row(one: Released) -> dict[str, Any]:
    return {**asdict(one), "path": display(os.fsencode(one.path)), "decision": one.decision.value}


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
