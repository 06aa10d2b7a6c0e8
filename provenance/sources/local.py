"""Files on a local disk: a folder of any depth, or one file by itself."""
# Paths are bytes here, which pathlib cannot hold.
# ruff: noqa: PTH116, PTH120, PTH123

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Final

from provenance import open_flags
from provenance.carriers.sidecars import Sidecars
from provenance.errors import SourceError
from provenance.keys import path_problem
from provenance.model import Problem, ProblemKind
from provenance.sources.identity import Identity, Stamp, identity_of
from provenance.sources.interface import StoredFile
from provenance.sources.kinds import container_of_name, is_image_name
from provenance.sources.sidecars import sidecars_in
from provenance.sources.walk import Beside, FileEntry, Unlisted, open_below, statuses, walk

# Neither a FIFO that takes a file's place between listing and reading nor a terminal may hold the scan up.
_READ: Final = os.O_RDONLY | open_flags.NONBLOCK | open_flags.NOCTTY
_FOLDER: Final = os.O_RDONLY | open_flags.DIRECTORY


class LocalFiles:
    """The files below a local folder, hidden ones included: a training script would load those too.

    Raises SourceError where `path` does not exist, cannot be read, or is neither a folder nor a regular file.
    """

    def __init__(self, path: str | bytes | os.PathLike[str] | os.PathLike[bytes]) -> None:
        given = os.fsencode(path)
        try:
            real = os.path.realpath(given, strict=True)
            status = os.stat(real)
            self.single: Final = not stat.S_ISDIR(status.st_mode)
            if self.single and not stat.S_ISREG(status.st_mode):
                raise SourceError(f"{os.fsdecode(given)!r} is neither a folder nor a file", remedy="name a folder")
            os.close(os.open(real, os.O_RDONLY | open_flags.NONBLOCK | open_flags.CLOEXEC))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise SourceError(
                f"the collection {os.fsdecode(given)!r} cannot be read: {reason}",
                remedy="check the path and your right to read it",
            ) from error
        self.path: Final = Path(os.fsdecode(real))
        self._root = os.path.dirname(real) if self.single else real
        self._device = os.stat(self._root).st_dev
        self._identity_of_root = f"{status.st_dev}:{status.st_ino}"
        self._sidecars = lru_cache(maxsize=8)(self._sidecars_of)

    def __reduce__(self) -> tuple[type[LocalFiles], tuple[Path]]:
        return LocalFiles, (self.path,)

    @property
    def uri(self) -> str:
        """The real path as a `file:` URI, so that a link and a relative path name the same collection."""
        return self.path.as_uri()

    @property
    def root(self) -> str:
        """What identifies the folder, or the single file, wherever it is mounted or linked."""
        return self._identity_of_root

    @property
    def location(self) -> str:
        """The path below which the keys lie."""
        return os.fsdecode(self._root)

    def files(self) -> Iterator[StoredFile]:
        """Every file once, in any order. Raises SourceError where the folder vanished since."""
        try:
            if self.single:
                yield self._one()
                return
            for item in walk(self._root):
                stored = self._stored(item)
                if stored is not None:
                    yield stored
        except FileNotFoundError as error:
            raise SourceError(f"the collection {self.path} vanished", remedy="check the path") from error

    def open(self, key: bytes) -> BinaryIO:
        """A file below the folder, open for reading. Raises OSError, also for what is not a regular file."""
        problem = path_problem(key)
        if problem:
            raise OSError(errno.EINVAL, problem)
        descriptor = open_below(self._root, key, _READ)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(errno.EINVAL, "not a regular file")
        return open(descriptor, "rb", buffering=0)

    def beside(self, key: bytes) -> tuple[bytes, ...]:
        """The keys of the sidecars of a file. Raises OSError where its folder cannot be listed."""
        folder, slash, name = key.rpartition(b"/")
        return tuple(folder + slash + os.fsencode(found) for found in self._sidecars(folder).of(os.fsdecode(name)))

    def _sidecars_of(self, folder: bytes) -> Sidecars:
        descriptor = open_below(self._root, folder, _FOLDER)
        try:
            return sidecars_in(descriptor)
        finally:
            os.close(descriptor)

    def _one(self) -> StoredFile:
        name = os.fsencode(self.path.name)
        status = os.stat(self._root + b"/" + name)
        folder = os.open(self._root, _FOLDER)
        try:
            beside = statuses(folder, sidecars_in(folder).of(self.path.name))
        finally:
            os.close(folder)
        return StoredFile(name, status.st_size, self._identity(status, beside))

    def _stored(self, item: FileEntry | Unlisted) -> StoredFile | None:
        if isinstance(item, Unlisted):
            detail = f"the folder cannot be listed: {_say(item.error)}"
            return StoredFile(item.key, 0, None, Problem(ProblemKind.IO_ERROR, detail))
        status = item.status
        if status is None:
            return _without_status(item)
        if not stat.S_ISREG(status.st_mode):
            return StoredFile(item.key, 0, None, Problem(ProblemKind.NOT_A_FILE, f"it is {_special(status.st_mode)}"))
        return StoredFile(item.key, status.st_size, self._identity(status, item.beside))

    def _identity(self, status: os.stat_result, beside: Beside) -> Identity | None:
        stamps = tuple((name, Stamp.of(found, self._device)) for name, found in beside if found is not None)
        if len(stamps) < len(beside):
            return None
        return identity_of(Stamp.of(status, self._device), stamps, now_ns=time.time_ns())


def _without_status(item: FileEntry) -> StoredFile | None:
    assert item.error is not None
    if item.error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
        return StoredFile(item.key, 0, None, Problem(ProblemKind.IO_ERROR, f"it cannot be read: {_say(item.error)}"))
    name = item.key.rpartition(b"/")[2]
    # Editors lock files by links that lead nowhere; there is nothing to load behind them.
    if not is_image_name(name) and container_of_name(name) is None:
        return None
    return StoredFile(item.key, 0, None, Problem(ProblemKind.MISSING, "the link leads nowhere"))


def _say(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _special(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "a pipe"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"
