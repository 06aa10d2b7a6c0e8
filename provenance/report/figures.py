"""A report of figures in Markdown, JSON and CSV: every figure, or the fields of a form."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, TextIO

from provenance.printable import csv_cell
from provenance.report.markdown import escaped
from provenance.rights.figures import Figure
from provenance.rights.forms import Answer, Form
from provenance.rights.reporting import Report

_TITLE: Final = "What is held, of whom, and who was given it"
_UNVERIFIED: Final = "Nobody has verified these fields against the official text."


def write_markdown(report: Report, out: TextIO) -> None:
    """Write a table for each section, or for each field of a form; then what has changed."""
    found, form = report.figures, report.form
    about = f", of the release {escaped(found.release)}" if found.release else ""
    purpose = f", for {found.purpose}" if found.purpose else ""
    out.write(f"# {escaped(form.title) if form is not None else _TITLE}\n\n")
    out.write(f"As of {found.at:%Y-%m-%d %H:%M} UTC{about}{purpose}.\n")
    if form is None:
        _sections(out, found.rows)
    else:
        out.write(f"\nSource: {escaped(form.source)}. {'' if form.verified else _UNVERIFIED}\n")
        for answer in report.answers:
            _field(out, answer)
    if report.since is not None:
        out.write(f"\n## Changes since {report.since:%Y-%m-%d}\n")
        _table(out, [(f"{one.section}: {one.name}", f"{one.value:+,}") for one in report.changes])


def write_json(report: Report, out: TextIO) -> None:
    """Write one object: the figures by section and name, or by field, and what has changed."""
    found = report.figures
    whole: dict[str, Any] = {
        "kind": report.kind,
        "at": found.at.isoformat(),
        "purpose": found.purpose,
        "release": found.release,
    }
    if report.form is None:
        whole["figures"] = _by_section(found.rows)
    else:
        whole |= _about(report.form)
        whole["fields"] = [
            {
                "number": one.field.number,
                "asks": one.field.asks,
                "answer": one.said,
                "figures": _by_section(one.figures),
                "not_known": list(one.not_known),
            }
            for one in report.answers
        ]
    whole["since"] = report.since.isoformat() if report.since is not None else None
    whole["changes"] = _by_section(report.changes)
    out.write(json.dumps(whole, indent=1) + "\n")


def write_csv(report: Report, out: TextIO) -> None:
    """Write a row for each figure; a cell that a spreadsheet would compute stands behind an apostrophe."""
    rows = csv.writer(out, lineterminator="\n")
    if report.form is None:
        rows.writerow(("section", "name", "value"))
        rows.writerows(_cells(one) for one in (*report.figures.rows, *_as_rows(report)))
        return
    rows.writerow(("field", "asks", "answer", "section", "name", "value", "not known"))
    for answer in report.answers:
        head = (csv_cell(answer.field.number), csv_cell(answer.field.asks), csv_cell(answer.said))
        rows.writerows((*head, *_cells(one), "") for one in answer.figures)
        rows.writerows((*head, "", "", "", csv_cell(text)) for text in answer.not_known)
        if not answer.figures and not answer.not_known:
            rows.writerow((*head, "", "", "", ""))
    rows.writerows(("", "", "", *_cells(one), "") for one in _as_rows(report))


def _as_rows(report: Report) -> Iterator[Figure]:
    """What has changed, as figures of sections of their own."""
    if report.since is not None:
        since = f"change since {report.since:%Y-%m-%d}"
        yield from (Figure(f"{since}: {one.section}", one.name, one.value) for one in report.changes)


def _cells(one: Figure) -> tuple[str, str, int | float]:
    return csv_cell(one.section), csv_cell(one.name), one.value


def _about(form: Form) -> dict[str, Any]:
    return {"title": form.title, "source": form.source, "address": form.address, "verified": form.verified}


def _field(out: TextIO, answer: Answer) -> None:
    out.write(f"\n## {escaped(answer.field.number)} {escaped(answer.field.asks)}\n")
    if answer.said:
        out.write(f"\n{escaped(answer.said)}\n")
    if answer.figures:
        _table(out, [(f"{one.section}: {one.name}", f"{one.value:,}") for one in answer.figures])
    if answer.not_known:
        out.write(f"\nNot known: {escaped('; '.join(answer.not_known))}.\n")


def _sections(out: TextIO, figures: Iterable[Figure]) -> None:
    for section, rows in groupby(figures, attrgetter("section")):
        out.write(f"\n## {escaped(section)}\n")
        _table(out, [(one.name, f"{one.value:,}") for one in rows])


def _table(out: TextIO, rows: Iterable[tuple[str, str]]) -> None:
    out.write("\n| what | number |\n|---|---:|\n")
    out.writelines(f"| {escaped(name)} | {value} |\n" for name, value in rows)


def _by_section(figures: Iterable[Figure]) -> dict[str, dict[str, int | float]]:
    found: dict[str, dict[str, int | float]] = {}
    for one in figures:
        found.setdefault(one.section, {})[one.name] = one.value
    return found
