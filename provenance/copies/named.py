"""The images that requests and orders name: by a name, an address, a person or a collection."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.copies.known_again import kept_out, pictures_of
from provenance.keys import display, key_of
from provenance.ledger import holds, schema, schema_rights
from provenance.ledger.holds import Target, TargetKind
from provenance.ledger.secret import secret_of
from provenance.ledger.within import unindexed
from provenance.urls import either_scheme, prefixes

_REMEMBERED: Final = 10_000


def place_now(connection: Connection, named: Sequence[tuple[int, Target]]) -> None:
    """Place what was named just now (hold and target) by the keys of the ledger's tables, in the same transaction.

    So a request about a person takes effect without a look at every image. Addresses, and what was named beside, are
    left to `settle`.
    """
    done, needed = holds.progress(connection), holds.wanted(connection)
    is_alone = needed.targets - done.targets == len(named)
    if not is_alone or any(target.kind is TargetKind.ADDRESS for _, target in named):
        return
    items = done.items if done.targets else needed.items  # where nothing was named before, nothing is left to compare
    found = sorted({(number, hold) for hold, target in named for number in _items_of(connection, target)})
    loaded = Named.load(connection, done.targets, needed.targets)
    reach(connection, loaded, [row for row in found if row[0] <= items])
    holds.record_progress(connection, done, replace(done, targets=needed.targets, items=items))


def _items_of(connection: Connection, target: Target) -> Iterable[int]:
    item, shown, person, link = schema.item.c, schema.depiction.c, schema.person.c, schema.source_of_collection.c
    if target.kind is TargetKind.ITEM:
        query = sa.select(item.id).where(
            unindexed(item.collection_id) == int(target.place), item.key == key_of(target.value)
        )
    elif target.kind is TargetKind.COLLECTION:
        query = sa.select(item.id).where(item.collection_id == int(target.place))
    elif target.kind is TargetKind.PERSON:
        query = (
            sa.select(item.id)
            .join(schema.depiction, shown.item_id == item.id)
            .join(schema.person, person.id == shown.person_id)
            .where(person.ref == target.value)
        )
        if target.place:
            spoken_for = sa.select(link.collection_id).where(link.source_id == int(target.place))
            query = query.where(item.collection_id.in_(spoken_for))
    else:
        return ()
    return connection.execute(query).scalars()


@dataclass(frozen=True, slots=True)
class Named:
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
    def load(cls, connection: Connection, after: int, upto: int) -> Named:
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
        known = lru_cache(_REMEMBERED)(lambda host: holds.host_digest(self.secret, host) in self.hosts)
        for number, url in addresses(connection, bounds):
            normal = prefixes(url)
            if normal and any(map(known, either_scheme(normal[0]))):
                for prefix in (spelt for one in normal for spelt in either_scheme(one)):
                    yield from ((number, hold) for hold in self._holds(Target(TargetKind.ADDRESS, prefix)))


def reach(connection: Connection, named: Named, found: Sequence[tuple[int, int]]) -> None:
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


def addresses(connection: Connection, bounds: tuple[int, int]) -> Iterator[tuple[int, str]]:
    """Every address from which an image with one of these numbers came, and of every page that a row names for it."""
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
