"""Holding what is on disk now against what the ledger holds, where no scan has just done so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Final

from provenance.ledger import collections as held
from provenance.ledger.database import Database
from provenance.run.staging import Staged, Staging
from provenance.sources.interface import Source

_CHUNK: Final = 1_000


@dataclass(frozen=True, slots=True)
class DiskDiff:
    """How a collection differs from the ledger: keys that it does not hold, images with other bytes, images gone."""

    unregistered: tuple[bytes, ...] = ()
    other_bytes: frozenset[int] = frozenset()
    gone: frozenset[int] = frozenset()


def compare(database: Database, source: Source, staging: Staging, collection: int | None) -> DiskDiff:
    """Compare sizes and times, and hash what differs. Writes nothing."""
    staging.list((e.key, e.size, e.modified_ns, e.problem) for e in source.entries())
    if collection is None:
        return DiskDiff(unregistered=tuple(staged.key for staged in staging.in_order()))
    unregistered: list[bytes] = []
    other_bytes: set[int] = set()
    for chunk in _chunks(staging.in_order()):
        with database.reading() as connection:
            known = held.current(connection, collection, [staged.key for staged in chunk])
        for staged in chunk:
            before = known.get(staged.key)
            if before is None:
                unregistered.append(staged.key)
            elif _differs(source, staged, before):
                other_bytes.add(before.id)
    return DiskDiff(tuple(unregistered), frozenset(other_bytes), frozenset(_gone(database, staging, collection)))


def _differs(source: Source, staged: Staged, before: held.CurrentItem) -> bool:
    if staged.problem is not None:
        return before.problem != staged.problem.kind.value
    if before.problem is None and (staged.size, staged.modified_ns) == (before.size, before.modified_ns):
        return False
    try:
        return sha256(source.read(staged.key)).digest() != before.sha256
    except OSError:
        return True


def _gone(database: Database, staging: Staging, collection: int) -> Iterator[int]:
    last = b""
    while True:
        with database.reading() as connection:
            page = held.page(connection, collection, after=last, size=_CHUNK)
        if not page:
            return
        absent = staging.absent_from([key for _, key in page])
        yield from (number for number, key in page if key in absent)
        last = page[-1][1]


def _chunks(things: Iterator[Staged]) -> Iterator[list[Staged]]:
    while chunk := list(islice(things, _CHUNK)):
        yield chunk
