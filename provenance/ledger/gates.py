"""The record of every gate that was run: for what, by which rules, at which clock, with which outcome."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.ledger import schema
from provenance.ledger.database import Database, bulk
from provenance.ledger.interning import next_id
from provenance.model import to_micros
from provenance.vocabulary import Decision


def record_gate(
    database: Database,
    policy_version: bytes,
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
            ("id", "policy_version", "context", "as_of", "collections", "counts", "finished_at"),
            [
                (
                    next_id(connection, schema.gate),
                    policy_version,
                    context,
                    to_micros(as_of),
                    json.dumps(list(collections)),
                    json.dumps({decision.value: images for decision, images in counts.items()}, sort_keys=True),
                    to_micros(datetime.now(UTC)),
                )
            ],
        )


def last_context_text(connection: Connection) -> str | None:
    """The context of the newest gate, as its canonical JSON."""
    return connection.execute(sa.select(schema.gate.c.context).order_by(schema.gate.c.id.desc()).limit(1)).scalar()
