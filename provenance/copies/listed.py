"""Which images of a ledger are on a list of hashes that somebody else keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.copies.find import collection_name
from provenance.copies.index import open_index
from provenance.errors import UsageError
from provenance.keys import display
from provenance.ledger import schema
from provenance.ledger.database import Database
from provenance.lookup.hashlists import HashList, Kind

RADIUS: Final = 31

_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Listed:
    """One image that a line of a list names: `distance` is 0 for equal bytes and up to the radius for a copy."""

    line: int
    distance: int
    item_id: int
    item: str
    collection: str
    sha256: bytes


def listed(database: Database, hashes: HashList, *, radius: int = RADIUS) -> Iterator[Listed]:
    """Every image held now that is on the list, in order of the list's lines.

    SHA-256 lists name very files. Perceptual lists name pictures within `radius` (0 to 60) bits. Memory does not grow
    with the list.

    Raises UsageError for a PDQ list: the ledger holds no PDQ fingerprints, and ImageHash's are not comparable.
    """
    if hashes.kind is Kind.PDQ:
        raise UsageError(
            f"{hashes.name} is a PDQ list, and the ledger holds no PDQ fingerprints",
            remedy="ask for the list as SHA-256, or as ImageHash's phash of 256 bits",
        )
    index = open_index(database).index if hashes.kind is Kind.PHASH256 else None
    with database.reading() as connection:
        for start in range(0, len(hashes), _BATCH):
            part = hashes.hashes[start : start + _BATCH]
            lines = hashes.lines[start : start + _BATCH].tolist()
            if index is None:
                named = _by_bytes(connection, part, lines)
            else:
                hits = index.search(part, radius)
                rows = zip(hits.id.tolist(), hits.distance.tolist(), hits.query.tolist(), strict=True)
                named = {}
                for content, distance, query in rows:
                    known = named.setdefault((content, lines[query]), distance)
                    named[content, lines[query]] = min(known, distance)
            yield from _items(connection, named)


def _by_bytes(connection: Connection, part: np.ndarray[Any, Any], lines: Sequence[int]) -> dict[tuple[int, int], int]:
    content = schema.content.c
    wanted = [value.tobytes() for value in part]
    query = sa.select(content.sha256, content.id).where(content.sha256.in_(wanted))
    held = {bytes(row.sha256): int(row.id) for row in connection.execute(query)}
    return {(held[value], line): 0 for value, line in zip(wanted, lines, strict=True) if value in held}


def _items(connection: Connection, named: Mapping[tuple[int, int], int]) -> Iterator[Listed]:
    """The images that hold these contents now; `named` maps content and line to distance."""
    item = schema.item.c
    contents = sorted({content for content, _ in named})
    held: dict[int, list[Any]] = {}
    for start in range(0, len(contents), _BATCH):
        query = (
            sa.select(item.id, item.content_id, item.key, schema.collection.c.uri, schema.content.c.sha256)
            .join(schema.collection, schema.collection.c.id == item.collection_id)
            .join(schema.content, schema.content.c.id == item.content_id)
            .where(item.current, item.content_id.in_(contents[start : start + _BATCH]))
            .order_by(item.id)
        )
        for row in connection.execute(query):
            held.setdefault(row.content_id, []).append(row)
    for (content, line), distance in sorted(named.items(), key=lambda pair: (pair[0][1], pair[1], pair[0][0])):
        for row in held.get(content, ()):
            name = collection_name(row.uri)
            yield Listed(line, distance, row.id, display(bytes(row.key)), name, bytes(row.sha256))
