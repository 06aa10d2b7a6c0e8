"""Persons whose recorded ages and dates of birth, over all images that show them, cannot all be true.

An age says that somebody was born in the year before the birthday that it counts; one of 18 or more, only that it was
no later. A year either way is let pass: ages are often those of another day. Two dates of birth never agree.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.ledger import schema
from provenance.ledger.bulk import bulk
from provenance.ledger.checks import changing
from provenance.ledger.interning import mark_pending
from provenance.ledger.within import current_within
from provenance.vocabulary import ADULT_AGE

_YEAR: Final = 10_000
"""A year between two days as integers."""


def find_conflicts(connection: Connection, collection: int) -> None:
    """Work out anew whose ages contradict each other in a collection, and mark the images that show them."""
    table, shown, item = schema.age_conflict, schema.depiction.c, schema.item.c
    here = table.c.collection_id == collection
    before = set(connection.execute(sa.select(table.c.person_id).where(here)).scalars())
    now = set(connection.execute(_conflicting(collection)).scalars())
    if before == now:
        return
    with changing(connection, table, here):
        connection.execute(sa.delete(table).where(here))
        bulk(connection, table, ("collection_id", "person_id"), ((collection, person) for person in sorted(now)))
    for some in batched(sorted(before ^ now), IN_LIST):
        showing = (
            sa.select(item.id, item.collection_id)
            .join(schema.depiction, shown.item_id == item.id)
            .where(shown.person_id.in_(some), current_within([collection]))
        )
        mark_pending(connection, showing)


def _conflicting(collection: int) -> sa.Select[tuple[int]]:
    shown, item = schema.depiction.c, schema.item.c
    age = sa.cast(shown.age, sa.Integer)  # PostgreSQL would multiply 16 bits
    counted = item.acquired_on - age * _YEAR
    grown = age >= ADULT_AGE
    born_after = sa.case((shown.born_on.is_not(None), shown.born_on), (grown, 0), else_=counted - _YEAR)
    born_before = sa.func.coalesce(shown.born_on, counted)
    return (
        sa.select(shown.person_id)
        .join(schema.item, item.id == shown.item_id)
        .where(item.collection_id == collection, item.current, shown.person_id.is_not(None))
        .group_by(shown.person_id)
        .having(
            sa.or_(
                sa.func.min(shown.born_on) != sa.func.max(shown.born_on),
                sa.func.max(born_after) > sa.func.min(born_before) + _YEAR,
            )
        )
    )
