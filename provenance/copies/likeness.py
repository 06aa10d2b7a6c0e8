"""Keeping which images show one picture, so that every later gate holds a copy to what is known of the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import sqlalchemy as sa

from provenance.copies.duplicates import Group
from provenance.ledger import schema
from provenance.ledger.database import Database, bulk


def keep(database: Database, groups: Iterable[Group]) -> int:
    """Replace the kept groups by these, all or none; gives the number of images in them."""
    rows = list(_rows(groups))
    with database.writing() as connection:
        connection.execute(sa.delete(schema.likeness))
        bulk(connection, schema.likeness, ("item_id", "group_id", "conflict"), rows)
    return len(rows)


def _rows(groups: Iterable[Group]) -> Iterator[tuple[int, int, bool]]:
    for number, group in enumerate(groups, start=1):
        for copy in group.copies:
            yield copy.item_id, number, bool(group.conflicts)
