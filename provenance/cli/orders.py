"""`provenance orders`: what regulators and courts ordered. Nothing overrides one that is in force."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from provenance.cli.filing import about_of, about_options, tell_stale, time_of
from provenance.cli.listing import Listing
from provenance.cli.options import INPUT, example, ledger_option, listing_format, packs_option, quiet_option
from provenance.cli.speak import say
from provenance.cli.surroundings import Group
from provenance.report.terminal import name_cell, print_table


@click.group(name="orders", cls=Group)
def command() -> None:
    """Record orders of regulators and courts. Nothing overrides one while it is in force."""


@command.command(
    name="add",
    epilog=example("provenance orders add P21-08 --authority OIPC --jurisdiction CA-BC --evidence order.pdf --by AB"),
)
@click.argument("ref")
@click.option("--authority", required=True, metavar="NAME", help="Who ordered it.")
@click.option("--evidence", required=True, type=INPUT, metavar="F", help="The file that shows the order.")
@click.option("--by", required=True, metavar="NAME", help="Who records it.")
@click.option("--from", "begins", metavar="TIME", help="From when it binds, with an offset [default: now].")
@click.option("--until", metavar="TIME", help="When it ends by itself [default: when it is lifted].")
@click.option("--collection", "collections", multiple=True, metavar="NAME", help="Every image of a collection.")
@click.option(
    "--jurisdiction",
    "jurisdictions",
    multiple=True,
    metavar="CODE",
    help="Every use in a jurisdiction, and of whoever may be there.",
)
@about_options
@ledger_option
@packs_option
@quiet_option
@listing_format
def add(
    *,
    ref: str,
    authority: str,
    evidence: Path,
    by: str,
    ledger: str,
    packs: Path | None,
    quiet: bool,
    format_name: str,
    **given: Any,
) -> int:
    """Record the order REF: from now on no gate passes what it is about.

    The releases that it makes stale are named, with their recipients. Exit status: 0 recorded, 2 an error.
    """
    from dataclasses import replace

    from provenance.api import Ledger
    from provenance.cli.progress import watched

    begins, ends = time_of(given.pop("begins"), "--from"), time_of(given.pop("until"), "--until")
    places = {name: given.pop(name) for name in ("collections", "jurisdictions")}
    about = replace(about_of(given), **places)
    with Ledger.open(ledger, packs=packs, create=False) as opened, watched(quiet=quiet) as progress:
        bound = opened.rights.order(
            ref, about, authority=authority, evidence=evidence, by=by, from_at=begins, until_at=ends, progress=progress
        )
    order = bound.order
    tell_stale(f"{order.ref} of {order.authority}: {', '.join(order.targets)}", bound, format_name)
    return 0


@command.command(name="list", epilog=example("provenance orders list --format jsonl"))
@ledger_option
@listing_format
def show(ledger: str, format_name: str) -> int:
    """List every order, with whether it is in force now.

    Exit status: 0 listed, 2 an error.
    """
    from provenance.api import Ledger

    now = datetime.now(UTC)
    with Ledger.open(ledger, create=False) as opened:
        orders = opened.rights.orders()
    rows = [
        {
            "ref": one.ref,
            "authority": one.authority,
            "in_force": one.in_force(now),
            "about": list(one.targets),
            "from": one.from_at.isoformat(),
            "until": one.until_at.isoformat() if one.until_at is not None else None,
            "evidence": one.evidence,
            "evidence_sha256": one.evidence_sha256.hex(),
            "by": one.by,
            "lifted_at": one.lifted_at.isoformat() if one.lifted_at is not None else None,
            "lifted_by": one.lifted_by,
            "reason": one.reason,
        }
        for one in orders
    ]
    with Listing(format_name) as listing:
        for row in rows if listing.wanted else ():
            listing.add(row)
    if not listing.wanted:
        cells = [
            (one.ref, one.authority, "in force" if one.in_force(now) else "not in force", ", ".join(one.targets))
            for one in orders
        ]
        print_table(sys.stdout, ("ref", "authority", "state", "about"), [list(map(name_cell, row)) for row in cells])
    return 0


@command.command(
    name="lift",
    epilog=example('provenance orders lift P21-08 --by AB --reason "set aside by the court on 18 February"'),
)
@click.argument("ref")
@click.option("--by", required=True, metavar="NAME", help="Who records it.")
@click.option("--reason", required=True, metavar="TEXT", help="Why it binds no more.")
@ledger_option
def lift(ref: str, by: str, reason: str, ledger: str) -> int:
    """Record that the order REF binds no more.

    Exit status: 0 recorded, 2 an error.
    """
    from provenance.api import Ledger

    with Ledger.open(ledger, create=False) as opened:
        opened.rights.lift_order(ref, by=by, reason=reason)
    say(f"{ref} lifted")
    return 0
