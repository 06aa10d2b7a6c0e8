"""The format for people at a terminal: what stands in the way, image by image, then the counts."""

from __future__ import annotations

from typing import Final, TextIO

from rich.text import Text

from provenance.gate.verdicts import Verdicts
from provenance.model import Verdict
from provenance.report.terminal import cell, console_on, plain_table, printable
from provenance.vocabulary import Decision

ROWS: Final = 200
"""Images listed; the other formats list all of them."""

_STYLES: Final = {
    Decision.ALLOW: "green",
    Decision.ALLOW_BY_REVIEW: "green",
    Decision.REVIEW: "yellow",
    Decision.BLOCK: "red",
}


def write_table(verdicts: Verdicts, out: TextIO) -> None:
    """Up to 200 images that are not allowed and as many that are, a table of reasons, and the summary."""
    console = console_on(out)
    table = plain_table("image", "decision", "why")
    listed = hidden = 0
    for verdict in verdicts:
        if listed < ROWS:
            table.add_row(*_row(verdict))
            listed += 1
        else:
            hidden = len(verdicts) - listed
            break
    console.print(table)
    if hidden:
        console.print(f"… and {hidden} more images; --format jsonl lists them all", style="dim")
    console.print()
    counts = plain_table("decision", "reason", "images")
    for tally in verdicts.tallies:
        decision = Text(tally.decision.value, style=_STYLES.get(tally.decision, ""))
        counts.add_row(decision, tally.code, str(tally.images))
    console.print(counts)
    console.print()
    for found in verdicts.waiver_findings:
        console.print(Text(printable(found.detail), style="yellow"))
    console.print(Text(verdicts.summary(), style="bold"))


def _row(verdict: Verdict) -> tuple[Text, Text, Text]:
    reasons = [reason for reason in verdict.reasons if reason.code == verdict.reason]
    detail = reasons[0].detail if reasons else ""
    others = [code for code in dict.fromkeys(reason.code for reason in verdict.reasons) if code != verdict.reason]
    why = Text(f"{verdict.reason}: {detail}")
    if others:
        why.append(f"\nalso {', '.join(others)}", style="dim")
    return (
        cell(verdict.item),
        Text(verdict.decision.value, style=_STYLES.get(verdict.decision, "")),
        why,
    )
