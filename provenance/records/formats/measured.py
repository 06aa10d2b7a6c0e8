"""How much a Parquet file unpacks to, measured column by column before any row is read.

That has no bound in the file's size: a dictionary repeats a long text, and a list one entry, at next to no cost.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from provenance.errors import InputError

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

FOOTER: Final = {"thrift_string_size_limit": 16 << 20, "thrift_container_size_limit": 1 << 20}
"""Bounds of a file's own description, for `pyarrow.parquet.ParquetFile`."""


class Measured:
    """An open Parquet file, with each text read as its dictionary: one that is repeated is held once."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        import pyarrow.parquet as pq

        schema = pq.ParquetFile(file, pre_buffer=False, **FOOTER).schema
        texts = [column.path for column in map(schema.column, range(len(schema))) if _is_text(column)]
        self._path = path
        self._parquet = pq.ParquetFile(file, read_dictionary=texts, pre_buffer=False, **FOOTER)

    def rows_at_a_time(self, group: int, wanted: list[str]) -> int:
        """How many rows of a row group are read together, so that these columns unpack to 64 MiB at most.

        Raises InputError where a column is too large to be measured, or one row might be too large to be read.
        """
        parquet = self._parquet
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
                raise self._too_large(group, one.name)
            if not nested and size * _BATCH_ROWS <= _BATCH_BYTES // len(wanted):
                row += size  # a row cannot hold more than the column
                continue
            chunks = parquet.read_row_group(group, columns=[one.name], use_threads=False).column(0).chunks
            row += max(map(_most, chunks), default=0)
            if row > _MAX_ROW:
                raise self._too_large(group, one.name)
        return max(1, min(_BATCH_ROWS, _BATCH_BYTES // max(row, 1)))

    def _too_large(self, group: int, name: str) -> InputError:
        return InputError(
            f"column {name[:80]!r} in row group {group} of {self._path} unpacks to more than is read at a time",
            remedy="write the file with smaller row groups, or without that column",
        )


def _is_text(column: pq.ColumnSchema) -> bool:
    return bool(column.physical_type == "BYTE_ARRAY")


def _most(array: pa.Array) -> int:
    """The most bytes that one value of a column can come to: its longest text times its longest list."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind, types = array.type, pa.types
    if types.is_dictionary(kind):
        return _ENTRY + (pc.max(pc.binary_length(array.dictionary)).as_py() or 0)
    if types.is_struct(kind):
        return sum(map(_most, array.flatten()))
    if types.is_map(kind):
        return _longest(array.offsets) * (_most(array.keys) + _most(array.items))
    if types.is_list(kind) or types.is_large_list(kind):
        return _longest(array.offsets) * _most(array.values)
    if types.is_fixed_size_list(kind):
        return int(kind.list_size) * _most(array.values)
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
