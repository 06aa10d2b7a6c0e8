"""What people read at a terminal: plain tables, and text from strangers that cannot steer it."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

_WIDTH: Final = 160
"""Columns of a table that goes into a file or a pipe."""


def printable(text: str) -> str:
    """Text from a stranger without anything that steers a terminal.

    >>> printable("a\\x1b[2Jb")
    'a\\\\x1b[2Jb'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def write_utf8() -> None:
    """Let standard output take any name, whatever the locale, and give what a file gets."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")


def console_on(out: TextIO) -> Console:
    """Writes to `out`, as wide as the terminal is, or 160 columns where there is none."""
    from rich.console import Console

    return Console(file=out, width=None if out.isatty() else _WIDTH, highlight=False)


def plain_table(*heads: str) -> Table:
    """A table without lines."""
    from rich.table import Table

    return Table(*heads, box=None, pad_edge=False, header_style="bold")


def cell(text: str) -> Text:
    """A cell whose text, a stranger's perhaps, is shown in full."""
    from rich.text import Text

    return Text(printable(text), overflow="fold")
