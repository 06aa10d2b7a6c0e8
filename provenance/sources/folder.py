"""A folder, or a single file, on a local disk."""
# Paths are bytes here, which pathlib cannot hold.
# ruff: noqa: PTH116, PTH119, PTH120, PTH123

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from provenance.errors import SourceError
from provenance.keys import path_problem, sidecar_keys
from provenance.model import Problem, ProblemKind
from provenance.sources.identity import Identity, Stamp, identity_of
from provenance.sources.imagefolder import metadata_files
from provenance.sources.interface import MAX_IMAGE_BYTES, Entry
from provenance.sources.kinds import HEAD_BYTES, FileKind, kind_of_name, looks_like_image
from provenance.sources.walk import FileEntry, Unlisted, open_below, walk

# Neither a FIFO that takes a file's place between listing and reading nor a terminal may hold the scan up.
_READ: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY


class FolderSource:
    """Every image below a folder at any depth, hidden files included: a training script would load those too.

    A file counts as an image by its extension, or by its first bytes where the extension is unknown. What cannot be
    looked at is listed with a `Problem`, never left out. A single file is a collection of one, whatever its name.

    Raises SourceError where `path` does not exist, cannot be read, or is neither a folder nor a regular file.

    >>> FolderSource("/etc/hostname").uri
    'file:///etc/hostname'
    """

    def __init__(self, path: str | bytes | os.PathLike[str] | os.PathLike[bytes]) -> None:
        given = os.fsencode(path)
        try:
            real = os.path.realpath(given, strict=True)
            status = os.stat(real)
            self._device, self._inode = status.st_dev, status.st_ino
            self._single = not stat.S_ISDIR(status.st_mode)
            if self._single and not stat.S_ISREG(status.st_mode):
                raise SourceError(f"{os.fsdecode(given)!r} is neither a folder nor a file", remedy="name a folder")
            os.close(os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise SourceError(
                f"the collection {os.fsdecode(given)!r} cannot be read: {reason}",
                remedy="check the path and your right to read it",
            ) from error
        self._root = os.path.dirname(real) if self._single else real
        self._name = os.path.basename(real)
        self._path = Path(os.fsdecode(real))

    @property
    def uri(self) -> str:
        """The real path as a `file:` URI, so that a link and a relative path name the same collection."""
        return self._path.as_uri()

    @property
    def root(self) -> str:
        """What identifies the folder, or the single file, wherever it is mounted or linked."""
        return f"{self._device}:{self._inode}"

    @property
    def location(self) -> str:
        """The path below which the keys lie."""
        return os.fsdecode(self._root)

    def entries(self) -> Iterator[Entry]:
        """Every image once, in any order. Raises SourceError where the folder vanished since."""
        try:
            if self._single:
                yield self._regular(self._name, os.stat(self._root + b"/" + self._name))
                return
            items = walk(self._root)
            for item in items:
                entry = self._entry(item)
                if entry is not None:
                    yield entry
        except FileNotFoundError as error:
            raise SourceError(f"the collection {self._path} vanished", remedy="check the path") from error

    def read(self, key: bytes) -> bytes:
        """The bytes of one image. Raises OSError, also for what is not a regular file or exceeds MAX_IMAGE_BYTES."""
        problem = path_problem(key)
        if problem:
            raise OSError(errno.EINVAL, problem)
        descriptor = open_below(self._root, key, _READ)
        with open(descriptor, "rb", buffering=0) as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise OSError(errno.EINVAL, "not a regular file")
            # Read to the end, not to `st_size`: a file may grow, and some file systems say 0.
            parts = [file.read(min(status.st_size, MAX_IMAGE_BYTES) + 1)]
            total = len(parts[0])
            while total <= MAX_IMAGE_BYTES and (part := file.read(1 << 20)):
                total += len(part)
                parts.append(part)
        if total > MAX_IMAGE_BYTES:
            raise OSError(errno.EFBIG, f"larger than {MAX_IMAGE_BYTES} bytes")
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def metadata_files(self) -> tuple[Path, ...]:
        """The `metadata.csv`, `.jsonl` or `.parquet` of this folder and of those below it (none for a single file)."""
        return () if self._single else tuple(found.path for found in metadata_files(self._path))

    def _entry(self, item: FileEntry | Unlisted) -> Entry | None:
        if isinstance(item, Unlisted):
            detail = f"the folder cannot be listed: {_say(item.error)}"
            return Entry(item.key, 0, None, Problem(ProblemKind.IO_ERROR, detail))
        kind = kind_of_name(item.key.rpartition(b"/")[2])
        if kind is FileKind.OTHER:
            return None
        if item.status is None:
            return _without_status(item) if kind is FileKind.IMAGE or not _dangling(item.error) else None
        if not stat.S_ISREG(item.status.st_mode):
            if kind is FileKind.UNKNOWN:
                return None
            return Entry(item.key, 0, None, Problem(ProblemKind.NOT_A_FILE, f"it is {_special(item.status.st_mode)}"))
        if kind is FileKind.UNKNOWN:
            try:
                if not looks_like_image(self._head(item.key)):
                    return None
            except OSError as error:
                return Entry(item.key, item.status.st_size, None, _unreadable(error))
        return self._regular(item.key, item.status)

    def sidecars(self, key: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The XMP files beside one image: key and bytes. Raises OSError for one that is there and cannot be read."""
        for name in sidecar_keys(key):
            try:
                yield name, self.read(name)
            except OSError as error:
                # A name too long for the file system cannot be a file's either.
                if error.errno not in (errno.ENOENT, errno.ENAMETOOLONG):
                    raise

    def _identity(self, key: bytes, status: os.stat_result) -> Identity | None:
        beside = []
        for name in sidecar_keys(key):
            try:
                beside.append((name, Stamp.of(os.stat(self._root + b"/" + name), self._device)))
            except OSError:
                continue
        return identity_of(Stamp.of(status, self._device), tuple(beside), now_ns=time.time_ns())

    def _regular(self, key: bytes, status: os.stat_result) -> Entry:
        problem = None
        if status.st_size > MAX_IMAGE_BYTES:
            problem = Problem(ProblemKind.TOO_LARGE, f"{status.st_size} bytes; the limit is {MAX_IMAGE_BYTES}")
        return Entry(key, status.st_size, self._identity(key, status), problem)

    def _head(self, key: bytes) -> bytes:
        descriptor = open_below(self._root, key, _READ)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "not a regular file")
            return os.read(descriptor, HEAD_BYTES)
        finally:
            os.close(descriptor)


def _without_status(item: FileEntry) -> Entry:
    assert item.error is not None
    if _dangling(item.error):
        return Entry(item.key, 0, None, Problem(ProblemKind.MISSING, "the link leads nowhere"))
    return Entry(item.key, 0, None, _unreadable(item.error))


def _dangling(error: OSError | None) -> bool:
    return error is not None and error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


def _unreadable(error: OSError) -> Problem:
    return Problem(ProblemKind.IO_ERROR, f"it cannot be read: {_say(error)}")


def _say(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _special(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "a pipe"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"
