"""The formats for programs of one's own: JSON Lines, JSON, CSV and Parquet, written image by image.

JSON is pure ASCII: a file's name then neither steers a terminal nor holds a line separator of Unicode's own.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO, Final, TextIO

from provenance.errors import MissingExtra
from provenance.printable import csv_cell
from provenance.report.gate_report import GateReport
from provenance.report.records import finding_record, summary_record, verdict_record

CSV_COLUMNS: Final = (
    "item", "collection", "collection_uri", "sha256", "decision", "reason", "reasons", "detail", "purpose",
    "evaluated_at", "as_of", "source",
)  # fmt: skip

_ROW_GROUP: Final = 10_000


def write_jsonl(report: GateReport, out: TextIO) -> None:
    """One object an image, in manifest order; before them one for each finding of the run."""
    out.writelines(json.dumps(record) + "\n" for record in _records(report))


def write_json(report: GateReport, out: TextIO) -> None:
    """One object: `summary`, `findings` of the run and `verdicts`, both as in `jsonl`."""
    out.write('{"summary": ' + json.dumps(summary_record(report)))
    out.write(',\n "findings": ' + json.dumps([finding_record(found, report) for found in report.findings]))
    out.write(',\n "verdicts": [')
    separator = "\n  "
    for verdict in report.verdicts:
        out.write(separator + json.dumps(verdict_record(verdict, report)))
        separator = ",\n  "
    out.write("\n]}\n")


def write_csv(report: GateReport, out: TextIO) -> None:
    """One row an image (RFC 4180), no cell of which a spreadsheet would run; `reasons` are separated by semicolons."""
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for record in _records(report):
        flat = _flat(record)
        writer.writerow([csv_cell(flat[column]) for column in CSV_COLUMNS])


def write_parquet(report: GateReport, out: BinaryIO) -> None:
    """One row an image, with its reasons as a list of structures, in row groups of 10,000. Raises MissingExtra."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError as missing:
        raise MissingExtra("pyarrow", "parquet", "the format parquet") from missing
    texts = ("item", "collection", "collection_uri", "sha256", "decision", "reason", "purpose", "evaluated_at", "as_of")
    reason = ("code", "decision", "jurisdiction", "person", "detail", "citation", "finding")
    schema = pa.schema(
        [
            *((name, pa.string()) for name in texts),
            ("reasons", pa.list_(pa.struct([(name, pa.string()) for name in reason]))),
            ("source", pa.string()),
        ]
    )
    records = _records(report)
    with pq.ParquetWriter(out, schema) as writer:
        while rows := [_row(record) for record in islice(records, _ROW_GROUP)]:
            writer.write_table(pa.Table.from_pylist(rows, schema))


def _records(report: GateReport) -> Iterator[dict[str, Any]]:
    yield from (finding_record(found, report) for found in report.findings)
    yield from (verdict_record(verdict, report) for verdict in report.verdicts)


def _row(record: dict[str, Any]) -> dict[str, Any]:
    """A record with one text for what a finding of the run has several of."""
    several = {key: "; ".join(record[key]) for key in ("collection", "collection_uri") if isinstance(record[key], list)}
    source = record.get("source")
    place = ":".join(str(part) for part in source.values() if part) if source else None
    return {**record, **several, "source": place}


def _flat(record: dict[str, Any]) -> dict[str, str]:
    row = _row(record)
    row["detail"] = next((reason["detail"] for reason in row["reasons"] if reason["code"] == row["reason"]), "")
    row["reasons"] = ";".join(dict.fromkeys(reason["code"] for reason in row["reasons"]))
    return {column: str(row.get(column) or "") for column in CSV_COLUMNS}
