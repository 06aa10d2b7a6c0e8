"""Raw rows of a CSV or JSON Lines file, line by line."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, BinaryIO, Final

from provenance.records.faults import unshown
from provenance.records.formats.raw import (
    MAX_DEPTH,
    MAX_FIELDS,
    MAX_ROW_BYTES,
    ROW,
    Fault,
    Hash,
    Header,
    Item,
    RawRow,
    text_problem,
    too_deep,
)
from provenance.unique_keys import unique_keys

_DELIMITERS: Final = (";", "\t", "|")
"""What spreadsheets write between cells where they write no comma."""


_STATED: Final = re.compile(r"sep=(.)", re.IGNORECASE)
"""Excel's own first line."""


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
            self.faults.append(Fault(self.number, ROW, unshown(text), problem))
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


def csv_rows(file: BinaryIO, digest: Hash, delimiter: str | None = None) -> Iterator[Item]:
    """The header and every row. Without a `delimiter` it is the comma, or what the first line has in its place."""
    lines = _Lines(file, digest)
    columns: _Columns | None = None
    reader: Iterator[list[str]] | None = None
    while True:
        start = lines.number + 1
        lines.budget = MAX_ROW_BYTES
        try:
            if reader is None:
                first, stated = _first_line(lines)
                start = max(1, lines.number)
                found = delimiter or stated or _delimiter(first)
                reader = csv.reader(chain([first] if first else [], lines), strict=True, delimiter=found)
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
            if columns is None:
                return
        elif columns is None:
            header = [name.strip() for name in cells]
            faults = list(_header_faults(header, start))
            yield from faults
            if faults:
                return
            columns = _Columns(header)
            yield Header(start, tuple(filter(None, header)))
        elif any(cells):
            yield columns.row(cells, start)
    if columns is None:
        yield Fault(1, ROW, "", "the file is empty; the first row must name the columns")


def _first_line(lines: _Lines) -> tuple[str, str | None]:
    """The first line that is not blank, and the delimiter that a line of Excel's own before it states (`sep=;`)."""
    stated = None
    for line in lines:
        told = _STATED.fullmatch(line.strip("\r\n"))
        if told is not None and stated is None:
            stated = told[1]
        elif line.strip(" ,;\t|\r\n"):
            return line, stated
    return "", stated


def _delimiter(first: str) -> str:
    """A spreadsheet writes semicolons where the comma stands in numbers, and tabs when asked for text."""
    if "," in first:
        return ","
    return max(_DELIMITERS, key=first.count) if any(one in first for one in _DELIMITERS) else ","


def _header_faults(header: list[str], line: int) -> Iterator[Fault]:
    if len(header) > MAX_FIELDS:
        yield Fault(line, ROW, f"{len(header)} columns", f"more than {MAX_FIELDS} columns")
        return
    seen = set()
    for name in header:
        if name and name in seen:
            yield Fault(line, name, name, "two columns have this name")
        seen.add(name)


class _Columns:
    """The columns of a CSV file. One without a name may stand there as long as nothing stands in it.

    Spreadsheets write blank columns, and dataframes the numbers of their rows before the first one.
    """

    def __init__(self, header: list[str]) -> None:
        self._header = header
        self._last = -1

    def row(self, cells: list[str], line: int) -> Item:
        """A row's filled cells by column."""
        count = len(self._header)
        if len(cells) < count or any(cell.strip() for cell in cells[count:]):
            return Fault(line, ROW, f"{len(cells)} cells", f"the header names {count} columns")
        for place, (name, cell) in enumerate(zip(self._header, cells, strict=False)):
            if not name and cell.strip() and not (place == 0 and self._is_next(cell)):
                problem = f"something stands in column {place + 1}, which has no name; name it, or take it out"
                return Fault(line, ROW, unshown(cell), problem)
        return RawRow(line, {name: cell for name, cell in zip(self._header, cells, strict=False) if name and cell})

    def _is_next(self, cell: str) -> bool:
        """Whether a cell numbers its row: a whole number higher than that of the row before."""
        if not re.fullmatch(r"\d{1,12}", cell, re.ASCII) or int(cell) <= self._last:
            return False
        self._last = int(cell)
        return True


def json_rows(file: BinaryIO, digest: Hash) -> Iterator[Item]:
    """Every row; a line that is none does not hide the next."""
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
        return Fault(line, ROW, unshown(text), "nested too deeply")
    except ValueError as error:
        return Fault(line, ROW, unshown(text), f"not JSON: {error}")
    if not isinstance(values, dict):
        return Fault(line, ROW, unshown(text), "a row must be an object, { … }")
    if len(values) > MAX_FIELDS:
        return Fault(line, ROW, f"{len(values)} fields", f"more than {MAX_FIELDS} fields")
    if text.count("[") + text.count("{") > MAX_DEPTH and too_deep(values):
        return Fault(line, ROW, unshown(text), f"nested more than {MAX_DEPTH} deep")
    if "\\u" in text and (problem := text_problem(values)):
        return Fault(line, ROW, unshown(text), problem)
    return RawRow(line, values)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"the number {digits[:40]} is too large")
    return number
