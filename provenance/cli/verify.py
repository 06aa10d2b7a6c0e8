"""`provenance verify`: what somebody changed in the ledger by hand."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from provenance.cli.listing import Listing
from provenance.cli.options import example, ledger_option, listing_format
from provenance.cli.speak import say
from provenance.cli.surroundings import Command
from provenance.printable import counted
from provenance.report.terminal import print_table


@click.command(name="verify", cls=Command, epilog=example("provenance verify --ledger team.db"))
@ledger_option
@listing_format
def command(ledger: str, format_name: str) -> int:
    """Compare every row of the ledger with the digests that were kept of it, and name those that differ.

    Recorded rows are chained, so that a changed, missing or inserted one is found; derived ones have checksums, and
    `provenance db rebuild` makes them anew. Exit status: 0 all is as it was written, 1 something is not, 2 an error.
    """
    from provenance.api import Ledger

    with Ledger.open(ledger, create=False) as opened:
        changed = opened.verify()
    with Listing(format_name) as listing:
        if listing.wanted:
            for one in changed:
                listing.add(asdict(one))
        elif changed:
            rows = [(one.table, "" if one.row is None else str(one.row), one.what) for one in changed]
            print_table(sys.stdout, ("table", "row", "what"), rows)
    if changed:
        say(f"{counted(len(changed), 'place')} of the ledger not as written")
        return 1
    say("the ledger is as it was written")
    return 0
