"""A share of a collection, one for each of several machines: which files it holds follows from their names alone.

So machines that know nothing of one another divide a collection between them, and a file that comes or goes changes
nothing for the others. A container goes to one share whole, since it is read from front to back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO, Final

from provenance.errors import UsageError
from provenance.sources.interface import Storage, StoredFile

MOST: Final = 100_000
"""Shares of one collection."""

_WRITTEN: Final = re.compile(r"([0-9]{1,6})/([0-9]{1,6})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Share:
    """One of `of` shares, numbered from 1.

    >>> str(Share(3, 8)), sum(Share(n, 8).holds(b"img/0001.jpg") for n in range(1, 9))
    ('3/8', 1)
    """

    number: int
    of: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of <= MOST:
            raise UsageError(
                f"there is no shard {self.number} of {self.of}",
                remedy=f"shards are counted from 1, up to their number, which is {MOST:,} at most",
            )

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @classmethod
    def parse(cls, text: str) -> Share:
        """The share that people write as `3/8`. Raises UsageError."""
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise UsageError(f"{text!r:.40} is no shard", remedy="write its number and how many there are, such as 3/8")
        return cls(int(found[1]), int(found[2]))

    def holds(self, key: bytes) -> bool:
        """Whether a file of that key is in it."""
        return int.from_bytes(sha256(key).digest()[:8], "big") % self.of == self.number - 1


@dataclass(frozen=True, slots=True)
class SharedFiles:
    """The files of a storage that one share holds; all of them can be opened."""

    storage: Storage
    share: Share

    @property
    def uri(self) -> str:
        """The address of the whole."""
        return self.storage.uri

    @property
    def root(self) -> str:
        """What identifies the whole, wherever it is mounted or linked."""
        return self.storage.root

    @property
    def location(self) -> str:
        """The path or address below which the keys lie."""
        return self.storage.location

    def files(self) -> Iterator[StoredFile]:
        """Every file of the share once, in any order. Raises SourceError where the storage cannot be listed."""
        return (file for file in self.storage.files() if self.share.holds(file.key))

    def open(self, key: bytes) -> BinaryIO:
        """A file to read from anywhere in it. Raises OSError, also for what is not a regular file."""
        return self.storage.open(key)

    def beside(self, key: bytes) -> tuple[bytes, ...]:
        """The keys of the sidecars of a file. Raises OSError."""
        return self.storage.beside(key)
