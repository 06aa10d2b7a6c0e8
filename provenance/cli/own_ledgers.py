"""Ledgers that this user made inside a collection, told from those that came with one.

A ledger that is copied along with a dataset looks like one's own. What this command made in such a place is noted in
the user's own state folder, by path and inode.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from provenance import open_flags
from provenance.private_files import FILE_MODE, create_folder, require_own

_MOST_BYTES: Final = 1 << 20


def note(ledger: Path) -> None:
    """Remember a ledger that was just made. Where that cannot be, it has to be named from now on."""
    try:
        notes = _notes()
        create_folder(notes.parent)
        descriptor = os.open(notes, os.O_WRONLY | os.O_APPEND | os.O_CREAT | open_flags.NOFOLLOW, FILE_MODE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(_line(ledger))
    except (OSError, RuntimeError):  # a full disk, or nobody knows where the user's home is
        return


def knows(ledger: Path) -> bool:
    """Whether this user made the ledger where it lies. Raises UntrustedFile where others may write the notes."""
    try:
        notes = _notes()
        require_own(notes, "the notes on ledgers")
        with notes.open(encoding="utf-8") as file:
            return _line(ledger) in file.read(_MOST_BYTES).splitlines(keepends=True)
    except (OSError, RuntimeError):
        return False


def _notes() -> Path:
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "provenance" / "ledgers"


def _line(ledger: Path) -> str:
    found = ledger.stat()
    return f"{found.st_dev}:{found.st_ino} {os.fsencode(ledger.resolve()).hex()}\n"
