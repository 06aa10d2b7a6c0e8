"""What lies in a container, an archive or a table: the interface of its readers, and what they share.

Nothing is ever unpacked to disk. A reader lists the members of one open file and gives the bytes of one; it never
believes a length, a count or a name that stands in the file.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import BinaryIO, Final, Protocol

from provenance.keys import path_problem
from provenance.model import Problem, ProblemKind

MAX_MEMBERS: Final = 1_000_000
"""In one container. A shard holds 1,000 to 10,000 images."""

MAX_PIECE: Final = 16 << 20
"""16 MiB: the most that a library may ask for at once while it reads a directory or a header."""

MAX_ROW_BYTES: Final = 1 << 20
"""1 MiB: a larger text beside an image in a shard is not read as its row."""

TWICE: Final = Problem(ProblemKind.IO_ERROR, "two members of its name lie in the container")
"""Of a sidecar: which of them is meant cannot be told, so the images of which it speaks are held back."""


class ContainerError(Exception):
    """A container that cannot be looked into, or not whole. `str()` says why, as part of a sentence."""


@dataclass(frozen=True, slots=True)
class Member:
    """One image in a container. `place` is its order there, by which it is read best.

    `name` is in normal form, with `/` between its parts; two members of one container never share one. `alias` is
    another name that rows may use, `row` what lies beside it.
    """

    name: bytes
    size: int
    place: int
    problem: Problem | None = None
    alias: bytes = b""
    row: Mapping[str, object] | None = None


@dataclass(slots=True)
class Unopened:
    """The members of a container that may hold images and that no reader opens."""

    count: int = 0
    first: str = ""

    def add(self, name: bytes) -> None:
        """Count one."""
        self.first = self.first or name.decode("utf-8", "backslashreplace")[:200]
        self.count += 1

    def raise_any(self) -> None:
        """Raise ContainerError where there are any."""
        if self.count:
            raise ContainerError(f"{self.count} of its parts were not looked into, such as {self.first!r}")


class Container(Protocol):
    """An open container."""

    def members(self) -> Iterator[Member]:
        """Every image in it, in its own order. Raises ContainerError, at the end, for what was not looked into."""

    def read(self, name: bytes, most: int) -> bytes:
        """The bytes of one member. Raises OSError; KeyError for a name that no member has."""

    def beside(self, name: bytes) -> tuple[bytes, ...]:
        """The names of the sidecars of a member."""

    def close(self) -> None:
        """Let the file go."""


class BoundedReads(io.RawIOBase):
    """A file of which no more than `MAX_PIECE` can be asked for at once.

    A header that claims gigabytes then ends in an error, and not in an allocation.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int | None = -1, /) -> bytes:
        """Bytes from here. Raises ContainerError for more than the bound."""
        if size is None or size < 0 or size > MAX_PIECE:
            left = self.seek(0, io.SEEK_CUR), self.seek(0, io.SEEK_END)
            self.seek(left[0])
            size = left[1] - left[0] if size is None or size < 0 else min(size, left[1] - left[0])
            if size > MAX_PIECE:
                raise ContainerError(f"its directory or one of its headers is larger than {MAX_PIECE} bytes")
        parts = []
        while size > 0 and (part := self._file.read(size)):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Where it is."""
        return self._file.seek(0, io.SEEK_CUR)

    def seekable(self) -> bool:
        """It is."""
        return True

    def readable(self) -> bool:
        """It is."""
        return True


def normal_name(name: bytes) -> bytes:
    """A member's name without `.` and empty parts, with `/` for the `\\` of archives made on Windows.

    >>> normal_name(b"./train//0001.jpg"), normal_name(b"../etc/passwd")
    (b'train/0001.jpg', b'../etc/passwd')
    """
    name = name.replace(b"\\", b"/")
    absolute = b"/" if name.startswith(b"/") else b""
    return absolute + b"/".join(part for part in name.split(b"/") if part not in (b"", b"."))


def name_problem(name: bytes) -> Problem | None:
    """The problem of a member whose name leads out of its container, or None."""
    why = path_problem(name)
    return Problem(ProblemKind.IO_ERROR, f"its name in the container cannot be one: {why}") if why else None


def numbered(members: Iterable[Member]) -> Iterator[Member]:
    """The members with `::1`, `::2` … behind a name that several share.

    A row that gives the bare name would speak for several pictures, so it speaks for none, and each is held back.
    """
    listed = list(members)
    counts = Counter(member.name for member in listed)
    seen: Counter[bytes] = Counter()
    taken = set(counts)
    for member in listed:
        if counts[member.name] == 1:
            yield member
            continue
        seen[member.name] += 1
        name = b"%s::%d" % (member.name, seen[member.name])
        while name in taken:
            name += b":"
        taken.add(name)
        yield replace(member, name=name, alias=b"")


def read_exactly(file: BinaryIO, start: int, size: int, most: int) -> bytes:
    """`size` bytes from `start`. Raises OSError where there are fewer, or where that is more than `most`."""
    if size > most:
        raise OSError(f"larger than {most} bytes")
    file.seek(start)
    parts = []
    while size > 0:
        part = file.read(min(size, 1 << 20))
        if not part:
            raise OSError("the container ends before the member does")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
