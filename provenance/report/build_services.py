"""What build services show beside a change: GitHub's annotations and GitLab's code quality report."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final, TextIO

from provenance.model import RunFinding, Verdict
from provenance.printable import printable
from provenance.report.gate_report import PASSING, GateReport, worst
from provenance.report.records import about_record, primary
from provenance.vocabulary import Decision

SHOWN: Final = 10
"""Annotations of each kind that GitHub shows of one step; what stands behind them is counted."""

_COMMANDS: Final = {Decision.BLOCK: "error", Decision.REVIEW: "warning"}
_SEVERITIES: Final = {Decision.BLOCK: "critical", Decision.REVIEW: "major"}


def write_github(report: GateReport, out: TextIO) -> None:
    """Workflow commands for GitHub Actions: the worst images of each kind, then one line that counts.

    The step summary is the format `markdown`, written to `$GITHUB_STEP_SUMMARY`.
    """
    left = dict.fromkeys(_COMMANDS, SHOWN)
    told: list[Verdict | RunFinding] = [*report.findings, *worst(report, 2 * SHOWN)]
    for one in told:
        if left.get(one.decision, 0):
            left[one.decision] -= 1
            out.write(_annotation(one, report) + "\n")
    level = "notice" if report.passed else "error"
    out.write(f"::{level} title=provenance::{_data(report.verdicts.summary() + _for(report))}\n")


def write_gitlab(report: GateReport, out: TextIO) -> None:
    """A code quality report (the Code Climate subset that GitLab reads): one issue an image that may not be used."""
    out.write("[")
    separator = "\n  "
    for finding in report.findings:
        out.write(separator + json.dumps(_issue(finding, report)))
        separator = ",\n  "
    for verdict in report.verdicts:
        if verdict.decision not in PASSING:
            out.write(separator + json.dumps(_issue(verdict, report)))
            separator = ",\n  "
    out.write("\n]\n")


def _annotation(told: Verdict | RunFinding, report: GateReport) -> str:
    if isinstance(told, Verdict):
        place = f"file={_property(report.path(told))}"
        where = f" in {told.collection} ({told.collection_uri})"
    else:
        place = f"file={_property(told.file)}" + (f",line={told.line}" if told.line else "")
        where = " of the run"
    message = f"{told.decision.value}{where}: {primary(told)}{_for(report)}"
    return f"::{_COMMANDS[told.decision]} {place},title={_property(told.reason)}::{_data(message)}"


def _for(report: GateReport) -> str:
    clock = f", clock {report.clock}" if report.clock else ""
    return f" (for {report.purpose or 'no purpose'}{clock})"


def _data(text: str) -> str:
    """The message of a command, as the runner's toolkit escapes it."""
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _issue(told: Verdict | RunFinding, report: GateReport) -> dict[str, Any]:
    if isinstance(told, Verdict):
        path, line, about = report.path(told), 1, (told.collection, told.collection_uri)
    else:
        path, line = told.file, max(told.line, 1)
        about = ("; ".join(c.name for c in report.verdicts.collections), "")
    mark = hashlib.sha256("\0".join((told.reason, path, str(line))).encode("utf-8", "surrogatepass")).hexdigest()
    return {
        "description": printable(f"{told.decision.value} {told.reason}: {primary(told)}"),
        "check_name": told.reason,
        "fingerprint": mark,
        "severity": _SEVERITIES.get(told.decision, "info"),
        "location": {"path": printable(path), "lines": {"begin": line}},
        "item": told.item if isinstance(told, Verdict) else None,
        "collection": about[0],
        "collection_uri": about[1],
        **about_record(report),
    }
