"""`provenance schema`: JSON Schemas of the files that people write."""

from __future__ import annotations

import json
import sys

import click

from provenance.cli.options import example
from provenance.cli.surroundings import Command
from provenance.report.terminal import print_table

EXAMPLES = example("provenance schema", "provenance schema manifest")


@click.command(name="schema", cls=Command, epilog=EXAMPLES)
@click.argument("kind", type=click.Choice(("manifest", "records", "context", "waivers", "reviews")), required=False)
def command(kind: str | None) -> int:
    """Print the JSON Schema of KIND of file; without KIND, what each of them describes.

    An editor that knows it completes and checks what is written. Exit status: 0 printed.
    """
    from provenance.policy import waivers
    from provenance.records.schemas import KINDS, schema_of

    schemas = {name: schema_of(name) for name in KINDS} | {"waivers": waivers.json_schema()}
    if kind is None:
        print_table(sys.stdout, ("kind", "about"), [(name, one["description"]) for name, one in schemas.items()])
    else:
        click.echo(json.dumps(schemas[kind], indent=2))
    return 0
