"""The same picture held more than once: under other names, as edited copies, under other claims, beside a blocked one.

Only whole, upright pictures are compared here. A mirrored or cropped copy is found by `find`, which looks at a photo
in many ways.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from provenance.copies.find import collection_name
from provenance.copies.index import open_index
from provenance.gate.rulings import DECISIONS
from provenance.keys import display
from provenance.ledger import schema
from provenance.ledger.database import Database
from provenance.ledger.screening import quarantined
from provenance.lookup.interface import Bytes, distances
from provenance.lookup.join import near_groups
from provenance.lookup.shards import Shards
from provenance.vocabulary import Decision

RADIUS: Final = 31
"""Bits within which two pictures count as one."""

CLAIMS: Final = ("licence", "acquisition_method", "persons_status", "persons", "synthetic")
"""What a manifest row claims of the picture itself, whatever the file is called and wherever it came from."""

_IN_LIST: Final = 500


@dataclass(frozen=True, slots=True)
class Copy:
    """One image of a group.

    `item_id` is its row in the ledger, `distance` is to the group's first, `decision` is the last gate's: None if that
    gate did not see it. One that is `quarantined` is on a list of illegal content: do not open, copy or show it.
    """

    item_id: int
    item: str
    collection: str
    collection_uri: str
    sha256: bytes
    distance: int
    decision: Decision | None
    quarantined: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Images that show one picture. `conflicts` names the claims on which their declarations differ."""

    copies: tuple[Copy, ...]
    conflicts: tuple[str, ...]

    @property
    def near_blocked(self) -> bool:
        """Whether the last gate blocked one of them and not another."""
        blocked = [copy.decision is Decision.BLOCK for copy in self.copies if copy.decision is not None]
        return any(blocked) and not all(blocked)


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Every group, read from the ledger as it is iterated. `complete` is false where hashes were too alike to join."""

    groups: Iterator[Group]
    complete: bool
    note: str | None = None


def duplicates(connection: Connection, database: Database, *, radius: int = RADIUS) -> Duplicates:
    """The groups of images linked by steps of at most `radius` (0 to 31) bits, or by equal bytes.

    Memory grows by about 100 bytes an image. Raises ValueError for another radius, LedgerError.
    """
    opened = open_index(database)
    hashes, contents = _whole_pictures(opened.index)
    held = _held(connection)
    kept = np.isin(contents, held[:, 0])
    hashes, contents = hashes[kept], contents[kept]
    found = near_groups(hashes, radius)
    several = _several(contents, found.label, held)
    return Duplicates(_groups(connection, several, hashes, contents), found.complete, opened.note)


def _whole_pictures(index: Shards) -> tuple[Bytes, NDArray[np.int64]]:
    """The hashes of whole pictures with the content of each, in order of content."""
    nothing: Bytes = np.zeros((0, 32), np.uint8)
    hashes, contents = [nothing], [np.zeros(0, np.int64)]
    for segment in index.segments:
        whole = np.ones(segment.count, np.bool_) if segment.parts is None else segment.parts == 0
        hashes.append(np.ascontiguousarray(segment.columns.T[whole]).view(np.uint8).reshape(-1, 32))
        contents.append(segment.ids[whole].astype(np.int64) + segment.base)
    all_contents = np.concatenate(contents)
    order = np.argsort(all_contents, kind="stable")
    return np.concatenate(hashes)[order], all_contents[order]


def _held(connection: Connection) -> NDArray[np.int64]:
    """(n, 2): each content that an image holds now, and how many do."""
    item = schema.item.c
    query = (
        sa.select(item.content_id, sa.func.count())
        .where(item.current, item.content_id.is_not(None))
        .group_by(item.content_id)
        .order_by(item.content_id)
        .execution_options(yield_per=10_000)
    )
    pairs = np.fromiter((number for row in connection.execute(query) for number in row), np.int64)
    return pairs.reshape(-1, 2)


def _several(contents: NDArray[np.int64], label: NDArray[np.int64], held: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The contents of each group that more than one image belongs to, in order of their first."""
    order = np.argsort(label, kind="stable")
    starts = np.flatnonzero(np.diff(label[order], prepend=-1))
    grouped = [np.unique(part) for part in np.split(contents[order], starts[1:]) if len(part) > 1]
    alike = [part for part in grouped if len(part) > 1]  # a content may have two hashes
    taken = np.concatenate([np.zeros(0, np.int64), *alike])
    by_bytes = held[(held[:, 1] > 1) & ~np.isin(held[:, 0], taken), 0]
    return sorted([*alike, *(np.array([content]) for content in by_bytes)], key=lambda part: int(part[0]))


def _groups(
    connection: Connection, several: Sequence[NDArray[np.int64]], hashes: Bytes, contents: NDArray[np.int64]
) -> Iterator[Group]:
    ruling_set = connection.execute(
        sa.select(schema.gate.c.ruling_set).order_by(schema.gate.c.id.desc()).limit(1)
    ).scalar()
    for part in several:
        away = dict(zip(part.tolist(), _distances(part, hashes, contents), strict=True))
        rows = [row for start in range(0, len(part), _IN_LIST) for row in _rows(connection, part[start:], ruling_set)]
        kept_shut = quarantined(connection, [row.id for row in rows])
        copies = tuple(
            Copy(
                item_id=row.id,
                item=display(bytes(row.key)),
                collection=collection_name(row.uri),
                collection_uri=row.uri,
                sha256=bytes(row.sha256),
                distance=away[row.content],
                decision=DECISIONS[row.decision] if row.decision is not None else None,
                quarantined=row.id in kept_shut,
            )
            for row in rows
        )
        yield Group(copies, _conflicts([json.loads(row.declared) for row in rows if row.declared is not None]))


def _distances(part: NDArray[np.int64], hashes: Bytes, contents: NDArray[np.int64]) -> list[int]:
    """How far each content of a group is from its first, whole picture to whole picture; 0 for a single one."""
    if len(part) == 1:
        return [0]
    columns = np.ascontiguousarray(hashes[np.searchsorted(contents, part)]).view("<u8").T
    return [int(distance) for distance in distances(columns, np.arange(len(part)), columns[:, 0])]


def _rows(connection: Connection, contents: NDArray[np.int64], ruling_set: bytes | None) -> Sequence[Any]:
    item, content, facts, ruling = schema.item.c, schema.content.c, schema.item_facts.c, schema.ruling.c
    query = (
        sa.select(
            item.id,
            item.key,
            schema.collection.c.uri,
            content.id.label("content"),
            content.sha256,
            ruling.decision,
            schema.declaration.c.row.label("declared"),
        )
        .join(schema.content, content.id == item.content_id)
        .join(schema.collection, schema.collection.c.id == item.collection_id)
        .outerjoin(schema.declaration, schema.declaration.c.id == item.declaration_id)
        .outerjoin(schema.item_facts, facts.item_id == item.id)
        .outerjoin(
            schema.ruling, sa.and_(ruling.combination_id == facts.combination_id, ruling.ruling_set == ruling_set)
        )
        .where(item.current, item.content_id.in_(contents[:_IN_LIST].tolist()))
        .order_by(content.id, item.id)
    )
    return connection.execute(query).all()


def _conflicts(declared: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """The claims on which declarations differ. Where nothing is declared there is no claim to differ from."""
    return tuple(
        name
        for name in CLAIMS
        if len({json.dumps(row[name], sort_keys=True) for row in declared if row.get(name) is not None}) > 1
    )
