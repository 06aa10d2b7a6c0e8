"""Where verdicts are written: one format on standard output, any number of others to files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TextIO

import click

from provenance.errors import UsageError
from provenance.gate.verdicts import Verdicts
from provenance.report.terminal import write_utf8

Writer = Callable[[Verdicts, TextIO], None]

FORMATS: Final = ("table", "json", "jsonl", "csv")


def writer_of(name: str) -> Writer:
    """The function that writes a format."""
    from provenance.report import machine
    from provenance.report.table import write_table

    writers: dict[str, Writer] = {
        "table": write_table,
        "json": machine.write_json,
        "jsonl": machine.write_jsonl,
        "csv": machine.write_csv,
    }
    return writers[name]


def parse_outputs(given: Sequence[str]) -> list[tuple[str, Path]]:
    """`FORMAT:FILE` pairs. Raises UsageError, before any work is done, for one that cannot be written."""
    outputs = []
    for text in given:
        name, separator, file = text.partition(":")
        if name not in FORMATS or not separator or not file:
            raise UsageError(f"--output {text}", remedy=f"write FORMAT:FILE, with one of {', '.join(FORMATS)}")
        path = Path(file)
        if path.is_dir() or not path.parent.is_dir():
            raise UsageError(f"--output {text}: {file} cannot be written", remedy="name a file in a folder that exists")
        outputs.append((name, path))
    return outputs


def write_all(verdicts: Verdicts, format_name: str, outputs: Sequence[tuple[str, Path]]) -> None:
    """Write the files, all of them whole or none, then standard output. Raises UsageError."""
    partials: list[tuple[Path, Path]] = []
    try:
        for number, (name, path) in enumerate(outputs):
            target = path.resolve()  # through a link, not over it
            file = target
            if target.is_file() or not target.exists():  # a pipe or a device is written to, never replaced
                file = target.with_name(f".provenance-{os.getpid()}-{number}.partial")
                partials.append((file, target))
            _write_file(verdicts, writer_of(name), file, path)
        for partial, target in partials:
            partial.replace(target)
    finally:
        for partial, _ in partials:
            partial.unlink(missing_ok=True)
    write_utf8()
    writer_of(format_name)(verdicts, sys.stdout)
    sys.stdout.flush()


def _write_file(verdicts: Verdicts, write: Writer, file: Path, asked: Path) -> None:
    try:
        with file.open("w", encoding="utf-8", newline="") as out:
            write(verdicts, out)
    except OSError as error:
        raise UsageError(f"{asked} cannot be written: {error.strerror or error}", remedy="check its folder") from error


output_options: Final = (
    click.option(
        "--format",
        "format_name",
        type=click.Choice(FORMATS),
        default="table",
        show_default=True,
        help="What standard output gets.",
    ),
    click.option(
        "--output",
        "outputs",
        multiple=True,
        metavar="FORMAT:FILE",
        help="Write a further format to a file; repeatable.",
    ),
)
