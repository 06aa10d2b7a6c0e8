"""The formats for programs: JSON Lines, JSON and CSV, written image by image.

JSON is pure ASCII: a file's name then neither steers a terminal nor holds a line separator of Unicode's own.
"""

from __future__ import annotations

import csv
import json
from typing import TextIO

from provenance.gate.verdicts import Verdicts
from provenance.report.records import summary_record, verdict_record


def write_jsonl(verdicts: Verdicts, out: TextIO) -> None:
    """One object an image, in manifest order."""
    out.writelines(json.dumps(verdict_record(verdict)) + "\n" for verdict in verdicts)


def write_json(verdicts: Verdicts, out: TextIO) -> None:
    """One object: `summary`, and `verdicts` as in `jsonl`."""
    out.write('{"summary": ' + json.dumps(summary_record(verdicts)) + ',\n "verdicts": [')
    separator = "\n  "
    for verdict in verdicts:
        out.write(separator + json.dumps(verdict_record(verdict)))
        separator = ",\n  "
    out.write("\n]}\n")


CSV_COLUMNS = ("item", "collection", "sha256", "decision", "reason", "reasons", "detail", "evaluated_at")


def write_csv(verdicts: Verdicts, out: TextIO) -> None:
    """One row an image; `reasons` holds every code, separated by semicolons (RFC 4180)."""
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for verdict in verdicts:
        primary = next((reason.detail for reason in verdict.reasons if reason.code == verdict.reason), "")
        writer.writerow(
            (
                verdict.item,
                verdict.collection,
                verdict.sha256.hex() if verdict.sha256 is not None else "",
                verdict.decision.value,
                verdict.reason,
                ";".join(dict.fromkeys(reason.code for reason in verdict.reasons)),
                primary,
                verdict.evaluated_at.isoformat(),
            )
        )
