"""`provenance explain`: one image's verdict taken apart."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from provenance.cli.options import context_flags, context_options, context_path, ledger_option, packs_option


@click.command(name="explain")
@click.argument("item")
@ledger_option
@packs_option
@context_options
@click.option("--format", "format_name", type=click.Choice(("text", "json")), default="text", show_default=True)
def command(
    item: str, ledger: str, packs: Path | None, context_file: Path | None, format_name: str, **flags: object
) -> int:
    """Show every fact, rule and citation behind the verdict on ITEM.

    ITEM is a path as the manifest or the file system has it, or the start of a SHA-256. Without a purpose or a
    context the ones of the last gate are used. Exit status: 0 the image may be used, 1 it may not, 2 an error.
    """
    from provenance.api import Ledger
    from provenance.report.explanation import explanation_record, write_explanation
    from provenance.vocabulary import Decision

    with Ledger.open(ledger, packs=packs, create=False) as opened:
        given = {name: value for name, value in context_flags(**flags).items() if value is not None}  # type: ignore[arg-type]
        context = (
            opened.context(context_path(context_file), **given)
            if given or context_file is not None
            else opened.last_context() or opened.context(context_path(None))
        )
        explanation = opened.explain(item, context)
    if format_name == "json":
        click.echo(json.dumps(explanation_record(explanation), indent=1, ensure_ascii=False, default=str))
    else:
        write_explanation(explanation, sys.stdout)
    return 0 if explanation.verdict.decision in (Decision.ALLOW, Decision.ALLOW_BY_REVIEW) else 1
