"""Gathering every fault of a file, so that they can be told together."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from provenance.errors import RowError, RowErrors
from provenance.placeholders import folded
from provenance.printable import printable

LISTED: Final = 1000
"""Faults that are kept, and kinds that are told apart; further ones are counted."""

_OF_A_KIND: Final = 20
_ALIKE: Final = 0.8
"""How alike a value and a valid one are from which on it counts as a misspelling (difflib's ratio)."""

_VALID: Final = 60
"""Valid values that are listed where none is near."""

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


def unshown(text: str) -> str:
    """Stands in a message for what may hold anything, a person's name too.

    >>> unshown("Jane")
    '(not shown, 4 characters)'
    """
    return f"(not shown, {len(text)} characters)"


def nearest(value: object, among: Iterable[str], wide: Collection[str] = ()) -> str | None:
    """The valid value of which `value` is a misspelling, whatever its letter case; None where none is that near.

    What lets more through (`wide`) is never proposed: a misspelling must not become a permission by one keystroke.

    >>> nearest("publik", ["PUBLIC", "LOGIN"]), nearest("mother", ["SELF", "GUARDIAN"])
    ('PUBLIC', None)
    """
    text = _plain(str(value)[:SHOWN])
    likeness = {word: difflib.SequenceMatcher(None, _plain(word), text).ratio() for word in among}
    found = max(likeness, key=lambda word: likeness[word], default=None)
    return found if found is not None and found not in wide and likeness[found] >= _ALIKE else None


def _plain(text: str) -> str:
    return folded(text).replace(" ", "_")


@dataclass(slots=True)
class Faults:
    """The faults of one file. The first twenty of each kind and a thousand in all are kept, the others counted."""

    file: str
    listed: list[RowError] = field(default_factory=list)
    more: int = 0
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """How many faults there are."""
        return len(self.listed) + self.more

    def add(
        self,
        line: int,
        name: str,
        value: object,
        problem: str,
        among: Iterable[str] = (),
        wide: Collection[str] = (),
    ) -> None:
        """Note one fault. `among` are the valid values: the nearest is named, or where there is none a short list."""
        error = RowError(self.file, line, shown(name), shown(value), problem)
        kind = error.kind
        if kind in self.counts or len(self.counts) < LISTED:
            self.counts[kind] += 1
        if len(self.listed) >= LISTED or self.counts[kind] > _OF_A_KIND:
            self.more += 1
            return
        valid = tuple(among)
        near = nearest(value, valid, wide)
        self.listed.append(replace(error, nearest=near, valid=valid if near is None and len(valid) <= _VALID else ()))

    def raise_any(self) -> None:
        """Raises RowErrors where there is a fault."""
        if self.listed:
            raise RowErrors(sorted(self.listed, key=lambda error: error.line), more=self.more, counts=self.counts)
