r"""How things are told: text from outside does not steer a terminal, reorder a line or run in a spreadsheet.

Whatever came from a file, a name, a manifest, a database server or a command line goes through `printable` before it
is shown, and through `csv_cell` before it goes into CSV.
"""

from __future__ import annotations

import re
from typing import Final

_ESCAPE: Final = re.compile(r"\\(x[0-7][0-9a-f]|u[0-9a-f]{4}|U00(?:0[0-9a-f]|10)[0-9a-f]{4})")
"""The forms that `printable` writes. A file's key has `\\xNN` for bytes from 80 on, which these leave alone."""

_FORMULA: Final = re.compile(r"'* *[=+\-@\uff1d\uff0b\uff0d\uff20]")
"""What a spreadsheet would compute (=, +, -, @, also of full width), and what already looks like its quoted form."""


def printable(text: str) -> str:
    r"""Text with control, bidirectional and other invisible characters written out. Text that is plain stays as it is.

    >>> printable("a\x1b[2Jb\u202egnp")
    'a\\x1b[2Jb\\u202egnp'
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else _escape(c) for c in text)


def counted(number: int, noun: str, several: str = "") -> str:
    """A number with its noun.

    >>> counted(1, "image"), counted(1200, "image"), counted(2, "hash", "hashes")
    ('1 image', '1,200 images', '2 hashes')
    """
    return f"{number:,} {noun if number == 1 else several or noun + 's'}"


def csv_cell(text: str) -> str:
    r"""A cell of CSV: printable, and with an apostrophe before what a spreadsheet would compute (OWASP, CSV injection).

    One to one: `from_csv_cell` gives back the text.

    >>> csv_cell("=1+2"), csv_cell("'=1+2"), csv_cell("'tis")
    ("'=1+2", "''=1+2", "'tis")
    """
    shown = printable(_ESCAPE.sub(lambda found: rf"\u005c{found[1]}" if _meant(found) != found[0] else found[0], text))
    return f"'{shown}" if _FORMULA.match(shown) else shown


def from_csv_cell(shown: str) -> str:
    r"""The text that a cell stands for.

    >>> from_csv_cell(csv_cell("-1\n")) == "-1\n"
    True
    """
    plain = shown[1:] if shown.startswith("'") and _FORMULA.match(shown) else shown
    return _ESCAPE.sub(_meant, plain)


def _meant(escape: re.Match[str]) -> str:
    """The character that an escape stands for; itself, where `csv_cell` would not have written it."""
    character = chr(int(escape[1][1:], 16))
    return escape[0] if character.isprintable() and escape[1] != "u005c" else character


def _escape(character: str) -> str:
    code = ord(character)
    return rf"\x{code:02x}" if code < 0x80 else rf"\u{code:04x}" if code < 0x10000 else rf"\U{code:08x}"
