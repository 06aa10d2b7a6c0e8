"""`provenance review`: a human's decisions over many images, out to a file and back into the ledger."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import click

from provenance.cli.options import INPUT, context_flags, context_options, context_path, ledger_option, packs_option


@click.group(name="review")
def command() -> None:
    """Export what needs a human's decision, and import what was decided."""


@command.command(name="export")
@click.argument("collections", nargs=-1, required=True, metavar="COLLECTION...")
@ledger_option
@packs_option
@context_options
def export(
    collections: tuple[str, ...], ledger: str, packs: Path | None, context_file: Path | None, **flags: object
) -> int:
    """Print one CSV row for each finding that a person may decide.

    Fill in decision (ALLOW or BLOCK), reviewer, at, reason, and expires and ticket if there are any; a row without a
    decision is left for later. Findings that nobody can override are left out. Exit status: 0 written, 2 an error,
    3 nothing to check.
    """
    from provenance.api import Ledger
    from provenance.policy.overrides import fingerprint
    from provenance.policy.reasons import load_reasons
    from provenance.records.reviews import FILLED, SHOWN
    from provenance.vocabulary import Decision

    reasons_catalogue = load_reasons()
    with Ledger.open(ledger, packs=packs, create=False) as opened:
        context = opened.context(context_path(context_file), **context_flags(**flags))  # type: ignore[arg-type]
        verdicts = opened.judge(collections, context)
        rows = csv.writer(sys.stdout, lineterminator="\n")
        rows.writerow(("finding", *SHOWN, *FILLED))
        for verdict in verdicts:
            for reason in verdict.reasons:
                mark = fingerprint(reason, verdict)
                open_to_review = (
                    reason.decision in (Decision.REVIEW, Decision.BLOCK) and reasons_catalogue[reason.code].overridable
                )
                if mark is None or not open_to_review:
                    continue
                sha256 = verdict.sha256.hex() if verdict.sha256 else ""
                about = (verdict.item, sha256, reason.code, reason.decision.value, reason.jurisdiction, reason.person)
                rows.writerow((mark, *about, reason.detail, reason.citation, *("" for _ in FILLED)))
    return 0


@command.command(name="import")
@click.argument("file", type=INPUT)
@ledger_option
def take(file: Path, ledger: str) -> int:
    """Take the decisions in FILE into the ledger, with who decided and when.

    They count from the next gate on: ALLOW makes a finding ALLOW_BY_REVIEW for at most 180 days, BLOCK makes it BLOCK.
    All faults of the file are reported together, and nothing of a file with a fault is taken. Exit status: 0 taken,
    2 an error.
    """
    from provenance.api import Ledger

    with Ledger.open(ledger, create=False) as opened:
        taken = opened.take_reviews(file)
    click.echo(f"{taken} decisions taken", err=True)
    return 0
