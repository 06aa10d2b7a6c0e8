"""`provenance disclose`: a release, or a sample of it, is given to somebody."""

from __future__ import annotations

from pathlib import Path

import click

from provenance.cli.options import INPUT, example, ledger_option, option, packs_option, quiet_option
from provenance.cli.speak import say
from provenance.cli.surroundings import Command
from provenance.printable import counted

EXAMPLES = example(
    "provenance disclose faces-1 --account lab --recipient Lab --purpose MODEL_TRAINING --jurisdiction CA --by AB"
)


@click.command(name="disclose", cls=Command, epilog=EXAMPLES)
@click.argument("release")
@click.option("--account", required=True, metavar="NAME", help="The account that is given it.")
@click.option("--recipient", required=True, metavar="WHO", help="Who receives it.")
@click.option("--purpose", required=True, metavar="P", help="What for.")
@click.option("--jurisdiction", required=True, metavar="CODE", help="Where it will be used.")
@click.option("--item", "items", multiple=True, metavar="ITEM", help="Only these images: a sample.")
@click.option("--note", default="", metavar="TEXT", help="What else should be known.")
@click.option("--by", required=True, metavar="NAME", help="Who gives it.")
@option("--waivers", type=INPUT, metavar="F", help="Findings that somebody took upon themself.")
@ledger_option
@packs_option
@quiet_option
def command(
    *,
    release: str,
    account: str,
    recipient: str,
    purpose: str,
    jurisdiction: str,
    items: tuple[str, ...],
    note: str,
    by: str,
    waivers: Path | None,
    ledger: str,
    packs: Path | None,
    quiet: bool,
) -> int:
    """Record that the release RELEASE is given to somebody. A stale one is not, nor for a purpose it was not made for.

    Exit status: 0 recorded, 2 it may not be given, or an error.
    """
    from provenance.api import Ledger
    from provenance.cli.progress import watched
    from provenance.policy.reasons import load_reasons
    from provenance.policy.waivers import read_waivers

    given = read_waivers(waivers, load_reasons()) if waivers is not None else None
    with Ledger.open(ledger, packs=packs, create=False) as opened, watched(quiet=quiet) as progress:
        made = opened.rights.disclose(
            release,
            account=account,
            recipient=recipient,
            purpose=purpose,
            jurisdiction=jurisdiction,
            by=by,
            items=items,
            note=note,
            waivers=given,
            progress=progress,
        )
    say(f"{made.recipient} ({made.account}): {made.kind} of {made.release}, {counted(made.images, 'image')}")
    return 0
