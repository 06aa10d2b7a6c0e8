"""`provenance review`: a human's decisions over many images, out to a file and back into the ledger."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provenance.cli.options import (
    INPUT,
    context_flags,
    context_options,
    context_path,
    example,
    ledger_option,
    output_option,
    packs_option,
)
from provenance.cli.outputs import target
from provenance.cli.speak import say, tell_clock
from provenance.cli.surroundings import Group
from provenance.printable import counted, csv_cell

if TYPE_CHECKING:
    from provenance.model import Verdict


@click.group(name="review", cls=Group)
def command() -> None:
    """Export what needs a human's decision, and import what was decided."""


@command.command(
    name="export", epilog=example("provenance review export photos --purpose MODEL_TRAINING -o review.csv")
)
@click.argument("collections", nargs=-1, required=True, metavar="COLLECTION...")
@ledger_option
@packs_option
@context_options
@output_option
def export(
    collections: tuple[str, ...],
    ledger: str,
    packs: Path | None,
    context_file: Path | None,
    output: Path | None,
    **flags: object,
) -> int:
    """Print one CSV row for each finding that a person may decide.

    A cell that a spreadsheet would compute stands behind an apostrophe, and invisible characters are written out;
    `review import` reads both back.

    Fill in decision (ALLOW or BLOCK), reviewer, at, reason, and expires and ticket if there are any; a row without a
    decision is left for later. Findings that nobody can override are left out. Exit status: 0 written, 2 an error,
    3 nothing to check.
    """
    from provenance.api import Ledger
    from provenance.records.reviews import FILLED, SHOWN

    with Ledger.open(ledger, packs=packs, create=False) as opened:
        context = opened.context(context_path(context_file), **context_flags(**flags))  # type: ignore[arg-type]
        tell_clock(flags["as_of"])
        verdicts = opened.judge(collections, context)
        with target(output) as out:
            rows = csv.writer(out, lineterminator="\n")
            rows.writerow(("finding", *SHOWN, *FILLED))
            for verdict in verdicts:
                rows.writerows(map(csv_cell, row) for row in _open_to_review(verdict))
    return 0


def _open_to_review(verdict: Verdict) -> Iterator[tuple[str, ...]]:
    """A row for each finding of an image that a person may decide, with empty cells for the decision."""
    from provenance.policy.overrides import fingerprint
    from provenance.policy.reasons import load_reasons
    from provenance.records.reviews import FILLED
    from provenance.vocabulary import Decision

    sha256 = verdict.sha256.hex() if verdict.sha256 else ""
    for reason in verdict.reasons:
        mark = fingerprint(reason, verdict)
        decidable = reason.decision in (Decision.REVIEW, Decision.BLOCK) and load_reasons()[reason.code].overridable
        if mark is not None and decidable:
            about = (verdict.item, sha256, reason.code, reason.decision.value, reason.jurisdiction, reason.person)
            yield (mark, *(text or "" for text in about), reason.detail, reason.citation, *("" for _ in FILLED))


@command.command(name="import", epilog=example("provenance review import review.csv"))
@click.argument("file", type=INPUT)
@ledger_option
def take(file: Path, ledger: str) -> int:
    """Take the decisions in FILE into the ledger, with who decided and when.

    They count from the next gate on: ALLOW makes a finding ALLOW_BY_REVIEW for at most 180 days, BLOCK makes it BLOCK.
    All faults of the file are reported together, and nothing of a file with a fault is taken; a decision on an image
    that the ledger does not hold is one. Exit status: 0 taken,
    2 an error.
    """
    from provenance.api import Ledger

    with Ledger.open(ledger, create=False) as opened:
        taken = opened.take_reviews(file)
    say(f"{counted(taken, 'decision')} taken")
    return 0
