"""Two passes over a file: the first checks every row and takes none, the second hands them out one by one.

So memory stays flat for any number of rows, and nothing of a file with a fault is taken. A unit is what becomes one
image or one record: a row, or the rows of one image where a table has one row a person.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from provenance.errors import InputError
from provenance.records.duplicates import Duplicates
from provenance.records.faults import Faults
from provenance.records.formats.raw import Fault, Header, Item, RawRow
from provenance.records.spool import Spool

_T = TypeVar("_T")

_MAX_REPEATED: Final = 10_000
"""Rows that may stand twice in a file, saying the same."""


class Key(NamedTuple):
    """A value that may stand only once in a file. A `weak` one may stand twice, yet not beside one that is not."""

    name: str
    value: str
    weak: bool = False


class Converter(Protocol[_T]):
    """Makes records of the rows of one file."""

    def rows(self, digest: Any) -> Iterator[Item]:
        """The file's headers, rows and faults, in order."""

    def header(self, header: Header, faults: Faults) -> bool:
        """Note what is wrong with the columns. False where no row can be read."""

    def group_of(self, raw: RawRow) -> str | None:
        """What rows of one unit have in common; None where each row is one."""

    def convert(self, raw: Sequence[RawRow], faults: Faults) -> _T | None:
        """The record of a unit; None where there is a fault, which is then noted."""

    def keys(self, record: _T) -> Iterable[Key]:
        """The values of a record that may stand only once."""

    def said(self, record: _T) -> Mapping[str, object]:
        """What a record says, by field: two rows with one key must agree in all of it."""

    def hint(self, differing: Sequence[str]) -> str:
        """What else to tell of two rows of one key that differ in these fields."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A file without faults: the SHA-256 of its bytes, its number of units, and the lines that only repeat others."""

    digest: bytes
    rows: int
    repeated: frozenset[int] = field(default_factory=frozenset)


def check_file(path: Path, converter: Converter[_T], visit: Callable[[_T, int], None] | None = None) -> Checked:
    """The first pass. `visit` is shown every sound record with its line.

    Raises RowErrors with every fault of the file, InputError where it cannot be read.
    """
    faults = Faults(str(path))
    digest = hashlib.sha256()
    units = 0
    with ExitStack() as stack:
        seen: dict[str, Duplicates] = {}
        for unit in _units(converter, digest, faults):
            units += 1
            record = converter.convert(unit, faults)
            if record is None:
                continue
            line = unit[0].line
            if visit is not None:
                visit(record, line)
            for key in converter.keys(record):
                if key.name not in seen:
                    seen[key.name] = stack.enter_context(Duplicates())
                seen[key.name].add(key.value, line, weak=key.weak)
        repeated = _repeated(seen, faults, converter)
    faults.raise_any()
    return Checked(digest.digest(), units - len(repeated), repeated)


def stream(path: Path, checked: Checked, converter: Converter[_T]) -> Iterator[_T]:
    """The second pass: every record of a file that the first pass found sound, in order.

    Raises InputError where the file is no longer the one that was checked; at the latest after the last row, so what
    was taken until then must be dropped.
    """
    digest = hashlib.sha256()
    faults = Faults(str(path))
    for unit in _units(converter, digest, faults):
        record = converter.convert(unit, faults) if unit[0].line not in checked.repeated else None
        if faults.listed:
            raise _changed(path)
        if record is not None:
            yield record
    if faults.listed or digest.digest() != checked.digest:
        raise _changed(path)


def _units(converter: Converter[_T], digest: Any, faults: Faults) -> Iterator[Sequence[RawRow]]:
    """The units of a file in order of their first rows. Faults of its format and header are noted on the way."""
    with Spool() as spool:
        for item in converter.rows(digest):
            if isinstance(item, Fault):
                faults.add(item.line, item.field, item.value, item.problem)
            elif isinstance(item, Header):
                if not converter.header(item, faults):
                    return
            elif (group := converter.group_of(item)) is None:
                yield (item,)
            else:
                spool.add(group, item)
        yield from spool.groups()


def _repeated(seen: dict[str, Duplicates], faults: Faults, converter: Converter[_T]) -> frozenset[int]:
    """The lines that only repeat an earlier one; a fault for each that holds the same key and says otherwise."""
    pairs: dict[int, dict[str, int]] = {}
    for name, duplicates in seen.items():
        for first, line in duplicates.found():
            if len(pairs) < _MAX_REPEATED or line in pairs:
                pairs.setdefault(line, {})[name] = first
            else:
                faults.add(line, name, "", f"more than {_MAX_REPEATED} rows repeat others; remove them")
    if not pairs:
        return frozenset()
    wanted = {*pairs, *(first for firsts in pairs.values() for first in firsts.values())}
    held: dict[int, tuple[dict[str, str], dict[str, int]]] = {}
    for unit in _units(converter, hashlib.sha256(), Faults("")):
        line = unit[0].line
        record = converter.convert(unit, Faults("")) if line in wanted else None
        if record is not None:
            said = {name: hash(repr(value)) for name, value in converter.said(record).items()}
            held[line] = ({key.name: key.value for key in converter.keys(record)}, said)
    same = set()
    for line, firsts in pairs.items():
        for name, first in firsts.items():
            values, ours = held[line]
            theirs = held[first][1]
            differing = [one for one in ours if ours[one] != theirs[one]]
            if differing:
                problem = f"two rows speak of it and differ in {', '.join(differing[:4])}{converter.hint(differing)}"
                faults.add(line, name, f"{values[name]}, first in line {first}", problem)
            else:
                same.add(line)
    return frozenset(same)


def _changed(path: Path) -> InputError:
    return InputError(f"{path} changed while it was read", remedy="run again when nothing writes to it")
