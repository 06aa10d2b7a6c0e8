"""`provenance gate`: scan what is new, judge everything, say what may not be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from provenance.cli.options import (
    READING,
    collection_options,
    context_flags,
    context_options,
    context_path,
    example,
    option,
    waivers_option,
)
from provenance.cli.outputs import output_options, parse_outputs, write_all
from provenance.cli.progress import watched
from provenance.cli.speak import say
from provenance.cli.surroundings import Command

EXAMPLES = example(
    "provenance gate photos --manifest sources.csv --purpose MODEL_TRAINING",
    "provenance gate photos --purpose MODEL_TRAINING --format jsonl -o html:report.html",
    "provenance gate photos -o sarif:gate.sarif -o github:-",
)


@click.command(name="gate", cls=Command, epilog=EXAMPLES)
@collection_options
@context_options
@waivers_option
@option(
    "--fail-on",
    type=click.Choice(("review", "block")),
    default="review",
    show_default=True,
    help="The mildest decision that fails the gate.",
)
@output_options[1]
@output_options[0]
@option(
    "--show",
    multiple=True,
    type=click.Choice(("minors", "sensitive")),
    help="Pictures that the HTML report shows, blurred, though it would leave them out; repeatable.",
)
def command(
    collections: tuple[str, ...],
    ledger: str,
    packs: Path | None,
    quiet: bool,  # noqa: FBT001 - click passes options by name
    verbose: bool,  # noqa: FBT001
    context_file: Path | None,
    known_as: str | None,
    waivers: Path | None,
    fail_on: str,
    format_name: str | None,
    outputs: tuple[str, ...],
    show: tuple[str, ...],
    **more: Any,
) -> int:
    """Judge every image of COLLECTION; exit 1 if one may not be used.

    What is new or has changed is scanned first. Without a manifest everything is unknown, and what is unknown does
    not pass. Exit status: 0 every image may be used, 1 at least one may not, 2 an error or anything unfinished,
    3 nothing to check.
    """
    from provenance.api import Ledger
    from provenance.fingerprint.stderr import c_stderr_discarded
    from provenance.report.gate_report import GateReport
    from provenance.vocabulary import Decision

    wanted = parse_outputs(outputs, format_name)
    reading = {name: more.pop(name) for name in READING}
    with Ledger.open(ledger, packs=packs) as opened:
        path = context_path(context_file)
        context = opened.context(path, **context_flags(**more))
        reading["columns"] = reading["columns"] or opened.columns_of(path)
        with c_stderr_discarded(), watched(quiet=quiet, verbose=verbose) as progress:
            done = opened.scan(*collections, name=known_as, vouched_by=context.vouched_by, progress=progress, **reading)
            verdicts = opened.judge(
                collections, context, scanned=True, waivers=waivers, exclude=reading["exclude"], progress=progress
            )
        for note in done.notes:
            say(f"note: {note}")
        report = GateReport(
            verdicts,
            as_of=context.as_of if more["as_of"] else None,
            fail_on=Decision(fail_on.upper()),
            ledger=opened,
            shown=frozenset(show),
        )
        write_all(report, wanted)
        if report.passed:
            return 0
        say(report.why())
        return 1
