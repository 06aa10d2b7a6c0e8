"""What people read at a terminal: plain tables, and text from strangers that cannot steer it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import TYPE_CHECKING, Final, TextIO

from provenance.printable import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_GAP: Final = 2
_LEAST: Final = 8


def write_utf8() -> None:
    """Let standard output take any name, whatever the locale, and give what a file gets."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")


def console_on(out: TextIO) -> Console:
    """Writes to `out`, as wide as the terminal is; what goes into a file or a pipe is not wrapped."""
    from rich.console import Console

    return Console(file=out, highlight=False, soft_wrap=not out.isatty())


def name_cell(text: str) -> Text:
    """A cell with a name, a stranger's perhaps: shown in full, and broken anywhere where there is no room."""
    from rich.text import Text

    return Text(printable(text), overflow="fold")


def print_table(out: TextIO, heads: Sequence[str], rows: Sequence[Sequence[Text | str]]) -> None:
    """A table without lines. On a terminal words and codes stay whole and sentences are wrapped.

    In a file or a pipe every row is one line.
    """
    from rich.text import Text

    cells = [[Text(printable(one)) if isinstance(one, str) else one for one in row] for row in rows]
    if out.isatty():
        _wrapped(out, heads, cells)
        return
    plain = [tuple(heads), *(tuple(one.plain.replace("\n", " ") for one in row) for row in cells)]
    widths = [max(map(len, column)) for column in zip(*plain, strict=True)]
    for row in plain:
        line = "  ".join(one.ljust(width) for one, width in zip(row, widths, strict=True))
        out.write(line.rstrip() + "\n")


def _wrapped(out: TextIO, heads: Sequence[str], cells: Sequence[Sequence[Text]]) -> None:
    """A table in which names give way first: the other columns are as wide as their longest word at least."""
    from rich.table import Table

    console = console_on(out)
    table = Table(box=None, pad_edge=False, header_style="bold")
    names = [any(row[place].overflow == "fold" for row in cells) for place in range(len(heads))]
    words = [
        max(len(word) for text in (head, *(row[place].plain for row in cells)) for word in text.split() or [""])
        for place, head in enumerate(heads)
    ]
    taken = sum(width for width, name in zip(words, names, strict=True) if not name) + _GAP * len(heads)
    share = max(_LEAST, (console.width - taken) // max(1, sum(names)))
    for head, width, name in zip(heads, words, names, strict=True):
        table.add_column(head, min_width=min(width, share) if name else width, max_width=share if name else None)
    for row in cells:
        table.add_row(*row)
    console.print(table)
