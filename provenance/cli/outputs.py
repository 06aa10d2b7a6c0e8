"""Where verdicts are written: one format on standard output, any number of others to files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final, TextIO

import click

from provenance.errors import UsageError
from provenance.gate.verdicts import Verdicts

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
    """Write the files, each whole or not at all, then standard output."""
    for name, path in outputs:
        _write_file(verdicts, writer_of(name), path)
    writer_of(format_name)(verdicts, sys.stdout)
    sys.stdout.flush()


def _write_file(verdicts: Verdicts, write: Writer, path: Path) -> None:
    try:
        with NamedTemporaryFile("w", encoding="utf-8", newline="", dir=path.parent, delete=False) as file:
            try:
                write(verdicts, file)  # type: ignore[arg-type]
            except BaseException:
                Path(file.name).unlink()
                raise
        Path(file.name).replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}", remedy="check its folder") from error


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
