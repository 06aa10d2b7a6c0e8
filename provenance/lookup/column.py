"""One column of an index, in memory or in a mapped file of which each block is checked when it is first used.

A block is 16 kB with a MAC of its own (HMAC-SHA256, FIPS 198-1, cut to 16 bytes) under the ledger's secret, so that an
index opens without being read, and nothing of it is used that its ledger did not write.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

BLOCK: Final = 1 << 14
"""Bytes that are checked at a time: 20 us."""

MAC_BYTES: Final = 16

Refuse: TypeAlias = Callable[[], Exception]
"""Makes the error for a block that is not what was written."""


class Column:
    """Values by row. What is read of a mapped one was checked before.

    >>> Column(np.arange(5)).take(np.array([4, 0])).tolist(), len(Column(np.arange(5)))
    ([4, 0], 5)
    """

    __slots__ = ("_checked", "_key", "_left", "_macs", "_refuse", "_values")

    def __init__(
        self,
        values: NDArray[Any],
        macs: NDArray[np.uint8] | None = None,
        *,
        key: bytes = b"",
        refuse: Refuse | None = None,
    ) -> None:
        self._values, self._macs, self._key, self._refuse = values, macs, key, refuse
        self._checked = np.zeros(0 if macs is None else len(macs), np.bool_)
        self._left = len(self._checked)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of its values."""
        return self._values.dtype

    def part(self, start: int, stop: int) -> NDArray[Any]:
        """The values from one row up to another."""
        if self._left and stop > start:
            size = self._values.itemsize
            self._check(range(start * size // BLOCK, (stop * size - 1) // BLOCK + 1))
        return self._values[start:stop]

    def all(self) -> NDArray[Any]:
        """Every value."""
        return self.part(0, len(self))

    def take(self, rows: NDArray[Any]) -> NDArray[Any]:
        """The values of some rows."""
        if self._left and len(rows):
            wanted = np.zeros(len(self._checked), np.bool_)
            wanted[rows // (BLOCK // self._values.itemsize)] = True
            self._check(np.flatnonzero(wanted & ~self._checked).tolist())
        return self._values.take(rows)

    def _check(self, blocks: Sequence[int]) -> None:
        assert self._macs is not None
        whole = bytes_of(self._values)
        for block in blocks:
            if not self._checked[block]:
                found = mac_of(self._key, whole[block * BLOCK : (block + 1) * BLOCK])
                if not hmac.compare_digest(found, self._macs[block].tobytes()):
                    assert self._refuse is not None
                    raise self._refuse()
                self._checked[block] = True
        self._left = int(np.count_nonzero(~self._checked))  # counted, since several threads check at once


def bytes_of(values: NDArray[Any]) -> memoryview:
    """The bytes of an array, without a copy where it lies in one piece."""
    return memoryview(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)


def mac_of(key: bytes, data: memoryview | bytes) -> bytes:
    """The MAC of one block."""
    return hmac.digest(key, data, "sha256")[:MAC_BYTES]


def macs_of(key: bytes, values: NDArray[Any]) -> bytes:
    """The MACs of an array's blocks, one after another."""
    whole = bytes_of(values)
    return b"".join(mac_of(key, whole[start : start + BLOCK]) for start in range(0, len(whole), BLOCK))
