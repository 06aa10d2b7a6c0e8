"""The record of every gate that was run: for what, by which rules, at which clock, with which outcome."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from provenance.ledger import schema
from provenance.ledger.database import Database, bulk
from provenance.ledger.interning import next_id
from provenance.model import instant
from provenance.vocabulary import Decision


def record_gate(
    database: Database,
    ruling_set: bytes,
    context: str,
    as_of: datetime,
    collections: Sequence[str],
    counts: Mapping[Decision, int],
) -> None:
    """Append one gate."""
    with database.writing() as connection:
        bulk(
            connection,
            schema.gate,
            ("id", "ruling_set", "context", "as_of", "collections", "counts", "finished_at"),
            [
                (
                    next_id(connection, schema.gate),
                    ruling_set,
                    context,
                    instant(as_of),
                    json.dumps(list(collections)),
                    json.dumps({decision.value: images for decision, images in counts.items()}, sort_keys=True),
                    instant(datetime.now(UTC)),
                )
            ],
        )
