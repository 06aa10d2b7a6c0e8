"""Comparing what lies on disk now with what the ledger holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from provenance.chunks import batched
from provenance.keys import display
from provenance.ledger import collections
from provenance.ledger.collections import CurrentItem
from provenance.ledger.database import Database
from provenance.run.item_identity import ItemIdentity, digest_of_sidecars, is_as_listed, pages_of
from provenance.run.staging import Listed, Staging
from provenance.sources.interface import Source, most_of

_CHUNK: Final = 1_000


@dataclass(frozen=True, slots=True)
class DiskDiff:
    """How a collection differs from the ledger: keys that it does not hold, images with other bytes, images gone."""

    unregistered: tuple[bytes, ...] = ()
    other_bytes: frozenset[int] = frozenset()
    gone: frozenset[int] = frozenset()


def compare(database: Database, source: Source, collection: int | None) -> DiskDiff:
    """Compare what identifies each file, and hash what differs. Writes nothing but a temporary list.

    Raises SourceError where the collection cannot be listed.
    """
    with Staging.temporary() as staging:
        staging.take(0, source.entries())
        if collection is None:
            return DiskDiff(unregistered=tuple(listed.key for listed in staging.listed(0)))
        unregistered: list[bytes] = []
        other_bytes: set[int] = set()
        for chunk in batched(staging.listed(0), _CHUNK):
            with database.reading() as connection:
                known = collections.current(connection, collection, [listed.key for listed in chunk])
            for listed in chunk:
                before = known.get(listed.key)
                if before is None:
                    unregistered.append(listed.key)
                elif differs(source, listed, before):
                    other_bytes.add(before.id)
        return DiskDiff(tuple(unregistered), frozenset(other_bytes), frozenset(_gone(database, staging, collection)))


def differs(source: Source, listed: Listed, before: CurrentItem) -> bool:
    """Whether a file is no longer what the ledger holds of it, its sidecars and its captured pages included."""
    if listed.problem is not None:
        return before.problem != listed.problem.kind.value
    if before.problem is not None:
        return True
    if is_as_listed(before.identity, listed.identity, before.captures):
        return False
    known = ItemIdentity.of_text(before.identity)
    if pages_of(before.captures) != known.pages:
        return True
    try:
        if sha256(source.read(listed.key, most_of(listed.size))).digest() != before.sha256:
            return True
        beside = [(display(name), data) for name, data in source.sidecars(listed.key)]
    except OSError:
        return True
    return digest_of_sidecars(beside) != known.beside


def _gone(database: Database, staging: Staging, collection: int) -> Iterator[int]:
    last = b""
    while True:
        with database.reading() as connection:
            page = collections.page(connection, collection, after=last, size=_CHUNK)
        if not page:
            return
        absent = staging.absent_from(0, [key for _, key in page])
        yield from (number for number, key in page if key in absent)
        last = page[-1][1]
