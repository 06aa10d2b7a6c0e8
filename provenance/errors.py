"""Every error that this package raises on purpose, in one tree. Each says what to do next.

ProvenanceError
├── UntrustedFile         another user may change a file that decides what passes
├── UsageError            the call or the command line is wrong
│   └── ContextError      the gate context cannot be used
├── InputError            a file that the user gave cannot be used
│   ├── RowErrors         rows of a manifest or of basis records; all of them at once
│   ├── SourceError       a collection cannot be listed
│   └── PackError         a jurisdiction pack, lexicon or waiver file breaks its schema
├── LedgerError           the ledger cannot be opened, read or written
│   ├── LedgerLocked      another process writes to it and did not finish in time
│   └── LedgerTooNew      it was written by a newer version
├── MissingExtra          an optional dependency is needed
├── NothingToCheck        the gate was shown no image
├── VerdictsStale         the ledger or the disk changed since the gate
└── GateFailed            at least one image may not be used
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from provenance.printable import printable

_LINES_TOLD: Final = 5


class ProvenanceError(Exception):
    """The root of the tree. `str()` is for people, printable and one line; `exit_status` is what the command returns.

    Several problems are given as a list of lines.

    >>> str(ProvenanceError("the ledger is a folder", remedy="name a file"))
    'the ledger is a folder; name a file'
    """

    exit_status = 2

    def __init__(self, problem: str | Sequence[str], *, remedy: str = "") -> None:
        lines = (problem,) if isinstance(problem, str) else problem
        self.problem = "\n".join(map(printable, lines))
        self.remedy = printable(remedy)
        super().__init__(f"{self.problem}; {self.remedy}" if remedy else self.problem)


class UntrustedFile(ProvenanceError):
    """Another user may change a ledger, an index or a configuration file, or put another in its place."""


class UsageError(ProvenanceError):
    """The call or the command line is wrong."""


class ContextError(UsageError):
    """The gate context cannot be used."""


class InputError(ProvenanceError):
    """A file that the user gave cannot be used. Nothing of it was taken."""


@dataclass(frozen=True, slots=True)
class RowError:
    """One fault of one row: where it is, what was found, the nearest valid value, or the valid values."""

    file: str
    line: int
    field: str
    value: str
    problem: str
    nearest: str | None = None
    valid: tuple[str, ...] = ()

    @property
    def kind(self) -> tuple[str, str]:
        """What faults of one kind have in common: the field, wherever in a list it stands, and the problem."""
        return re.sub(r"\[\d+\]", "[]", self.field), self.problem

    def __str__(self) -> str:
        hint = f" (did you mean {self.nearest}?)" if self.nearest else ""
        valid = f"; valid: {', '.join(self.valid)}" if self.valid and not hint else ""
        return f"{self.file}:{self.line}: {self.field}: {self.problem}: {self.value}{hint}{valid}"


class RowErrors(InputError):
    """Every fault of a manifest or records file, together. Nothing of that file was taken.

    `errors` holds the first of each kind, `counts` how many there are of it. Faults of one kind are told once.
    """

    def __init__(
        self, errors: Sequence[RowError], *, more: int = 0, counts: Mapping[tuple[str, str], int] | None = None
    ) -> None:
        self.errors = tuple(errors)
        self.more = more
        total = len(self.errors) + more
        kinds: dict[tuple[str, str], list[RowError]] = {}
        for error in self.errors:
            kinds.setdefault(error.kind, []).append(error)
        known = counts or {}
        told = [_of_one_kind(alike, known.get(kind, len(alike))) for kind, alike in kinds.items()]
        untold = total - sum(max(known.get(kind, 0), len(alike)) for kind, alike in kinds.items())
        head = f"{total} invalid value{'s' if total != 1 else ''}, nothing of the file was taken"
        tail = [f"… and {untold} more"] if untold > 0 else []
        super().__init__([head, *told, *tail], remedy="correct the rows and run again")


def _of_one_kind(alike: Sequence[RowError], count: int) -> str:
    """The first fault of a kind, and in which lines the others are."""
    first, *others = alike
    if count == 1:
        return str(first)
    lines = sorted({other.line for other in others} - {first.line})[:_LINES_TOLD]
    where = f", in lines {', '.join(map(str, lines))}{' and so on' if count > len(lines) + 1 else ''}" if lines else ""
    return f"{first} (and {count - 1} more of this kind{where})"


class SourceError(InputError):
    """A collection cannot be listed."""


class PackError(InputError):
    """A jurisdiction pack, a lexicon or a waiver file breaks its schema."""


class LedgerError(ProvenanceError):
    """The ledger cannot be opened, read or written."""


class LedgerLocked(LedgerError):
    """Another process writes to the ledger and did not finish in time."""


class LedgerTooNew(LedgerError):
    """The ledger was written by a newer version of this package."""


class MissingExtra(ProvenanceError):
    """An optional dependency is needed for what was asked."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs {package}", remedy=f"pip install 'consent-provenance[{extra}]'")


class NothingToCheck(ProvenanceError):
    """The gate was shown no image."""

    exit_status = 3


class VerdictsStale(ProvenanceError):
    """The ledger or the disk changed since the gate, so that its verdicts may no longer be true."""


class GateFailed(ProvenanceError):
    """At least one image may not be used. `counts` maps each decision to its number of images."""

    exit_status = 1

    def __init__(self, summary: str, counts: Mapping[str, int]) -> None:
        self.counts = dict(counts)
        super().__init__(summary, remedy="see verdict.reasons() or run `provenance explain ITEM`")
