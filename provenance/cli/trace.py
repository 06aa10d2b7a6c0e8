"""`provenance trace`: from the source of an image to every recipient."""

from __future__ import annotations

from typing import Any

import click

from provenance.cli.filing import about_of, about_options
from provenance.cli.listing import Listing
from provenance.cli.options import PEOPLE_FORMATS, example, ledger_option
from provenance.cli.surroundings import Command
from provenance.printable import printable


@click.command(
    name="trace",
    cls=Command,
    epilog=example("provenance trace --photo shot.png", "provenance trace --item photos/a.jpg --format json"),
)
@about_options
@ledger_option
@click.option(
    "--format",
    "format_name",
    type=click.Choice((*PEOPLE_FORMATS, "dot")),
    default="table",
    show_default=True,
    help="What standard output gets; dot is a graph for Graphviz.",
)
def command(ledger: str, format_name: str, **given: Any) -> int:
    """Trace images from their source to every recipient: who stated what, which releases, who was given them.

    Exit status: 0 traced, 2 an error, 3 nothing is held.
    """
    from provenance.api import Ledger
    from provenance.rights.access import as_record, lines_of_graph

    with Ledger.open(ledger, create=False) as opened:
        traced = opened.rights.trace(about_of(given))
    with Listing(format_name) as listing:
        for image in traced if listing.wanted else ():
            listing.add(as_record(image))
    if format_name == "dot":
        for line in lines_of_graph(traced):
            click.echo(printable(line))
    elif not listing.wanted:
        for image in traced:
            for line in _lines(image):
                click.echo(printable(line))
    return 0 if traced else 3


def _lines(image: Any) -> list[str]:
    where = image.source_url or "an unknown source"
    rows = [f"  stated by {name}" for name, _ in image.declared]
    rows += [
        f"  {one.person}: {one.terms.get('basis')}, record {one.record_id} of {one.source}" for one in image.records
    ]
    rows += [
        f"  judged on {one.at:%Y-%m-%d} for {one.purpose or 'no purpose'}: {one.decision} {one.reason}"
        for one in image.verdicts[:1]
    ]
    rows += [f"  request {ref}" for ref in image.requests]
    rows += [f"  in the release {name}" for name in image.releases]
    rows += [
        f"  given to {one.recipient} (account {one.account}) on {one.at:%Y-%m-%d} for {one.purpose}: "
        f"{one.release or 'found by a search'}"
        for one in image.disclosures
    ]
    gone = "" if image.is_current else ", not held any more"
    return [f"{image.collection}/{image.item}{gone}", f"  from {where}", *rows]
