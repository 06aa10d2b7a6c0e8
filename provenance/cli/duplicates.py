"""`provenance duplicates`: the same picture held more than once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provenance.cli.listing import Listing
from provenance.cli.options import example, ledger_option, listing_format, waivers_option
from provenance.cli.speak import say
from provenance.cli.surroundings import Command
from provenance.printable import counted
from provenance.report.terminal import console_on, name_cell, print_table

if TYPE_CHECKING:
    from provenance.copies.duplicates import Copy, Group


EXAMPLES = example(
    "provenance duplicates --conflicts",
    "provenance duplicates --radius 15 --keep",
)


@click.command(name="duplicates", cls=Command, epilog=EXAMPLES)
@ledger_option
@waivers_option
@click.option(
    "--radius",
    type=click.IntRange(0, 31),
    default=31,
    show_default=True,
    help="Bits of 256 by which two copies may differ. Up to 15 is much quicker.",
)
@click.option("--conflicts", is_flag=True, help="Only groups with conflicting claims, or with a blocked copy.")
@click.option("--keep", is_flag=True, help="Hold copies to one another's verdicts in every later gate.")
@listing_format
def command(ledger: str, waivers: Path | None, radius: int, conflicts: bool, keep: bool, format_name: str) -> int:  # noqa: FBT001 - click's way
    """List pictures that the ledger holds more than once.

    A group holds equal files and near copies: saved anew, scaled, recoloured. It is marked where its copies were
    declared under different claims, and where the last gate blocked one and not another. Mirrored and cropped copies
    are not compared here; `provenance find` looks for those.

    A gate holds an image for review (NEAR_DUPLICATE_OF_BLOCKED) beside a blocked copy, or where copies are declared
    under different claims. Each scan compares what is new within 31 bits; --keep compares everything anew, within
    --radius.

    Exit status: 0 every picture was compared, whatever was found; 2 an error, or pictures too alike to be compared.
    """
    from provenance.api import Ledger

    shown = 0
    with (
        Ledger.open(ledger, create=False) as opened,
        opened.duplicates(radius=radius, waivers=waivers) as found,
        Listing(format_name) as listing,
    ):
        if found.note:
            say(f"note: {found.note}")
        for number, group in enumerate(found.groups, start=1):
            if conflicts and not (group.conflicts or group.near_blocked):
                continue
            shown += 1
            if listing.wanted:
                listing.add(_record(number, group))
            else:
                _write(number, group)
        if keep:
            say(f"{counted(opened.keep_duplicates(radius=radius), 'image')} kept with their copies")
    if not listing.wanted:
        click.echo(counted(shown, "group"))
    if not found.complete:
        say("error: too many hashes share a part; some pictures were not compared")
    return 0 if found.complete else 2


def _write(number: int, group: Group) -> None:
    from rich.text import Text

    console = console_on(sys.stdout)
    marks = [f"claims differ: {', '.join(group.conflicts)}"] if group.conflicts else []
    marks += ["one is blocked, another is not"] if group.near_blocked else []
    console.print(Text(f"group {number}{'; ' if marks else ''}{'; '.join(marks)}", style="bold"))
    rows = []
    for copy in group.copies:
        decision = copy.decision.value if copy.decision else "not judged"
        decision += "; quarantined" if copy.quarantined else ""
        rows.append((name_cell(copy.item), name_cell(copy.collection), str(copy.distance), decision))
    print_table(sys.stdout, ("item", "collection", "distance", "decision"), rows)
    console.print()


def _record(number: int, group: Group) -> dict[str, Any]:
    return {
        "group": number,
        "conflicting_claims": list(group.conflicts),
        "near_blocked": group.near_blocked,
        "items": [_copy(copy) for copy in group.copies],
    }


def _copy(copy: Copy) -> dict[str, Any]:
    return {
        "item": copy.item,
        "collection": copy.collection,
        "collection_uri": copy.collection_uri,
        "sha256": copy.sha256.hex(),
        "distance": copy.distance,
        "decision": copy.decision.value if copy.decision else None,
        "quarantined": copy.quarantined,
    }
