"""Raw rows of a Parquet file, one record batch at a time.

Each column of a row group is measured first, and rows are read in as small batches as that asks for.
"""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import hashlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from provenance.errors import InputError, MissingExtra
from provenance.records.formats.measured import FOOTER, Measured
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
        parquet = pq.ParquetFile(file, buffer_size=1 << 20, pre_buffer=False, **FOOTER)
        schema = parquet.schema_arrow
        fault = _schema_fault(schema)
        if fault is not None:
            yield fault
            return
        wanted = [one.name for one in schema if one.name == "sha256" or not _is_bytes(pa, one.type)]
        yield Header(1, tuple(schema.names))
        line = 1
        measured = Measured(path, file)
        for group in range(parquet.num_row_groups):
            rows = measured.rows_at_a_time(group, wanted)
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
        or any(_is_bytes(pa, kind.field(number).type) for number in range(kind.num_fields))
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
