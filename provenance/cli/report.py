"""`provenance report`: the figures of a ledger, for somebody who has to be told."""

from __future__ import annotations

from pathlib import Path

import click

from provenance.cli.options import (
    context_flags,
    context_options,
    context_path,
    example,
    ledger_option,
    output_option,
    packs_option,
    quiet_option,
)
from provenance.cli.outputs import target
from provenance.cli.speak import say
from provenance.cli.surroundings import Command
from provenance.errors import UsageError


@click.command(name="report", cls=Command, epilog=example("provenance report --kind regulator -o report.md"))
@click.option("--kind", type=click.Choice(("regulator",)), required=True, help="Whom it is for.")
@click.option(
    "--as",
    "form",
    type=click.Choice(("markdown", "json", "csv")),
    default="markdown",
    show_default=True,
    help="How it is written.",
)
@ledger_option
@packs_option
@context_options
@output_option
@quiet_option
def command(
    *,
    kind: str,
    form: str,
    ledger: str,
    packs: Path | None,
    context_file: Path | None,
    output: Path | None,
    quiet: bool,
    **flags: object,
) -> int:
    """Count what the ledger holds as of now: images by basis, law, age and source; requests, orders, recipients.

    Without a purpose and a context, findings are counted under those of the last gate. Exit status: 0 written, 2 an
    error, 3 no collection.
    """
    from provenance.api import Ledger
    from provenance.cli.progress import watched
    from provenance.report import regulator

    if flags["as_of"] is not None:
        raise UsageError(f"a {kind}'s report is as of now", remedy="leave --as-of out")
    write = {"markdown": regulator.write_markdown, "json": regulator.write_json, "csv": regulator.write_csv}[form]
    with Ledger.open(ledger, packs=packs, create=False) as opened, watched(quiet=quiet) as progress:
        given = context_flags(**flags)  # type: ignore[arg-type]
        path = context_path(context_file)
        last = opened.last_context() if path is None and not any(given.values()) else None
        report = opened.rights.regulator_report(last or opened.context(path, **given), progress=progress)
    with target(output) as out:
        write(report, out)
    if not report.purpose:
        say("note: no purpose was given and no gate was run; findings are those of a gate without a purpose")
    return 0
