"""`provenance due`: what has to be done by when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from provenance.cli.filing import tell_files, write_proof
from provenance.cli.listing import list_rows
from provenance.cli.options import example, ledger_option, listing_format, output_option, packs_option
from provenance.cli.speak import say
from provenance.cli.surroundings import Command
from provenance.errors import UsageError
from provenance.printable import counted

EXAMPLES = example("provenance due --within 90", "provenance due --destroy --by AB -o proof.json")


@click.command(name="due", cls=Command, epilog=EXAMPLES)
@click.option("--within", type=click.IntRange(0, 36_500), default=30, show_default=True, help="Days from now.")
@click.option("--destroy", is_flag=True, help="Erase the images whose time is over, and write the proof.")
@click.option("--by", default="", metavar="NAME", help="Who carries that out.")
@output_option
@ledger_option
@packs_option
@listing_format
def command(
    *, within: int, destroy: bool, by: str, output: Path | None, ledger: str, packs: Path | None, format_name: str
) -> int:
    """List what is due: answers, images that may be kept no longer, orders and accounts that end, reviews, reports.

    A breach or an assessment is listed with the day from which it may be pruned, and a record without a term with the
    longest that a law allows for measured faces, where the last gate measured faces.

    Exit status: 0 nothing is overdue, or all was destroyed, 1 something is overdue, 2 an error, 3 nothing to destroy.
    """
    from provenance.api import Ledger

    if destroy != bool(by):
        raise UsageError("--destroy and --by go together", remedy="give both or neither")
    now = datetime.now(UTC)
    with Ledger.open(ledger, packs=packs, create=False) as opened:
        if destroy:
            erased = opened.rights.destroy(by=by)
            write_proof(erased, output)
            tell_files(erased)
            return 0
        found = opened.rights.due_until(now + timedelta(days=within))
    rows: list[dict[str, Any]] = [
        {
            "at": one.at.isoformat(timespec="seconds"),
            "what": one.what,
            "name": one.name,
            "overdue": one.is_duty and one.at <= now,
        }
        for one in found
    ]
    list_rows(rows, ("at", "what", "name"), format_name)
    overdue = sum(row["overdue"] for row in rows)
    if overdue:
        say(f"{counted(overdue, 'thing')} overdue")
    return 1 if overdue else 0
