"""Files that somebody takes out of a collection, each by a pattern with a reason. They are told, never dropped."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import translate
from functools import cache
from glob import escape
from pathlib import Path
from typing import Final

from provenance.errors import UsageError
from provenance.keys import display

_LISTED: Final = 20
_PLACEHOLDERS: Final = frozenset({"n/a", "na", "none", "nan", "null", "tbd", "todo", "unknown", "reason", "x", "xxx"})


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A pattern of file names and the reason why they are no part of the collection.

    `*` and `?` stand for any characters, `/` among them. A pattern without `/` is matched with the last part of a
    path, another with the whole of it; a `/` in front stands for the collection itself.

    >>> Exclusion("*.zip", "sent back to the agency").covers(b"2024/more.zip")
    True
    """

    pattern: str
    reason: str

    def covers(self, key: bytes) -> bool:
        """Whether a file is taken out. What lies in a container goes with it."""
        name = display(key)
        compared = name if "/" in self.pattern else name.rpartition("/")[2]
        return _compiled(self.pattern.removeprefix("/")).match(compared) is not None


def exclusion(text: str) -> Exclusion:
    """Read `PATTERN=REASON`, parted at the last `=`. Raises UsageError without both.

    >>> exclusion("split=test/*=not trained on").reason
    'not trained on'
    """
    pattern, _, reason = (part.strip() for part in text.rpartition("="))
    if not pattern.strip("*?/"):
        raise UsageError(f"nothing is taken out by {text!r}", remedy="write PATTERN=REASON, such as '*.zip=sent back'")
    if not any(c.isalnum() for c in reason) or reason.casefold() in _PLACEHOLDERS:
        raise UsageError(f"no reason is given for taking out {pattern!r}", remedy="write PATTERN=REASON")
    return Exclusion(pattern, reason)


def ledger_exclusions(ledger: Path, collection: Path) -> tuple[Exclusion, ...]:
    """What takes a ledger that lies in a collection out of it, with the files that belong to it; nothing elsewhere.

    >>> ledger_exclusions(Path("/photos/l.db"), Path("/photos"))[0].pattern
    '/l.db'
    """
    try:
        name = ledger.resolve().relative_to(collection.resolve()).as_posix()
    except (ValueError, OSError):
        return ()
    whole = "/" + escape(display(os.fsencode(name)))
    endings = ("", "-wal", "-shm", "-journal", ".index/*", ".pdq-index/*")
    return tuple(Exclusion(whole + ending, "the ledger of this run") for ending in endings)


@dataclass(slots=True)
class TakenOut:
    """What was taken out for one reason: how many files, and the first of their names."""

    reason: str
    files: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, key: bytes) -> None:
        """Count a file."""
        self.files += 1
        if len(self.first) < _LISTED:
            self.first.append(display(key))

    @property
    def sentence(self) -> str:
        """What was taken out and why, for people.

        >>> TakenOut("sold", 3, ["1.jpg", "2.jpg", "3.jpg"]).sentence
        "taken out: '1.jpg', '2.jpg' and 1 more: sold"
        """
        named = ", ".join(repr(name) for name in self.first[:2])
        more = f" and {self.files - 2} more" if self.files > 2 else ""
        return f"taken out: {named}{more}: {self.reason}"


def excluding(exclusions: Iterable[Exclusion], key: bytes) -> Exclusion | None:
    """The first exclusion that covers a file, or None."""
    return next((one for one in exclusions if one.covers(key)), None)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern))
