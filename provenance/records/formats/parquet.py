"""Raw rows of a Parquet file, one record batch at a time.

What a file unpacks to has no bound in its size: a dictionary repeats a long text, and a list one entry, at next to no
cost. So each column of a row group is measured first, and rows are read in as small batches as that asks for.
"""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import hashlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from provenance.errors import InputError, MissingExtra
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
)

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_BATCH_ROWS: Final = 1024
_BATCH_BYTES: Final = 64 << 20
"""64 MiB: what a batch may unpack to at most."""

_MAX_COLUMN_BYTES: Final = 256 << 20
"""256 MiB: what one column of a row group may hold, which is measured whole."""

_MAX_COLUMN_VALUES: Final = 1 << 24
"""Entries of the lists of one column of a row group."""

_MAX_ROW: Final = 4 * _BATCH_BYTES
"""256 MiB: a row group in which one row might unpack to more is refused."""

_ENTRY: Final = 64
"""Bytes that an entry takes at least, once it is a value."""

_FOOTER: Final = {"thrift_string_size_limit": 16 << 20, "thrift_container_size_limit": 1 << 20}
"""Bounds of the file's own description."""


def parquet_rows(path: Path, file: BinaryIO, digest: Hash) -> Iterator[Item]:
    """Every row of an open Parquet file. Times come as aware UTC datetimes where the column has a time zone.

    Unknown columns of raw bytes (such as embedded images) are left out. Raises InputError for a file that is not
    Parquet, holds more than is read, or changes while it is read; MissingExtra without pyarrow.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingExtra("pyarrow", "parquet", "reading Parquet") from error
    before = _fed(file, digest)
    try:
        parquet = pq.ParquetFile(file, buffer_size=1 << 20, pre_buffer=False, **_FOOTER)
        schema = parquet.schema_arrow
        fault = _schema_fault(schema)
        if fault is not None:
            yield fault
            return
        wanted = [one.name for one in schema if one.name == "sha256" or not _is_bytes(pa, one.type)]
        yield Header(1, tuple(schema.names))
        line = 1
        # Read as its dictionary, a text that is repeated is held once.
        texts = [one.path for one in map(parquet.schema.column, range(len(parquet.schema))) if _is_text(one)]
        measured = pq.ParquetFile(file, read_dictionary=texts, pre_buffer=False, **_FOOTER)
        for group in range(parquet.num_row_groups):
            rows = _rows_at_a_time(pa, path, measured, group, wanted)
            for batch in parquet.iter_batches(rows, row_groups=[group], columns=wanted, use_threads=False):
                yield from _batch_rows(pa, batch, line)
                line += batch.num_rows
    except (pa.ArrowException, RecursionError, OverflowError) as error:
        raise InputError(f"{path} is not a sound Parquet file: {str(error)[:200]}", remedy="write it again") from error
    # Parquet is read back and forth, so only a second look tells whether what was read is what was hashed.
    if _fed(file, hashlib.sha256()) != before:
        raise InputError(f"{path} changed while it was read", remedy="run again when nothing writes to it")


def _schema_fault(schema: pa.Schema) -> Fault | None:
    """What is wrong with the columns of a file, before any row is read."""
    if len(schema.names) > MAX_FIELDS:
        return Fault(1, ROW, f"{len(schema.names)} columns", f"more than {MAX_FIELDS} columns")
    twice = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if twice:
        return Fault(1, twice[0], twice[0], "two columns have this name")
    deep = next((one.name for one in schema if _depth(one.type) > MAX_DEPTH), None)
    return Fault(1, deep, deep, f"nested more than {MAX_DEPTH} deep") if deep is not None else None


# --- measuring -------------------------------------------------------------------------------------------------------


def _is_text(column: pq.ColumnSchema) -> bool:
    return bool(column.physical_type == "BYTE_ARRAY")


def _rows_at_a_time(pa: Any, path: Path, parquet: pq.ParquetFile, group: int, wanted: list[str]) -> int:
    """How many rows of a group are read together, so that they unpack to 64 MiB at most.

    `parquet` reads texts as their dictionaries. Raises InputError where a column is too large to be measured, or
    one row might be too large to be read.
    """
    metadata = parquet.metadata.row_group(group)
    first, row = 0, 0
    for one in parquet.schema_arrow:
        leaves = range(first, first + _leaves(one.type))
        first = leaves.stop
        if one.name not in wanted:
            continue
        columns = [metadata.column(place) for place in leaves]
        nested = any(parquet.schema.column(place).max_repetition_level > 0 for place in leaves)
        size = sum(column.total_uncompressed_size for column in columns)
        if size > _MAX_COLUMN_BYTES or (nested and max(c.num_values for c in columns) > _MAX_COLUMN_VALUES):
            raise _too_large(path, group, one.name)
        if not nested and size * _BATCH_ROWS <= _BATCH_BYTES // len(wanted):
            row += size  # a row cannot hold more than the column
            continue
        chunks = parquet.read_row_group(group, columns=[one.name], use_threads=False).column(0).chunks
        row += max((_most(pa, chunk) for chunk in chunks), default=0)
        if row > _MAX_ROW:
            raise _too_large(path, group, one.name)
    return max(1, min(_BATCH_ROWS, _BATCH_BYTES // max(row, 1)))


def _most(pa: Any, array: pa.Array) -> int:
    """The most bytes that one value of a column can come to: its longest text times its longest list."""
    import pyarrow.compute as pc

    kind, types = array.type, pa.types
    if types.is_dictionary(kind):
        return _ENTRY + (pc.max(pc.binary_length(array.dictionary)).as_py() or 0)
    if types.is_struct(kind):
        return sum(_most(pa, child) for child in array.flatten())
    if types.is_map(kind):
        return _longest(array.offsets) * (_most(pa, array.keys) + _most(pa, array.items))
    if types.is_list(kind) or types.is_large_list(kind):
        return _longest(array.offsets) * _most(pa, array.values)
    if types.is_fixed_size_list(kind):
        return int(kind.list_size) * _most(pa, array.values)
    if types.is_fixed_size_binary(kind):
        return _ENTRY + int(kind.byte_width)
    if types.is_string(kind) or types.is_large_string(kind) or types.is_binary(kind) or types.is_large_binary(kind):
        return _ENTRY + (pc.max(pc.binary_length(array)).as_py() or 0)
    return _ENTRY


def _longest(offsets: pa.Array) -> int:
    """The most entries of a list."""
    import pyarrow.compute as pc

    return pc.max(pc.subtract(offsets[1:], offsets[:-1])).as_py() or 0


def _leaves(kind: pa.DataType) -> int:
    """In how many columns of the file a column of the table lies."""
    return sum(_leaves(kind.field(place).type) for place in range(kind.num_fields)) or 1


def _too_large(path: Path, group: int, name: str) -> InputError:
    return InputError(
        f"column {name[:80]!r} in row group {group} of {path} unpacks to more than is read at a time",
        remedy="write the file with smaller row groups, or without that column",
    )


# --- reading ---------------------------------------------------------------------------------------------------------


def _fed(file: BinaryIO, digest: Hash) -> bytes:
    file.seek(0)
    while part := file.read(1 << 20):
        digest.update(part)
    file.seek(0)
    return digest.digest()


def _is_bytes(pa: Any, kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
        or (pa.types.is_struct(kind) and any(_is_bytes(pa, kind.field(n).type) for n in range(kind.num_fields)))
    )


def _depth(kind: pa.DataType) -> int:
    return 1 + max((_depth(kind.field(number).type) for number in range(kind.num_fields)), default=0)


def _batch_rows(pa: Any, batch: pa.RecordBatch, line: int) -> Iterator[Item]:
    names = batch.schema.names
    large = batch.nbytes > MAX_ROW_BYTES
    columns = [_values(pa, column) for column in batch.columns]
    for offset in range(batch.num_rows):
        row: dict[str, Any] = {}
        fault = None
        for name, column in zip(names, columns, strict=True):
            value = column[offset]
            if isinstance(value, _Unreadable):
                fault = Fault(line + offset, name, "", value.why)
            elif value is not None and value != "":
                row[name] = value
        if fault is None and large and _length(row, MAX_ROW_BYTES) > MAX_ROW_BYTES:
            fault = Fault(line + offset, ROW, "", f"longer than {MAX_ROW_BYTES} bytes")
        yield fault or RawRow(line + offset, row)


def _length(value: Any, most: int) -> int:
    """Characters of all texts in a value, counted until there are more than `most`."""
    if isinstance(value, str):
        return len(value)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    total = 0
    for one in inner:
        total += _length(one, most - total)
        if total > most:
            break
    return total


class _Unreadable:
    """Stands in for a cell that cannot be turned into a value."""

    def __init__(self, why: str) -> None:
        self.why = why


def _values(pa: Any, column: pa.Array) -> list[Any]:
    """A column as plain Python values. A cell that cannot be read does not hide the others."""
    plain = _plain_type(pa, column.type)
    if plain != column.type:
        column = column.cast(plain, safe=False)
    try:
        return [_plain(value) for value in column.to_pylist()]
    except (UnicodeDecodeError, ValueError, OverflowError):
        return [_cell(scalar) for scalar in column]


def _cell(scalar: Any) -> Any:
    try:
        return _plain(scalar.as_py())
    except UnicodeDecodeError:
        return _Unreadable("it is not UTF-8")
    except (ValueError, OverflowError) as error:
        return _Unreadable(str(error)[:80])


def _plain_type(pa: Any, kind: pa.DataType) -> pa.DataType:
    """The type with times in microseconds (UTC where they have a zone) and dictionaries unpacked, however deep."""
    types = pa.types
    if types.is_timestamp(kind):
        return pa.timestamp("us", tz="UTC" if kind.tz else None)
    if types.is_dictionary(kind):
        return _plain_type(pa, kind.value_type)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return pa.list_(_plain_type(pa, kind.value_type))
    if types.is_struct(kind):
        fields = [kind.field(number) for number in range(kind.num_fields)]
        return pa.struct([pa.field(one.name, _plain_type(pa, one.type)) for one in fields])
    return kind


def _plain(value: Any) -> Any:
    """Values that JSON knows, plus dates and datetimes, which the schema checks."""
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("it holds a NUL character")
        return value
    if value is None or isinstance(value, bool | int | dt.date):
        return value
    if isinstance(value, float):
        return None if math.isnan(value) else value  # how dataframes write an absent number
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        if value and isinstance(value[0], tuple):  # the entries of a map
            return {str(key): _plain(inner) for key, inner in value}
        return [_plain(inner) for inner in value]
    if isinstance(value, bytes):
        return value if len(value) == 32 else base64.b64encode(value).decode()
    return str(value) if isinstance(value, decimal.Decimal | dt.time | dt.timedelta) else repr(value)
