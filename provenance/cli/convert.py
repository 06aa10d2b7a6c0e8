"""`provenance convert`: make a manifest of a table that a known dataset or tool brings along."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click

from provenance.cli.options import INPUT, example, output_option
from provenance.cli.outputs import target
from provenance.cli.speak import say
from provenance.cli.surroundings import Command
from provenance.errors import UsageError
from provenance.printable import counted

EXAMPLES = example(
    "provenance convert coco instances_val2017.json -o manifest.jsonl",
    "provenance convert dep5 debian/copyright --images backgrounds -o manifest.jsonl",
    "provenance convert open-images train.csv --set acquisition_method=THIRD_PARTY_DATASET -o manifest.jsonl",
)


@click.command(name="convert", cls=Command, epilog=EXAMPLES)
@output_option
@click.option(
    "--set",
    "constant",
    multiple=True,
    metavar="FIELD=VALUE",
    help="A field of every row that you know yourself; repeatable.",
)
@click.option(
    "--images",
    type=click.Path(exists=True),
    metavar="COLLECTION",
    help="The images, for tables that speak of patterns.",
)
@click.argument("kind", metavar="KIND")
@click.argument("file", type=INPUT)
def command(kind: str, file: Path, images: str | None, constant: tuple[str, ...], output: Path | None) -> int:
    """Make a manifest of FILE, a table of the KIND that a known dataset brings along.

    KIND is coco, open-images, yfcc100m, ffhq, inaturalist, gbif, commons, flickr, laion, datacomp, img2dataset,
    croissant, label-studio, cvat or dep5 (debian/copyright). What the table lacks stays unknown, and is told.
    """
    from provenance.records.tables.constants import constants
    from provenance.records.tables.convert import convert
    from provenance.records.tables.description import table_of

    table = table_of(kind)
    given = constants(dict(_pair(one) for one in constant))
    with target(output) as out:
        done = convert(table, file, out, images=_names(images), constant=given)
    say(f"{counted(done.rows, 'row')} of {table.title}")
    if done.left_out:
        say(f"note: {counted(done.left_out, 'row')} left out, whose images are not there: refused, failed or lost")
    for field, rows in done.lacking.items():
        say(f"note: {counted(rows, 'row')} without {field}, which stays unknown")
    return 0


def _pair(text: str) -> tuple[str, str]:
    field, separator, value = text.partition("=")
    if not separator or not field:
        raise UsageError(f"--set {text}", remedy="write FIELD=VALUE, such as acquired_at=2026-06-01T10:00:00Z")
    return field, value


def _names(collection: str | None) -> Iterator[str]:
    from provenance.keys import display
    from provenance.sources.open import open_collection

    if collection is None:
        return
    yield from sorted(display(entry.key) for entry in open_collection(os.fspath(collection)).entries())
