"""Where verdicts are written: one format on standard output, any number of others to files."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, TextIO, cast

import click

from provenance.cli.options import option
from provenance.cli.speak import output_lost
from provenance.errors import UsageError
from provenance.report.formats import FORMATS, Format
from provenance.report.gate_report import GateReport

_STANDARD: Final = Path("-")
_ALL: Final = tuple(FORMATS)


def parse_outputs(given: Sequence[str], format_name: str | None) -> list[tuple[Format, Path]]:
    """`FORMAT:FILE` pairs, of which FILE `-` is standard output, and the format of `--format` for it.

    Raises UsageError, before any work is done, for one that cannot be written.
    """
    outputs = []
    for text in given:
        name, separator, file = text.partition(":")
        if name not in FORMATS or not separator or not file:
            raise UsageError(f"--output {text}", remedy=f"write FORMAT:FILE, with one of {', '.join(FORMATS)}")
        path = Path(file)
        if path != _STANDARD and (path.is_dir() or not path.parent.is_dir()):
            raise UsageError(f"--output {text}: {file} cannot be written", remedy="name a file in a folder that exists")
        outputs.append((FORMATS[name], path))
    standard = [path for _, path in outputs].count(_STANDARD) + (format_name is not None)
    if standard > 1:
        raise UsageError("two formats for standard output", remedy="leave --format out, or write one of them to a file")
    if not standard:
        outputs.append((FORMATS["table"], _STANDARD))
    elif format_name is not None:
        outputs.append((FORMATS[format_name], _STANDARD))
    for chosen, _ in outputs:
        chosen.check()
    return outputs


def write_all(report: GateReport, outputs: Sequence[tuple[Format, Path]]) -> None:
    """Write the files, all of them whole or none, then standard output. Raises UsageError."""
    from provenance.report.whole_file import naming, whole_files

    files = [(chosen, path) for chosen, path in outputs if path != _STANDARD]
    with whole_files([path for _, path in files], binary=[chosen.binary for chosen, _ in files]) as streams:
        for (chosen, path), out in zip(files, streams, strict=True):
            with naming(path):
                chosen.write(report, out)
    for chosen, path in outputs:
        if path == _STANDARD:
            _to_standard_output(report, chosen)


@contextmanager
def target(output: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that is written whole or not at all. Raises UsageError."""
    from provenance.report.whole_file import naming, whole_files

    if output is None or output == _STANDARD:
        yield sys.stdout
        return
    with whole_files([output], binary=[False]) as (out,), naming(output):
        yield cast("TextIO", out)


def _to_standard_output(report: GateReport, chosen: Format) -> None:
    out: IO[Any] = sys.stdout.buffer if chosen.binary else sys.stdout
    try:
        chosen.write(report, out)
        out.flush()
    except OSError as error:
        raise output_lost(error) from error


output_options: Final = (
    option("--format", "format_name", type=click.Choice(_ALL), help="What standard output gets [default: table]."),
    option(
        "-o",
        "--output",
        "outputs",
        multiple=True,
        metavar="FORMAT:FILE",
        help="Write a further format to a file; repeatable. FILE - is standard output.",
    ),
)
