"""Two passes over a file: the first checks every row and takes none, the second hands them out one by one.

So memory stays flat for any number of rows, and nothing of a file with a fault is taken.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from provenance.errors import InputError
from provenance.records.duplicates import Duplicates
from provenance.records.faults import LISTED, Faults
from provenance.records.rows import MAX_FIELDS, ROW, Fault, Header, RawRow, read_rows

_T = TypeVar("_T")

Convert = Callable[[RawRow, Faults], _T | None]
"""Makes one record of a raw row, or notes its faults and gives None."""

Keys = Callable[[_T], Iterable[tuple[str, str]]]
"""The fields of a record, with their values, that may stand only once in a file."""

_CLOSE: Final = 0.8
"""How alike two column names are from which on one counts as a misspelling of the other (difflib's ratio)."""


class Checked(NamedTuple):
    """A file without faults: the SHA-256 of its bytes and its number of rows."""

    digest: bytes
    rows: int


@dataclass(slots=True)
class Columns:
    """Tells the columns that a file may have from unknown ones.

    `limits` are the fields that narrow what may be done with an image. One that is misspelt must not be lost among
    the unknown columns, so a near miss is a fault; any other unknown column is kept.
    """

    known: frozenset[str]
    limits: tuple[str, ...]
    unknown: set[str] = field(default_factory=set)

    def check(self, line: int, names: Iterable[str], faults: Faults) -> None:
        """Note unknown names; a fault for each that misspells a limit, names a face template, or is one too many."""
        for name in names:
            if name in self.known or name in self.unknown:
                continue
            if len(self.unknown) >= MAX_FIELDS:
                faults.add(line, ROW, name, f"the file has more than {MAX_FIELDS} distinct unknown columns")
                continue
            meant = _misspelt(name, self.limits)
            if meant:
                faults.add(line, name, name, "there is no such column, and it must not be overlooked", (meant,))
            elif _is_face_template(name):
                faults.add(line, name, name, "face templates are not taken in")
            else:
                self.unknown.add(name)


@lru_cache(maxsize=4096)
def _misspelt(name: str, limits: tuple[str, ...]) -> str | None:
    plain = re.sub(r"[-.\s]+", "_", name[:80].strip()).casefold()
    return next(iter(difflib.get_close_matches(plain, limits, n=1, cutoff=_CLOSE)), None)


def _is_face_template(name: str) -> bool:
    plain = name.casefold()
    return "face" in plain and any(
        word in plain for word in ("embedding", "vector", "template", "descriptor", "encoding", "landmark")
    )


def check_file(path: Path, convert: Convert[_T], keys: Keys[_T], header: Callable[[Header, Faults], bool]) -> Checked:
    """The first pass. `header` says whether the columns let the rows be read at all.

    Raises RowErrors with every fault of the file, InputError where it cannot be read.
    """
    faults = Faults(str(path))
    digest = hashlib.sha256()
    rows = 0
    with ExitStack() as stack:
        seen: dict[str, Duplicates] = {}
        for item in read_rows(path, digest):
            if isinstance(item, Fault):
                faults.add(item.line, item.field, item.value, item.problem)
            elif isinstance(item, Header):
                if not header(item, faults):
                    break
            else:
                rows += 1
                record = convert(item, faults)
                for name, value in keys(record) if record is not None else ():
                    if name not in seen:
                        seen[name] = stack.enter_context(Duplicates())
                    seen[name].add(value, item.line)
        _note_duplicates(path, seen, faults, convert, keys)
    faults.raise_any()
    return Checked(digest.digest(), rows)


def _note_duplicates(
    path: Path, seen: dict[str, Duplicates], faults: Faults, convert: Convert[_T], keys: Keys[_T]
) -> None:
    """A fault for each value that an earlier line holds. The values are read again, since only digests were kept."""
    pairs: dict[int, dict[str, int]] = {}
    for name, duplicates in seen.items():
        for first, line in duplicates.found():
            if len(pairs) < LISTED:
                pairs.setdefault(line, {})[name] = first
            else:
                faults.more += 1
    if not pairs:
        return
    last = max(pairs)
    for item in read_rows(path, hashlib.sha256()):
        if isinstance(item, RawRow) and item.line in pairs:
            record = convert(item, Faults(str(path)))
            values = dict(keys(record)) if record is not None else {}
            for name, first in pairs[item.line].items():
                faults.add(item.line, name, values.get(name, ""), f"it stands in line {first} already")
        if not isinstance(item, Header) and item.line >= last:
            break


def stream(path: Path, checked: Checked, convert: Convert[_T]) -> Iterator[_T]:
    """The second pass: every record of a file that the first pass found sound, in order.

    Raises InputError where the file is no longer the one that was checked; at the latest after the last row, so what
    was taken until then must be dropped.
    """
    digest = hashlib.sha256()
    faults = Faults(str(path))
    for item in read_rows(path, digest):
        record = convert(item, faults) if isinstance(item, RawRow) else None
        if faults.listed or isinstance(item, Fault):
            raise _changed(path)
        if record is not None:
            yield record
    if digest.digest() != checked.digest:
        raise _changed(path)


def _changed(path: Path) -> InputError:
    return InputError(f"{path} changed while it was read", remedy="run again when nothing writes to it")
