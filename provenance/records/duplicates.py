"""Finding the values that stand twice in a file, in flat memory however long the file."""

from __future__ import annotations

import hashlib
import struct
import tempfile
from collections.abc import Iterator
from typing import Final, Self

_BUCKETS: Final = 64
_IN_MEMORY: Final = 1 << 18
"""256 KiB a bucket, 16 MiB in all; beyond it a bucket moves to a temporary file."""

_ROW: Final = struct.Struct("=16sQ")


class Duplicates:
    """Takes values with their lines, then tells which lines hold a value that an earlier line holds.

    Values are compared by 128 bits of BLAKE2b, sorted one bucket at a time. A `weak` value is a duplicate only of one
    that is not: an address beside a file name, which many files may share.

    >>> with Duplicates() as seen:
    ...     for line, name in enumerate(["a", "b", "a"], 1):
    ...         seen.add(name, line)
    ...     list(seen.found())
    [(1, 3)]
    """

    def __init__(self) -> None:
        self._buckets = [tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) for _ in range(_BUCKETS)]  # noqa: SIM115

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for bucket in self._buckets:
            bucket.close()

    def add(self, value: str, line: int, *, weak: bool = False) -> None:
        """Note that `line` holds `value`."""
        digest = hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        self._buckets[digest[0] % _BUCKETS].write(_ROW.pack(digest, 2 * line + weak))

    def found(self) -> Iterator[tuple[int, int]]:
        """Pairs of lines: the first that holds a value, and a later one. To be asked once all values are added."""
        import numpy as np

        for bucket in self._buckets:
            bucket.seek(0)
            rows = np.frombuffer(bucket.read(), dtype=[("high", "=u8"), ("low", "=u8"), ("line", "=u8")])
            rows = rows[np.lexsort((rows["line"], rows["low"], rows["high"]))]
            same = (rows["high"][1:] == rows["high"][:-1]) & (rows["low"][1:] == rows["low"][:-1])
            first, only_weak = 0, True
            for position in np.flatnonzero(same):
                if position == 0 or not same[position - 1]:
                    first, only_weak = int(rows["line"][position]), bool(rows["line"][position] % 2)
                later = int(rows["line"][position + 1])
                if not (only_weak and later % 2):
                    yield first // 2, later // 2
                only_weak = only_weak and bool(later % 2)
