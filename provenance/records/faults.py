"""Gathering every fault of a file, so that they can be told together."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final

from provenance.errors import RowError, RowErrors
from provenance.printable import printable

LISTED: Final = 1000
"""Faults that are listed; further ones are counted."""

SHOWN: Final = 80
"""Characters of a value that are shown."""


def shown(value: object) -> str:
    r"""A value for people: at most 80 characters, on one line, with control characters escaped.

    >>> shown("a\nb\x1b[31m")
    'a\\x0ab\\x1b[31m'
    """
    if value is None:
        return ""
    if isinstance(value, dict):
        return f"an object of {len(value)} fields"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    text = value[: SHOWN + 1] if isinstance(value, str) else str(value)[: SHOWN + 1]
    safe = printable(text)
    return safe if len(safe) <= SHOWN else safe[: SHOWN - 1] + "…"


def nearest(value: object, among: Iterable[str]) -> str | None:
    """The valid value that is most like `value`, whatever its case; of equals the one with the longest common start.

    None where there is none to choose from.

    >>> nearest("publik", ["PUBLIC", "LOGIN"])
    'PUBLIC'
    """
    text = str(value)[:SHOWN].strip().replace(" ", "_").casefold()
    matcher = difflib.SequenceMatcher(b=text)

    def likeness(word: str) -> tuple[float, int]:
        matcher.set_seq1(word.casefold())
        same = (one == other for one, other in zip(word.casefold(), text, strict=False))
        return matcher.ratio(), sum(1 for _ in takewhile(bool, same))

    return max(among, key=likeness, default=None)


@dataclass(slots=True)
class Faults:
    """The faults of one file. The first 1,000 are kept, the others counted."""

    file: str
    listed: list[RowError] = field(default_factory=list)
    more: int = 0

    def add(self, line: int, name: str, value: object, problem: str, among: Iterable[str] = ()) -> None:
        """Note one fault; the nearest of `among` is looked for only where the fault is listed."""
        if len(self.listed) >= LISTED:
            self.more += 1
        else:
            self.listed.append(RowError(self.file, line, name, shown(value), problem, nearest(value, among)))

    def raise_any(self) -> None:
        """Raises RowErrors where there is a fault."""
        if self.listed:
            raise RowErrors(sorted(self.listed, key=lambda error: error.line), more=self.more)
