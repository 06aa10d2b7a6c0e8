"""Raw rows of a CSV, JSON Lines or Parquet file, streamed with their line numbers. Nothing is guessed or repaired.

What cannot be read as a row is a `Fault`, so that all of a file's faults can be told at once. Every length and depth
is bounded: the files come from strangers.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol, TypeAlias

from provenance.errors import InputError
from provenance.input_file import open_regular

MAX_ROW_BYTES: Final = 16 << 20
"""16 MiB: room for a captured page in `web_evidence`. A longer row is a fault."""

MAX_FIELDS: Final = 1000
"""Columns of a row, and distinct unknown columns of a file."""

MAX_DEPTH: Final = 32
"""Lists and objects within one another."""

ROW: Final = "(row)"
"""Stands in for the field where a fault concerns the row as a whole."""


@dataclass(frozen=True, slots=True)
class Header:
    """The columns that a CSV or Parquet file names before its first row."""

    line: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as its file holds it. `line` counts from 1; in Parquet it is the row's number."""

    line: int
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a file that is no row, or a row that breaks its format."""

    line: int
    field: str
    value: object
    problem: str


Item: TypeAlias = Header | RawRow | Fault


class Hash(Protocol):
    """What the rows need of a `hashlib` object."""

    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


class Format(StrEnum):
    """The three formats of manifests and basis records."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


def format_of(path: Path) -> Format:
    """The format that a file's extension names. Raises InputError for another one.

    >>> format_of(Path("metadata.jsonl")).value
    'jsonl'
    """
    extension = path.suffix.lower().removeprefix(".")
    extension = "jsonl" if extension == "ndjson" else extension
    if extension not in set(Format):
        raise InputError(
            f"{path} is neither CSV, JSON Lines nor Parquet", remedy="end its name in .csv, .jsonl or .parquet"
        )
    return Format(extension)


def read_rows(path: Path, digest: Hash) -> Iterator[Item]:
    """Every row of a file in order; `digest` is fed the file's bytes, whole once the last row was taken.

    Raises InputError where the file cannot be read at all and MissingExtra for Parquet without pyarrow.
    """
    kind = format_of(path)
    try:
        with open_regular(path, buffering=1 << 20) as file:
            if kind is Format.CSV:
                yield from _csv_rows(file, digest)
            elif kind is Format.JSONL:
                yield from _json_rows(file, digest)
            else:
                from provenance.records.parquet import parquet_rows

                yield from parquet_rows(path, file, digest)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}", remedy="check the path") from error


# --- text, line by line ----------------------------------------------------------------------------------------


class _TooLong(Exception):
    """A line that exceeds MAX_ROW_BYTES."""


class _Lines:
    """The lines of a file for `csv.reader`, with what is wrong with their bytes kept aside."""

    def __init__(self, file: BinaryIO, digest: Hash) -> None:
        self.number = 0
        self.budget = MAX_ROW_BYTES
        self.faults: list[Fault] = []
        self._file = file
        self._digest = digest

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._file.readline(self.budget + 1)
        if not line:
            raise StopIteration
        self._digest.update(line)
        self.number += 1
        self.budget -= len(line)
        if self.budget < 0:
            raise _TooLong
        if self.number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        text, problem = _decode(line)
        if problem:
            self.faults.append(Fault(self.number, ROW, text, problem))
        return text

    def skip(self) -> None:
        """Leave the rest of a line that was too long."""
        while part := self._file.readline(1 << 20):
            self._digest.update(part)
            if part.endswith(b"\n"):
                return


def _decode(line: bytes) -> tuple[str, str | None]:
    """The line's text, with replacement characters where a problem is named."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        return line[: 1 << 10].decode("utf-8", "backslashreplace"), f"byte {error.start + 1} of the line is not UTF-8"
    return text, "it holds a NUL byte" if "\0" in text else None


def _csv_rows(file: BinaryIO, digest: Hash) -> Iterator[Item]:
    lines = _Lines(file, digest)
    reader = csv.reader(lines, strict=True)
    header: list[str] | None = None
    while True:
        start = lines.number + 1
        lines.budget = MAX_ROW_BYTES
        try:
            cells = next(reader, None)
        except _TooLong:
            yield Fault(start, ROW, "", f"longer than {MAX_ROW_BYTES} bytes; the rest of the file was not read")
            return
        except csv.Error as error:
            yield Fault(start, ROW, "", f"not CSV: {error}; the rest of the file was not read")
            return
        if cells is None:
            break
        if lines.faults:
            yield from lines.faults
            lines.faults.clear()
            if header is None:
                return
        elif header is None:
            header = [name.strip() for name in cells]
            faults = list(_header_faults(header, start))
            yield from faults
            if faults:
                return
            yield Header(start, tuple(header))
        elif any(cells):
            yield _csv_row(header, cells, start)
    if header is None:
        yield Fault(1, ROW, "", "the file is empty; the first row must name the columns")


def _header_faults(header: list[str], line: int) -> Iterator[Fault]:
    if len(header) > MAX_FIELDS:
        yield Fault(line, ROW, f"{len(header)} columns", f"more than {MAX_FIELDS} columns")
        return
    seen = set()
    for number, name in enumerate(header, 1):
        if not name:
            yield Fault(line, ROW, name, f"column {number} has no name")
        elif name in seen:
            yield Fault(line, name, name, "two columns have this name")
        seen.add(name)


def _csv_row(header: list[str], cells: list[str], line: int) -> Item:
    if len(cells) != len(header):
        return Fault(line, ROW, f"{len(cells)} cells", f"the header names {len(header)} columns")
    return RawRow(line, {name: cell for name, cell in zip(header, cells, strict=True) if cell})


def _json_rows(file: BinaryIO, digest: Hash) -> Iterator[Item]:
    lines = _Lines(file, digest)
    decode = json.JSONDecoder(object_pairs_hook=unique_keys, parse_constant=_no_constant, parse_float=_finite).decode
    while True:
        lines.budget = MAX_ROW_BYTES
        try:
            text = next(lines, None)
        except _TooLong:
            lines.skip()
            yield Fault(lines.number, ROW, "", f"longer than {MAX_ROW_BYTES} bytes")
            continue
        if text is None:
            return
        if lines.faults:
            yield lines.faults.pop()
        elif text.strip():
            yield _json_row(text, lines.number, decode)


def _json_row(text: str, line: int, decode: Callable[[str], Any]) -> Item:
    try:
        values = decode(text.strip())
    except RecursionError:
        return Fault(line, ROW, text, "nested too deeply")
    except ValueError as error:
        return Fault(line, ROW, text, f"not JSON: {error}")
    if not isinstance(values, dict):
        return Fault(line, ROW, text, "a row must be an object, { … }")
    if len(values) > MAX_FIELDS:
        return Fault(line, ROW, f"{len(values)} fields", f"more than {MAX_FIELDS} fields")
    if text.count("[") + text.count("{") > MAX_DEPTH and too_deep(values):
        return Fault(line, ROW, text, f"nested more than {MAX_DEPTH} deep")
    if "\\u" in text and (problem := text_problem(values)):
        return Fault(line, ROW, text, problem)
    return RawRow(line, values)


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object's keys and values, for `json`. Raises ValueError where a key stands twice: which one would count?"""
    row = dict(pairs)
    if len(row) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice[:80]!r} stands twice")
    return row


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"the number {digits[:40]} is too large")
    return number


def too_deep(value: object) -> bool:
    """Whether lists and objects stand more than MAX_DEPTH deep in one another."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def text_problem(value: object) -> str | None:
    """Why a text in a value, however deep, cannot be stored: a NUL or half of a surrogate pair. None if all can."""
    todo = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, str):
            if "\0" in one:
                return "it holds a NUL character"
            if not one.isascii() and any("\ud800" <= character <= "\udfff" for character in one):
                return "it holds half of a surrogate pair"
        elif isinstance(one, dict):
            todo.extend(one)
            todo.extend(one.values())
        else:
            todo.extend(_inside(one))
    return None


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
