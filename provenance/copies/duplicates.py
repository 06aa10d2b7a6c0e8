"""The same picture held more than once: under other names, as edited copies, under other claims, beside a blocked one.

Only whole, upright pictures are compared here. A mirrored or cropped copy is found by `find`, which looks at a photo
in many ways.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.copies.index import PHASH, folder_of, open_index, searching, whole_pictures
from provenance.copies.inventory import Held, WholePictures, held_now
from provenance.errors import LedgerError
from provenance.fingerprint.places import FIRST
from provenance.keys import collection_name, display
from provenance.ledger import schema
from provenance.ledger.database import Database
from provenance.ledger.screening import quarantined
from provenance.lookup.disjoint_sets import DisjointSets
from provenance.lookup.join import near_groups
from provenance.vocabulary import Decision

RADIUS: Final = 31
"""Bits within which two pictures count as one."""

DECLARED_ATTRIBUTES: Final = ("licence", "acquisition_method", "persons_status", "persons", "synthetic")
"""What a manifest row claims of the picture itself, whatever the file is called and wherever it came from."""

_STEP: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Copy:
    """One image of a group.

    `item_id` is its row in the ledger, `distance` is to the group's first, by the nearest of their pictures: `place`
    says which of its own, "" the first. `decision` is None where nobody was asked for it. One that is `quarantined` is
    on a list of illegal content: do not open, copy or show it.
    """

    item_id: int
    item: str
    collection: str
    collection_uri: str
    sha256: bytes
    distance: int
    decision: Decision | None
    quarantined: bool
    place: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Images that show one picture. `conflicts` names the claims on which their declarations differ."""

    copies: tuple[Copy, ...]
    conflicts: tuple[str, ...]

    @property
    def near_blocked(self) -> bool:
        """Whether one of them is blocked and another is not."""
        blocked = [copy.decision is Decision.BLOCK for copy in self.copies if copy.decision is not None]
        return any(blocked) and not all(blocked)


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Every group, read from the ledger as it is iterated. `complete` is false where hashes were too alike to join."""

    groups: Iterator[Group]
    complete: bool
    note: str | None = None


Decide = Callable[[Sequence[int]], Mapping[int, Decision]]
"""Gives the decision on images by their numbers."""


def duplicates(
    connection: Connection, database: Database, *, radius: int = RADIUS, decide: Decide = lambda _: {}
) -> Duplicates:
    """The groups of images linked by steps of at most `radius` (0 to 31) bits, or by equal bytes.

    Memory is 9 bytes a picture and 8 more for each that has a copy, beyond fixed buffers and one group at a time; 80
    bytes a picture lie in temporary files meanwhile. Raises ValueError for another radius, LedgerError.
    """
    note = open_index(database).note
    held = held_now(connection)
    folder = folder_of(database)
    place = folder if os.access(folder, os.W_OK) else None  # where the index is there is room, in /tmp perhaps not
    try:
        found = searching(
            database,
            PHASH,
            lambda index: near_groups(WholePictures(index, held), len(held), radius, folder=place),
        )
    except OSError as error:
        raise LedgerError(
            f"hashes cannot be sorted in {place or tempfile.gettempdir()}: {error.strerror or error}",
            remedy="make room, 80 bytes a picture",
        ) from error
    groups = _groups(connection, _several(_members(found.label, held.several), len(held)), held, decide)
    return Duplicates(groups, found.complete, note)


def _members(label: DisjointSets, several: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The numbers that share a picture or bytes with another image, each as `group * count + number`, in order."""
    count = len(label)
    shared = several.copy()
    for own in _steps(count):
        group = label[own[0] : own[-1] + 1]
        shared[group[group != own]] = True
        shared[own[group != own]] = True
    members = np.empty(int(shared.sum()), np.int64)
    done = 0
    for own in _steps(count):
        these = own[shared[own]]
        members[done : done + len(these)] = label[these].astype(np.int64) * count + these
        done += len(these)
    members.sort()
    return members


def _steps(count: int) -> Iterator[NDArray[np.int64]]:
    for start in range(0, count, _STEP):
        yield np.arange(start, min(start + _STEP, count))


def _several(members: NDArray[np.int64], count: int) -> Iterator[NDArray[np.int64]]:
    """The numbers of each group, in order of their first."""
    start = 0
    while start < len(members):
        stop = int(np.searchsorted(members, (members[start] // count + 1) * count))
        yield members[start:stop] % count
        start = stop


def _groups(
    connection: Connection, several: Iterator[NDArray[np.int64]], held: Held, decide: Decide
) -> Iterator[Group]:
    for numbers in several:
        part = held.contents(numbers)
        away = _distances(connection, part)
        rows = [row for some in batched(part, IN_LIST) for row in _rows(connection, some)]
        decided = decide([row.id for row in rows])
        kept_shut = quarantined(connection, [row.id for row in rows])
        copies = tuple(
            Copy(
                item_id=row.id,
                item=display(bytes(row.key)),
                collection=collection_name(row.uri),
                collection_uri=row.uri,
                sha256=bytes(row.sha256),
                distance=away[row.content][0],
                decision=decided.get(row.id),
                quarantined=row.id in kept_shut,
                place=away[row.content][1],
            )
            for row in rows
        )
        yield Group(copies, conflicts_between([json.loads(row.declared) for row in rows if row.declared is not None]))


def _distances(connection: Connection, part: list[int]) -> dict[int, tuple[int, str]]:
    """How far each content of a group is from its first, by the nearest of their pictures, and by which of its own."""
    if len(part) == 1:
        return {part[0]: (0, FIRST)}
    first: list[int] = []
    away: dict[int, tuple[int, str]] = {}
    for some in batched(part, IN_LIST):
        hashes = whole_pictures(connection, some)
        for content in some:
            if content not in hashes:
                raise LedgerError("the ledger changed while it was read", remedy="run it again")
            values = {place: int.from_bytes(value) for place, value in hashes[content].items()}
            first = first or list(values.values())
            away[content] = min(
                ((value ^ other).bit_count(), place) for place, value in values.items() for other in first
            )
    return away


def _rows(connection: Connection, contents: Sequence[int]) -> Sequence[Any]:
    item, content = schema.item.c, schema.content.c
    query = (
        sa.select(
            item.id,
            item.key,
            schema.collection.c.uri,
            content.id.label("content"),
            content.sha256,
            schema.declaration.c.row.label("declared"),
        )
        .join(schema.content, content.id == item.content_id)
        .join(schema.collection, schema.collection.c.id == item.collection_id)
        .outerjoin(schema.declaration, schema.declaration.c.id == item.declaration_id)
        .where(item.current, item.content_id.in_(contents))
        .order_by(content.id, item.id)
    )
    return connection.execute(query).all()


def conflicts_between(declared: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """The claims on which declarations differ. Where nothing is declared there is no claim to differ from."""
    return tuple(
        name
        for name in DECLARED_ATTRIBUTES
        if len({json.dumps(row[name], sort_keys=True) for row in declared if row.get(name) is not None}) > 1
    )
