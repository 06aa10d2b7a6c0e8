"""`provenance db`: upkeep of the ledger."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from provenance.cli.options import (
    FOLDER,
    example,
    ledger_option,
    listing_format,
    quiet_option,
    reading_options,
    vouch_option,
)
from provenance.cli.scan import scanned
from provenance.cli.speak import say
from provenance.cli.surroundings import Command, Group
from provenance.printable import counted


@click.group(name="db", cls=Group)
def command() -> None:
    """Derive the ledger anew, drop what nothing uses, copy it, let others read it, or take what other machines saw."""


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


@command.command(
    name="copy", epilog=example("provenance db copy provenance.db postgresql+psycopg://team@db.example/ledger")
)
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@quiet_option
@listing_format
def copy(source: str, target: str, quiet: bool, format_name: str) -> int:  # noqa: FBT001 - a flag
    """Copy the ledger FROM a file or URL TO a file that is not there yet, or an empty database.

    Every row goes over as it is, so that the log has the same root and its checkpoints hold for the copy. One that
    was not finished is no ledger: remove it and copy again. Exit status: 0 copied, 2 an error.
    """
    from provenance.api import Ledger
    from provenance.cli.listing import Listing
    from provenance.cli.progress import watched
    from provenance.report.terminal import print_table

    with Ledger.open(source, create=False) as opened, watched(quiet=quiet) as progress:
        copied = opened.copy_to(target, progress=progress)
    with Listing(format_name) as listing:
        for table in copied.tables if listing.wanted else ():
            listing.add({"table": table.name, "rows": table.rows, "seconds": round(table.seconds, 3)})
    if not listing.wanted:
        rows = [(table.name, f"{table.rows:,}", f"{table.seconds:.3f}") for table in copied.tables if table.rows]
        print_table(sys.stdout, ("table", "rows", "seconds"), rows)
    root = f"the log of {counted(copied.entries, 'entry', 'entries')} has the root {copied.root.hex()} in both"
    say(f"{counted(copied.rows, 'row')} copied; {root}")
    return 0


@command.command(
    name="grant-reader", epilog=example("provenance db grant-reader auditor --ledger postgresql:///ledger")
)
@click.argument("role")
@ledger_option
def grant_reader(role: str, ledger: str) -> int:
    """Let ROLE of the PostgreSQL server read the ledger, tables of later versions too, and write nothing.

    It reads names, captions and pseudonyms, and the secret by which erased ones can be guessed at. A file is read by
    whoever its mode lets read it. Exit status: 0 granted, 2 an error.
    """
    from provenance.errors import UsageError
    from provenance.ledger.database import Database
    from provenance.ledger.read_only import let_read

    database = Database.open(ledger, create=False)
    try:
        if database.is_sqlite:
            raise UsageError(f"{database.name} is a file and knows no roles", remedy="set its mode and its folder's")
        with database.writing() as connection:
            let_read(connection, role)
    finally:
        database.close()
    say(f"{role} may read the ledger")
    return 0
