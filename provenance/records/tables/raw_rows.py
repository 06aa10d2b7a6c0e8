"""The rows of a known table, streamed from its file as plain values."""

from __future__ import annotations

import bz2
import gzip
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from provenance.errors import InputError, MissingExtra, RowError, RowErrors
from provenance.files import open_regular
from provenance.printable import printable
from provenance.records.formats.parquet import parquet_rows
from provenance.records.formats.raw import MAX_ROW_BYTES, Fault, Item, RawRow
from provenance.records.formats.text_rows import csv_rows
from provenance.records.tables.dep5 import dep5_rows
from provenance.records.tables.description import Join, Table

Row = Mapping[str, Any]

_MAX_TEXT: Final = 16 << 20
"""16 MiB: more of a copyright file, or of the rows that others refer to, is refused."""

_MAX_JOINED: Final = 100_000
_UNPACKED: Final = {".gz": gzip.GzipFile, ".bz2": bz2.BZ2File}


def raw_rows(table: Table, path: Path, images: Iterable[str]) -> Iterator[Row]:
    """Every row of a file in order. `images` are the names in the collection, which only a table of patterns needs.

    Raises InputError that names the place, RowErrors, MissingExtra.
    """
    try:
        with _opened(path) as file:
            if table.format == "json":
                yield from _json(table, path, file)
            elif table.format == "xml":
                yield from _xml(table, path, file)
            elif table.format == "tsv":
                yield from _tsv(table, path, file)
            elif table.format == "dep5":
                yield from dep5_rows(_text(path, file), str(path), images)
            else:
                read = parquet_rows(path, file, hashlib.sha256()) if table.format == "parquet" else _csv(file)
                yield from _sound(path, read)
    except (OSError, EOFError) as error:
        raise InputError(f"{path} cannot be read: {_said(error)}", remedy="check the file") from error


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    with open_regular(path, buffering=1 << 20) as file:
        unpacked = _UNPACKED.get(path.suffix.lower())
        yield cast("BinaryIO", unpacked(file)) if unpacked is not None else file


def _said(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)[:200] or type(error).__name__


def _text(path: Path, file: BinaryIO) -> str:
    data = file.read(_MAX_TEXT + 1)
    if len(data) > _MAX_TEXT:
        raise InputError(f"{path} is larger than {_MAX_TEXT:,} bytes", remedy="is it this kind of file?")
    return data.decode("utf-8-sig", "replace")


def _csv(file: BinaryIO) -> Iterator[Item]:
    return csv_rows(file, hashlib.sha256(), ",")


def _sound(path: Path, items: Iterator[Item]) -> Iterator[Row]:
    for item in items:
        if isinstance(item, Fault):
            raise RowErrors([RowError(str(path), item.line, item.field, printable(str(item.value)), item.problem)])
        if isinstance(item, RawRow):
            yield item.values


def _tsv(table: Table, path: Path, file: BinaryIO) -> Iterator[Row]:
    """Lines parted by tabs, in which nothing is quoted. Cells beyond the columns are an error: which is which?"""
    names = table.columns
    for number, line in enumerate(iter(lambda: file.readline(MAX_ROW_BYTES + 1), b""), 1):
        if len(line) > MAX_ROW_BYTES:
            raise InputError(f"{path}:{number}: longer than {MAX_ROW_BYTES:,} bytes", remedy="correct the file")
        cells = line.rstrip(b"\r\n").decode("utf-8-sig" if number == 1 else "utf-8", "replace").split("\t")
        if not names:
            names = tuple(cells)
        elif cells != [""]:
            if len(cells) > len(names):
                raise InputError(
                    f"{path}:{number}: {len(cells)} cells, where there are {len(names)} columns",
                    remedy="is it this kind of table?",
                )
            yield dict(zip(names, cells, strict=False))


def _json(table: Table, path: Path, file: BinaryIO) -> Iterator[Row]:
    joined = _joined(table.join, path, file) if table.join is not None else {}
    found = False
    for row in _json_rows(path, file, table.rows):
        found = True
        yield {**row, table.join.column: joined.get(str(row.get(table.join.column)))} if table.join else row
    if not found:
        raise InputError(f"{path} has no rows at {table.rows or 'its top'}", remedy="is it this kind of table?")


def _joined(join: Join, path: Path, file: BinaryIO) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for row in _json_rows(path, file, join.rows):
        if len(found) == _MAX_JOINED:
            raise InputError(f"{path} has more than {_MAX_JOINED:,} {join.rows}", remedy="is it this kind of table?")
        found[str(row.get(join.key))] = row
    return found


def _json_rows(path: Path, file: BinaryIO, place: str) -> Iterator[Row]:
    """The objects of a list, or the values of an object, at a place in a JSON file, one at a time."""
    try:
        import ijson
    except ModuleNotFoundError as missing:
        raise MissingExtra("ijson", "tables", "a table in JSON") from missing
    try:
        file.seek(0)
        start = next((event for at, event, _ in ijson.parse(file) if at == place), None)
        file.seek(0)
        if start == "start_array":
            rows = ijson.items(file, f"{place}.item" if place else "item", use_float=True)
        elif start == "start_map":
            rows = (value for _, value in ijson.kvitems(file, place, use_float=True))
        else:
            return
        yield from (row for row in rows if isinstance(row, dict))
    except (ijson.JSONError, ValueError, ArithmeticError) as error:
        raise InputError(f"{path} is not JSON: {printable(str(error))[:200]}", remedy="correct the file") from error


def _xml(table: Table, path: Path, file: BinaryIO) -> Iterator[Row]:
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    try:
        root = None
        for event, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
            root = element if root is None else root
            if event == "end" and element.tag == table.rows:
                yield dict(element.attrib)
                root.clear()  # or it would keep an empty element of each row
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise InputError(f"{path} is not XML: {printable(str(error))[:200]}", remedy="correct the file") from error
