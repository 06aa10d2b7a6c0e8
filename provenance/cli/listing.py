"""Objects on standard output: a line each (`jsonl`), or one list (`json`), neither of which is held in memory."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import click

from provenance.report.terminal import name_cell, print_table


class Listing:
    """Writes objects as they come; the list of `json` is closed at the end. `wanted` is false for other formats.

    >>> with Listing("jsonl") as listing:
    ...     listing.add({"item": "a.jpg"})
    {"item": "a.jpg"}
    """

    def __init__(self, format_name: str) -> None:
        self.wanted = format_name in ("json", "jsonl")
        self._list = format_name == "json"
        self._count = 0

    def __enter__(self) -> Self:
        if self._list:
            click.echo("[", nl=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._list and error is None:
            click.echo("\n]")

    def add(self, record: dict[str, Any]) -> None:
        """Write one object."""
        if self._list:
            click.echo(f"{',' if self._count else ''}\n {json.dumps(record)}", nl=False)
        else:
            click.echo(json.dumps(record))
        self._count += 1


def list_rows(rows: Sequence[dict[str, Any]], names: Sequence[str], format_name: str) -> None:
    """Write rows as objects, or as a table of these members of each.

    >>> list_rows([{"ref": "B-1", "state": "open", "by": "AB"}], ("ref", "state"), "jsonl")
    {"ref": "B-1", "state": "open", "by": "AB"}
    """
    with Listing(format_name) as listing:
        for row in rows if listing.wanted else ():
            listing.add(row)
    if not listing.wanted:
        cells = [["" if row[name] is None else name_cell(str(row[name])) for name in names] for row in rows]
        print_table(sys.stdout, [name.replace("_", " ") for name in names], cells)
