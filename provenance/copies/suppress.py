"""Comparing what holds name, and the pictures that they keep out, with everything that the ledger holds.

Both go the same way as lists of hashes (`copies.screen`): what is new on either side is compared with all of the other,
a batch at a time, and kept with how far it has come, so that an interruption loses little and nothing
passes uncompared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, TypeAlias

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.copies.index import PARTS, PHASH, rows_of, searching
from provenance.copies.known_again import pictures_of
from provenance.copies.named import Named, reach
from provenance.fingerprint.windows import MIDDLE
from provenance.ledger import holds, schema, schema_rights
from provenance.ledger.database import Database
from provenance.ledger.holds import Progress
from provenance.ledger.lists import RADIUS
from provenance.lookup.interface import HASH_BYTES, bytes_of
from provenance.lookup.segment import Segment, build
from provenance.run import progress as watching

_ITEMS: Final = 10_000
_CONTENTS: Final = 2_000
_PASS: Final = 200_000
"""Contents for which the hashes of suppressed pictures are read once."""

_PICTURES: Final = 500
_QUERIES: Final = 500
_MOST_HASHES: Final = 1 << 20
"""Hashes of suppressed pictures that are in memory at once: 64 MB with what a search of them needs."""

_BANDS: Final = 100_000
"""Hashes of suppressed pictures from which on it pays to sort them into bands before a search."""

_MAY_BE_ALL: Final = 1 + MIDDLE
"""The hashes of a picture that may be all of another: of the whole, and of the middle, around which lies a frame."""

_Match: TypeAlias = tuple[int, int, int, int]
"""Content, hold, distance, place of the picture in its file."""


def settle(database: Database, progress: watching.Progress) -> None:
    """Compare every hold with every image that it was not compared with yet. Raises LedgerError."""
    with database.reading() as connection:
        if holds.is_placed(connection):
            return
    progress.begin("holding images against requests and orders", None)
    while _step(database):
        progress.advance()
    progress.end()


def _step(database: Database) -> bool:
    """The next batch; False when nothing is left."""
    with database.reading() as connection:
        done, needed = holds.progress(connection), holds.wanted(connection)
    for step in (_place_targets, _place_items, _match_pictures, _match_contents):
        if step(database, done, needed):
            return True
    return False


def _place_targets(database: Database, done: Progress, needed: Progress) -> bool:
    """What was named since, among the images that were compared with what was named before."""
    if done.targets >= needed.targets:
        return False
    with database.reading() as connection:
        named = Named.load(connection, done.targets, needed.targets)
        first, last = _extent(connection, done.items)
        while first <= last:
            upto = min(first + _ITEMS - 1, last)
            found = named.found(connection, (first, upto))
            if found:
                # Kept before the progress is: a kill has them found again, and misses none.
                with database.writing() as writer:
                    reach(writer, named, found)
            first = upto + 1
    with database.writing() as connection:
        holds.record_progress(connection, done, replace(done, targets=needed.targets))
    return True


def _place_items(database: Database, done: Progress, needed: Progress) -> bool:
    """Images that came since, against all that is named."""
    if done.items >= needed.items:
        return False
    upto = min(done.items + _ITEMS, needed.items)
    with database.reading() as connection:
        named = Named.load(connection, 0, done.targets)
        found = named.found(connection, (done.items + 1, upto))
    with database.writing() as connection:
        reach(connection, named, found)
        holds.record_progress(connection, done, replace(done, items=upto))
    return True


def _extent(connection: Connection, upto: int) -> tuple[int, int]:
    item = schema.item.c
    query = sa.select(sa.func.min(item.id), sa.func.max(item.id)).where(item.id <= upto)
    first, last = connection.execute(query).one()
    return (1, 0) if first is None else (first, last)


def _match_pictures(database: Database, done: Progress, needed: Progress) -> bool:
    """Pictures that are kept out since, among the contents that were compared with those before."""
    if done.suppressions >= needed.suppressions:
        return False
    upto = min(done.suppressions + _PICTURES, needed.suppressions)
    contents = done.contents if done.suppressions else needed.contents  # the first ones are compared with all there is
    found: list[_Match] = []
    if contents:
        with database.reading() as connection:
            found += _same_bytes(connection, (done.suppressions + 1, upto), (1, contents))
            kept_out = list(_hashes(connection, done.suppressions, upto))
        for hashes, numbers, whole in kept_out:
            met = searching(database, PHASH, lambda index, h=hashes: _searched(index, h))  # type: ignore[misc]
            near = [(hit, int(numbers[query])) for query, hit in met if whole or hit[2] % PARTS < _MAY_BE_ALL]
            found += [
                (content, hold, distance, part // PARTS)
                for (content, distance, part), hold in near
                if content <= contents
            ]
    _keep(database, found, done, replace(done, suppressions=upto, contents=contents))
    return True


def _searched(index: Any, hashes: NDArray[np.uint8]) -> list[tuple[int, tuple[int, int, int]]]:
    """For each of these hashes what it meets in the index: content, distance and part."""
    found = []
    for first in range(0, len(hashes), _QUERIES):
        hits = index.search(hashes[first : first + _QUERIES], RADIUS)
        columns = (hits.id, hits.distance, hits.part)
        met = zip(*(column.tolist() for column in columns), strict=True)
        found += list(zip((first + hits.query).tolist(), met, strict=True))
    return found


def _match_contents(database: Database, done: Progress, needed: Progress) -> bool:
    """Contents that came since, against all pictures that are kept out."""
    if done.contents >= needed.contents:
        return False
    found: list[_Match] = []
    upto = min(done.contents + _PASS, needed.contents)
    with database.reading() as connection:
        for hashes, numbers, whole in _hashes(connection, 0, done.suppressions):
            segment = build(hashes, numbers, with_bands=len(hashes) > _BANDS)
            for first in range(done.contents, upto, _CONTENTS):
                found += _met(connection, segment, (first, min(first + _CONTENTS, upto)), whole=whole)
        found += _same_bytes(connection, (1, done.suppressions), (done.contents + 1, upto))
    _keep(database, found, done, replace(done, contents=upto))
    return True


def _met(connection: Connection, segment: Segment, bounds: tuple[int, int], *, whole: bool) -> Iterator[_Match]:
    rows = [row for row in rows_of(connection, PHASH, *bounds) if whole or row[1] % PARTS < _MAY_BE_ALL]
    for some in batched(rows, _QUERIES):
        hits = segment.search(bytes_of([value for _, _, value in some]), RADIUS)
        for query, hold, distance in zip(hits.query.tolist(), hits.id.tolist(), hits.distance.tolist(), strict=True):
            content, part, _ = some[query]
            yield content, hold, distance, part // PARTS


def _hashes(
    connection: Connection, after: int, upto: int
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.int64], bool]]:
    """The hashes of pictures that are kept out with their holds, those of wholes (true) and those of parts apart."""
    table = schema_rights.suppression.c
    for column, whole in ((table.wholes, True), (table.parts, False)):
        values, numbers, held = bytearray(), list[int](), 0
        query = sa.select(table.hold_id, column).where(table.id > after, table.id <= upto).order_by(table.id)
        for hold, data in connection.execute(query.execution_options(yield_per=1_000)):
            values += bytes(data)
            count = len(bytes(data)) // HASH_BYTES
            numbers += [hold] * count
            held += count
            if held >= _MOST_HASHES:
                yield np.frombuffer(bytes(values), np.uint8).reshape(-1, HASH_BYTES), np.array(numbers, np.int64), whole
                values, numbers, held = bytearray(), [], 0
        if held:
            yield np.frombuffer(bytes(values), np.uint8).reshape(-1, HASH_BYTES), np.array(numbers, np.int64), whole


def _same_bytes(connection: Connection, pictures: tuple[int, int], contents: tuple[int, int]) -> Iterable[_Match]:
    table, content = schema_rights.suppression.c, schema.content.c
    query = (
        sa.select(content.id, table.hold_id)
        .join(schema_rights.suppression, table.sha256 == content.sha256)
        .where(table.id.between(*pictures), content.id.between(*contents))
    )
    return [(number, hold, 0, 0) for number, hold in connection.execute(query)]


def _keep(database: Database, found: Iterable[_Match], before: Progress, after: Progress) -> None:
    """Keep the nearest meeting of each content with each hold; what was known by its digest alone has its looks now."""
    nearest: dict[tuple[int, int], _Match] = {}
    for match in found:
        known = nearest.get(match[:2])
        nearest[match[:2]] = match if known is None else min(known, match)
    with database.writing() as connection:
        holds.record_matches(connection, (nearest[key] for key in sorted(nearest)))
        _learn(connection, sorted({content for content, _, distance, _ in nearest.values() if distance == 0}))
        holds.record_progress(connection, before, after)


def _learn(connection: Connection, contents: Sequence[int]) -> None:
    """Keep the looks of pictures that holds knew by their digests alone, so that their copies are met as well."""
    table, content = schema_rights.suppression.c, schema.content.c
    bare: dict[int, set[int]] = {}
    for some in batched(contents, IN_LIST):
        query = (
            sa.select(table.hold_id, content.id)
            .join(schema.content, content.sha256 == table.sha256)
            .where(content.id.in_(some))
            .group_by(table.hold_id, content.id)
            .having(sa.func.max(sa.func.length(table.wholes)) == 0)
        )
        for hold, number in connection.execute(query):
            bare.setdefault(hold, set()).add(number)
    for hold, numbers in sorted(bare.items()):
        holds.add_pictures(connection, hold, (one for one in pictures_of(connection, sorted(numbers)) if one.wholes))
