"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_LEDGER: Final = "provenance.db"

ledger_option: Final = click.option(
    "--ledger",
    default=DEFAULT_LEDGER,
    show_default=True,
    metavar="FILE|URL",
    help="The ledger: a file, or a SQLAlchemy URL.",
)

packs_option: Final = click.option(
    "--packs",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of jurisdiction packs of your own.",
)

quiet_option: Final = click.option("--quiet", "-q", is_flag=True, help="No progress on standard error.")

table_or_jsonl: Final = click.option(
    "--format",
    "format_name",
    type=click.Choice(("table", "jsonl")),
    default="table",
    show_default=True,
    help="What standard output gets.",
)

INPUT: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


def collection_options(command: Command) -> Command:
    """The collections to work on and the files that speak of them."""
    for option in (
        quiet_option,
        click.option(
            "--processes", is_flag=True, help="Read images in processes: a decoder that crashes costs one image."
        ),
        click.option("--pdq", is_flag=True, help="Take PDQ fingerprints too, which others' lists are of."),
        click.option(
            "--windows/--no-windows",
            default=True,
            show_default=True,
            help="Take the hashes of 27 windows of each image: larger crops are found by them.",
        ),
        click.option("--exact", is_flag=True, help="Decode images in full: ImageHash's own bits, three times as slow."),
        click.option("--people", is_flag=True, help="Look for people with local detectors; they never clear an image."),
        click.option("--workers", type=click.IntRange(1, 256), help="How many read images [default: one a core]."),
        packs_option,
        ledger_option,
        click.option(
            "--columns",
            type=INPUT,
            metavar="F",
            help="A map of the manifest's and the records' own columns to ours: TOML.",
        ),
        click.option("--records", type=INPUT, metavar="F", help="Basis records: JSON Lines, CSV or Parquet."),
        click.option("--manifest", type=INPUT, metavar="F", help="The manifest: CSV, JSON Lines or Parquet."),
        click.argument("collections", nargs=-1, required=True, metavar="COLLECTION...", type=click.Path()),
    ):
        command = option(command)
    return command


def context_options(command: Command) -> Command:
    """What the dataset is for; flags win over the context file."""
    for option in (
        click.option("--strict/--no-strict", default=None, help="Count REVIEW as BLOCK."),
        click.option("--recipient", "recipients", multiple=True, metavar="WHO", help="Who will receive the dataset."),
        click.option("--offered-in", multiple=True, metavar="JURISDICTION", help="Where the dataset is offered."),
        click.option(
            "--established-in", multiple=True, metavar="JURISDICTION", help="Where the controller is established."
        ),
        click.option("--as-of", metavar="TIME", help="The gate's clock, ISO 8601 with an offset [default: now]."),
        click.option("--purpose", metavar="P", help="What the dataset is for, such as MODEL_TRAINING."),
        click.option(
            "--context",
            "context_file",
            type=INPUT,
            metavar="F",
            help="The gate context: TOML or JSON [default: pyproject.toml's tool.provenance].",
        ),
    ):
        command = option(command)
    return command


def context_flags(
    purpose: str | None,
    as_of: str | None,
    established_in: tuple[str, ...],
    offered_in: tuple[str, ...],
    recipients: tuple[str, ...],
    strict: bool | None,  # noqa: FBT001 - click passes it by name
) -> dict[str, object]:
    """The flags as fields of the gate context; None where a flag was not given."""
    return {
        "purpose": purpose,
        "as_of": as_of,
        "controller_established_in": established_in or None,
        "offered_in": offered_in or None,
        "recipients": recipients or None,
        "strict": strict,
    }


def context_path(given: Path | None) -> Path | None:
    """The context file that was named, or the project's own `pyproject.toml`."""
    own = Path("pyproject.toml")
    return given if given is not None else own if own.is_file() else None
