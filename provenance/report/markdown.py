"""Markdown as GitHub renders it: the counts first, then what stands in the way, the worst first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, TextIO

from provenance.printable import counted, printable
from provenance.report.gate_report import PASSING, GateReport, worst
from provenance.report.records import primary

ROWS: Final = 200
"""Images listed; a step summary holds 1 MiB, and nobody reads further."""

_MARKS: Final = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&:@])")


def write_markdown(report: GateReport, out: TextIO) -> None:
    """A heading, what was judged, the counts by reason, and up to 200 images that may not be used."""
    verdicts = report.verdicts
    out.write(f"## provenance: {'passed' if report.passed else 'not passed'}\n\n{verdicts.summary()}\n\n")
    out.writelines(f"- {line}\n" for line in _about(report))
    _table(
        out, ("decision", "reason", "images"), [(t.decision.value, t.code, f"{t.images:,}") for t in verdicts.tallies]
    )
    if report.findings:
        rows = [(f.decision.value, f.place, f"{f.reason}: {primary(f)}") for f in report.findings]
        _table(out, ("decision", "of the run", "why"), rows)
    listed = worst(report, ROWS)
    if listed:
        _table(
            out,
            ("decision", "image", "collection", "why"),
            [(v.decision.value, v.item, v.collection, f"{v.reason}: {primary(v)}") for v in listed],
        )
    left = sum(images for decision, images in verdicts.counts.items() if decision not in PASSING) - len(listed)
    if left:
        out.write(f"\n… and {counted(left, 'more image')}\n")
    out.writelines(f"- {escaped(found.detail)}\n" for found in verdicts.waiver_findings)


def _about(report: GateReport) -> list[str]:
    told = [f"purpose: {report.purpose or 'none was given'}"]
    told += [f"clock: {escaped(report.clock)} (asked for; not now)"] if report.clock else []
    told += [f"collection: {escaped(c.name)} ({escaped(c.uri)})" for c in report.verdicts.collections]
    return told


def _table(out: TextIO, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    out.write(f"\n| {' | '.join(heads)} |\n|{' --- |' * len(heads)}\n")
    out.writelines(f"| {' | '.join(map(escaped, row))} |\n" for row in rows)


def escaped(text: str) -> str:
    """Text that is neither markup nor a mention nor a link."""
    return _MARKS.sub(r"\\\1", printable(text))
