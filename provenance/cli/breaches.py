"""`provenance breaches`: breaches of security safeguards, and what was done about each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provenance.cli.filing import time_of, write_proof
from provenance.cli.listing import list_rows
from provenance.cli.options import example, ledger_option, listing_format, output_option, packs_option, somebody_option
from provenance.cli.speak import say
from provenance.cli.surroundings import Group

if TYPE_CHECKING:
    from provenance.ledger.breaches import Breach
    from provenance.rights.deadlines import Deadline


@click.group(name="breaches", cls=Group)
def command() -> None:
    """Record breaches of security safeguards, kept for 24 months at least."""


@command.command(
    name="add",
    epilog=example(
        'provenance breaches add --found 2026-11-20T08:00:00Z --occurred "about 18 November" '
        '--what "a folder was open to the web" --information "portraits and captions" --risk yes '
        "--jurisdiction EU-FR --jurisdiction CA --by AB"
    ),
)
@click.option("--found", required=True, metavar="TIME", help="When it was determined that it had occurred.")
@click.option("--occurred", required=True, metavar="TEXT", help="The day or period in which it occurred.")
@click.option("--what", required=True, metavar="TEXT", help="What happened and, where known, why.")
@click.option("--information", required=True, metavar="TEXT", help="What information it concerns.")
@click.option("--persons", type=click.IntRange(0), metavar="N", help="How many people it affects, where known.")
@click.option(
    "--risk",
    type=click.Choice(("yes", "no", "unknown")),
    default="unknown",
    show_default=True,
    help="Whether it is a real risk of significant harm to them.",
)
@click.option(
    "--jurisdiction", "jurisdictions", multiple=True, metavar="CODE", help="Whose law asks for a report (repeatable)."
)
@somebody_option("--by", required=True, help="Who records it.")
@ledger_option
@packs_option
def add(*, found: str, ledger: str, packs: Path | None, **given: Any) -> int:
    """Record a breach, in words that name nobody; says by when it has to be reported.

    Where no jurisdiction is given, or its law sets no hours, that is the shortest term of all. Exit status: 0 recorded,
    2 an error.
    """
    from provenance.api import Ledger

    at = time_of(found, "--found")
    assert at is not None
    with Ledger.open(ledger, packs=packs, create=False) as opened:
        breach = opened.duties.record_breach(found_at=at, **given)
        deadline = opened.duties.report_deadline(breach)
    click.echo(breach.ref)
    if breach.risk.value != "no" and deadline.at is not None:
        say(f"to be reported by {deadline.at:%Y-%m-%d %H:%M} ({deadline.rule})")
    return 0


@command.command(name="list", epilog=example("provenance breaches list --format jsonl"))
@ledger_option
@packs_option
@listing_format
def show(ledger: str, packs: Path | None, format_name: str) -> int:
    """List every breach, with what was done about it. Exit status: 0 listed, 2 an error."""
    from provenance.api import Ledger

    with Ledger.open(ledger, packs=packs, create=False) as opened:
        rows = [_record(one, opened.duties.report_deadline(one)) for one in opened.duties.breaches()]
    list_rows(rows, ("ref", "found", "state", "risk", "what"), format_name)
    return 0


@command.command(
    name="note", epilog=example('provenance breaches note B-1 --state reported --by AB --note "OPC, file 26-114"')
)
@click.argument("ref")
@click.option("--state", type=click.Choice(("reported", "told")), required=True, help="To an authority, to the people.")
@somebody_option("--by", required=True, help="Who records it.")
@click.option("--note", required=True, metavar="TEXT", help="To whom, how, under which reference.")
@ledger_option
def note(ref: str, state: str, by: str, note: str, ledger: str) -> int:
    """Record that the breach REF was reported, or its people told. Exit status: 0 recorded, 2 an error."""
    return _noted(ref, state, by, note, ledger)


@command.command(
    name="close", epilog=example('provenance breaches close B-1 --by AB --note "the folder is closed, keys renewed"')
)
@click.argument("ref")
@somebody_option("--by", required=True, help="Who records it.")
@click.option("--note", required=True, metavar="TEXT", help="What was done so that it does not happen again.")
@ledger_option
def close(ref: str, by: str, note: str, ledger: str) -> int:
    """Record that nothing is left to do about the breach REF. Exit status: 0 recorded, 2 an error."""
    return _noted(ref, "closed", by, note, ledger)


@command.command(name="prune", epilog=example("provenance breaches prune B-1 --by AB -o proof.json"))
@click.argument("ref")
@somebody_option("--by", required=True, help="Who carries it out.")
@output_option
@ledger_option
@packs_option
def prune(ref: str, by: str, output: Path | None, ledger: str, packs: Path | None) -> int:
    """Take the breach REF away for good, closed and found 24 months ago; prints the proof.

    A law under which it was recorded may ask for longer. Exit status: 0 taken away, 2 it has to be kept still, or an
    error.
    """
    from provenance.api import Ledger

    with Ledger.open(ledger, packs=packs, create=False) as opened:
        write_proof(opened.duties.prune("breach", ref, by=by), output)
    return 0


def _noted(ref: str, state: str, by: str, note: str, ledger: str) -> int:
    from provenance.api import Ledger

    with Ledger.open(ledger, create=False) as opened:
        opened.duties.note_breach(ref, state.upper(), by=by, note=note)
    say(f"{ref}: {state}")
    return 0


def _record(one: Breach, deadline: Deadline) -> dict[str, Any]:
    return {
        "ref": one.ref,
        "found": one.found_at.isoformat(),
        "state": "open" if one.is_open else "closed",
        "occurred": one.occurred,
        "what": one.what,
        "information": one.information,
        "persons": one.persons,
        "risk": one.risk.value,
        "jurisdictions": list(one.jurisdictions),
        "report_by": deadline.at.isoformat() if deadline.at is not None else None,
        "rule": deadline.rule,
        "by": one.by,
        "events": [
            {"state": event.state.value, "at": event.at.isoformat(), "by": event.by, "note": event.note}
            for event in one.events
        ],
    }
