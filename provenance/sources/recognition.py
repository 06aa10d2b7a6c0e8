"""Recognising a collection that was seen before, whatever path leads to it now. Pure.

A collection is known by three things: its address (the real path, so that links and relative paths agree), the device
and inode of its root, and a sample of its listing: the first keys in order, with sizes and times.

| address | root's inode | sample | it is |
|---|---|---|---|
| same | same, or either has no listing | any | SAME: files come and go |
| same | other | agrees | SAME: restored, or mounted anew |
| same | other | other | IN_DOUBT: another folder lies at its place |
| other | any | agrees, and another folder still lies at the old address | COPY |
| other | same | agrees | MOVED: renamed, or mounted elsewhere |
| other | other | agrees, times too | MOVED |
| other | other | agrees but for the times | IN_DOUBT |
| other | any | other | NEW |

The device is not asked: its number changes with the next start or in a container, and roots of disks share an inode. So
the caller says whether the stored address still leads to another folder than the present one (`os.path.samefile`).

Where it is in doubt the user is asked to say whether the folder is that collection (and so keeps its statements) or a
new one; until then nothing that was stated for the one counts for the other.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from provenance.sources.interface import Entry

SAMPLE: Final = 64
"""Keys of a listing by which it is recognised."""

_AGREES: Final = 0.5
"""Share of the shorter sample that has to be in the other; a working collection gains and loses files."""


class Recognised(StrEnum):
    """What a collection is to one that was seen before."""

    SAME = "SAME"
    MOVED = "MOVED"
    """The same collection at another address: it keeps everything that was stated for it."""
    COPY = "COPY"
    """Another collection with the same files; nothing is lent to it but what belongs to the bytes."""
    NEW = "NEW"
    IN_DOUBT = "IN_DOUBT"


@dataclass(frozen=True, slots=True)
class Sampled:
    """One file of a sample."""

    key: bytes
    size: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What a collection is known by. `inode` is None where the storage has none, as object stores."""

    uri: str
    inode: int | None
    sample: tuple[Sampled, ...]


@dataclass(frozen=True, slots=True)
class Recognition:
    """The outcome, and the reason as a sentence."""

    outcome: Recognised
    reason: str


def sample_of(entries: Iterable[Entry]) -> tuple[Sampled, ...]:
    """The first keys of a listing in order, in flat memory."""
    first = heapq.nsmallest(
        SAMPLE, ((e.key, e.size, e.identity.file.modified_ns if e.identity else 0) for e in entries)
    )
    return tuple(Sampled(*one) for one in first)


def recognise(stored: Whereabouts, present: Whereabouts, *, still_there: bool) -> Recognition:
    """What the collection that lies at `present` is to a stored one.

    `still_there` says whether the stored address leads to another folder than the present one.

    >>> was = Whereabouts("file:///mnt/a", 7, (Sampled(b"1.jpg", 100, 5),))
    >>> recognise(was, Whereabouts("file:///mnt/b", 7, was.sample), still_there=False).outcome.name
    'MOVED'
    """
    same_inode = stored.inode == present.inode
    names, times = _agreement(stored.sample, present.sample)
    if stored.uri == present.uri:
        return _at_its_place(stored, same_inode=same_inode, agrees=names or not present.sample)
    if not names:
        return Recognition(Recognised.NEW, f"it holds other files than {stored.uri}")
    if still_there:
        return Recognition(Recognised.COPY, f"it holds the files of {stored.uri}, which is still there")
    if same_inode and stored.inode is not None:
        return Recognition(Recognised.MOVED, f"it is the folder that was {stored.uri}, at another path")
    if times:
        return Recognition(Recognised.MOVED, f"it holds the files of {stored.uri}, which is gone, with their times")
    reason = f"it holds files of the names and sizes of {stored.uri}, which is gone, but of other times"
    return Recognition(Recognised.IN_DOUBT, reason)


def _at_its_place(stored: Whereabouts, *, same_inode: bool, agrees: bool) -> Recognition:
    if same_inode:
        return Recognition(Recognised.SAME, f"it is {stored.uri}")
    if agrees or not stored.sample:
        return Recognition(
            Recognised.SAME, f"it lies at {stored.uri} and holds its files, though the folder is another"
        )
    return Recognition(Recognised.IN_DOUBT, f"another folder with other files lies where {stored.uri} lay")


def _agreement(one: tuple[Sampled, ...], other: tuple[Sampled, ...]) -> tuple[bool, bool]:
    """Whether two samples are of one listing: by names and sizes, and by the times as well."""
    if not one or not other:
        return False, False
    # Each covers the keys up to its last one; where a listing grew, the other sample may end earlier.
    last = min(one[-1].key, other[-1].key)
    left = {s.key: s for s in one if s.key <= last}
    right = {s.key: s for s in other if s.key <= last}
    least = _AGREES * max(min(len(left), len(right)), 1)
    shared = [key for key in left.keys() & right.keys() if left[key].size == right[key].size]
    timed = [key for key in shared if left[key].modified_ns == right[key].modified_ns]
    return len(shared) >= least, len(timed) >= least
