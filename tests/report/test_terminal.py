"""Tables: no code is cut on a narrow terminal, and every row is one line in a pipe."""

from __future__ import annotations

import io

import pytest
from rich.text import Text

from provenance.report.terminal import name_cell, print_table

CODES = ("JURISDICTION_UNKNOWN_STRICTEST_APPLIED", "MINOR_GUARDIAN_CONSENT_REQUIRED", "BASIS_MISSING")
HEADS = ("decision", "image", "why")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def rows() -> list[tuple[Text | str, ...]]:
    return [
        (
            "BLOCK",
            name_cell("a/very/long/path/" * 6 + f"{n}.jpg"),
            Text(f"{code}: {'some words ' * 20}\n(also {CODES[0]})"),
        )
        for n, code in enumerate(CODES)
    ]


@pytest.mark.parametrize("columns", [80, 100, 200])
def test_a_terminal_cuts_no_code_and_no_name(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "dumb")
    out = Terminal()
    print_table(out, HEADS, rows())
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= columns
    assert "…" not in out.getvalue()
    for code in CODES:
        assert any(code in line for line in lines)
    names = "".join(line[10:].split("  ")[0] for line in lines[1:])
    assert names.count(".jpg") == 3


def test_a_pipe_gets_a_line_a_row_without_spaces_at_its_end() -> None:
    out = io.StringIO()
    print_table(out, HEADS, rows())
    lines = out.getvalue().splitlines()
    assert len(lines) == 4
    assert all(line == line.rstrip() for line in lines)
    assert [line.split()[0] for line in lines] == ["decision", "BLOCK", "BLOCK", "BLOCK"]


def test_text_from_outside_is_printable_in_every_cell() -> None:
    out = io.StringIO()
    print_table(out, ("a", "b"), [("x\x1b[2Jy", name_cell("p\u202eq"))])
    assert "x\\x1b[2Jy" in out.getvalue()
    assert "p\\u202eq" in out.getvalue()
