"""`provenance statements`: which manifests, registers and metadata files the ledger knows, and which of them count."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provenance.cli.filing import tell_stale
from provenance.cli.listing import Listing
from provenance.cli.options import example, ledger_option, listing_format, packs_option, somebody_option
from provenance.cli.surroundings import Group
from provenance.report.terminal import name_cell, print_table

if TYPE_CHECKING:
    from provenance.ledger.statements import Listed

_COLUMNS = ("kind", "name", "rows", "taken_at", "counts", "vouched_by", "collections")


@click.group(name="statements", cls=Group)
def command() -> None:
    """Show which manifests and records were taken, and let one count no more."""


@command.command(
    name="show",
    epilog=example("provenance statements show", "provenance statements show consents.csv --format jsonl"),
)
@click.argument("name", required=False)
@ledger_option
@listing_format
def show(name: str | None, ledger: str, format_name: str) -> int:
    """Show every source of statements in its newest version, or all versions of the source NAME.

    NAME is its path, the end of its path, or what --as called it. Exit status: 0 shown, 2 an error.
    """
    from provenance.api import Ledger

    with Ledger.open(ledger, create=False) as opened:
        rows = [_record(one) for one in opened.statements(name)]
    if name is not None:
        for row in rows[:-1]:
            row["counts"] = False  # the newest version took its place
    with Listing(format_name) as listing:
        if listing.wanted:
            for row in rows:
                listing.add(row)
            return 0
    cells = [[name_cell(_cell(row[column])) for column in _COLUMNS] for row in rows]
    print_table(sys.stdout, [column.replace("_", " ") for column in _COLUMNS], cells)
    return 0


@command.command(
    name="retire",
    epilog=example('provenance statements retire old.csv --by "A. Lee" --reason "succeeded by new.csv, ticket 7"'),
)
@click.argument("name")
@somebody_option("--by", required=True, help="The person who answers for this.")
@click.option("--reason", required=True, metavar="TEXT", help="Why.")
@click.option("--kind", type=click.Choice(("manifest", "register", "collection")), help="Where several have the name.")
@ledger_option
@packs_option
@listing_format
def retire(name: str, by: str, reason: str, kind: str | None, ledger: str, packs: Path | None, format_name: str) -> int:
    """Let the source NAME permit nothing any more, until it is given again.

    What it refused stays refused (`provenance retract`). The releases that this makes stale are named, with their
    recipients. Exit status: 0 retired, 2 an error.
    """
    from provenance.api import Ledger
    from provenance.ledger.statements import SourceKind

    wanted = SourceKind(kind) if kind is not None else None
    with Ledger.open(ledger, packs=packs, create=False) as opened, opened.rights.telling_stale() as told:
        opened.retire_statements(name, by=by, reason=reason, kind=wanted)
    tell_stale(f"{name} permits nothing any more; what it refused stays refused", told, format_name)
    return 0


def _record(one: Listed) -> dict[str, Any]:
    from provenance.model import from_micros

    return {
        "kind": one.kind.value,
        "name": one.name,
        "path": one.path,
        "sha256": one.digest.hex(),
        "rows": one.rows,
        "taken_at": from_micros(one.at).isoformat(timespec="seconds"),
        "counts": not one.ended,
        "vouched_by": one.vouched_by,
        "collections": list(one.collections),
    }


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else "" if value is None else str(value)
