"""Keeping which images show one picture, so that every later gate holds a copy to what is known of the others."""

from __future__ import annotations

from array import array
from collections.abc import Iterable

import sqlalchemy as sa

from provenance.copies.duplicates import Group
from provenance.ledger import schema
from provenance.ledger.bulk import bulk
from provenance.ledger.checks import changing
from provenance.ledger.database import Database
from provenance.ledger.interning import raise_revision


def keep(database: Database, groups: Iterable[Group]) -> int:
    """Replace the kept groups by these, all or none; gives the number of images in them.

    Groups are read to their end before the ledger is locked for writing. Memory is 17 bytes an image of a group.
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
            rows = zip(items, numbers, map(bool, conflicts), strict=True)
            bulk(connection, table, ("item_id", "group_id", "conflict"), rows)
        raise_revision(connection, sa.select(schema.collection.c.id))
    return len(items)
