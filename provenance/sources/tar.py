"""Images in a tar archive, such as a WebDataset or img2dataset shard, read where they lie.

A sample of a shard is its members with one name up to the first dot of the last part (WebDataset's convention); the
`.json` and `.txt` of a sample are the row of each of its images. A sample with one image goes by the sample's key, as
training scripts call it; the full name of the member is its alias.
"""

from __future__ import annotations

import os
import re
import tarfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import IO, BinaryIO, Final, cast

from provenance.carriers.sidecars import Sidecars, is_sidecar
from provenance.model import Problem, ProblemKind
from provenance.sources.heads import HEAD_BYTES
from provenance.sources.kinds import FileKind, is_image_name, kind_of_whole
from provenance.sources.members import (
    MAX_MEMBERS,
    MAX_ROW_BYTES,
    TWICE,
    BoundedReads,
    ContainerError,
    Member,
    Unopened,
    name_problem,
    normal_name,
    numbered,
    read_exactly,
)
from provenance.unique_keys import json_value

_SAMPLE: Final = re.compile(rb"((?:.*/)?[^./][^./]*)\.[^/]*", re.DOTALL)
_BLOCK: Final = 512
_MOST_OF_A_SAMPLE: Final = 100
"""Images of one sample to each of which its row is given; real ones have fewer than ten."""

_PADDING: Final = 1 << 20
"""Zeros behind the end: writers fill up to 10 KiB, some to the block of a tape."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a member's bytes lie."""

    name: bytes
    start: int
    size: int
    problem: Problem | None = None


@dataclass(slots=True)
class _Sample:
    images: int = 0
    json: _Place | None = None
    text: _Place | None = None


@dataclass(slots=True)
class _Index:
    """Every member by what it is to its shard."""

    images: list[_Place] = field(default_factory=list)
    sidecars: dict[bytes, _Place] = field(default_factory=dict)
    samples: dict[bytes, _Sample] = field(default_factory=lambda: defaultdict(_Sample))
    unopened: Unopened = field(default_factory=Unopened)


class TarContainer:
    """An open tar archive that is not compressed."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, os.SEEK_END)
        self._trouble = ""
        self._index = _Index()
        for place in self._places():
            self._sort_in(place)
        self._members = [(member, place) for member, place in self._named()]
        self._by_name = {member.name: place for member, place in self._members} | self._index.sidecars
        self._sidecars = Sidecars(map(_text, [p.name for p in self._index.images] + [*self._index.sidecars]))

    def members(self) -> Iterator[Member]:
        """Every image in it. Raises ContainerError, at the end, for what was cut off or not looked into."""
        for member, place in self._members:
            yield replace(member, row=self._row(_sample_of(place.name)))
        if self._trouble:
            raise ContainerError(self._trouble)
        self._index.unopened.raise_any()

    def read(self, name: bytes, most: int) -> bytes:
        """The bytes of one member. Raises OSError; KeyError for a name that no member has."""
        place = self._by_name[name]
        if place.problem is not None:
            raise OSError(place.problem.detail)
        return read_exactly(self._file, place.start, place.size, most)

    def beside(self, name: bytes) -> tuple[bytes, ...]:
        """The names of the sidecars of a member."""
        own = self._by_name[name].name
        sample = _sample_of(own)
        # `0.left.jpg` is an image of the sample `0`, of which `0.xmp` speaks.
        named = [own, sample + own[own.rfind(b".") :]] if sample else [own]
        found = [one for each in named for one in self._sidecars.of(_text(each))] if self._sidecars else []
        return tuple(one.encode("utf-8", "surrogateescape") for one in dict.fromkeys(found))

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def _places(self) -> Iterator[_Place]:
        """Every member that is not a folder, up to where the archive cannot be followed; then `_trouble` says why."""
        self._file.seek(0)
        try:
            archive = tarfile.open(  # noqa: SIM115 - it owns nothing that would have to be closed
                fileobj=cast("IO[bytes]", BoundedReads(self._file)),
                mode="r:",
                encoding="utf-8",
                errors="surrogateescape",
            )
            count, end = 0, -1
            while (info := archive.next()) is not None:
                archive.members = []  # type: ignore[attr-defined] # it keeps them all otherwise
                count += 1
                if count > MAX_MEMBERS or archive.offset <= end or info.size < 0:
                    self._trouble = f"its member {count} cannot be one"
                    return
                end = archive.offset
                if not info.isdir():
                    yield self._place(info)
            self._check_end(archive.offset)
        except Exception as error:  # noqa: BLE001 - hostile headers end in a dozen kinds of errors
            self._trouble = f"it cannot be followed to its end: {str(error)[:200] or type(error).__name__}"

    def _place(self, info: tarfile.TarInfo) -> _Place:
        name = normal_name(info.name.encode("utf-8", "surrogateescape"))
        problem = name_problem(name)
        if not info.isreg() or info.issparse():
            problem = Problem(ProblemKind.NOT_A_FILE, "a member of the archive that is a link, a device or sparse")
        elif info.offset_data + info.size > self._size:
            problem = Problem(ProblemKind.IO_ERROR, "the archive ends before this member does")
            self._trouble = "it was cut short: its last member is not whole"
        return _Place(name, info.offset_data, info.size, problem)

    def _check_end(self, end: int) -> None:
        self._file.seek(end)
        rest = b"".join(iter(lambda: self._file.read(1 << 16) if self._file.tell() - end < _PADDING else b"", b""))
        if len(rest) < _BLOCK:
            raise ContainerError("there is no mark of its end, so it may have been cut short")
        if rest.strip(b"\0") or self._size - end > _PADDING:
            raise ContainerError("something lies where its end should be")

    def _sort_in(self, place: _Place) -> None:
        index = self._index
        sample = index.samples[_sample_of(place.name)]
        if is_image_name(place.name.rpartition(b"/")[2]):
            sample.images += 1
            index.images.append(place)
        elif place.problem is not None:
            index.unopened.add(place.name)
        else:
            if is_sidecar(_text(place.name)):
                twice = TWICE if place.name in index.sidecars else None
                index.sidecars[place.name] = replace(place, problem=twice)
            self._look(place, sample)

    def _look(self, place: _Place, sample: _Sample) -> None:
        def read(start: int, most: int) -> bytes:
            return read_exactly(self._file, place.start + start, min(most, place.size - start), most)

        kind = kind_of_whole(place.name, read(0, HEAD_BYTES), place.size, read).kind
        if kind is FileKind.IMAGE:
            sample.images += 1
            self._index.images.append(place)
        elif kind is FileKind.CONTAINER:
            self._index.unopened.add(place.name)
        elif place.name.endswith(b".json"):
            sample.json = place
        elif place.name.endswith(b".txt"):
            sample.text = place

    def _named(self) -> Iterator[tuple[Member, _Place]]:
        images = []
        for ordinal, place in enumerate(self._index.images):
            sample = _sample_of(place.name)
            alone = bool(sample) and self._index.samples[sample].images == 1
            name, alias = (sample, place.name) if alone else (place.name, b"")
            images.append(Member(name, place.size, ordinal, place.problem, alias))
        return zip(numbered(images), self._index.images, strict=True)

    def _row(self, key: bytes) -> Mapping[str, object] | None:
        """What the sample of that key says of each of its images."""
        sample = self._index.samples.get(key) if key else None
        if sample is None or (sample.json is None and sample.text is None):
            return None
        if sample.images > _MOST_OF_A_SAMPLE:
            self._index.unopened.add(b"the row of a sample with %d images" % sample.images)
            return None
        row: dict[str, object] = {}
        try:
            if sample.json is not None:
                found = json_value(read_exactly(self._file, sample.json.start, sample.json.size, MAX_ROW_BYTES))
                row.update(found if isinstance(found, dict) else {})
            if sample.text is not None and not row.get("caption"):
                text = read_exactly(self._file, sample.text.start, sample.text.size, MAX_ROW_BYTES)
                row["caption"] = text.decode("utf-8", "replace")
        except (OSError, ValueError, RecursionError) as error:
            self._index.unopened.add(b"a row of a sample: " + str(error)[:100].encode())
        return row or None


def _sample_of(name: bytes) -> bytes:
    """The key of the sample that a member belongs to; empty where it has none."""
    found = _SAMPLE.fullmatch(name)
    return found[1] if found else b""


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
