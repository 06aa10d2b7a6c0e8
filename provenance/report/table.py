"""The format for people at a terminal: what stands in the way, the worst first, then the counts."""

from __future__ import annotations

from typing import Final, TextIO

from rich.text import Text

from provenance.model import RunFinding, Verdict
from provenance.printable import counted, printable
from provenance.report.gate_report import PASSING, GateReport, worst
from provenance.report.records import primary
from provenance.report.terminal import console_on, name_cell, print_table
from provenance.vocabulary import Decision

ROWS: Final = 200
"""Images listed; the other formats list all of them."""

_STYLES: Final = {
    Decision.ALLOW: "green",
    Decision.ALLOW_BY_REVIEW: "green",
    Decision.REVIEW: "yellow",
    Decision.BLOCK: "red",
}


def write_table(report: GateReport, out: TextIO) -> None:
    """Up to 200 images that may not be used, a table of reasons, and the summary. What may be used is counted."""
    console = console_on(out)
    verdicts = report.verdicts
    listed: list[Verdict | RunFinding] = [*report.findings, *worst(report, ROWS)]
    if listed:
        print_table(out, ("decision", "image", "why"), [_row(told) for told in listed])
        problems = sum(images for decision, images in verdicts.counts.items() if decision not in PASSING)
        left = problems - (len(listed) - len(report.findings))
        if left:
            console.print(f"… and {counted(left, 'more image')}; --format jsonl lists them all", style="dim")
        console.print()
    counts = [(_decision(tally.decision), tally.code, f"{tally.images:,}") for tally in verdicts.tallies]
    print_table(out, ("decision", "reason", "images"), counts)
    console.print()
    for found in verdicts.waiver_findings:
        console.print(Text(printable(found.detail), style="yellow"))
    if report.clock:
        console.print(Text(f"clock: {report.clock}, as asked for; not now", style="yellow"))
    console.print(Text(verdicts.summary(), style="bold"))


def _row(told: Verdict | RunFinding) -> tuple[Text, Text, Text]:
    others = [code for code in dict.fromkeys(reason.code for reason in told.reasons) if code != told.reason]
    why = Text(f"{told.reason}: {printable(primary(told))}")
    if others:
        why.append(f"\n(also {', '.join(others)})", style="dim")
    name = told.item if isinstance(told, Verdict) else told.place
    return _decision(told.decision), name_cell(name), why


def _decision(decision: Decision) -> Text:
    return Text(decision.value, style=_STYLES.get(decision, ""))
