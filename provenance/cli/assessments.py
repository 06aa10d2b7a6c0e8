"""`provenance assessments`: that a purpose was weighed before it was pursued."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provenance.cli.filing import tell_stale, time_of, write_proof
from provenance.cli.listing import list_rows
from provenance.cli.options import (
    INPUT,
    example,
    ledger_option,
    listing_format,
    output_option,
    packs_option,
    somebody_option,
)
from provenance.cli.speak import say
from provenance.cli.surroundings import Group

if TYPE_CHECKING:
    from provenance.ledger.assessments import Assessed


@click.group(name="assessments", cls=Group)
def command() -> None:
    """Record assessments of necessity and proportionality: DPIA, PIA, PIPEDA s. 5(3)."""


@command.command(
    name="add",
    epilog=example(
        "provenance assessments add DPIA-7 --purpose MODEL_TRAINING --approver 'A. Roy' "
        "--approved 2026-05-01T09:00:00Z --evidence dpia.pdf --by AB"
    ),
)
@click.argument("ref")
@click.option("--purpose", required=True, metavar="P", help="What was assessed, such as MODEL_TRAINING.")
@somebody_option("--approver", required=True, help="Who approved it.")
@click.option("--approved", required=True, metavar="TIME", help="When, ISO 8601 with an offset.")
@click.option("--evidence", required=True, type=INPUT, metavar="F", help="The assessment itself.")
@somebody_option("--by", required=True, help="Who records it.")
@click.option("--review-by", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help="Its last day without a review.")
@click.option("--recipient", "recipients", multiple=True, metavar="WHO", help="A recipient it covers; repeatable.")
@click.option("--faces", is_flag=True, help="It covers that faces are measured.")
@ledger_option
def add(*, ref: str, approved: str, ledger: str, review_by: datetime | None, **given: Any) -> int:
    """Record the assessment REF of one purpose: a gate for that purpose then need not be told of it.

    It covers the recipients that are named and nobody else. Exit status: 0 recorded, 2 an error.
    """
    from provenance.api import Ledger

    at = time_of(approved, "--approved")
    assert at is not None
    last = review_by.date() if review_by is not None else None
    with Ledger.open(ledger, create=False) as opened:
        opened.duties.assess(ref, approved_at=at, review_by=last, **given)
    say(f"{ref} recorded for {given['purpose']}")
    return 0


@command.command(name="list", epilog=example("provenance assessments list --format jsonl"))
@ledger_option
@listing_format
def show(ledger: str, format_name: str) -> int:
    """List every assessment, with whether it is in force now. Exit status: 0 listed, 2 an error."""
    from provenance.api import Ledger

    with Ledger.open(ledger, create=False) as opened:
        rows = [_record(one) for one in opened.duties.assessments()]
    list_rows(rows, ("ref", "purpose", "state", "approver", "review_by"), format_name)
    return 0


@command.command(name="retire", epilog=example('provenance assessments retire DPIA-7 --by AB --reason "made anew"'))
@click.argument("ref")
@somebody_option("--by", required=True, help="Who records it.")
@click.option("--reason", required=True, metavar="TEXT", help="Why it counts no more.")
@ledger_option
@packs_option
@listing_format
def retire(ref: str, by: str, reason: str, ledger: str, packs: Path | None, format_name: str) -> int:
    """Let the assessment REF count no more, under any clock.

    The releases that this makes stale are named, with their recipients. Exit status: 0 recorded, 2 an error.
    """
    from provenance.api import Ledger

    with Ledger.open(ledger, packs=packs, create=False) as opened, opened.rights.telling_stale() as told:
        opened.duties.retire_assessment(ref, by=by, reason=reason)
    tell_stale(f"{ref} retired", told, format_name)
    return 0


@command.command(name="prune", epilog=example("provenance assessments prune DPIA-7 --by AB -o proof.json"))
@click.argument("ref")
@somebody_option("--by", required=True, help="Who carries it out.")
@output_option
@ledger_option
def prune(ref: str, by: str, output: Path | None, ledger: str) -> int:
    """Take the assessment REF away for good, 24 months after it was retired; prints the proof.

    Exit status: 0 taken away, 2 it has to be kept still, or an error.
    """
    from provenance.api import Ledger

    with Ledger.open(ledger, create=False) as opened:
        write_proof(opened.duties.prune("assessment", ref, by=by), output)
    return 0


def _record(one: Assessed) -> dict[str, Any]:
    from provenance.policy.rules.evaluation import is_made

    counts = one.retired_at is None and is_made(one.stated, datetime.now(UTC))
    return {
        "ref": one.ref,
        "purpose": one.purpose.value,
        "state": "in force" if counts else "retired" if one.retired_at is not None else "overdue",
        "recipients": list(one.recipients),
        "faces": one.faces,
        "approver": one.approver,
        "approved": one.approved_at.isoformat(),
        "review_by": one.review_by.isoformat() if one.review_by is not None else None,
        "evidence": one.evidence,
        "evidence_sha256": one.evidence_sha256.hex(),
        "by": one.by,
        "retired": one.retired_at.isoformat() if one.retired_at is not None else None,
        "retired_by": one.retired_by,
        "reason": one.reason,
    }
