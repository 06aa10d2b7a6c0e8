"""What stands beside the rows of images when their facts are derived: looks, terms of retention, sources that are gone.

Few images have any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.gate.columns import rows
from provenance.gate.facts_query import Deriving, looks_query
from provenance.ledger import looks, retention, schema, source_checks
from provenance.model import Look


@dataclass(frozen=True, slots=True)
class Beside:
    """By an image's number: what people saw in it, until when it may be kept, and since when its source is gone."""

    looks: Mapping[int, Sequence[Look]]
    terms: Mapping[int, int]
    lost: Mapping[int, int]

    @classmethod
    def of(cls, connection: Connection, how: Deriving) -> Self:
        """What stands beside the images that are derived."""
        return cls(_looks(connection, how), _terms(connection, how), _lost(connection, how))


def _looks(connection: Connection, how: Deriving) -> Mapping[int, Sequence[Look]]:
    found: dict[int, list[Look]] = {}
    if looks.any_at_all(connection):
        for row in connection.execute(looks_query(how)):
            found.setdefault(row.item_id, []).append(looks.look_of(row, bytes(row.sha256)))
    return looks.checked(connection, found)


def _terms(connection: Connection, how: Deriving) -> Mapping[int, int]:
    """Until when images may be kept, where that is said beside their rows."""
    if not retention.any_at_all(connection):
        return {}
    among = sa.select(schema.pending.c.item_id).where(how.among)
    return dict(rows(connection, retention.terms_query(among)))


def _lost(connection: Connection, how: Deriving) -> Mapping[int, int]:
    """Those that are no longer where they were taken from."""
    if not source_checks.any_at_all(connection):
        return {}
    pending, item = schema.pending.c, schema.item.c
    addresses = (
        sa.select(item.id, item.source_url)
        .join(schema.pending, pending.item_id == item.id)
        .where(how.among, item.source_url.is_not(None))
    )
    return source_checks.lost(connection, connection.execute(addresses).all())
