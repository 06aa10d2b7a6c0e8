"""Making the derived tables anew from the recorded ones, and dropping what nothing uses any more."""

from __future__ import annotations

from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.ledger import ages, checks, consents, counts, schema, schema_kept, schema_rights
from provenance.ledger.append import next_id
from provenance.ledger.checks import insert_from
from provenance.ledger.gates import decision_digest

_ANEW = (
    schema.consent_state,
    schema.refusal,
    schema.record_scope_image,
    schema.refusal_reach,
    schema.age_conflict,
    schema.item_facts,
    schema.fact_set_count,
    schema.derivation_validity,
    schema.pending,
    schema.near_duplicate,
    schema.near_duplicate_upto,
    schema.screening,
    schema.list_match,
    schema.not_screened,
    *schema_rights.DERIVED,
    *schema_kept.DERIVED,
)


def rebuild(connection: Connection) -> None:
    """Empty every derived table, and derive what stands in the ledger; the next gate and search do the rest.

    What earlier gates told is kept, as far as nobody has changed it by hand. The next scan finds near-duplicates
    again. The caller holds the writing transaction.
    """
    _keep_history(connection)
    there = set(sa.inspect(connection).get_table_names())  # revision 0003 rebuilds what has not got all of them yet
    for table in _ANEW:
        if table.name in there:
            checks.forget(connection, table)
    _drop_changed(connection)
    checks.renew(connection, schema.item_facts_past)
    item = schema.item.c
    current = sa.select(item.id.label("item_id"), item.collection_id).where(item.current)
    insert_from(connection, schema.pending, ("item_id", "collection_id"), current)
    consents.derive_all(connection)
    for number in connection.execute(sa.select(schema.collection.c.id)).scalars().all():
        ages.find_conflicts(connection, number)
    connection.execute(sa.update(schema.collection).values(revision=schema.collection.c.revision + 1))


def prune(connection: Connection) -> tuple[int, int]:
    """Drop decisions under policies that no gate was run with, and fact sets that no image has or had.

    Gives how many of each. What earlier gates told can still be asked. The caller holds the writing transaction.
    """
    decided, facts, past, counted = (
        schema.cached_decision,
        schema.item_facts.c,
        schema.item_facts_past.c,
        schema.fact_set_count,
    )
    counts.forget(connection)  # which names fact sets that no image has any more
    with checks.changing(connection, counted, counted.c.images == 0):
        connection.execute(sa.delete(counted).where(counted.c.images == 0))
    used = sa.union(sa.select(facts.fact_set_id), sa.select(past.fact_set_id), sa.select(counted.c.fact_set_id))
    decisions = connection.execute(
        sa.delete(decided).where(
            sa.or_(
                decided.c.policy_version.not_in(sa.select(schema.gate.c.policy_version)),
                decided.c.fact_set_id.not_in(used),
            )
        )
    ).rowcount
    sets = connection.execute(sa.delete(schema.fact_set).where(schema.fact_set.c.id.not_in(used))).rowcount
    return decisions, sets


def _keep_history(connection: Connection) -> None:
    """What every gate until now saw of each image, before it is derived anew, unless somebody changed it by hand."""
    if not checks.is_sound(connection, schema.item_facts):
        return
    facts = schema.item_facts.c
    coming = next_id(connection, schema.gate)
    rows = sa.select(facts.item_id, sa.literal(coming).label("until_gate"), facts.since_gate, facts.fact_set_id).where(
        facts.since_gate < coming
    )
    insert_from(connection, schema.item_facts_past, schema.PAST, rows)


def _drop_changed(connection: Connection) -> None:
    """Drop fact sets and decisions that are not as they were written: nobody can say what they were."""
    table, decided, past = schema.fact_set, schema.cached_decision, schema.item_facts_past
    rows = connection.execute(sa.select(table.c.id, table.c.digest, table.c.facts))
    changed = [number for number, digest, text in rows if bytes(digest) != sha256(text.encode()).digest()]
    for some in batched(changed, IN_LIST):
        connection.execute(sa.delete(decided).where(decided.c.fact_set_id.in_(some)))
        connection.execute(sa.delete(past).where(past.c.fact_set_id.in_(some)))
        connection.execute(sa.delete(table).where(table.c.id.in_(some)))
    wrong = [
        (row.policy_version, row.fact_set_id)
        for row in connection.execute(sa.select(decided))
        if bytes(row.digest)
        != decision_digest(bytes(row.policy_version), row.fact_set_id, row.decision, row.reason, row.findings)
    ]
    for policy, number in wrong:
        connection.execute(
            sa.delete(decided).where(decided.c.policy_version == policy, decided.c.fact_set_id == number)
        )
