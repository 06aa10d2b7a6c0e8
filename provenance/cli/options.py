"""Options that several commands share. Each can be given by an environment variable too, save the clock."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])

DEFAULT_LEDGER: Final = "provenance.db"

_UNITS: Final = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def _bytes(context: click.Context, option: click.Parameter, value: str | None) -> int | None:
    """A number of bytes, with K, M, G or T for its binary multiples. Raises BadParameter for anything else."""
    if value is None:
        return None
    found = re.fullmatch(r"([0-9]{1,15})([KMGT]?)(?:i?B)?", value.strip(), re.ASCII | re.IGNORECASE)
    if found is None or not int(found[1]):
        raise click.BadParameter(f"{value!r} is no number of bytes, such as 500M or 2G", context, option)
    return int(found[1]) * _UNITS[found[2].upper()]


INPUT: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)


READING: Final = (
    "manifest", "records", "columns", "workers", "engine", "address", "memory", "people", "exact", "windows", "pdq",
    "exclude", "all_frames", "evidence_folders", "moved_from", "new_collection",
)  # fmt: skip
"""Options that say what a scan reads and how: arguments of `Ledger.scan` by the same names."""


def option(*names: str, **attributes: Any) -> Callable[[Function], Function]:
    """An option that the variable `PROVENANCE_` with its first long name sets where the command line does not."""
    long = next(name for name in names if name.startswith("--")).split("/")[0]
    variable = "PROVENANCE_" + long.removeprefix("--").replace("-", "_").upper()
    return click.option(*names, envvar=variable, **attributes)


def example(*lines: str) -> str:
    """The examples at the end of a command's help: each line is a call of the command that can be tried."""
    return "\b\nExamples:\n" + "\n".join(f"  $ {line}" for line in lines)


ledger_option: Final = option(
    "--ledger",
    default=DEFAULT_LEDGER,
    show_default=True,
    metavar="FILE|URL",
    help="The ledger: a file, or a SQLAlchemy URL.",
)

packs_option: Final = option("--packs", type=FOLDER, help="A folder of jurisdiction packs of your own.")

waivers_option: Final = option(
    "--waivers", type=INPUT, metavar="F", help="Findings that somebody took upon themself: TOML."
)

quiet_option: Final = option("-q", "--quiet", is_flag=True, help="No progress on standard error.")

verbose_option: Final = option("-v", "--verbose", is_flag=True, help="Tell each step on standard error.")

output_option: Final = click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="F", help="Write to a file."
)

PEOPLE_FORMATS: Final = ("table", "text", "json", "jsonl")
"""What commands that list something print: `text` is another word for `table`."""

listing_format: Final = click.option(
    "--format",
    "format_name",
    type=click.Choice(PEOPLE_FORMATS),
    default="table",
    show_default=True,
    help="What standard output gets.",
)


def _names_somebody(_context: click.Context, _option: click.Parameter, name: str | None) -> str | None:
    from provenance.placeholders import names_somebody

    if name is not None and not names_somebody(name):
        raise click.BadParameter("it names nobody; name the person")
    return name


def somebody_option(name: str, **attributes: Any) -> Callable[[Function], Function]:
    """An option that names a person; a program or a placeholder is nobody."""
    return option(name, metavar="NAME", callback=_names_somebody, **attributes)


vouch_option: Final = somebody_option("--vouch", help="Who answers for what the collection's own metadata files say.")


def collection_options(command: Function) -> Function:
    """The collections to work on, the files that speak of them, and how they are read."""
    named = click.argument("collections", nargs=-1, required=True, metavar="COLLECTION...", type=click.Path())
    return named(reading_options(command))


def reading_options(command: Function) -> Function:
    """The files that speak of collections, and how images are read."""
    for one in (
        verbose_option,
        quiet_option,
        option(
            "--exclude",
            multiple=True,
            metavar="PATTERN=REASON",
            help="Files that are no part of the collection, and why; they are told.",
        ),
        option(
            "--memory",
            callback=_bytes,
            metavar="N",
            help="Bytes of images held at once, such as 2G [default: a quarter].",
        ),
        option("--address", metavar="HOST:PORT", help="The Ray cluster that reads images [default: this machine]."),
        option(
            "--engine",
            type=click.Choice(["auto", "inline", "threads", "processes", "ray"]),
            default="auto",
            show_default=True,
            help="Who reads images; in processes a decoder that crashes costs one of them.",
        ),
        option("--pdq", is_flag=True, help="Take PDQ fingerprints too, which others' lists are of."),
        option("--all-frames", is_flag=True, help="Compare every frame and page of a file, not 16 spread over it."),
        option(
            "--windows/--no-windows",
            default=True,
            show_default=True,
            help="Take the hashes of 27 windows of each image: larger crops are found by them.",
        ),
        option("--exact", is_flag=True, help="Decode images in full: ImageHash's own bits, three times as slow."),
        option("--people", is_flag=True, help="Look for people with local detectors; they never clear an image."),
        option("--workers", type=click.IntRange(1, 256), help="How many read images [default: one a core]."),
        packs_option,
        ledger_option,
        option(
            "--evidence-folder",
            "evidence_folders",
            type=FOLDER,
            multiple=True,
            metavar="DIR",
            help="A folder that evidence may lie in, beside those of manifest and records; repeatable.",
        ),
        click.option(
            "--moved-from",
            multiple=True,
            metavar="PLACE",
            help="Where a collection lay until now, where it is asked; repeatable.",
        ),
        click.option("--new-collection", is_flag=True, help="A collection of which it is asked is none that moved."),
        option("--as", "known_as", metavar="NAME", help="What to call manifest and records [default: their paths]."),
        option("--columns", type=INPUT, metavar="F", help="A map of the columns of those files to ours: TOML."),
        option("--records", type=INPUT, metavar="F", help="Basis records: JSON Lines, CSV or Parquet."),
        option("--manifest", type=INPUT, metavar="F", help="The manifest: CSV, JSON Lines, Parquet or TOML."),
    ):
        command = one(command)
    return command


def context_options(command: Function) -> Function:
    """What the dataset is for; flags win over the context file."""
    for one in (
        vouch_option,
        option("--strict/--no-strict", default=None, help="Count REVIEW as BLOCK."),
        option("--recipient", "recipients", multiple=True, metavar="WHO", help="Who will receive the dataset."),
        option("--offered-in", multiple=True, metavar="JURISDICTION", help="Where the dataset is offered."),
        option(
            "--established-in",
            "--controller-established-in",
            "established_in",
            multiple=True,
            metavar="JURISDICTION",
            help="Where the controller is established.",
        ),
        # Neither a file nor the environment sets the clock: whoever turns it back says so.
        click.option("--as-of", metavar="TIME", help="The gate's clock, ISO 8601 with an offset [default: now]."),
        option("--purpose", metavar="P", help="What the dataset is for, such as MODEL_TRAINING."),
        option(
            "--context",
            "context_file",
            type=INPUT,
            metavar="F",
            help="The gate context: TOML or JSON [default: pyproject.toml's tool.provenance].",
        ),
    ):
        command = one(command)
    return command


def context_flags(
    purpose: str | None,
    as_of: str | None,
    established_in: tuple[str, ...],
    offered_in: tuple[str, ...],
    recipients: tuple[str, ...],
    strict: bool | None,  # noqa: FBT001 - click passes it by name
    vouch: str | None,
) -> dict[str, object]:
    """The flags as fields of the gate context; None where a flag was not given."""
    return {
        "purpose": purpose,
        "as_of": as_of,
        "controller_established_in": established_in or None,
        "offered_in": offered_in or None,
        "recipients": recipients or None,
        "strict": strict,
        "vouched_by": vouch,
    }


def context_path(given: Path | None) -> Path | None:
    """The context file that was named, or the project's own `pyproject.toml`.

    Raises UntrustedFile where another user may write it.
    """
    from provenance.cli.surroundings import configuration
    from provenance.private_files import require_own

    if given is None:
        return configuration()
    require_own(given, "the context")
    return given
