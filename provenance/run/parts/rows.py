"""The file of a part: made in memory, named by its digest, and read with every bound that a stranger's file needs."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Final

from provenance.errors import InputError, MissingExtra
from provenance.files import read_bounded
from provenance.fingerprint.wanted import Wanted
from provenance.private_files import require_own
from provenance.records.formats.measured import FOOTER, Measured
from provenance.run.parts.columns import Looked, looked_in, row_of, schema
from provenance.run.parts.receipt import Made, Part, name_of, put
from provenance.sources.share import Share

_GROUP: Final = 256
"""Rows of one row group: about half a megabyte."""

_MOST_BYTES: Final = 256 << 20
_MOST_ROWS: Final = 1_000_000
_MADE: Final = b"provenance"
"""The key in a part's own description under which it says what it is a part of."""


def require() -> None:
    """Raises MissingExtra where parts can be neither written nor read."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise MissingExtra("pyarrow", "parquet", "writing or reading the parts of a collection") from error


class PartWriter:
    """A part that is being filled; it lies in memory until `put`."""

    def __init__(self, made: Made) -> None:
        import pyarrow.parquet as pq

        self._share = Share(made.shard, made.of)
        self._bytes = io.BytesIO()
        described = schema().with_metadata({_MADE: json.dumps(asdict(made), sort_keys=True).encode()})
        self._writer = pq.ParquetWriter(self._bytes, described, compression="zstd", use_dictionary=False)
        self._waiting: list[Looked] = []
        self.images = 0

    @property
    def size(self) -> int:
        """Bytes that are written so far."""
        return self._bytes.tell()

    def add(self, looked: Looked) -> None:
        """One more image."""
        self._waiting.append(looked)
        self.images += 1
        if len(self._waiting) >= _GROUP:
            self._write()

    def put(self, folder: Path) -> Part:
        """Put the part into its folder, whole or not at all. Raises OSError."""
        self._write()
        self._writer.close()
        data = self._bytes.getvalue()
        digest = sha256(data).hexdigest()
        part = Part(f"{name_of(self._share)}-{digest}.parquet", digest, self.images)
        put(folder, part.name, lambda file: file.write(data))
        return part

    def _write(self) -> None:
        import pyarrow as pa

        if self._waiting:
            self._writer.write_table(pa.Table.from_pylist([row_of(one) for one in self._waiting], schema=schema()))
            self._waiting.clear()


def digest_in(path: Path) -> str:
    """The digest in the name of a part."""
    return path.stem.rpartition("-")[2]


def read_part(path: Path, made: Made, wanted: Wanted, digest: str) -> Iterator[Looked]:
    """What a part says of each of its images, in flat memory.

    Raises InputError where its bytes have not that digest, or it is none of what `made` says, or holds what no scan
    would have written; UntrustedFile where others may write it. Whoever takes a part waits for its last row.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    require_own(path, "the part")
    try:
        data = read_bounded(path, _MOST_BYTES)
    except OSError as error:
        raise _unsound(path, error.strerror or type(error).__name__) from error
    if data is None or sha256(data).hexdigest() != digest:
        raise _unsound(path, "its bytes are not those that were written")
    try:
        parquet = pq.ParquetFile(io.BytesIO(data), pre_buffer=False, **FOOTER)
        if not parquet.schema_arrow.equals(schema(), check_metadata=False):
            raise _unsound(path, "its columns are not those of a part")
        if json.loads((parquet.metadata.metadata or {}).get(_MADE, b"null")) != asdict(made):
            raise _unsound(path, "it says that it is a part of something else")
        if parquet.metadata.num_rows > _MOST_ROWS:
            raise _unsound(path, "it has more rows than any part")
        measured, columns = Measured(path, io.BytesIO(data)), schema().names
        for group in range(parquet.num_row_groups):
            some = measured.rows_at_a_time(group, columns)
            for batch in parquet.iter_batches(some, row_groups=[group], use_threads=False):
                for row in batch.to_pylist():
                    yield looked_in(row, wanted)
    except (pa.ArrowException, ValueError, TypeError, RecursionError, OverflowError, MemoryError) as error:
        raise _unsound(path, " ".join(str(error).split())[:200]) from error


def _unsound(path: Path, why: str) -> InputError:
    return InputError(f"{path} cannot be taken: {why}", remedy="scan that shard again")
