"""`provenance db`: upkeep of the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from provenance.cli.options import FOLDER, example, ledger_option, reading_options, vouch_option
from provenance.cli.scan import scanned
from provenance.cli.speak import say
from provenance.cli.surroundings import Command, Group
from provenance.printable import counted


@click.group(name="db", cls=Group)
def command() -> None:
    """Derive the ledger anew, drop what nothing uses, or take what other machines saw."""


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


class _OfParts(Command):
    """A command whose collections are those that the receipts of parts name."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run it with them."""
        from provenance.run.parts.take import collections_of, read_receipts

        ctx.params["collections"] = tuple(collections_of(read_receipts(ctx.params["folders"])))
        return super().invoke(ctx)


@command.command(
    name="load-parts",
    cls=_OfParts,
    epilog=example("provenance db load-parts parts --manifest sources.csv --records consents.jsonl --ledger team.db"),
)
@reading_options
@vouch_option
@click.argument("folders", nargs=-1, required=True, metavar="DIR...", type=FOLDER)
def load_parts(folders: tuple[Path, ...], collections: tuple[str, ...], **given: Any) -> int:
    """Scan the collections of the parts in DIR without reading again what their shards looked at.

    All shards have to be there, each once and made with the same options; otherwise nothing is taken. What was changed
    since is read now. Exit status: 0 finished, 2 an error, 3 no image found.
    """
    done = scanned(collections, parts=folders, **given)
    say(
        f"{counted(done.images, 'image')}, {done.unreadable:,} unreadable, {done.gone:,} gone; "
        f"{done.read:,} were not as their parts saw them and were read now"
    )
    return 0 if done.images else 3
