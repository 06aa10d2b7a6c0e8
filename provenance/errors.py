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
    """Another user may change a ledger, an index or a configuration file, or put another in its place.

    >>> issubclass(UntrustedFile, ProvenanceError)
    True
    """


class UsageError(ProvenanceError):
    """The call or the command line is wrong.

    >>> try:
    ...     ledger.explain("nowhere.png", verdicts.context)
    ... except UsageError as error:
    ...     error.exit_status
    2
    """


class ContextError(UsageError):
    """The gate context cannot be used.

    >>> try:
    ...     ledger.gate("demo/photos", purpose="TRAINING")
    ... except ContextError as error:
    ...     print(error)
    flags: purpose: it is no Purpose: TRAINING...
    """


class InputError(ProvenanceError):
    """A file that the user gave cannot be used. Nothing of it was taken.

    >>> try:
    ...     ledger.find("nowhere.png")
    ... except InputError as error:
    ...     print(error)
    nowhere.png cannot be read: No such file or directory; check the path
    """


@dataclass(frozen=True, slots=True)
class RowError:
    """One fault of one row: where it is, what was found, the nearest valid value, or the valid values.

    >>> print(RowError("sources.csv", 3, "persons_status", "NOBODY", "it is no PersonsStatus", nearest="NONE"))
    sources.csv:3: persons_status: it is no PersonsStatus: NOBODY (did you mean NONE?)
    """

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

    >>> try:
    ...     ledger.scan("demo/photos", manifest="demo/records.jsonl")
    ... except RowErrors as error:
    ...     error.errors[0].line
    1
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
    """A collection cannot be listed.

    >>> try:
    ...     ledger.scan("nowhere")
    ... except SourceError as error:
    ...     print(error)
    the collection 'nowhere' cannot be read: No such file or directory; check the path and your right to read it
    """


class PackError(InputError):
    """A jurisdiction pack, a lexicon or a waiver file breaks its schema.

    >>> try:
    ...     open("demo/ledger.db", packs="nowhere")
    ... except PackError as error:
    ...     print(error)
    nowhere is not a folder of packs; name a folder that holds files such as CA.toml
    """


class LedgerError(ProvenanceError):
    """The ledger cannot be opened, read or written.

    >>> try:
    ...     open("demo")
    ... except LedgerError as error:
    ...     print(error)
    the ledger demo is a folder; name a file, such as demo/ledger.db
    """


class LedgerLocked(LedgerError):
    """Another process writes to the ledger and did not finish in time.

    >>> issubclass(LedgerLocked, LedgerError)
    True
    """


class LedgerTooNew(LedgerError):
    """The ledger was written by a newer version of this package.

    >>> issubclass(LedgerTooNew, LedgerError)
    True
    """


class MissingExtra(ProvenanceError):
    """An optional dependency is needed for what was asked.

    >>> print(MissingExtra("pyarrow", "parquet", "a manifest in Parquet"))
    a manifest in Parquet needs pyarrow; pip install 'consent-provenance[parquet]'
    """

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs {package}", remedy=f"pip install 'consent-provenance[{extra}]'")


class NothingToCheck(ProvenanceError):
    """The gate was shown no image.

    >>> try:
    ...     ledger.gate("demo/evidence", purpose="MODEL_TRAINING")
    ... except NothingToCheck as error:
    ...     error.exit_status
    3
    """

    exit_status = 3


class ImageRefused(ProvenanceError):
    """An image was asked for that may not be used, at the moment at which it was to be read.

    >>> print(ImageRefused("sub/refused.png may not be used (BASIS_MISSING)", remedy="leave it out"))
    sub/refused.png may not be used (BASIS_MISSING); leave it out
    """

    exit_status = 1


class VerdictsStale(ProvenanceError):
    """The ledger or the disk changed since the gate, so that its verdicts may no longer be true.

    >>> issubclass(VerdictsStale, ProvenanceError)
    True
    """


class GateFailed(ProvenanceError):
    """At least one image may not be used. `counts` maps each decision to its number of images.

    >>> GateFailed("2 images: 1 allowed, 0 need review, 1 blocked", {"ALLOW": 1, "BLOCK": 1}).exit_status
    1
    """

    exit_status = 1

    def __init__(self, summary: str, counts: Mapping[str, int], *, remedy: str = "") -> None:
        self.counts = dict(counts)
        super().__init__(summary, remedy=remedy or "see verdicts.by_reason() or run `provenance explain ITEM`")
