"""`provenance retention`: until when images may be kept, and what became of their sources."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from provenance.cli.filing import tell_stale, time_of
from provenance.cli.listing import list_rows
from provenance.cli.options import INPUT, example, ledger_option, listing_format, packs_option, somebody_option
from provenance.cli.speak import say
from provenance.cli.surroundings import Group
from provenance.printable import counted


@click.group(name="retention", cls=Group)
def command() -> None:
    """Say until when images may be kept, and bring what was found at their sources."""


@command.command(
    name="add",
    epilog=example(
        'provenance retention add --collection photos --until 2027-06-30T00:00:00Z --reason "contract 12" --by AB'
    ),
)
@click.option("--item", metavar="ITEM", help="One image, by name, path or SHA-256.")
@click.option("--record", metavar="ID", help="The images of a basis record's person, in its scope.")
@click.option("--source", metavar="NAME", help="The register that the record is in.")
@click.option("--collection", metavar="NAME", help="Every image of a collection.")
@click.option("--purpose", metavar="P", help="Every image, under this purpose.")
@click.option("--until", required=True, metavar="TIME", help="When they have to be gone, ISO 8601 with an offset.")
@click.option("--reason", required=True, metavar="TEXT", help="What sets the term.")
@somebody_option("--by", required=True, help="Who records it.")
@ledger_option
@packs_option
@listing_format
def add(*, until: str, purpose: str | None, ledger: str, packs: Path | None, format_name: str, **given: Any) -> int:
    """Record a term. Of several the earliest counts; what is kept for longer is blocked, and due to be destroyed.

    The releases that are stale by it now are named, with their recipients. Exit status: 0 recorded, 2 an error.
    """
    from provenance.api import Ledger
    from provenance.rights.terms import Kept

    at = time_of(until, "--until")
    assert at is not None
    with Ledger.open(ledger, packs=packs, create=False) as opened, opened.rights.telling_stale() as told:
        term = opened.duties.keep_until(Kept(until_at=at, purpose=purpose, **given))
    tell_stale(f"{term.ref}: {term.about} until {term.until_at:%Y-%m-%d}", told, format_name)
    return 0


@command.command(name="list", epilog=example("provenance retention list --format jsonl"))
@ledger_option
@listing_format
def show(ledger: str, format_name: str) -> int:
    """List every term that was recorded here. Exit status: 0 listed, 2 an error."""
    from provenance.api import Ledger

    with Ledger.open(ledger, create=False) as opened:
        rows = [
            {
                "ref": one.ref,
                "about": one.about,
                "until": one.until_at.isoformat(),
                "counts": one.ended_at is None,
                "reason": one.reason,
                "by": one.by,
            }
            for one in opened.duties.terms()
        ]
    list_rows(rows, ("ref", "about", "until", "counts", "reason"), format_name)
    return 0


@command.command(name="retire", epilog=example('provenance retention retire K-1 --by AB --reason "renewed to 2028"'))
@click.argument("ref")
@somebody_option("--by", required=True, help="Who records it.")
@click.option("--reason", required=True, metavar="TEXT", help="Why it counts no more.")
@ledger_option
def retire(ref: str, by: str, reason: str, ledger: str) -> int:
    """Let the term REF count no more. Exit status: 0 recorded, 2 an error."""
    from provenance.api import Ledger

    with Ledger.open(ledger, create=False) as opened:
        opened.duties.take_back_term(ref, by=by, reason=reason)
    say(f"{ref} counts no more")
    return 0


@command.command(name="sources", epilog=example("provenance retention sources checks.csv --by AB"))
@click.argument("file", type=INPUT)
@somebody_option("--by", required=True, help="Who brings it.")
@ledger_option
@packs_option
@listing_format
def sources(file: Path, by: str, ledger: str, packs: Path | None, format_name: str) -> int:
    """Take in FILE, which says what was found at the addresses of images: url, status, checked_at.

    CSV, JSON Lines or Parquet; nothing is fetched. A status is that of HTTP, or THERE, GONE, PRIVATE, UNKNOWN. An image
    whose source is gone or no longer public needs a person's look. Exit status: 0 taken, 2 an error.
    """
    from provenance.api import Ledger
    from provenance.ledger.source_checks import LOST

    with Ledger.open(ledger, packs=packs, create=False) as opened, opened.rights.telling_stale() as told:
        read, images = opened.duties.take_source_checks(file, by=by)
    lost = sum(one.state in LOST for one in read.checks)
    taken = f"{counted(len(read.checks), 'check')} taken, {lost:,} of a source that is gone; {counted(images, 'image')}"
    tell_stale(taken, told, format_name)
    return 0
