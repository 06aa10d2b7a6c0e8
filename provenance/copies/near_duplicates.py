"""Keeping which images show one picture, so that every later gate holds a copy to what is known of the others."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.copies.duplicates import RADIUS, Group, conflicts_between, duplicates
from provenance.copies.index import PARTS, PHASH, searching, whole_pictures
from provenance.ledger import schema
from provenance.ledger.bulk import bulk
from provenance.ledger.checks import changing
from provenance.ledger.database import Database
from provenance.ledger.interning import raise_revision
from provenance.ledger.within import current_within
from provenance.lookup.interface import bytes_of

_SHARE = 20
"""Where more than one image in so many is new, joining all of them costs less than a search for each new one."""

_FEW = 200
"""New images up to which searches cost less than the join of however few."""

_COLUMNS = ("item_id", "group_id", "conflict")

Rows = list[tuple[int, int, bool]]


def newest_item(database: Database) -> int:
    """The last image that is registered by now; 0 if there is none."""
    with database.reading() as connection:
        return connection.execute(sa.select(sa.func.max(schema.item.c.id))).scalar() or 0


def keep(database: Database, groups: Iterable[Group], upto: int) -> int:
    """Replace the kept groups by these, all or none; gives the number of images in them.

    `upto` is the last image that was registered when groups were asked for. They are read to their end before the
    ledger is locked for writing. Memory is 17 bytes an image of a group.
    """
    items, numbers, conflicts = array("q"), array("q"), bytearray()
    for number, group in enumerate(groups, start=1):
        for copy in group.copies:
            items.append(copy.item_id)
            numbers.append(number)
            conflicts.append(bool(group.conflicts))
    with database.writing() as connection:
        table = schema.near_duplicate
        with changing(connection, table):
            connection.execute(sa.delete(table))
            bulk(connection, table, _COLUMNS, zip(items, numbers, map(bool, conflicts), strict=True))
        _note(connection, upto)
        raise_revision(connection, sa.select(schema.collection.c.id))
    return len(items)


def keep_up(database: Database) -> None:
    """Join the images that are new since the last time to the groups of those that show the same picture.

    One that is killed goes on with the next. Raises LedgerError.
    """
    item = schema.item.c
    holds = sa.and_(item.current, item.content_id.is_not(None))
    newest = newest_item(database)
    with database.reading() as connection:
        upto = _upto(connection)
        count = sa.select(sa.func.count()).select_from(schema.item).where(holds)
        fresh = connection.execute(count.where(item.id > upto)).scalar_one()
        if fresh > _FEW and fresh * _SHARE > connection.execute(count).scalar_one():
            found = duplicates(connection, database)
            if found.complete:
                keep(database, found.groups, newest)
                return
    while upto < newest:
        with database.reading() as connection:
            query = sa.select(item.id, item.content_id).where(holds)
            new = connection.execute(query.where(item.id > upto).order_by(item.id).limit(IN_LIST)).all()
            near = _near(connection, database, sorted({content for _, content in new}))
        upto = new[-1][0] if len(new) == IN_LIST else newest
        with database.writing() as connection:
            _join(connection, near)
            _note(connection, upto)


def is_kept_up(connection: Connection, collections: Sequence[int]) -> bool:
    """Whether the copies of every image of these collections were looked for."""
    item = schema.item.c
    new = sa.select(item.id).where(current_within(collections), item.id > _upto(connection))
    return connection.execute(new.limit(1)).first() is None


def _upto(connection: Connection) -> int:
    """The last image whose copies were looked for; 0 if there is none."""
    return connection.execute(sa.select(schema.near_duplicate_upto.c.item_id)).scalar() or 0


def _note(connection: Connection, upto: int) -> None:
    table = schema.near_duplicate_upto
    with changing(connection, table):
        connection.execute(sa.delete(table))
        if upto:
            connection.execute(sa.insert(table).values(item_id=upto))


def _near(connection: Connection, database: Database, contents: Sequence[int]) -> list[tuple[int, int]]:
    """Each of these contents with every one that has a near picture, and with itself."""
    found = {(content, content) for content in contents}
    hashes = [(c, value) for c, held in whole_pictures(connection, contents).items() for value in held.values()]
    if hashes:
        values = bytes_of([value for _, value in hashes])
        hits = searching(database, PHASH, lambda index: index.search(values, RADIUS))
        whole = hits.part % PARTS == 0
        pairs = zip(hits.query[whole].tolist(), hits.id[whole].tolist(), strict=True)
        found.update((hashes[query][0], other) for query, other in pairs)
    return sorted(found)


def _join(connection: Connection, near: Sequence[tuple[int, int]]) -> None:
    """Put the images of near contents into one group each, with the groups that they are in already."""
    group_of: dict[int, int] = {}
    members: dict[int, set[int]] = {}
    items: dict[int, list[int]] = {}
    contents = sorted({content for pair in near for content in pair})
    for number, content, group in _held(connection, contents):
        items.setdefault(content, []).append(number)
        if group is not None:
            group_of[number] = group
    following = connection.execute(sa.select(sa.func.max(schema.near_duplicate.c.group_id))).scalar() or 0
    merged: dict[int, int] = {}
    for one, other in near:
        together = {*items.get(one, ()), *items.get(other, ())}
        if len(together) < 2:
            continue
        groups = {_root(merged, group_of[number]) for number in together if number in group_of}
        if not groups:
            following += 1
        group = min(groups, default=following)
        merged.update({other: group for other in groups if other != group})
        group_of.update(dict.fromkeys(together, group))
    for number, group in group_of.items():
        members.setdefault(_root(merged, group), set()).add(number)
    for group, several in _in_groups(connection, {*merged, *members}):
        members.setdefault(_root(merged, group), set()).update(several)
    _store(connection, members)


def _root(merged: Mapping[int, int], group: int) -> int:
    while group in merged:
        group = merged[group]
    return group


def _held(connection: Connection, contents: Sequence[int]) -> Iterator[tuple[int, int, int | None]]:
    """The images that hold these contents: number, content, and the group that each is in."""
    item, near = schema.item.c, schema.near_duplicate.c
    for some in batched(contents, IN_LIST):
        query = (
            sa.select(item.id, item.content_id, near.group_id)
            .outerjoin(schema.near_duplicate, near.item_id == item.id)
            .where(item.current, item.content_id.in_(some))
            .order_by(item.id)
        )
        yield from map(tuple, connection.execute(query))


def _in_groups(connection: Connection, groups: Iterable[int]) -> Iterator[tuple[int, list[int]]]:
    near = schema.near_duplicate.c
    for some in batched(sorted(groups), IN_LIST):
        for number, group in connection.execute(sa.select(near.item_id, near.group_id).where(near.group_id.in_(some))):
            yield group, [number]


def _store(connection: Connection, members: Mapping[int, set[int]]) -> None:
    """Write these groups anew. Every image that is in one of them, or was, is among the members."""
    item, table = schema.item.c, schema.near_duplicate
    for group, several in sorted(members.items()):
        numbers = sorted(several)
        declared = []
        for some in batched(numbers, IN_LIST):
            query = sa.select(schema.declaration.c.row).join(
                schema.item, item.declaration_id == schema.declaration.c.id
            )
            declared += [json.loads(row) for row in connection.execute(query.where(item.id.in_(some))).scalars()]
        conflict = bool(conflicts_between(declared))
        for some in batched(numbers, IN_LIST):
            with changing(connection, table, table.c.item_id.in_(some)):
                bulk(connection, table, _COLUMNS, [(number, group, conflict) for number in some], replace=True)
            collections = sa.select(item.collection_id).where(item.id.in_(some))
            raise_revision(connection, collections)
