"""Images in a ZIP archive, read where they lie. Office files, camera bundles and `.npz` are ZIP archives too."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from typing import IO, BinaryIO, Final, cast

from provenance.carriers.sidecars import Sidecars, is_sidecar
from provenance.model import Problem, ProblemKind
from provenance.sources.arrays import labels_only
from provenance.sources.heads import HEAD_BYTES
from provenance.sources.kinds import FileKind, is_image_name, kind_of_whole
from provenance.sources.members import (
    MAX_MEMBERS,
    TWICE,
    BoundedReads,
    ContainerError,
    Member,
    Unopened,
    name_problem,
    normal_name,
    numbered,
)

_GROWTH: Final = 200
"""Times its own size that an archive may unpack to. Deflate reaches 1,032; an archive of flat bitmaps about 100."""

_SMALL: Final = 1 << 30
"""1 GiB that any archive may unpack to."""

_LOCAL: Final = 30
_CENTRAL: Final = 46
_SLACK: Final = 128
_SLACK_EACH: Final = 64
"""Bytes that need not be accounted for, and for each member: other readers find members that no directory lists."""

_ENCRYPTED: Final = 0x1
_UTF8: Final = 0x800


class ZipContainer:
    """An open ZIP archive. Raises ContainerError for what cannot be one, or would unpack to too much."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        try:
            self._zip = zipfile.ZipFile(cast("IO[bytes]", BoundedReads(file)))
        except Exception as error:  # hostile directories end in a dozen kinds of errors
            raise ContainerError(f"its directory cannot be read: {str(error)[:200] or type(error).__name__}") from error
        infos = [info for info in self._zip.infolist() if not info.filename.endswith("/")]
        if len(infos) > MAX_MEMBERS:
            raise ContainerError(f"it holds more than {MAX_MEMBERS} members")
        if sum(info.file_size for info in infos) > max(_SMALL, _GROWTH * size):
            raise ContainerError("it would unpack to so much that it cannot be sound")
        self._unopened = Unopened()
        strange = size - _accounted(self._zip, infos)
        if strange > _SLACK + _SLACK_EACH * len(infos):
            self._unopened.add(b"%d bytes that belong to no member" % strange)
        self._sidecars: dict[bytes, zipfile.ZipInfo] = {}
        self._twice: set[bytes] = set()
        images = [info for info in infos if self._is_image(info)]
        members = (
            Member(_name(info), info.file_size, ordinal, self._problem(info)) for ordinal, info in enumerate(images)
        )
        self._members = list(zip(numbered(members), images, strict=True))
        self._by_name = {member.name: info for member, info in self._members} | self._sidecars
        self._beside = Sidecars(_text(_name(info)) for info in infos)

    def members(self) -> Iterator[Member]:
        """Every image in it. Raises ContainerError, at the end, for what was not looked into."""
        yield from (member for member, _ in self._members)
        self._unopened.raise_any()

    def read(self, name: bytes, most: int) -> bytes:
        """The bytes of one member. Raises OSError; KeyError for a name that no member has."""
        info = self._by_name[name]
        if (problem := TWICE if name in self._twice else self._problem(info)) is not None:
            raise OSError(problem.detail)
        if info.file_size > most:
            raise OSError(f"larger than {most} bytes")
        return self._part_of(info, 0, info.file_size)

    def beside(self, name: bytes) -> tuple[bytes, ...]:
        """The names of the sidecars of a member."""
        found = self._beside.of(_text(_name(self._by_name[name]))) if self._beside else ()
        return tuple(one.encode("utf-8", "surrogateescape") for one in found)

    def close(self) -> None:
        """Let the file go."""
        self._zip.close()
        self._file.close()

    def _is_image(self, info: zipfile.ZipInfo) -> bool:
        name = _name(info)
        if is_image_name(name.rpartition(b"/")[2]):
            return True
        if self._problem(info) is not None:
            self._unopened.add(name)
            return False
        if is_sidecar(_text(name)):
            if name in self._sidecars:
                self._twice.add(name)
            self._sidecars[name] = info
        try:
            head = self._part_of(info, 0, HEAD_BYTES)
            found = kind_of_whole(name, head, info.file_size, lambda at, size: self._part_of(info, at, size))
        except OSError:
            self._unopened.add(name)
            return False
        if found.kind is FileKind.CONTAINER and not (found.reader == "npy" and labels_only(io.BytesIO(head))):
            self._unopened.add(name)
        return found.kind is FileKind.IMAGE

    def _part_of(self, info: zipfile.ZipInfo, start: int, most: int) -> bytes:
        """Bytes of a member, never more than its directory claims. Raises OSError for whatever is wrong."""
        size = min(most, info.file_size - start)
        try:
            with self._zip.open(info) as member:
                member.seek(start)
                data = member.read(size)
        except OSError:
            raise
        except Exception as error:
            raise OSError(f"it cannot be unpacked: {str(error)[:200] or type(error).__name__}") from error
        if len(data) != size:
            raise OSError("it unpacks to less than the archive says")
        return data

    def _problem(self, info: zipfile.ZipInfo) -> Problem | None:
        if info.flag_bits & _ENCRYPTED:
            return Problem(ProblemKind.IO_ERROR, "it is encrypted")
        return name_problem(_name(info))


def _accounted(archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo]) -> int:
    """The bytes that members, directory and comment take, but for alignment and descriptors."""
    heads = sum(2 * (_name_length(info) + len(info.extra)) + len(info.comment) + _LOCAL + _CENTRAL for info in infos)
    return heads + sum(info.compress_size for info in infos) + len(archive.comment)


def _name_length(info: zipfile.ZipInfo) -> int:
    return len(info.orig_filename.encode() if info.flag_bits & _UTF8 else info.orig_filename)


def _name(info: zipfile.ZipInfo) -> bytes:
    return normal_name(info.filename.encode("utf-8", "surrogateescape"))


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
