"""`provenance explain`: one image's verdict taken apart."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from provenance.cli.options import (
    PEOPLE_FORMATS,
    context_flags,
    context_options,
    context_path,
    example,
    ledger_option,
    packs_option,
    waivers_option,
)
from provenance.cli.speak import say
from provenance.cli.surroundings import Command

EXAMPLES = example(
    "provenance explain photos/a.jpg",
    "provenance explain 88431cd9 --purpose MODEL_TRAINING --full",
)


@click.command(name="explain", cls=Command, epilog=EXAMPLES)
@click.argument("item")
@ledger_option
@packs_option
@context_options
@waivers_option
@click.option("--full", is_flag=True, help="Fingerprints, signals, facts and codes that did not fire, too.")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(PEOPLE_FORMATS),
    default="text",
    show_default=True,
    help="What standard output gets.",
)
def command(
    item: str,
    ledger: str,
    packs: Path | None,
    context_file: Path | None,
    waivers: Path | None,
    full: bool,  # noqa: FBT001 - click passes options by name
    format_name: str,
    **flags: object,
) -> int:
    """Show why ITEM may be used or not, the facts and laws behind it, and what would change it.

    ITEM is a path as the manifest or the file system has it, or the start of a SHA-256. Without a purpose or a
    context the ones of the last gate are used. Exit status: 0 the image may be used, 1 it may not, 2 an error.
    """
    from provenance.api import Ledger
    from provenance.report.explanation import Asked, explanation_record, write_explanation
    from provenance.report.gate_report import PASSING

    with Ledger.open(ledger, packs=packs, create=False) as opened:
        given = {name: value for name, value in context_flags(**flags).items() if value is not None}  # type: ignore[arg-type]
        # A gate that was run said what the dataset is for; its clock was its own.
        last = opened.last_context() if not given and context_file is None else None
        context = last or opened.context(context_path(context_file), **given)
        explanation = opened.explain(item, context, waivers=waivers)
        as_of = context.as_of if last or flags["as_of"] else None
        asked = Asked(context, as_of, opened.packs, of_last_gate=last is not None)
    if format_name in ("json", "jsonl"):
        record = explanation_record(explanation, asked)
        indent = 1 if format_name == "json" else None
        click.echo(json.dumps(record, indent=indent, default=str))
    else:
        write_explanation(explanation, asked, sys.stdout, full=full)
    verdict = explanation.verdict
    if verdict.decision in PASSING:
        return 0
    say(f"not allowed: {verdict.decision.value}, {verdict.reason}")
    return 1
