"""A regulator's report in Markdown, JSON and CSV."""

from __future__ import annotations

import csv
import json
from itertools import groupby
from operator import attrgetter
from typing import TextIO

from provenance.printable import csv_cell, printable
from provenance.rights.regulator import RegulatorReport


def write_markdown(report: RegulatorReport, out: TextIO) -> None:
    """Write a table for each section."""
    purpose = f", for {report.purpose}" if report.purpose else ""
    out.write(f"# What is held, of whom, and who was given it\n\nAs of {report.at:%Y-%m-%d %H:%M} UTC{purpose}.\n")
    for section, figures in groupby(report.figures, attrgetter("section")):
        out.write(f"\n## {_plain(section)}\n\n| what | number |\n|---|---:|\n")
        out.writelines(f"| {_plain(one.name)} | {one.value:,} |\n" for one in figures)


def write_json(report: RegulatorReport, out: TextIO) -> None:
    """Write one object: the figures by section and name."""
    sections = {
        section: {one.name: one.value for one in figures}
        for section, figures in groupby(report.figures, attrgetter("section"))
    }
    whole = {"at": report.at.isoformat(), "purpose": report.purpose, "figures": sections}
    out.write(json.dumps(whole, indent=1) + "\n")


def write_csv(report: RegulatorReport, out: TextIO) -> None:
    """Write a row for each figure; a cell that a spreadsheet would compute stands behind an apostrophe."""
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(("section", "name", "value"))
    rows.writerows((csv_cell(one.section), csv_cell(one.name), one.value) for one in report.figures)


def _plain(text: str) -> str:
    return printable(text).replace("|", "\\|")
