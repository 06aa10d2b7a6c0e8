"""What every source of images offers to the scan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO, Final, Protocol, runtime_checkable

from provenance.model import Problem
from provenance.sources.identity import Identity
from provenance.sources.imagefolder import MetadataFile

MAX_IMAGE_BYTES: Final = 512 << 20
"""512 MiB. A larger file is recorded as TOO_LARGE and not read; a raw picture of 100 megapixels has up to 600 MB."""

MEMBER: Final = b"::"
"""Stands between a container and what lies in it: `shard.tar::0001`, `part.parquet::17`, `more.zip::a/b.jpg`."""


def most_of(size: int) -> int:
    """How much of a file of that listed size is read: what grew since is an error, and not more memory than was taken.

    A megabyte at least, since some file systems say 0.
    """
    return min(max(size, 1 << 20), MAX_IMAGE_BYTES)


class Role(StrEnum):
    """What a file is to its collection."""

    IMAGE = "IMAGE"
    CONTAINER = "CONTAINER"
    """It may hold images and was not opened, or not whole; it gets a verdict of its own."""
    EXCLUDED = "EXCLUDED"
    """Somebody took it out, for a reason that is told. It gets no verdict, and is reported."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One image of a collection, a file that may hold images and was not opened, or one that was taken out.

    `key` is the path below the collection as raw bytes with `/`; a folder that cannot be read ends in `/`. `size` is
    in bytes, and reading gives no more; 0 where `problem` kept it from being known. `identity` is None where nothing
    tells an unchanged file. A container has the problem NOT_OPENED; `reason` says why a file was taken out.

    What lies in a container has that container's key in `container` and its place in it: images are best read in the
    order of these two. `alias` is another name by which rows may mean it; `row` is what lies beside it in a shard or
    a table, as it was found.
    """

    key: bytes
    size: int
    identity: Identity | None
    problem: Problem | None = None
    role: Role = Role.IMAGE
    reason: str = ""
    container: bytes = b""
    place: int = 0
    alias: bytes = b""
    row: Mapping[str, object] | None = None


@runtime_checkable
class Source(Protocol):
    """A collection of images. It can be pickled, so that other processes read its images too."""

    @property
    def uri(self) -> str:
        """The collection's address, the same from every working directory."""

    @property
    def root(self) -> str:
        """What identifies the folder that it is, whatever its path: device and inode, or the address itself."""

    @property
    def location(self) -> str:
        """The path below which the keys lie, as a training script would open them."""

    def entries(self) -> Iterator[Entry]:
        """Every image once, in any order, in flat memory. Raises SourceError where the collection cannot be listed."""

    def read(self, key: bytes, most: int = MAX_IMAGE_BYTES) -> bytes:
        """The original bytes of one image, at most `most` of them. Raises OSError, also for what is larger."""

    def sidecars(self, key: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The XMP files beside one image: key and bytes. Raises OSError for one that is there and cannot be read."""

    def metadata_files(self) -> tuple[MetadataFile, ...]:
        """The manifests that the collection brings with it. Raises InputError where they contradict one another."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as its storage lists it: what cannot be looked at has a `problem`."""

    key: bytes
    size: int
    identity: Identity | None
    problem: Problem | None = None


class Storage(Protocol):
    """Where files lie: a local folder, or an object store."""

    @property
    def uri(self) -> str:
        """The address of the whole."""

    @property
    def root(self) -> str:
        """What identifies it, wherever it is mounted or linked: device and inode, or the address itself."""

    @property
    def location(self) -> str:
        """The path or address below which the keys lie."""

    def files(self) -> Iterator[StoredFile]:
        """Every file once, in any order. Raises SourceError where the storage cannot be listed."""

    def open(self, key: bytes) -> BinaryIO:
        """A file to read from anywhere in it. Raises OSError, also for what is not a regular file."""

    def beside(self, key: bytes) -> tuple[bytes, ...]:
        """The keys of the sidecars of a file. Raises OSError."""
