"""`provenance report`: the figures of a ledger, for somebody who has to be told, or as a form asks for them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

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

KINDS: Final = ("regulator", "training-content", "ab2013", "aims")
EXAMPLES: Final = example(
    "provenance report --kind regulator -o report.md",
    "provenance report --kind ab2013 --release faces-1 --as json -o ab2013.json",
    "provenance report --kind training-content --by AB --to 'the AI Office' -o summary.md",
)


@click.command(name="report", cls=Command, epilog=EXAMPLES)
@click.option("--kind", type=click.Choice(KINDS), required=True, help="Whom it is for, or the form that asks.")
@click.option(
    "--as",
    "form",
    type=click.Choice(("markdown", "json", "csv")),
    default="markdown",
    show_default=True,
    help="How it is written.",
)
@click.option("--release", metavar="NAME", help="Count what of this release is held, not everything.")
@click.option("--by", default="", metavar="NAME", help="Who gives it; the next tells what changed since.")
@click.option("--to", "recipient", default="", metavar="WHO", help="To whom it is given.")
@ledger_option
@packs_option
@context_options
@output_option
@quiet_option
def command(
    *,
    kind: str,
    form: str,
    release: str | None,
    by: str,
    recipient: str,
    ledger: str,
    packs: Path | None,
    context_file: Path | None,
    output: Path | None,
    quiet: bool,
    **flags: object,
) -> int:
    """Count what the ledger holds as of now: images by basis, law, age and source; requests, orders, recipients.

    A regulator gets every figure. `training-content` fills the template of the public summary (AI Act Art. 53(1)(d)),
    `ab2013` the items of California's Civil Code s. 3111, `aims` a view by ISO/IEC 42001; what the ledger cannot tell
    is said to be not known. Without a purpose and a context, findings are counted under those of the last gate. Exit
    status: 0 written, 2 an error, 3 no collection.
    """
    from provenance.api import Ledger
    from provenance.cli.progress import watched
    from provenance.report import figures

    if flags["as_of"] is not None:
        raise UsageError("a report is as of now", remedy="leave --as-of out")
    if bool(by) != bool(recipient):
        raise UsageError("--by and --to go together", remedy="give both or neither")
    write = {"markdown": figures.write_markdown, "json": figures.write_json, "csv": figures.write_csv}[form]
    with Ledger.open(ledger, packs=packs, create=False) as opened, watched(quiet=quiet) as progress:
        given = context_flags(**flags)  # type: ignore[arg-type]
        path = context_path(context_file)
        last = opened.last_context() if path is None and not any(given.values()) else None
        report = opened.duties.report(
            kind, last or opened.context(path, **given), release=release, by=by, recipient=recipient, progress=progress
        )
    with target(output) as out:
        write(report, out)
    if not report.figures.purpose:
        say("note: no purpose was given and no gate was run; findings are those of a gate without a purpose")
    return 0
