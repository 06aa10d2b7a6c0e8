"""Boxes of ISO base media files (ISO/IEC 14496-12) and the integers in them, never past their end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_MAX_BOXES: Final = 20_000


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its type, where its payload lies, and whether it claims more than there is."""

    kind: bytes
    start: int
    end: int
    broken: bool


class Truncated(Exception):
    """A field lies past the end of its box."""


def boxes(data: bytes, start: int, end: int) -> Iterator[Box]:
    """The boxes of a stretch of bytes. The last one may be broken.

    >>> [box.kind for box in boxes(b"\\0\\0\\0\\x08free\\0\\0\\0\\x08skip", 0, 16)]
    [b'free', b'skip']
    """
    at = start
    for _ in range(_MAX_BOXES):
        if at + 8 > end:
            return
        size, kind, head = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8], 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        elif size == 0:
            size = end - at
        broken = size < head or at + size > end
        yield Box(kind, at + head, end if broken else at + size, broken)
        if broken:
            return
        at += size
    yield Box(b"more", at, at, broken=True)


@dataclass(slots=True)
class Reader:
    """Big-endian integers, one after another. Raises Truncated past the end."""

    data: bytes
    at: int
    end: int

    def integer(self, size: int) -> int:
        """The next integer of `size` bytes."""
        if self.at + size > self.end:
            raise Truncated
        self.at += size
        return int.from_bytes(self.data[self.at - size : self.at], "big")
