"""Walking a folder of any depth in flat memory, with folder links followed once and never in a circle.

Memory grows with the number of folders and with the sidecars of one folder, never with the number of files: each
folder is streamed and nothing is sorted. Every folder is opened below its parent by descriptor, so that a path may be
longer than the system's limit.
"""
# Paths are bytes here, which pathlib cannot hold.
# ruff: noqa: PTH116, PTH120

from __future__ import annotations

import errno
import heapq
import os
import stat
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from provenance import open_flags
from provenance.sources.sidecars import sidecars_in

_CHUNK: Final = 3500
"""Bytes of path given to one system call; the limit is 4,096 on Linux and 1,024 on macOS for the whole of it."""

Beside: TypeAlias = tuple[tuple[bytes, os.stat_result | None], ...]

_FOLDER: Final = os.O_RDONLY | open_flags.DIRECTORY | open_flags.CLOEXEC


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A name in a folder that is not itself a folder: `status` is that of a link's target, None where it has none.

    `beside` are its sidecars: names in the same folder, each with what the file system says of it; None where it does
    not say.
    """

    key: bytes
    status: os.stat_result | None
    error: OSError | None = None
    beside: Beside = ()


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A folder whose contents could not be listed, or not whole. `key` ends in `/`."""

    key: bytes
    error: OSError


def open_below(root: bytes, key: bytes, flags: int) -> int:
    """A descriptor of `key` below the folder `root`, however long the path. Raises OSError.

    >>> os.close(open_below(b"/", b"etc", os.O_RDONLY))
    """
    if len(root) + len(key) < _CHUNK:
        return os.open(root + b"/" + key if key else root, flags | open_flags.CLOEXEC)
    folder = os.open(root, _FOLDER)
    try:
        *parents, last = _chunks(key)
        for chunk in parents:
            below = os.open(chunk, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = below
        return os.open(last, flags | open_flags.CLOEXEC, dir_fd=folder)
    finally:
        os.close(folder)


def _chunks(key: bytes) -> list[bytes]:
    chunks = [b""]
    for part in key.split(b"/"):
        if chunks[-1] and len(chunks[-1]) + len(part) < _CHUNK:
            chunks[-1] += b"/" + part
        elif chunks[-1]:
            chunks.append(part)
        else:
            chunks[-1] = part
    return chunks


@dataclass(slots=True)
class _Folders:
    """The folders still to be listed. Linked ones come last and in key order, so that a file keeps its own path and
    the outcome does not hang on the order in which the file system lists names."""

    plain: list[bytes] = field(default_factory=list)
    linked: list[tuple[bytes, os.stat_result]] = field(default_factory=list)
    visited: set[tuple[int, int]] = field(default_factory=set)

    def next(self) -> bytes | None:
        if self.plain:
            return self.plain.pop()
        while self.linked:
            key, status = heapq.heappop(self.linked)
            if self.enter(status):
                return key
        return None

    def enter(self, status: os.stat_result) -> bool:
        identity = (status.st_dev, status.st_ino)
        if identity in self.visited:
            return False
        self.visited.add(identity)
        return True


def walk(root: bytes, *, only: Collection[str] = ()) -> Iterator[FileEntry | Unlisted]:
    """Everything below `root` that is not a folder, in any order. A folder that cannot be listed is itself an item.


    A link to a folder is followed where its target was not visited, which no folder below `root` and no circle passes.
    A link to a folder above `root` is not followed: it would drag in what nobody named. Where `only` files of some
    names are looked for, no link is followed, and nothing is told of what lies beside them.

    >>> [item.key for item in walk(b"/etc") if item.key == b"hostname"]
    [b'hostname']
    """
    folders = _Folders(plain=[b""])
    folders.enter(os.stat(root))
    above = _folders_above(root)
    while (folder := folders.next()) is not None:
        try:
            descriptor = open_below(root, folder, os.O_RDONLY | open_flags.DIRECTORY)
            try:
                sidecars = None if only else sidecars_in(descriptor)
                with os.scandir(descriptor) as names:
                    for name in names:
                        if only and name.name not in only and not name.is_dir(follow_symlinks=False):
                            continue
                        beside = statuses(descriptor, sidecars.of(name.name)) if sidecars else ()
                        item = _look(name, folder, folders, None if only else above, beside)
                        if item is not None:
                            yield item
            finally:
                os.close(descriptor)
        except OSError as error:
            yield Unlisted(folder + b"/", error)


def statuses(folder: int, names: Iterable[str]) -> Beside:
    """What the file system says of some names in an open folder; None for what leads nowhere or may not be seen."""
    found: list[tuple[bytes, os.stat_result | None]] = []
    for name in names:
        try:
            found.append((os.fsencode(name), os.stat(name, dir_fd=folder)))
        except OSError:
            found.append((os.fsencode(name), None))
    return tuple(found)


def _look(
    name: os.DirEntry[str],
    folder: bytes,
    folders: _Folders,
    above: frozenset[tuple[int, int]] | None,
    beside: Beside,
) -> FileEntry | Unlisted | None:
    """The item that a name stands for, or None where it is a folder, which is put on the list instead."""
    raw = os.fsencode(name.name)
    key = folder + b"/" + raw if folder else raw
    try:
        status = name.stat(follow_symlinks=False)
        linked = stat.S_ISLNK(status.st_mode)
        if linked:
            status = name.stat(follow_symlinks=True)
    except OSError as error:
        return FileEntry(key, None, error)
    if not stat.S_ISDIR(status.st_mode):
        return FileEntry(key, status, None, beside)
    if not linked:
        if folders.enter(status):
            folders.plain.append(key)
    elif above is not None:
        if (status.st_dev, status.st_ino) in above:
            return Unlisted(key + b"/", OSError(errno.ELOOP, "a link to a folder above the collection is not followed"))
        heapq.heappush(folders.linked, (key, status))
    return None


def _folders_above(root: bytes) -> frozenset[tuple[int, int]]:
    parent = os.path.dirname(os.path.realpath(root))
    above = set()
    while True:
        try:
            status = os.stat(parent)
        except OSError:
            break
        above.add((status.st_dev, status.st_ino))
        if parent == os.path.dirname(parent):
            break
        parent = os.path.dirname(parent)
    return frozenset(above)
