"""`provenance duplicates`: the same picture held more than once."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from provenance.cli.options import ledger_option, table_or_jsonl
from provenance.report.terminal import cell, console_on, plain_table, write_utf8

if TYPE_CHECKING:
    from provenance.copies.duplicates import Copy, Group


@click.command(name="duplicates")
@ledger_option
@click.option(
    "--radius",
    type=click.IntRange(0, 31),
    default=31,
    show_default=True,
    help="Bits of 256 by which two copies may differ. Up to 15 is much quicker.",
)
@click.option("--conflicts", is_flag=True, help="Only groups with conflicting claims, or with a blocked copy.")
@click.option("--keep", is_flag=True, help="Hold copies to one another's verdicts in every later gate.")
@table_or_jsonl
def command(ledger: str, radius: int, conflicts: bool, keep: bool, format_name: str) -> int:  # noqa: FBT001 - click's way
    """List pictures that the ledger holds more than once.

    A group holds equal files and near copies: saved anew, scaled, recoloured. It is marked where its copies were
    declared under different claims, and where the last gate blocked one and not another. Mirrored and cropped copies
    are not compared here; `provenance find` looks for those.

    With --keep the groups are noted in the ledger. A gate then holds an image for review (NEAR_DUPLICATE_OF_BLOCKED)
    beside a blocked copy, or where copies are declared under different claims.

    Exit status: 0 every picture was compared, whatever was found; 2 an error, or pictures too alike to be compared.
    """
    from provenance.api import Ledger

    shown = 0
    write_utf8()
    with Ledger.open(ledger, create=False) as opened, opened.duplicates(radius=radius) as found:
        if found.note:
            click.echo(f"note: {found.note}", err=True)
        for number, group in enumerate(found.groups, start=1):
            if conflicts and not (group.conflicts or group.near_blocked):
                continue
            shown += 1
            if format_name == "jsonl":
                click.echo(json.dumps(_record(number, group)))
            else:
                _write(number, group)
        if keep:
            click.echo(f"{opened.keep_duplicates(radius=radius)} images kept with their copies", err=True)
    if format_name == "table":
        click.echo(f"{shown} group{'' if shown == 1 else 's'}")
    if not found.complete:
        click.echo("error: too many hashes share a part; some pictures were not compared", err=True)
    return 0 if found.complete else 2


def _write(number: int, group: Group) -> None:
    from rich.text import Text

    console = console_on(sys.stdout)
    marks = [f"claims differ: {', '.join(group.conflicts)}"] if group.conflicts else []
    marks += ["one is blocked, another is not"] if group.near_blocked else []
    console.print(Text(f"group {number}{'; ' if marks else ''}{'; '.join(marks)}", style="bold"))
    table = plain_table("item", "collection", "distance", "decision")
    for copy in group.copies:
        decision = copy.decision.value if copy.decision else "not judged"
        decision += "; quarantined" if copy.quarantined else ""
        table.add_row(*map(cell, (copy.item, copy.collection, str(copy.distance), decision)))
    console.print(table)
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
