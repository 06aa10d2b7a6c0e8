"""Recognising a collection, wherever it lies now.

A collection is the folder, not its path: under another name, another mount point, through a link or in a container it
is the same, and what is known of it counts. It is recognised

1. by its path or address, as long as nothing says otherwise;
2. by its folder, whose device and inode it had under its last path, where at least half of its images are here: file
   systems give the inode of a deleted folder to a new one;
3. where the last path leads nowhere any more, by its images: the first thousand in the order of their names are all
   here, of the same sizes and times.

A copy beside the original is a collection of its own, of which nothing is known. Where less speaks for a collection
that is gone (half of the images, or their names and sizes alone), or more than one is it, only its people can tell:
the scan asks, and takes nothing until it is told (`Moves`). A store knows no folders and a stored object's size is
little to go by, so a collection at an address is known by that alone.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy.engine import Connection

from provenance.errors import UsageError
from provenance.keys import collection_name, same_spelling
from provenance.ledger import collections
from provenance.ledger.collections import Known
from provenance.run.staging import Staging
from provenance.sources.interface import Source
from provenance.urls import path_of

_SAMPLE: Final = 1_000
_DOUBT: Final = 0.5


@dataclass(frozen=True, slots=True)
class Moves:
    """What people say of collections that lie where none lay before.

    `moved_from` are the places, as paths or addresses, where they lay until now; with `new_collection` one that is in
    doubt is new.
    """

    moved_from: tuple[str, ...] = ()
    new_collection: bool = False

    def name(self, one: Known) -> bool:
        """Whether a collection is named by the place where it lay last."""
        return any(one.uri in (place.rstrip("/"), _uri(place)) for place in self.moved_from)


SAID_NOTHING: Final = Moves()


def recognised(
    connection: Connection, source: Source, staging: Staging, ordinal: int, moves: Moves, at: int
) -> tuple[int, str | None]:
    """The number of a collection, stored where it is new, and what people should know of how it was recognised.

    Raises UsageError where it may be one that is gone and nobody says so.
    """
    if collections.find(connection, source.uri) is not None:
        return collections.register(connection, source.uri, source.root, at), None
    gone = [
        _Gone(one, one.root == source.root, *_shares(connection, staging, ordinal, one))
        for one in collections.known(connection)
        if moves.name(one) or (_is_local(one) and _is_gone(one, source))
    ]
    told = [one.known for one in gone if one.alike and moves.name(one.known)]
    certain = [one.known for one in gone if one.is_certain]
    match told or certain:
        case [one]:
            collections.place(connection, one.id, source.uri, source.root, at)
            return one.id, f"{collection_name(source.uri)} is the collection that lay at {one.uri}"
    doubtful = [one.known.uri for one in gone if one.is_likely]
    if doubtful and not moves.new_collection:
        raise UsageError(
            f"{source.uri} holds images of {' and of '.join(doubtful)}, which is gone from there, but whether it is "
            "that collection, with the refusals and reviews that were recorded for it, is not plain",
            remedy=f"say that it is, with --moved-from {doubtful[0]}, or that it is not, with --new-collection",
        )
    return collections.register(connection, source.uri, source.root, at), None


@dataclass(frozen=True, slots=True)
class _Gone:
    """A collection that is gone from its last place, whether its folder is this one, and how much of a sample is here.

    `share` of the sample have the same names, sizes and times here, `alike` at least the same names and sizes.
    """

    known: Known
    same_folder: bool
    share: float
    alike: float

    @property
    def is_certain(self) -> bool:
        return self.share == 1 or (self.same_folder and self.share >= _DOUBT)

    @property
    def is_likely(self) -> bool:
        return self.alike >= _DOUBT or (self.same_folder and self.alike > 0)


def held_at(connection: Connection, source: Source) -> int | None:
    """The number of the collection that lies at a source, by its path or its folder; None where it is not held."""
    found = collections.find(connection, source.uri)
    if found is not None:
        return found
    moved = [one for one in collections.known(connection) if one.root == source.root and not _lies_at(one)]
    return moved[0].id if len(moved) == 1 else None


def _uri(place: str) -> str:
    return Path(same_spelling(place)).as_uri()


def _is_local(one: Known) -> bool:
    return one.uri.startswith("file:///")


def _path(one: Known) -> Path:
    return Path(os.fsdecode(path_of(one.uri)))


def _lies_at(one: Known) -> bool:
    """Whether the folder that a collection was is still at its last path."""
    try:
        found = _path(one).stat()
    except OSError:
        return False
    return f"{found.st_dev}:{found.st_ino}" == one.root


def _is_gone(one: Known, source: Source) -> bool:
    """Whether nothing lies at a collection's last path, or something else does since its folder is this one."""
    return not _path(one).exists() or (one.root == source.root and not _lies_at(one))


def _shares(connection: Connection, staging: Staging, ordinal: int, one: Known) -> tuple[float, float]:
    """How much of a sample of a collection's images lies here: by name, size and time, and by name and size alone."""
    sample = collections.sample(connection, one.id, _SAMPLE)
    if not sample:
        return 0, 0
    here = {listed.key: listed for listed in staging.of_keys(ordinal, [key for key, _, _ in sample])}
    alike = [
        _modified(identity) == _modified(here[key].identity) != ""
        for key, size, identity in sample
        if key in here and here[key].size == size
    ]
    return sum(alike) / len(sample), len(alike) / len(sample)


def _modified(identity: str) -> str:
    """The time of modification, which moving to another disk leaves as it is; "" where none tells an unchanged file."""
    stamp = identity.partition("|")[0].partition(";")[0].split(":")
    return stamp[3] if len(stamp) == 5 else ""
