"""Pictures in the rows of a Parquet or Arrow table, as bytes or as `struct<bytes, path>` (Hugging Face `Image`).

A row goes by its number from 0; where a row holds several pictures, the column and the place in a list follow, as in
`17.images.2`. A table whose columns can hold no picture is a table of facts, and nothing is listed of it, unless its
texts spell a picture.
"""

from __future__ import annotations

import os
import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Protocol

from provenance.model import Problem, ProblemKind
from provenance.sources.heads import HEAD_BYTES
from provenance.sources.interface import MAX_IMAGE_BYTES
from provenance.sources.kinds import TEXT_BYTES, FileKind, kind_of
from provenance.sources.members import ContainerError, Member, Unopened
from provenance.sources.table_texts import holds_text, spelt_in

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH: Final = 16
"""Rows at a time: pictures of some megabytes each."""

_DIGEST: Final = 64
"""Bytes of a SHA-512. Nothing shorter is a picture of anything."""

_FEW: Final = 16
"""Numbers in a list that are a box or a point, not a row of a picture."""

_MAX_FOOTER: Final = 64 << 20
_MAX_DEPTH: Final = 8
_ADDRESSES: Final = ("url", "URL", "image_url", "source_url")
_END_OF_STREAM: Final = b"\xff\xff\xff\xff\0\0\0\0"


class _Rows(Protocol):
    """The rows of a table, from any one on."""

    @property
    def schema(self) -> pa.Schema:
        """The columns."""

    def batches(self, start: int) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Batches with the number of their first row, from the one that holds row `start`, or from before it."""


class TableContainer:
    """An open table. Raises ContainerError for what is none or needs `pyarrow` where that is not installed.

    With `addresses`, a table without pictures that holds their addresses lists them, each as missing.
    """

    def __init__(self, file: BinaryIO, reader: str, *, addresses: bool = False) -> None:
        self._file = file
        try:
            import pyarrow as pa
        except ImportError as error:
            raise ContainerError("it takes pyarrow to open it (pip install 'consent-provenance[parquet]')") from error
        # A damaged length may claim more memory than there is.
        self._error = (pa.ArrowException, OSError, ValueError, RecursionError, OverflowError, MemoryError)
        try:
            self._rows: _Rows = _ParquetRows(file) if reader == "parquet" else _ArrowRows(file)
            self._columns = _columns(pa, self._rows.schema)
        except self._error as error:
            raise ContainerError(f"it is not a sound table: {str(error)[:200]}") from error
        self._plain = len(self._columns.pictures) == 1 and not self._columns.lists
        self._addresses = addresses and not self._columns.pictures
        self._at: tuple[int, pa.RecordBatch, Iterator[tuple[int, pa.RecordBatch]]] | None = None
        self._spelt: dict[str, str] = {}

    def members(self) -> Iterator[Member]:
        """Every picture in it. Raises ContainerError, at the end, for what was not looked into."""
        unopened = Unopened()
        for path in self._columns.arrays:
            unopened.add(f"the arrays of column {path}".encode())
        try:
            if self._columns.pictures or self._addresses:
                for first, batch in self._rows.batches(0):
                    for offset in range(batch.num_rows):
                        yield from self._of_row(batch, offset, first + offset, unopened)
            elif self._columns.texts:
                self._look_at_texts()
        except self._error as error:
            raise ContainerError(f"it cannot be read to its end: {str(error)[:200]}") from error
        for column, how in self._spelt.items():
            unopened.add(f"the {how} of column {column}".encode("utf-8", "backslashreplace"))
        unopened.raise_any()

    def read(self, name: bytes, most: int) -> bytes:
        """The bytes of one picture. Raises OSError; KeyError for a name that no picture has."""
        number = name.partition(b".")[0].decode("ascii", "replace")
        if not number.isdigit():
            raise KeyError(name)
        try:
            batch, offset = self._row(int(number))
            for found in _pictures(batch, offset, self._columns):
                if self._name(int(number), found.path) == name and found.data is not None:
                    if len(found.data) > most:
                        raise OSError(f"larger than {most} bytes")
                    return bytes(found.data.to_pybytes())
        except self._error as error:
            raise OSError(f"row {number} cannot be read: {str(error)[:200]}") from error
        raise KeyError(name)

    def beside(self, name: bytes) -> tuple[bytes, ...]:  # noqa: ARG002 - part of the interface
        """Nothing lies beside a picture in a table."""
        return ()

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def _look_at_texts(self) -> None:
        """See whether a table of facts spells a picture, by as much of its beginning as is looked at of a text."""
        seen = 0
        for _, batch in self._rows.batches(0):
            for column in self._columns.texts:
                self._note_spelt(column, batch.column(column).to_pylist())
            seen += batch.nbytes
            if seen > TEXT_BYTES:
                return

    def _note_spelt(self, column: str, value: object) -> None:
        if column not in self._spelt and (how := spelt_in(value)):
            self._spelt[column] = how

    def _of_row(self, batch: pa.RecordBatch, offset: int, number: int, unopened: Unopened) -> Iterator[Member]:
        row = {name: batch.column(name)[offset].as_py() for name in self._columns.facts}
        for column in self._columns.texts:
            self._note_spelt(column, row[column])
        if self._addresses:
            if any(row.get(name) for name in _ADDRESSES):
                yield Member(
                    b"%d" % number, 0, number, Problem(ProblemKind.MISSING, "only its address is here"), row=row
                )
            return
        for found in _pictures(batch, offset, self._columns):
            name = self._name(number, found.path)
            if found.data is None:
                detail = f"its row names {found.names[:200]!r} and holds no bytes"
                yield Member(name, 0, number, Problem(ProblemKind.MISSING, detail), row=row)
            elif found.names or len(found.data) > _DIGEST:
                kind = kind_of(found.names.encode("utf-8", "replace"), _head(found.data), len(found.data)).kind
                if kind is FileKind.IMAGE or found.names:
                    yield Member(name, len(found.data), number, _size_problem(len(found.data)), row=row)
                elif kind is FileKind.CONTAINER:
                    unopened.add(b"the bytes of row " + name)

    def _name(self, number: int, path: str) -> bytes:
        return b"%d" % number if self._plain else f"{number}.{path}".encode()

    def _row(self, number: int) -> tuple[pa.RecordBatch, int]:
        """The batch that holds a row, going on from where the last one was found, and the row's place in it."""
        if self._at is None or number < self._at[0]:
            batches = self._rows.batches(number)
            first, batch = next(batches, (0, None))
            if batch is None:
                raise KeyError(number)
            self._at = first, batch, batches
        first, batch, batches = self._at
        while number >= first + batch.num_rows:
            first, batch = next(batches, (0, None))
            if batch is None:
                self._at = None
                raise KeyError(number)
            self._at = first, batch, batches
        return batch, number - first


class _ParquetRows:
    def __init__(self, file: BinaryIO) -> None:
        import pyarrow.parquet as pq

        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 8, 0))
        (footer,) = struct.unpack("<I", file.read(4).ljust(4, b"\xff"))
        if footer > min(_MAX_FOOTER, size):
            raise ContainerError(f"its directory is larger than {_MAX_FOOTER} bytes")
        self._pq = pq
        self._file = file
        plain = pq.ParquetFile(file)
        self.schema = plain.schema_arrow
        self._starts = [0, *accumulate(plain.metadata.row_group(n).num_rows for n in range(plain.num_row_groups))]
        if self._starts[-1] != plain.metadata.num_rows:
            raise ContainerError("its directory contradicts itself")
        # Repeated values stay one value: a dictionary of one huge picture would otherwise be as many as there are rows.
        leaves = [plain.schema.column(n) for n in range(len(plain.schema.names))]
        self._repeated = [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY"]

    def batches(self, start: int) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Batches from the row group that holds `start`."""
        group = max(bisect_right(self._starts, start) - 1, 0)
        table = self._pq.ParquetFile(self._file, read_dictionary=self._repeated, buffer_size=1 << 20, pre_buffer=False)
        for number in range(group, table.num_row_groups):
            first = self._starts[number]
            for batch in table.iter_batches(batch_size=_BATCH, row_groups=[number], use_threads=False):
                yield first, batch
                first += batch.num_rows
            if first != self._starts[number + 1]:
                raise ValueError(f"row group {number} holds other rows than its directory says")


class _ArrowRows:
    def __init__(self, file: BinaryIO) -> None:
        import pyarrow.ipc as ipc

        self._ipc = ipc
        self._file = file
        file.seek(0)
        self._is_file = file.read(6) == b"ARROW1"
        self.schema = self._open().schema

    def batches(self, start: int) -> Iterator[tuple[int, pa.RecordBatch]]:  # noqa: ARG002 - there is no directory
        """All batches: the format keeps no count of rows."""
        opened = self._open()
        first = 0
        if self._is_file:
            whole = (opened.get_batch(number) for number in range(opened.num_record_batches))
        else:
            whole = iter(opened)
        for batch in whole:
            # The format's readers believe every offset; a wrong one ends the process when a value is looked at.
            batch.validate(full=True)
            for offset in range(0, batch.num_rows, _BATCH):
                part = batch.slice(offset, _BATCH)
                yield first + offset, part
            first += batch.num_rows
        if not self._is_file:
            self._check_end()

    def _check_end(self) -> None:
        """A stream that was cut between two batches reads as a whole one, but for the mark of its end."""
        end = self._file.tell()
        self._file.seek(max(end - len(_END_OF_STREAM), 0))
        if self._file.read(len(_END_OF_STREAM)) != _END_OF_STREAM:
            raise ValueError("there is no mark of its end, so it may have been cut short")
        if self._file.read(1):
            raise ValueError("something lies where its end should be")

    def _open(self) -> Any:
        self._file.seek(0)
        return self._ipc.open_file(self._file) if self._is_file else self._ipc.open_stream(self._file)


@dataclass(frozen=True, slots=True)
class _Columns:
    """Columns that may hold pictures as bytes, those that hold arrays, and the rest, some of which hold texts.

    `lists` where a row holds many pictures.
    """

    pictures: tuple[str, ...]
    arrays: tuple[str, ...]
    facts: tuple[str, ...]
    texts: tuple[str, ...]
    lists: bool


@dataclass(frozen=True, slots=True)
class _Picture:
    """A value that may be a picture: where it stands in its row, its bytes if it has any, the file that it names."""

    path: str
    data: Any
    names: str = ""


def _columns(pa: Any, schema: pa.Schema) -> _Columns:
    pictures, arrays, facts = [], [], []
    lists = False
    for field in schema:
        if _holds_bytes(pa, field.type):
            pictures.append(field.name)
            kind = _storage(pa, field.type)
            lists = lists or not (_is_bytes(pa, kind) or _is_picture(pa, kind))
        elif _holds_arrays(pa, field.type):
            arrays.append(field.name)
        else:
            facts.append(field.name)
    if len(set(schema.names)) < len(schema.names):
        raise ContainerError("two of its columns share a name")
    texts = [name for name in facts if holds_text(schema.field(name).type)]
    return _Columns(tuple(pictures), tuple(arrays), tuple(facts), tuple(texts), lists)


def _pictures(batch: pa.RecordBatch, offset: int, columns: _Columns) -> Iterator[_Picture]:
    import pyarrow as pa

    for name in columns.pictures:
        yield from _values(pa, batch.column(name)[offset], name, 0)


def _values(pa: Any, scalar: Any, path: str, depth: int) -> Iterator[_Picture]:
    if depth > _MAX_DEPTH:
        raise ValueError(f"column {path} is nested more than {_MAX_DEPTH} deep")
    while isinstance(scalar, pa.DictionaryScalar | pa.ExtensionScalar | pa.RunEndEncodedScalar | pa.UnionScalar):
        scalar = scalar.value
    if scalar is None or not scalar.is_valid:
        return
    kind = scalar.type
    if _is_bytes(pa, kind):
        yield _Picture(path, scalar.as_buffer())
    elif _is_picture(pa, kind):
        names = scalar["path"].as_py() if "path" in scalar else None
        found = list(_values(pa, scalar["bytes"], path, depth + 1))
        if found or names:
            yield _Picture(path, found[0].data if found else None, str(names or ""))
    elif pa.types.is_struct(kind):
        for number in range(kind.num_fields):
            name = kind.field(number).name
            yield from _values(pa, scalar[number], f"{path}.{name}", depth + 1)
    elif _element(pa, kind) is not None:
        for number, inner in enumerate(scalar.values):
            yield from _values(pa, inner, f"{path}.{number}", depth + 1)


def _holds_bytes(pa: Any, kind: pa.DataType) -> bool:
    kind = _storage(pa, kind)
    inner = _element(pa, kind)
    if pa.types.is_struct(kind) or pa.types.is_union(kind):
        return any(_holds_bytes(pa, kind.field(number).type) for number in range(kind.num_fields))
    return _holds_bytes(pa, inner) if inner is not None else _is_bytes(pa, kind)


def _is_bytes(pa: Any, kind: pa.DataType) -> bool:
    types = pa.types
    if types.is_fixed_size_binary(kind):
        return bool(kind.byte_width > _DIGEST)
    return bool(types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind))


def _is_picture(pa: Any, kind: pa.DataType) -> bool:
    """Whether a type is Hugging Face's: a struct of `bytes` and, mostly, `path`."""
    if not pa.types.is_struct(kind):
        return False
    number = kind.get_field_index("bytes")
    return number >= 0 and _is_bytes(pa, _storage(pa, kind.field(number).type))


def _holds_arrays(pa: Any, kind: pa.DataType, depth: int = 0) -> bool:
    """Whether pixels may stand in lists: of single bytes, or three deep; a box in a list of boxes is no list here."""
    if isinstance(kind, pa.BaseExtensionType) and "tensor" in str(kind):
        return True
    kind = _storage(pa, kind)
    if pa.types.is_struct(kind) or pa.types.is_union(kind):
        return any(_holds_arrays(pa, kind.field(number).type) for number in range(kind.num_fields))
    inner = _element(pa, kind)
    if inner is None:
        return depth > 0 and (depth >= 3 or pa.types.is_uint8(kind) or pa.types.is_int8(kind))
    small = pa.types.is_fixed_size_list(kind) and kind.list_size <= _FEW
    return _holds_arrays(pa, inner, depth if small else depth + 1)


def _element(pa: Any, kind: pa.DataType) -> pa.DataType | None:
    types = pa.types
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return kind.value_type
    if types.is_list_view(kind) or types.is_large_list_view(kind):
        return kind.value_type
    return kind.item_type if types.is_map(kind) else None


def _storage(pa: Any, kind: pa.DataType) -> pa.DataType:
    if isinstance(kind, pa.BaseExtensionType):
        return _storage(pa, kind.storage_type)
    return kind.value_type if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind) else kind


def _head(data: Any) -> bytes:
    return bytes(data.slice(0, min(len(data), HEAD_BYTES)).to_pybytes())


def _size_problem(size: int) -> Problem | None:
    if size > MAX_IMAGE_BYTES:
        return Problem(ProblemKind.TOO_LARGE, f"{size} bytes; the limit is {MAX_IMAGE_BYTES}")
    return None
