"""Which images the scopes of basis records and of refusals reach, kept with both.

A permission reaches the images that its scope names exactly. A refusal reaches as well what it nearly names, and where
it names none of its person's pictures at all it holds every one of them here: nobody can say which it meant. What a
refusal reaches is worked out anew whenever images or records change, so that the order of scans does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.keys import collection_name
from provenance.ledger import schema
from provenance.ledger.bulk import bulk
from provenance.ledger.checks import changing
from provenance.ledger.interning import mark_pending
from provenance.ledger.scope import (
    Entry,
    Place,
    ScopeKey,
    exact_keys,
    exact_keys_of,
    matches,
    near_keys,
    near_keys_of,
)
from provenance.ledger.statements import SourceKind, collections_of
from provenance.ledger.within import current_within


class How(IntEnum):
    """How a refusal came to reach an image, in the order of the stored numbers. Append only."""

    NAMED = 0
    """Its scope names the image."""
    NEARLY_NAMED = 1
    """Its scope names nothing exactly, and the image nearly."""
    UNPLACED = 2
    """Its scope names none of the person's images that are here."""
    LIKE_PERSON = 3
    """Nobody here has its pseudonym, and the person shown has nearly the same."""


_FEW: Final = 10_000
"""Records up to which they are placed by themselves; of more, all that speak for a collection are placed at once."""

_REACH: Final = ("item_id", "person_id", "record", "how")


def link_records(connection: Connection, source: int, records: Sequence[int]) -> None:
    """Link scoped records of a source with the images of their persons, in the collections that it speaks for."""
    table, record = schema.record_scope_image, schema.record.c
    people: dict[int, int] = {}
    for some in batched(records, IN_LIST):
        with changing(connection, table, table.c.record.in_(some)):
            connection.execute(sa.delete(table).where(table.c.record.in_(some)))
        rows = connection.execute(
            sa.select(record.id, record.person_id).where(record.id.in_(some), record.scoped, record.current)
        )
        people |= dict(rows.all())
    if not people:
        return
    records_of: dict[int, list[int]] = {}
    for number, person in people.items():
        records_of.setdefault(person, []).append(number)
    places = _by_person(connection, collections_of(connection, source), sorted(records_of))
    for person, shown in places.items():
        named = [(entry.record, exact_keys(entry)) for entry in _entries(connection, records_of[person])]
        _add_links(connection, sorted(set(matches(named, _named(shown)))))


def link_items(connection: Connection, collection: int, items: Sequence[int]) -> None:
    """Link new images of a collection with the scoped records of the persons that they show."""
    record, shown, link = schema.record.c, schema.depiction.c, schema.source_of_collection.c
    speaking = sa.select(link.source_id).where(link.collection_id == collection)
    found: set[tuple[int, int]] = set()
    for some in batched(items, IN_LIST):
        pairs = connection.execute(
            sa.select(shown.item_id, record.id)
            .join(schema.record, record.person_id == shown.person_id)
            .where(shown.item_id.in_(some), record.current, record.scoped, record.source_id.in_(speaking))
        ).all()
        if not pairs:
            continue
        entries = _entries(connection, sorted({number for _, number in pairs}))
        places = _of_items(connection, sorted({item for item, _ in pairs}))
        named = [(entry.record, exact_keys(entry)) for entry in entries]
        found.update(set(matches(named, _named(places))) & {(item, number) for item, number in pairs})
    _add_links(connection, sorted(found))


@dataclass(frozen=True, slots=True)
class _Refusal:
    """A refusal as it has to be placed in one collection."""

    record: int
    person_id: int
    scoped: bool
    source_id: int
    requested: bool


def place_refusals(connection: Connection, collections: Iterable[int], records: Sequence[int] | None = None) -> None:
    """Work out anew what each refusal that speaks for these collections reaches in them beyond a person's own name.

    Only those of some `records`, where nothing else has changed: what one refusal reaches depends on no other. Images
    that a refusal begins or ceases to reach are marked to be derived.
    """
    for collection in sorted(set(collections)):
        for some in (None,) if records is None or len(records) > _FEW else batched(records, IN_LIST):
            _place_refusals(connection, collection, some)


def _place_refusals(connection: Connection, collection: int, records: Sequence[int] | None) -> None:
    wanted = _placed(connection, collection, records)
    reach, item = schema.refusal_reach, schema.item.c
    # A list of all images of the collection would be made for the few rows of these records.
    here: sa.ColumnElement[bool] = sa.exists().where(item.id == reach.c.item_id, item.collection_id == collection)
    if records is not None:
        here = sa.and_(reach.c.record.in_(records), here)
    before = set(map(tuple, connection.execute(sa.select(reach).where(here))))
    if before == wanted:
        return
    with changing(connection, reach, here):
        connection.execute(sa.delete(reach).where(here))
        bulk(connection, reach, _REACH, sorted(wanted))
    moved = sorted({row[0] for row in before ^ wanted})
    for some in batched(moved, IN_LIST):
        touched = sa.select(item.id, item.collection_id).where(item.id.in_(some), item.current)
        mark_pending(connection, touched)


def _placed(connection: Connection, collection: int, records: Sequence[int] | None) -> set[tuple[int, int, int, int]]:
    """What the refusals that speak for a collection reach there: image, person shown, record, how."""
    refused = _refusals(connection, collection, records)
    shown = _shown(connection, collection, {one.person_id for one in refused})
    found: dict[tuple[int, int, int], int] = {}
    for one in refused:
        for person in (one.person_id,) if one.person_id in shown else _meant(connection, collection, one):
            alike = person != one.person_id
            if not one.scoped and not alike:
                continue  # it reaches all that shows its person, without a row for each
            places = _by_person(connection, [collection], [person]).get(person, [])
            for item, how in _reached(connection, one, places):
                told, key = How.LIKE_PERSON if alike else how, (item, person, one.record)
                found[key] = min(told, found.get(key, told))  # one entry may name it, and another name nothing
    return {(*key, told) for key, told in found.items()}


def _reached(connection: Connection, one: _Refusal, places: Sequence[Place]) -> Iterator[tuple[int, How]]:
    if not one.scoped:
        yield from ((place.item_id, How.NAMED) for place in places)
        return
    entries = dict(enumerate(_entries(connection, [one.record])))
    exact = list(matches(((n, exact_keys(entry)) for n, entry in entries.items()), _named(places)))
    yield from ((item, How.NAMED) for item, _ in exact)
    left = entries.keys() - {number for _, number in exact}
    near = list(matches(((n, near_keys(entries[n])) for n in sorted(left)), _nearly_named(places)))
    yield from ((item, How.NEARLY_NAMED) for item, _ in near)
    left -= {number for _, number in near}
    if left and not left <= _placed_elsewhere(connection, one, {n: entries[n] for n in left}):
        yield from ((place.item_id, How.UNPLACED) for place in places)


def _placed_elsewhere(connection: Connection, one: _Refusal, entries: Mapping[int, Entry]) -> set[int]:
    """The entries that name a picture of the person in any collection that their source speaks for."""
    collections = collections_of(connection, one.source_id)
    places = _by_person(connection, collections, [one.person_id]).get(one.person_id, [])
    return {n for _, n in matches(((n, exact_keys(entry)) for n, entry in entries.items()), _named(places))}


def _named(places: Iterable[Place]) -> list[tuple[int, frozenset[ScopeKey]]]:
    return [(place.item_id, exact_keys_of(place)) for place in places]


def _nearly_named(places: Iterable[Place]) -> list[tuple[int, frozenset[ScopeKey]]]:
    return [(place.item_id, near_keys_of(place)) for place in places]


def _refusals(connection: Connection, collection: int, records: Sequence[int] | None) -> list[_Refusal]:
    refusal, link = schema.refusal.c, schema.source_of_collection.c
    speaking = sa.select(link.source_id).where(link.collection_id == collection)
    source = schema.statement_source.c
    requested = source.kind == SourceKind.REQUEST.value
    rows = connection.execute(
        sa.select(refusal.record, refusal.person_id, refusal.scoped, refusal.source_id, requested)
        .join(schema.statement_source, source.id == refusal.source_id)
        .where(refusal.source_id.in_(speaking), sa.true() if records is None else refusal.record.in_(records))
        .distinct()
        .order_by(refusal.record)
    )
    return [_Refusal(*row) for row in rows]


def _shown(connection: Connection, collection: int, people: set[int]) -> set[int]:
    """Which of these persons an image of the collection shows."""
    shown, item = schema.depiction.c, schema.item.c
    found: set[int] = set()
    for some in batched(sorted(people), IN_LIST):
        query = (
            sa.select(shown.person_id)
            .join(schema.item, item.id == shown.item_id)
            .where(shown.person_id.in_(some), current_within([collection]))
            .distinct()
        )
        found.update(connection.execute(query).scalars())
    return found


def _meant(connection: Connection, collection: int, one: _Refusal) -> list[int]:
    """Whom a refusal may mean that names nobody here. A request speaks for all collections, so for one it is enough
    that its person is shown in any."""
    if one.requested and _shown_anywhere(connection, one.person_id):
        return []
    return _like(connection, collection, one.person_id)


def _shown_anywhere(connection: Connection, person: int) -> bool:
    shown = schema.depiction.c
    return connection.execute(sa.select(shown.item_id).where(shown.person_id == person).limit(1)).first() is not None


def _like(connection: Connection, collection: int, person: int) -> list[int]:
    """The persons that the collection shows whose pseudonym is nearly that of one whom it does not show."""
    table = schema.person.c
    own = sa.select(table.loose).where(table.id == person).scalar_subquery()
    alike = sa.select(table.id).where(table.loose == own, table.loose != "", table.id != person)
    return sorted(_shown(connection, collection, set(connection.execute(alike).scalars())))


def _entries(connection: Connection, records: Iterable[int]) -> list[Entry]:
    scope = schema.scope.c
    found: list[Entry] = []
    for some in batched(records, IN_LIST):
        rows = connection.execute(
            sa.select(scope.record, scope.kind, scope.collection_id, scope.value)
            .where(scope.record.in_(some))
            .order_by(scope.record, scope.kind, scope.value)
        )
        found += [Entry(*row) for row in rows]
    return found


def _by_person(connection: Connection, collections: Sequence[int], people: Sequence[int]) -> dict[int, list[Place]]:
    """The current images of some collections that show each of these persons."""
    item, shown = schema.item.c, schema.depiction.c
    found: dict[int, list[Place]] = {}
    for some in batched(people, IN_LIST):
        rows = connection.execute(
            _place()
            .add_columns(shown.person_id)
            .join(schema.depiction, shown.item_id == item.id)
            .where(shown.person_id.in_(some), current_within(collections))
            .distinct()
        )
        for row in rows:
            found.setdefault(row.person_id, []).append(_made(row))
    return found


def _of_items(connection: Connection, items: Sequence[int]) -> Iterator[Place]:
    yield from map(_made, connection.execute(_place().where(schema.item.c.id.in_(items))))


def _place() -> sa.Select[Any]:
    item = schema.item.c
    return sa.select(item.id, item.collection_id, item.key, item.source_url, schema.collection.c.uri).join(
        schema.collection, schema.collection.c.id == item.collection_id
    )


def _made(row: Any) -> Place:
    return Place(row.id, row.collection_id, collection_name(row.uri), bytes(row.key), row.source_url)


def _add_links(connection: Connection, rows: Sequence[tuple[int, int]]) -> None:
    table = schema.record_scope_image
    for some in batched(rows, IN_LIST):
        items = [item for item, _ in some]
        with changing(connection, table, table.c.item_id.in_(items)):
            bulk(connection, table, ("item_id", "record"), some)
