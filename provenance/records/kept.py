"""The rows of a checked manifest, so that no row is read and checked a second time."""

from __future__ import annotations

import json
import tempfile
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from provenance.errors import InputError
from provenance.model import ManifestRow
from provenance.records.row_text import row_text

_IN_MEMORY: Final = 1 << 17
"""Bytes; beyond it the rows lie in a temporary file without a name, which is gone with the process."""

_AT_ONCE: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class KeptRow:
    """One row: its line, the image that it names by file name or address, and its text (`row_text`)."""

    line: int
    file_name: str | None
    url: str | None
    text: str


class KeptRows:
    """Takes the rows of one file in order, and gives them as often as they are asked for.

    >>> kept = KeptRows()
    >>> kept.add(ManifestRow(file_name="a.jpg", line=2))
    >>> [row.text for row in kept.rows()]
    ['{"file_name":"a.jpg"}']
    """

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - lives as long as its owner
        weakref.finalize(self, self._file.close)

    def add(self, row: ManifestRow) -> None:
        """Take a row. Raises InputError where there is no space."""
        head = json.dumps((row.line, row.file_name, row.url))
        try:
            self._file.write(f"{head}\n{row_text(row)}\n".encode())
        except OSError as error:
            raise InputError(
                f"there is no space to keep the rows: {error.strerror or error}",
                remedy="free some space in the temporary folder",
            ) from error

    def rows(self) -> Iterator[KeptRow]:
        """Every row that was taken, in order; once all are."""
        place = 0
        while True:
            self._file.seek(place)
            lines = self._file.readlines(_AT_ONCE)
            lines += [self._file.readline()] if len(lines) % 2 else []
            place = self._file.tell()
            if not lines:
                return
            for head, text in zip(lines[::2], lines[1::2], strict=True):
                line, file_name, url = json.loads(head)
                yield KeptRow(line, file_name, url, text[:-1].decode())
