"""How many images have each fact set, and what of that the counts by decision do not know yet.

A gate counts by decisions under its policy version. Those counts are kept (`gate.tallies`), so whatever changes how
many images have a fact set tells it to all that are kept of the collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST
from provenance.ledger import checks, schema, schema_kept
from provenance.ledger.bulk import bulk
from provenance.ledger.checks import changing
from provenance.ledger.interning import lookup

_FEW: Final = 5_000
"""Fact sets up to which changes are told to counts. After more of them it costs less to count again."""


def move(connection: Connection, collection: int, change: Mapping[int, int]) -> None:
    """Change how many images of a collection have each fact set. The caller holds the writing transaction."""
    changed = {number: images for number, images in change.items() if images}
    if changed:
        _add(connection, collection, changed)
        _tell(connection, collection, changed)


def forget(connection: Connection) -> None:
    """Drop all counts by decision: gates count anew."""
    for table in (schema_kept.decision_count, schema_kept.fact_set_change):
        checks.forget(connection, table)


def _add(connection: Connection, collection: int, changed: Mapping[int, int]) -> None:
    table = schema.fact_set_count
    mine = table.c.collection_id == collection
    known = lookup(connection, table.c.fact_set_id, table.c.images, changed, within=mine)
    rows = [(collection, number, known.get(number, 0) + images) for number, images in changed.items()]
    with changing(connection, table, mine, _among(table, changed)):
        bulk(connection, table, ("collection_id", "fact_set_id", "images"), rows, replace=True)


def _tell(connection: Connection, collection: int, changed: Mapping[int, int]) -> None:
    counts, table = schema_kept.decision_count.c, schema_kept.fact_set_change
    kept = sa.select(counts.policy).where(counts.collection_id == collection).distinct()
    policies = list(connection.execute(kept).scalars())
    if not policies:
        return
    if len(changed) > _FEW:
        forget(connection)
        return
    mine = sa.and_(table.c.collection_id == collection, _among(table, changed))
    noted = sa.select(table.c.policy, table.c.fact_set_id, table.c.images).where(mine)
    known = {(policy, number): images for policy, number, images in connection.execute(noted)}
    with changing(connection, table, mine):
        rows = (
            (policy, collection, number, known.get((policy, number), 0) + images)
            for policy in policies
            for number, images in changed.items()
        )
        bulk(connection, table, ("policy", "collection_id", "fact_set_id", "images"), rows, replace=True)


def _among(table: sa.Table, changed: Mapping[int, int]) -> sa.ColumnElement[bool]:
    return table.c.fact_set_id.in_(list(changed)) if len(changed) <= IN_LIST else sa.true()
