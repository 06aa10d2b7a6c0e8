"""`provenance manifest`: a manifest to begin with."""

from __future__ import annotations

import csv
from pathlib import Path

import click

from provenance.cli.options import example, output_option
from provenance.cli.outputs import target
from provenance.cli.speak import say
from provenance.cli.surroundings import Group
from provenance.errors import UsageError
from provenance.printable import counted, csv_cell


@click.group(name="manifest", cls=Group)
def command() -> None:
    """Write a manifest to fill in."""


@command.command(
    name="new",
    short_help="Print one entry for each image of a collection.",
    epilog=example(
        "provenance manifest new photos --output photos.toml", "provenance manifest new photos --output photos.csv"
    ),
)
@click.argument("collection", metavar="COLLECTION", type=click.Path())
@output_option
def new(collection: str, output: Path | None) -> int:
    """Print a manifest in TOML with one entry for each image of COLLECTION, and what holds for all of them once.

    Written to a file that ends in .csv, it is a spreadsheet with one row an image.

    As it is written, it says that nothing is known: fill in what you know, then give it to the gate with --manifest.
    A file that is there already is never written over. Exit status: 0 written, 2 an error, 3 no image found.
    """
    from provenance.keys import collection_name, display
    from provenance.records.formats.toml_rows import MAX_BYTES
    from provenance.records.template import csv_template, template
    from provenance.sources.interface import Role
    from provenance.sources.open import open_collection

    if output is not None and output.exists():
        raise UsageError(f"{output} is there already", remedy="name another file")
    source = open_collection(collection)
    keys = sorted(entry.key for entry in source.entries() if entry.role is Role.IMAGE and not entry.key.endswith(b"/"))
    if output is not None and output.suffix.lower() == ".csv":
        names = [display(key) for key in keys]
        changed = next((name for name in names if csv_cell(name) != name), None)
        if changed is not None:
            raise UsageError(f"a spreadsheet would not keep the name {changed}", remedy="write to a file in .toml")
        with target(output) as out:
            csv.writer(out, lineterminator="\n").writerows(csv_template(names))
    else:
        text = "".join(template(collection_name(source.uri), map(display, keys)))
        if len(text.encode()) > MAX_BYTES:
            raise UsageError(
                f"{counted(len(keys), 'image')} are more than one TOML file takes",
                remedy="write to a file that ends in .csv, or a manifest for each folder",
            )
        with target(output) as out:
            out.write(text)
    name = output or "FILE"
    say(f"{counted(len(keys), 'image')}; next: fill it in, then provenance gate {collection} --manifest {name}")
    return 0 if keys else 3
