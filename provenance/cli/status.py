"""`provenance status`: what the ledger holds, and what is due."""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provenance.cli.options import example, ledger_option, listing_format, packs_option
from provenance.cli.surroundings import Command
from provenance.printable import counted

if TYPE_CHECKING:
    from provenance.ledger.database import Database
    from provenance.policy.packs import PackSet


@click.command(name="status", cls=Command, epilog=example("provenance status", "provenance status --format json"))
@ledger_option
@packs_option
@listing_format
def command(ledger: str, packs: Path | None, format_name: str) -> int:
    """Show what the ledger holds, when it was last gated, and what is due within 30 days.

    Exit status: 0 shown, 2 an error.
    """
    from provenance.ledger.database import Database
    from provenance.policy.packs import load_packs

    pack_set = load_packs(packs)
    database = Database.open(ledger, create=False)
    try:
        record = _record(database, pack_set, datetime.now(UTC).date())
    finally:
        database.close()
    if format_name in ("json", "jsonl"):
        click.echo(json.dumps(record, indent=1 if format_name == "json" else None))
    else:
        _write(record)
    return 0


def _record(database: Database, packs: PackSet, today: date) -> dict[str, Any]:
    from provenance.gate.overview import LAPSE_DAYS, days_after
    from provenance.ledger import lists, overview

    last = days_after(today, LAPSE_DAYS)
    with database.reading() as connection:
        collections = overview.collections(connection)
        gates = [(uri, overview.past_gates(connection, [uri], 1)) for _, uri, _ in collections]
        due = [f"the scan of {uri} is not finished" for uri in overview.unfinished(connection)]
        due += [
            f"a permission by review ends on {lapse.expires}: {lapse.reviewer}, {lapse.reason}"
            for lapse in overview.lapsing(connection, today, last)
        ]
        held = lists.current(connection)
    due += [f"the pack {pack.id} has to be reviewed by {pack.review_by}" for pack in packs if pack.review_by <= last]
    return {
        "ledger": database.name,
        "collections": [{"uri": uri, "images": images} for _, uri, images in collections],
        "gates": [
            {
                "collection_uri": uri,
                "finished_at": gate.finished_at.isoformat(timespec="seconds"),
                "purpose": gate.purpose,
                "decisions": {decision.value: images for decision, images in gate.counts.items()},
            }
            for uri, past in gates
            for gate in past
        ],
        "lists": [{"name": one.name, "for": one.purpose.value, "entries": one.entries} for one in held],
        "due": due,
    }


def _write(record: dict[str, Any]) -> None:
    from provenance.gate.overview import LAPSE_DAYS
    from provenance.printable import printable
    from provenance.report.terminal import name_cell, print_table

    images = sum(one["images"] for one in record["collections"])
    lists = counted(len(record["lists"]), "list") + " of hashes"
    held = f"{counted(len(record['collections']), 'collection')}, {counted(images, 'image')}, {lists}"
    click.echo(printable(f"{record['ledger']}: {held}"))
    if record["collections"]:
        last = {gate["collection_uri"]: _told(gate) for gate in record["gates"]}
        rows = [
            (f"{one['images']:,}", name_cell(one["uri"]), last.get(one["uri"], "never by itself"))
            for one in record["collections"]
        ]
        click.echo()
        print_table(sys.stdout, ("images", "collection", "last gate"), rows)
    click.echo()
    click.echo("due" if record["due"] else f"nothing is due within {LAPSE_DAYS} days")
    for line in record["due"]:
        click.echo(printable(f"  {line}"))


def _told(gate: dict[str, Any]) -> str:
    counts = ", ".join(f"{images:,} {decision}" for decision, images in gate["decisions"].items())
    return f"{gate['finished_at']} for {gate['purpose'] or 'no purpose'}: {counts}"
