"""`provenance db`: upkeep of the ledger."""

from __future__ import annotations

import click

from provenance.cli.options import example, ledger_option
from provenance.cli.speak import say
from provenance.cli.surroundings import Group
from provenance.printable import counted


@click.group(name="db", cls=Group)
def command() -> None:
    """Derive the ledger anew, or drop what nothing uses."""


@command.command(name="rebuild", epilog=example("provenance db rebuild --ledger team.db"))
@ledger_option
def rebuild(ledger: str) -> int:
    """Make every derived table anew from what was recorded, kept near-duplicates too.

    For a ledger of which `provenance verify` says that a derived value was changed. What was recorded, and what earlier
    gates told, stays as it is. Exit status: 0 done, 2 an error.
    """
    from provenance.api import Ledger

    with Ledger.open(ledger, create=False) as opened:
        opened.rebuild()
    say("derived anew; the next gate judges every image again")
    return 0


@command.command(name="prune", epilog=example("provenance db prune --ledger team.db"))
@ledger_option
def prune(ledger: str) -> int:
    """Drop kept decisions of policies that no gate was run with, and facts that no image has or had.

    What earlier gates told can still be asked. Exit status: 0 done, 2 an error.
    """
    from provenance.api import Ledger

    with Ledger.open(ledger, create=False) as opened:
        decisions, facts = opened.prune()
    say(f"{counted(decisions, 'decision')} and {counted(facts, 'set')} of facts dropped")
    return 0
