"""`provenance gate`: scan what is new, judge everything, say what may not be used."""

from __future__ import annotations

from pathlib import Path

import click

from provenance.cli.options import INPUT, collection_options, context_flags, context_options, context_path
from provenance.cli.outputs import output_options, parse_outputs, write_all
from provenance.cli.progress import watched


@click.command(name="gate")
@collection_options
@context_options
@click.option("--waivers", type=INPUT, metavar="F", help="Findings that somebody took upon themself: TOML.")
@click.option(
    "--fail-on",
    type=click.Choice(("review", "block")),
    default="review",
    show_default=True,
    help="The mildest decision that fails the gate.",
)
@output_options[1]
@output_options[0]
def command(
    collections: tuple[str, ...],
    manifest: Path | None,
    records: Path | None,
    columns: Path | None,
    ledger: str,
    packs: Path | None,
    workers: int | None,
    processes: bool,  # noqa: FBT001 - click passes options by name
    people: bool,  # noqa: FBT001
    exact: bool,  # noqa: FBT001
    windows: bool,  # noqa: FBT001
    pdq: bool,  # noqa: FBT001
    quiet: bool,  # noqa: FBT001
    context_file: Path | None,
    waivers: Path | None,
    fail_on: str,
    format_name: str,
    outputs: tuple[str, ...],
    **flags: object,
) -> int:
    """Judge every image of COLLECTION; exit 1 if one may not be used.

    What is new or has changed is scanned first. Without a manifest everything is unknown, and what is unknown does
    not pass. Exit status: 0 every image may be used, 1 at least one may not, 2 an error or anything unfinished,
    3 nothing to check.
    """
    from provenance.api import Ledger
    from provenance.fingerprint.stderr import c_stderr_discarded
    from provenance.vocabulary import Decision

    files = parse_outputs(outputs)
    with Ledger.open(ledger, packs=packs) as opened:
        path = context_path(context_file)
        context = opened.context(path, **context_flags(**flags))  # type: ignore[arg-type]
        with c_stderr_discarded(), watched(quiet=quiet) as progress:
            opened.scan(
                *collections,
                manifest=manifest,
                records=records,
                columns=columns or opened.columns_of(path),
                workers=workers,
                processes=processes,
                people=people,
                exact=exact,
                windows=windows,
                pdq=pdq,
                progress=progress,
            )
            verdicts = opened.judge(collections, context, compare_disk=False, waivers=waivers, progress=progress)
        write_all(verdicts, format_name, files)
        return 0 if verdicts.passed(fail_on=Decision(fail_on.upper())) else 1
