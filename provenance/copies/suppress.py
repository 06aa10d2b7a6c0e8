"""Comparing what holds name, and the pictures that they keep out, with everything that the ledger holds.

Both go the same way as lists of hashes (`copies.screen`): what is new on either side is compared with all of the other,
a batch at a time, and kept with how far it has come, so that an interruption loses little and nothing
passes uncompared.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, TypeAlias

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.copies.index import COMPARABLE, PARTS, PHASH, rows_of, searching
from provenance.fingerprint.perceptual import QUALITY_GATE
from provenance.keys import display
from provenance.ledger import holds, schema, schema_rights
from provenance.ledger.database import Database
from provenance.ledger.holds import Picture, Progress, Target, TargetKind
from provenance.ledger.lists import RADIUS
from provenance.ledger.secret import secret_of
from provenance.lookup.build import Row
from provenance.lookup.interface import HASH_BYTES, bytes_of
from provenance.lookup.segment import Segment, build
from provenance.run import progress as watching
from provenance.urls import prefixes

_ITEMS: Final = 10_000
_CONTENTS: Final = 2_000
_PASS: Final = 200_000
"""Contents for which the hashes of suppressed pictures are read once."""

_PICTURES: Final = 500
_QUERIES: Final = 500
_MOST_HASHES: Final = 1 << 20
"""Hashes of suppressed pictures that are in memory at once: 64 MB with what a search of them needs."""

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


# --- names, addresses and persons -----------------------------------------------------------------------------------


def _place_targets(database: Database, done: Progress, needed: Progress) -> bool:
    """What was named since, among the images that were compared with what was named before."""
    if done.targets >= needed.targets:
        return False
    with database.reading() as connection:
        named = _Named.load(connection, done.targets, needed.targets)
        first, last = _extent(connection, done.items)
        while first <= last:
            upto = min(first + _ITEMS - 1, last)
            found = named.found(connection, (first, upto))
            if found:
                # Kept before the progress is: a kill has them found again, and misses none.
                with database.writing() as writer:
                    _reach(writer, named, found)
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
        named = _Named.load(connection, 0, done.targets)
        found = named.found(connection, (done.items + 1, upto))
    with database.writing() as connection:
        _reach(connection, named, found)
        holds.record_progress(connection, done, replace(done, items=upto))
    return True


def _reach(connection: Connection, named: _Named, found: Sequence[tuple[int, int]]) -> None:
    """Keep which images are named and, for requests, keep their pictures out wherever else they are."""
    holds.record_reach(connection, [row for row in found if row[1] not in named.of_people])
    requested = [row for row in found if row[1] in named.requested]
    item = schema.item.c
    contents: dict[int, int] = {}
    for some in batched(sorted({number for number, _ in requested}), IN_LIST):
        query = sa.select(item.id, item.content_id).where(item.id.in_(some), item.content_id.is_not(None))
        contents.update(dict(connection.execute(query).all()))
    by_hold: dict[int, set[int]] = {}
    for number, hold in requested:
        if number in contents:
            by_hold.setdefault(hold, set()).add(contents[number])
    for hold, wanted in sorted(by_hold.items()):
        known = kept_out(connection, hold)
        holds.add_pictures(
            connection, hold, (one for one in pictures_of(connection, sorted(wanted)) if one.sha256 not in known)
        )


def kept_out(connection: Connection, hold: int) -> set[bytes]:
    """The digests of the pictures that a hold keeps out by now."""
    table = schema_rights.suppression.c
    query = sa.select(table.sha256).where(table.hold_id == hold, table.sha256.is_not(None))
    return {bytes(digest) for digest in connection.execute(query).scalars()}


def _extent(connection: Connection, upto: int) -> tuple[int, int]:
    item = schema.item.c
    query = sa.select(sa.func.min(item.id), sa.func.max(item.id)).where(item.id <= upto)
    first, last = connection.execute(query).one()
    return (1, 0) if first is None else (first, last)


@dataclass(frozen=True, slots=True)
class _Named:
    """What some holds name, by its digests, and the hosts of addresses, by which most others are passed over.

    Of the holds `requested` are those of requests, and `of_people` those that leave their person's images to a refusal.
    """

    secret: bytes
    holds_of: dict[bytes, list[int]]
    kinds: frozenset[str]
    hosts: frozenset[str]
    collections: dict[str, list[int]]
    requested: frozenset[int]
    of_people: frozenset[int]

    @classmethod
    def load(cls, connection: Connection, after: int, upto: int) -> _Named:
        """The targets numbered above `after` and up to `upto`."""
        target, hold = schema_rights.hold_target.c, schema_rights.hold.c
        rows = connection.execute(
            sa.select(target.hold_id, target.kind, target.digest, target.place, hold.request_id, hold.person_id)
            .join(schema_rights.hold, hold.id == target.hold_id)
            .where(target.id > after, target.id <= upto)
            .order_by(target.id)
        ).all()
        found: dict[bytes, list[int]] = {}
        collections: dict[str, list[int]] = {}
        for row in rows:
            if row.kind == TargetKind.COLLECTION.value:
                collections.setdefault(row.place, []).append(row.hold_id)
            elif row.kind != TargetKind.JURISDICTION.value:
                found.setdefault(bytes(row.digest), []).append(row.hold_id)
        hosts = frozenset(row.place for row in rows if row.kind == TargetKind.ADDRESS.value)
        return cls(
            secret_of(connection),
            found,
            frozenset(row.kind for row in rows),
            hosts,
            collections,
            frozenset(row.hold_id for row in rows if row.request_id is not None),
            frozenset(row.hold_id for row in rows if row.person_id is not None),
        )

    def found(self, connection: Connection, bounds: tuple[int, int]) -> list[tuple[int, int]]:
        """The images with these numbers, first and last, that are named, each with its hold."""
        rows: list[tuple[int, int]] = []
        if self.hosts:
            rows += self._by_address(connection, bounds)
        if TargetKind.ITEM.value in self.kinds or self.collections:
            rows += self._by_name(connection, bounds)
        if TargetKind.PERSON.value in self.kinds:
            rows += self._by_person(connection, bounds)
        return rows

    def _holds(self, target: Target) -> list[int]:
        return self.holds_of.get(holds.digest_of(self.secret, target), [])

    def _by_name(self, connection: Connection, bounds: tuple[int, int]) -> Iterator[tuple[int, int]]:
        item = schema.item.c
        query = sa.select(item.id, item.key, item.collection_id).where(item.id.between(*bounds))
        for number, key, collection in connection.execute(query):
            place = str(collection)
            named = self._holds(Target(TargetKind.ITEM, display(bytes(key)), place))
            yield from ((number, hold) for hold in (*named, *self.collections.get(place, ())))

    def _by_person(self, connection: Connection, bounds: tuple[int, int]) -> Iterator[tuple[int, int]]:
        shown, person, item, link = schema.depiction.c, schema.person.c, schema.item.c, schema.source_of_collection.c
        speaking: dict[int, set[str]] = {}
        for collection, source in connection.execute(sa.select(link.collection_id, link.source_id)):
            speaking.setdefault(collection, {""}).add(str(source))
        query = (
            sa.select(shown.item_id, person.ref, item.collection_id)
            .join(schema.person, person.id == shown.person_id)
            .join(schema.item, item.id == shown.item_id)
            .where(shown.item_id.between(*bounds))
        )
        for number, ref, collection in connection.execute(query):
            for source in sorted(speaking.get(collection, {""})):
                yield from ((number, hold) for hold in self._holds(Target(TargetKind.PERSON, ref, source)))

    def _by_address(self, connection: Connection, bounds: tuple[int, int]) -> Iterator[tuple[int, int]]:
        known = lru_cache(_ITEMS)(lambda host: holds.host_digest(self.secret, host) in self.hosts)
        for number, url in _addresses(connection, bounds):
            normal = prefixes(url)
            if normal and known(normal[0]):
                for prefix in normal:
                    yield from ((number, hold) for hold in self._holds(Target(TargetKind.ADDRESS, prefix)))


def _addresses(connection: Connection, bounds: tuple[int, int]) -> Iterator[tuple[int, str]]:
    """Every address from which an image came, and of every page that a row names for it."""
    item, declaration, further = schema.item.c, schema.declaration.c, schema.also_declared.c
    sources = sa.select(item.id, item.source_url).where(item.id.between(*bounds), item.source_url.is_not(None))
    yield from ((number, url) for number, url in connection.execute(sources))
    first = (
        sa.select(item.id, declaration.row)
        .join(schema.declaration, declaration.id == item.declaration_id)
        .where(item.id.between(*bounds), declaration.row.contains("_url"))
    )
    others = (
        sa.select(further.item_id, declaration.row)
        .join(schema.declaration, declaration.id == further.declaration_id)
        .where(further.item_id.between(*bounds), declaration.row.contains("_url"))
    )
    for number, text in connection.execute(sa.union_all(first, others)):
        row: dict[str, Any] = json.loads(text)
        yield from ((number, url) for name in ("page_url", "source_url") if isinstance(url := row.get(name), str))


# --- pictures -------------------------------------------------------------------------------------------------------


def pictures_of(connection: Connection, contents: Sequence[int]) -> Iterator[Picture]:
    """What is held of contents, as what knows them again: their digests, and the hashes of their pictures."""
    content = schema.content.c
    for some in batched(sorted(contents), IN_LIST):
        rows = connection.execute(sa.select(content.id, content.sha256).where(content.id.in_(some)))
        digests = {number: bytes(sha256) for number, sha256 in rows}
        hashed: dict[int, list[Row]] = {}
        for number, hashes in groupby(_rows_among(connection, some), key=itemgetter(0)):
            hashed[number] = list(hashes)
        for number, sha256 in sorted(digests.items()):
            held = hashed.get(number, ())
            yield Picture(
                sha256,
                b"".join(value for _, part, value in held if part % PARTS == 0),
                b"".join(value for _, part, value in held if part % PARTS),
            )


def comparable(connection: Connection, contents: Sequence[int]) -> set[int]:
    """Those of some contents whose picture says enough to be known again in a copy."""
    table = schema.fingerprint.c
    found: set[int] = set()
    for some in batched(contents, IN_LIST):
        query = sa.select(table.content_id).where(
            table.content_id.in_(some), table.algorithm.in_(COMPARABLE), table.quality >= QUALITY_GATE
        )
        found.update(connection.execute(query).scalars())
    return found


def _rows_among(connection: Connection, contents: Sequence[int]) -> Iterator[Row]:
    wanted = set(contents)
    first = 0
    while first < len(contents):
        last = first
        while last + 1 < len(contents) and contents[last + 1] == contents[last] + 1:
            last += 1  # a run of numbers is one query
        yield from (row for row in rows_of(connection, PHASH, contents[first] - 1, contents[last]) if row[0] in wanted)
        first = last + 1


def _match_pictures(database: Database, done: Progress, needed: Progress) -> bool:
    """Pictures that are kept out since, among the contents that were compared with those before."""
    if done.suppressions >= needed.suppressions:
        return False
    upto = min(done.suppressions + _PICTURES, needed.suppressions)
    found: list[_Match] = []
    if done.contents:
        with database.reading() as connection:
            found += _same_bytes(connection, (done.suppressions + 1, upto), (1, done.contents))
            kept_out = list(_hashes(connection, done.suppressions, upto))
        for hashes, numbers, whole in kept_out:
            met = searching(database, PHASH, lambda index, h=hashes: _searched(index, h))  # type: ignore[misc]
            near = [(hit, numbers[query]) for query, hit in met if whole or hit[2] % PARTS == 0]
            found += [
                (content, hold, distance, part // PARTS)
                for (content, distance, part), hold in near
                if content <= done.contents
            ]
    _keep(database, found, done, replace(done, suppressions=upto))
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
            segment = build(hashes, numbers, with_bands=False)
            for first in range(done.contents, upto, _CONTENTS):
                found += _met(connection, segment, (first, min(first + _CONTENTS, upto)), whole=whole)
        found += _same_bytes(connection, (1, done.suppressions), (done.contents + 1, upto))
    _keep(database, found, done, replace(done, contents=upto))
    return True


def _met(connection: Connection, segment: Segment, bounds: tuple[int, int], *, whole: bool) -> Iterator[_Match]:
    rows = [row for row in rows_of(connection, PHASH, *bounds) if whole or row[1] % PARTS == 0]
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
    """Keep the nearest meeting of each content with each hold."""
    nearest: dict[tuple[int, int], _Match] = {}
    for match in found:
        known = nearest.get(match[:2])
        nearest[match[:2]] = match if known is None else min(known, match)
    with database.writing() as connection:
        holds.record_matches(connection, (nearest[key] for key in sorted(nearest)))
        holds.record_progress(connection, before, after)
