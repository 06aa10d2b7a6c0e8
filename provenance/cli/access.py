"""`provenance access`: what is held about somebody, to be handed to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import click

from provenance.cli.filing import about_of, filed, request_options, tell
from provenance.cli.options import example, output_option
from provenance.cli.outputs import target
from provenance.cli.surroundings import Command

_FILE: Final = click.Path(dir_okay=False, path_type=Path)


@click.command(
    name="access",
    cls=Command,
    epilog=example("provenance access --person p1 --requester T-21 --by AB --jurisdiction CA -o held.json"),
)
@request_options
@click.option("--page", type=_FILE, metavar="F", help="Write it as a page in Markdown too.")
@output_option
def command(output: Path | None, page: Path | None, **given: Any) -> int:
    """Record that somebody asks what is held about them, and write it as JSON to -o.

    Images, sources, records and events, what files said, verdicts, requests, releases and who was given them. Nothing
    is told of others who are shown. Exit status: 0 written, 2 an error.
    """
    from provenance.api import Ledger
    from provenance.report.access_page import access_page

    asked = dict(given)
    format_name = given.pop("format_name")
    tell(filed("access", given), format_name)
    with Ledger.open(given["ledger"], create=False) as opened:
        held = opened.rights.held_about(about_of(asked))
    if output is not None:
        with target(output) as out:
            out.write(json.dumps(held, indent=1) + "\n")
    if page is not None:
        with target(page) as out:
            out.write(access_page(held))
    return 0
