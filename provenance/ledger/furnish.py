"""What a ledger holds beside its rows: names and views for people who read it with SQL, and its secret."""

from __future__ import annotations

import secrets
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.ledger import schema
from provenance.ledger.bulk import bulk
from provenance.ledger.evidence import STATES
from provenance.ledger.gates import DECISIONS
from provenance.ledger.spans import STATUSES

_IMAGE_VERDICT: Final = """
CREATE VIEW image_verdict AS
SELECT item.id AS item_id, collection.uri AS collection, {key} AS item, gate.id AS gate,
    decision_name.name AS decision, reason_name.code AS reason
FROM item
JOIN collection ON collection.id = item.collection_id
JOIN (SELECT collection_id, max(gate_id) AS gate_id FROM gate_collection GROUP BY collection_id) AS latest
    ON latest.collection_id = item.collection_id
JOIN gate ON gate.id = latest.gate_id
LEFT JOIN gate_exception AS own ON own.gate_id = gate.id AND own.item_id = item.id
LEFT JOIN item_facts ON item_facts.item_id = item.id AND item_facts.since_gate <= gate.id
LEFT JOIN item_facts_past AS past
    ON past.item_id = item.id AND past.since_gate <= gate.id AND past.until_gate > gate.id
LEFT JOIN cached_decision AS shared ON shared.policy_version = gate.policy_version
    AND shared.fact_set_id = coalesce(past.fact_set_id, item_facts.fact_set_id)
JOIN decision_name ON decision_name.id = coalesce(own.decision, shared.decision)
JOIN reason_name ON reason_name.number = coalesce(own.reason, shared.reason)
WHERE item.current
"""
"""What the last gate of its collection told of each image that is held now."""

_CONSENT_NOW: Final = """
CREATE VIEW consent_now AS
SELECT person.ref AS person, statement_source.name AS source, record.record_id, consent_status_name.name AS status,
    evidence_state_name.name AS evidence, state.scoped, state.from_at, state.until_at
FROM consent_state AS state
JOIN person ON person.id = state.person_id
JOIN record ON record.id = state.record
JOIN statement_source ON statement_source.id = state.source_id
JOIN consent_status_name ON consent_status_name.id = state.status
JOIN evidence_state_name ON evidence_state_name.id = state.evidence
WHERE state.from_at <= {now} AND state.until_at > {now}
"""
"""The state of each basis record at the moment at which it is read; times in microseconds since 1970 (UTC)."""

VIEWS: Final = ("image_verdict", "consent_now")


def furnish(connection: Connection) -> None:
    """Add to a new or upgraded ledger what its tables do not come with."""
    for table, values in (
        (schema.decision_name, DECISIONS),
        (schema.consent_status_name, STATUSES),
        (schema.evidence_state_name, STATES),
    ):
        names = ((number, str(value)) for number, value in enumerate(values))
        bulk(connection, table, ("id", "name"), names, replace=True)
    if connection.execute(sa.select(schema.ledger_secret.c.secret)).first() is None:
        connection.execute(sa.insert(schema.ledger_secret).values(secret=secrets.token_bytes(32)))
    add_views(connection)


def add_views(connection: Connection) -> None:
    """Add the views to a ledger that has its tables."""
    lite = connection.dialect.name == "sqlite"
    now = (
        "CAST(strftime('%s', 'now') AS INTEGER) * 1000000"
        if lite
        else "CAST(extract(epoch FROM now()) * 1e6 AS BIGINT)"
    )
    key = "CAST(item.key AS TEXT)" if lite else "encode(item.key, 'escape')"
    for text in (_IMAGE_VERDICT.format(key=key), _CONSENT_NOW.format(now=now)):
        connection.exec_driver_sql(text)
