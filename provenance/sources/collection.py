"""A collection as it lies: files, and what lies in the containers among them, whatever the storage.

One rule: what can be opened is opened, wherever it lies, and its images are items `container::member`; what may hold
images and cannot be opened, or not whole, is named as an item of its own. Nothing is passed over in silence.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, Final

from provenance.carriers import sniff
from provenance.keys import display
from provenance.model import Problem, ProblemKind
from provenance.sources.containers import COMPRESSED, open_container
from provenance.sources.exclusions import Exclusion, excluding
from provenance.sources.heads import HEAD_BYTES
from provenance.sources.identity import Identity
from provenance.sources.imagefolder import MetadataFile
from provenance.sources.interface import MAX_IMAGE_BYTES, MEMBER, Entry, Role, Storage, StoredFile
from provenance.sources.kinds import FileKind, Found, image_extensions, is_image_name, kind_of, kind_of_whole
from provenance.sources.members import Container, ContainerError, Member
from provenance.sources.share import Share, SharedFiles
from provenance.sources.stores import store_of

_PIECE: Final = 1 << 20

SIDECAR_BYTES: Final = 16 << 20
"""16 MiB: no reader takes more of a sidecar, and one byte beyond tells that there is more."""


@dataclass(frozen=True, slots=True)
class _Opened:
    """The container that was read from last: a scan reads a shard from front to back."""

    key: bytes
    container: Container


class Collection:
    """The images of a storage. `exclusions` take files out; with `single` the storage is one file, whatever its name.

    Any number of threads may read, and a copy of it in other processes.
    """

    def __init__(self, storage: Storage, exclusions: Iterable[Exclusion] = (), *, single: bool = False) -> None:
        self._storage = storage
        self._exclusions = tuple(exclusions)
        self._single = single
        self._opened: _Opened | None = None
        self._reading = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        """Without what is one process's own: the container that is open, and the lock."""
        return {name: value for name, value in vars(self).items() if name not in ("_opened", "_reading")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _opened=None, _reading=threading.Lock())

    @property
    def uri(self) -> str:
        """The address of the collection."""
        return self._storage.uri

    @property
    def root(self) -> str:
        """What identifies the folder that it is, whatever its path: device and inode, or the address itself."""
        return self._storage.root

    @property
    def location(self) -> str:
        """The path below which the keys lie, as a training script would open them."""
        return self._storage.location

    def shared(self, share: Share) -> Collection:
        """The collection with no more than the images of one share."""
        return Collection(SharedFiles(self._storage, share), self._exclusions, single=self._single)

    def entries(self) -> Iterator[Entry]:
        """Every image once, in any order. Raises SourceError where the collection cannot be listed."""
        stores: set[bytes] = set()
        for file in self._storage.files():
            if (taken := excluding(self._exclusions, file.key)) is not None:
                yield Entry(file.key, file.size, file.identity, role=Role.EXCLUDED, reason=taken.reason)
            elif (store := store_of(file.key)) is not None:
                if store.folder not in stores:
                    stores.add(store.folder)
                    yield Entry(store.folder, 0, None, role=Role.EXCLUDED, reason=store.reason)
            else:
                yield from self._of_file(file)

    def read(self, key: bytes, most: int = MAX_IMAGE_BYTES) -> bytes:
        """The bytes of one image. Raises OSError, also for what is not a regular file or larger than `most`."""
        name = key.rpartition(b"/")[2]
        try:
            with self._storage.open(key) as file:
                if is_image_name(name) or not self._is_compressed(name, file):
                    return read_whole(file, most)
        except (FileNotFoundError, NotADirectoryError):
            if MEMBER not in key:
                raise
            return self._read_member(key, most)
        return self._read_in(key, b"", most)

    def sidecars(self, key: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The files that speak of one image: key and bytes, cut behind `SIDECAR_BYTES`.

        Raises OSError for one that is there and cannot be read.
        """
        split = self._split(key) if MEMBER in key else None
        if split is None:
            for found in self._storage.beside(key):
                with self._storage.open(found) as file:
                    yield found, read_start(file, SIDECAR_BYTES + 1)
            return
        container, name = split
        with self._reading:
            names = self._container(container).beside(name)
        for found in names:
            yield container + MEMBER + found, self._read_in(container, found, SIDECAR_BYTES)

    def metadata_files(self) -> tuple[MetadataFile, ...]:
        """The manifests that the collection brings with it, where it lies on a local disk."""
        return ()

    def _of_file(self, file: StoredFile) -> Iterator[Entry]:
        name = file.key.rpartition(b"/")[2]
        if file.problem is not None or is_image_name(name):
            yield _image(file, self._ambiguous(file))
            return
        try:
            with self._storage.open(file.key) as opened:
                head = read_start(opened, HEAD_BYTES)
                found = kind_of_whole(name, head, file.size, lambda at, size: _read_from(opened, at, size))
        except OSError as error:
            problem = Problem(ProblemKind.IO_ERROR, f"it cannot be read: {error.strerror or error}")
            yield replace(_image(file), problem=problem)
            return
        if found.kind is FileKind.CONTAINER and not self._is_read_with_an_image(file.key, head):
            yield from self._of_container(file, found)
        elif found.kind is FileKind.IMAGE or self._single:
            yield _image(file, self._ambiguous(file))

    def _is_read_with_an_image(self, key: bytes, head: bytes) -> bool:
        """Whether a packet with pictures in it is the sidecar of an image beside it, with which they are looked at."""
        stem, dot, suffix = key.rpartition(b".")
        if not dot or suffix.lower() != b"xmp" or sniff(head) != "xmp":
            return False
        named = (stem + b"." + extension for extension in image_extensions())
        return any(self._is_there(name) for name in ([stem] if is_image_name(stem) else named))

    def _is_there(self, key: bytes) -> bool:
        try:
            self._storage.open(key).close()
        except OSError:
            return False
        return True

    def _of_container(self, file: StoredFile, found: Found) -> Iterator[Entry]:
        if not found.reader:
            yield _unopened(file, f"{found.name}, which was not opened")
            return
        try:
            with self._reading:
                container = self._open(file.key, found.reader)
            try:
                for member in container.members() if container is not None else ():
                    yield _of_member(file, member)
            finally:
                if container is not None:
                    container.close()
        except ContainerError as error:
            yield _unopened(file, f"{found.name}, which was not looked into whole: {error}")
        except OSError as error:
            yield _unopened(file, f"{found.name}, which cannot be read: {error.strerror or error}")

    def _ambiguous(self, file: StoredFile) -> bool:
        """Whether a file's own name is that of a member of a container beside it."""
        split = self._split(file.key) if MEMBER in file.key else None
        if split is None:
            return False
        with self._storage.open(split[0]) as beside:
            head = read_start(beside, HEAD_BYTES)
        return kind_of(split[0].rpartition(b"/")[2], head, max(len(head), 1)).kind is FileKind.CONTAINER

    def _is_compressed(self, name: bytes, file: BinaryIO) -> bool:
        head = read_start(file, HEAD_BYTES)
        return kind_of(name, head, len(head)).reader in COMPRESSED

    def _read_member(self, key: bytes, most: int) -> bytes:
        split = self._split(key)
        if split is None:
            raise FileNotFoundError(2, "no such file, and no container that would hold it", display(key))
        return self._read_in(*split, most)

    def _read_in(self, container: bytes, name: bytes, most: int) -> bytes:
        with self._reading:
            try:
                return self._container(container).read(name, most)
            except KeyError:
                raise FileNotFoundError(2, "nothing of this name lies in the container", display(name)) from None

    def _split(self, key: bytes) -> tuple[bytes, bytes] | None:
        """The container and the name in it that a key stands for, or None where no file is that container."""
        at = key.find(MEMBER)
        while at > 0:
            try:
                self._storage.open(key[:at]).close()
            except OSError:
                at = key.find(MEMBER, at + 1)
            else:
                return key[:at], key[at + len(MEMBER) :]
        return None

    def _container(self, key: bytes) -> Container:
        """An open container, the one that was asked last as it is. The caller holds the lock. Raises OSError."""
        if self._opened is None or self._opened.key != key:
            if self._opened is not None:
                self._opened.container.close()
                self._opened = None
            name = key.rpartition(b"/")[2]
            with self._storage.open(key) as file:
                head = read_start(file, HEAD_BYTES)
            try:
                container = self._open(key, kind_of(name, head, max(len(head), 1)).reader)
            except ContainerError as error:
                raise OSError(f"{display(key)} cannot be opened: {error}") from error
            if container is None:
                raise OSError(f"{display(key)} holds no image")
            self._opened = _Opened(key, container)
        return self._opened.container

    def _open(self, key: bytes, reader: str) -> Container | None:
        return open_container(reader, self._storage.open(key), key.rpartition(b"/")[2], addresses=self._single)


def read_whole(file: BinaryIO, most: int) -> bytes:
    """All of a file, to its end and not to the size that the file system tells. Raises OSError for more than `most`."""
    data = read_start(file, most + 1)
    if len(data) > most:
        raise OSError(27, f"larger than {most} bytes")
    return data


def read_start(file: BinaryIO, size: int) -> bytes:
    """The first bytes of a file, fewer where it ends."""
    return _read_from(file, 0, size)


def _read_from(file: BinaryIO, at: int, size: int) -> bytes:
    file.seek(at)
    parts = []
    while size > 0 and (part := file.read(min(size, _PIECE))):
        parts.append(part)
        size -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _image(file: StoredFile, ambiguous: bool = False) -> Entry:  # noqa: FBT001, FBT002
    problem = file.problem
    if ambiguous:
        problem = Problem(ProblemKind.IO_ERROR, "its name is that of a file in the container beside it")
    elif problem is None and file.size > MAX_IMAGE_BYTES:
        problem = Problem(ProblemKind.TOO_LARGE, f"{file.size} bytes; the limit is {MAX_IMAGE_BYTES}")
    return Entry(file.key + MEMBER if ambiguous else file.key, file.size, file.identity, problem)


def _unopened(file: StoredFile, detail: str) -> Entry:
    return Entry(file.key, file.size, file.identity, Problem(ProblemKind.NOT_OPENED, detail), Role.CONTAINER)


def _part_of(identity: Identity, place: int) -> Identity:
    return replace(identity, part=f"{identity.part}:{place}" if identity.part else str(place))


def _of_member(file: StoredFile, member: Member) -> Entry:
    problem = member.problem
    if problem is None and member.size > MAX_IMAGE_BYTES:
        problem = Problem(ProblemKind.TOO_LARGE, f"{member.size} bytes; the limit is {MAX_IMAGE_BYTES}")
    return Entry(
        key=file.key + MEMBER + member.name if member.name else file.key,
        size=member.size,
        identity=_part_of(file.identity, member.place) if file.identity is not None else None,
        problem=problem,
        container=file.key,
        place=member.place + 1,
        alias=file.key + MEMBER + member.alias if member.alias else b"",
        row=member.row,
    )
