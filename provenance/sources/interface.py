"""What every source of images offers to the scan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from provenance.model import Problem
from provenance.sources.identity import Identity

MAX_IMAGE_BYTES: Final = 1 << 30
"""1 GiB. A larger file is recorded as TOO_LARGE and not read."""


class Role(StrEnum):
    """What a file is to its collection."""

    IMAGE = "IMAGE"
    CONTAINER = "CONTAINER"
    """It may hold images and was not opened, or not whole; it gets a verdict of its own."""
    EXCLUDED = "EXCLUDED"
    """Somebody took it out, for a reason that is told. It gets no verdict, and is reported."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a collection that counts as an image, or that may be one and cannot be looked at.

    `key` is its path below the collection as raw bytes with `/`; a folder that cannot be read ends in `/`. `size` is
    in bytes, 0 where `problem` kept it from being known. `identity` is None where nothing tells an unchanged file.
    """

    key: bytes
    size: int
    identity: Identity | None
    problem: Problem | None = None
    role: Role = Role.IMAGE


@runtime_checkable
class Source(Protocol):
    """A collection of images."""

    @property
    def uri(self) -> str:
        """The collection's identity, the same from every working directory."""

    @property
    def root(self) -> str:
        """What identifies the folder that it is, whatever its path: device and inode, or the address itself."""

    @property
    def location(self) -> str:
        """The path below which the keys lie, as a training script would open them."""

    def entries(self) -> Iterator[Entry]:
        """Every image once, in any order, in flat memory. Raises SourceError where the collection cannot be listed."""

    def read(self, key: bytes) -> bytes:
        """The original bytes of one image. Raises OSError."""

    def sidecars(self, key: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The XMP files beside one image: key and bytes. Raises OSError for one that is there and cannot be read."""

    def metadata_files(self) -> tuple[Path, ...]:
        """The manifests that the collection brings with it. Raises InputError where they contradict one another."""
