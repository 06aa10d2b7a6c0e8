"""`provenance ls`: the images of the ledger."""

from __future__ import annotations

import click

from provenance.cli.listing import Listing
from provenance.cli.options import example, ledger_option, listing_format
from provenance.cli.surroundings import Command
from provenance.errors import UsageError
from provenance.printable import printable

EXAMPLES = example("provenance ls", "provenance ls photos --format jsonl")


@click.command(name="ls", cls=Command, epilog=EXAMPLES)
@click.argument("collections", nargs=-1, metavar="[COLLECTION]...", type=click.Path())
@ledger_option
@listing_format
def command(collections: tuple[str, ...], ledger: str, format_name: str) -> int:
    """List the images of COLLECTION, or of the whole ledger: the start of the SHA-256, the name, what is wrong.

    Exit status: 0 listed, 2 an error, 3 no image.
    """
    from provenance.ledger import collections as held
    from provenance.ledger import overview
    from provenance.ledger.database import Database
    from provenance.sources.folder import FolderSource

    database = Database.open(ledger, create=False)
    shown = 0
    try:
        with database.reading() as connection:
            numbers = []
            for name in collections:
                number = held.find(connection, FolderSource(name).uri)
                if number is None:
                    raise UsageError(f"{name} is not in the ledger", remedy="scan it first, or see `provenance status`")
                numbers.append(number)
            with Listing(format_name) as listing:
                for uri, item, sha256, problem in overview.items(connection, numbers or None):
                    shown += 1
                    if listing.wanted:
                        listing.add({"item": item, "collection_uri": uri, "sha256": sha256, "problem": problem or None})
                    else:
                        click.echo(printable(f"{(sha256 or '')[:12]:12}  {item}{f'  ({problem})' if problem else ''}"))
    finally:
        database.close()
    return 0 if shown else 3
