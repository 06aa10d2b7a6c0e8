"""Rows that do not fit into memory, in a temporary file without a name: a killed process leaves nothing behind.

A row is five words: the four of its hash, and its number.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from provenance.lookup.interface import WORD, WORDS, Bytes, Words, words_of

WIDE: Final = WORDS + 1


def rows_of(hashes: Bytes, numbers: NDArray[np.int64]) -> Words:
    """(n, 32) hashes and their numbers as (n, 5) rows. Raises ValueError for another shape."""
    rows = np.empty((len(hashes), WIDE), WORD)
    rows[:, :WORDS] = words_of(hashes)
    rows[:, WORDS] = numbers
    return rows


class Spill:
    """A file of rows, by place. `folder` is where the file system has the room, by default the temporary folder.

    Raises OSError, where there is no room too.

    >>> with Spill() as spill:
    ...     spill.write(0, np.ones((2, 5), np.uint64))
    ...     spill.read(1, 2).tolist()
    [[1, 1, 1, 1, 1]]
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by `__exit__`

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, place: int, rows: Words) -> None:
        """Write rows from a place on."""
        self._file.seek(place * WIDE * WORD.itemsize)
        self._file.write(np.ascontiguousarray(rows, WORD).data)

    def read(self, start: int, stop: int) -> Words:
        """The rows from one place up to another. Raises OSError where they were not all written."""
        rows = np.empty((stop - start, WIDE), WORD)
        self._file.seek(start * WIDE * WORD.itemsize)
        if rows.size and self._file.readinto(rows.data.cast("B")) != rows.nbytes:
            raise OSError("a temporary file is shorter than what was written to it")
        return rows

    def pieces(self, start: int, stop: int, most: int) -> Iterator[Words]:
        """The rows from one place up to another, so many at a time."""
        for first in range(start, stop, most):
            yield self.read(first, min(first + most, stop))


def scatter(
    blocks: Iterable[Words],
    key_of: Callable[[Words], NDArray[np.uint16]],
    bounds: NDArray[np.int64],
    starts: NDArray[np.int64],
    into: Spill,
) -> None:
    """Write rows to the range of keys that each belongs to.

    Range r holds the keys from `bounds[r]` up to `bounds[r + 1]`, and its rows lie from `starts[r]` on. The caller has
    counted them.
    """
    free = starts.copy()
    for rows in blocks:
        keys = key_of(rows)
        order: NDArray[Any] = np.argsort(keys, kind="stable")
        ordered = rows[order]
        cuts = np.searchsorted(keys[order], bounds).tolist()
        for number, (first, last) in enumerate(pairwise(cuts)):
            if first < last:
                into.write(int(free[number]), ordered[first:last])
                free[number] += last - first
