"""Images that a verdict on another copy of the same picture holds up: content facts belong to the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.gate.decide import DECISIONS, PolicyVersion
from provenance.ledger import schema
from provenance.ledger.screening import listed_now
from provenance.vocabulary import Decision


@dataclass(frozen=True, slots=True)
class NearDuplicateFlag:
    """One image that is held up, its combination, and why: a blocked copy, or copies under different claims."""

    item: int
    fact_set: int
    beside_blocked: bool
    conflicting_claims: bool


def near_duplicates_flagged(
    connection: Connection, policy: PolicyVersion, collections: Sequence[int]
) -> tuple[NearDuplicateFlag, ...]:
    """The images of these collections that show one picture with a blocked one, or under conflicting claims.

    Groups are those that `provenance duplicates` kept; blocked is what this set of rulings blocks, in any collection
    that was judged by it, and what is on a list of hashes. An image that is blocked itself needs no second reason.
    """
    return _held_up(connection, policy, schema.item_facts.c.collection_id.in_(collections))


def near_duplicate_flag(connection: Connection, policy: PolicyVersion, item: int) -> NearDuplicateFlag | None:
    """The same for one image; None where no copy of it holds it up. Its collection must have been judged."""
    return next(iter(_held_up(connection, policy, schema.item_facts.c.item_id == item)), None)


def _held_up(
    connection: Connection, policy: PolicyVersion, among: sa.ColumnElement[bool]
) -> tuple[NearDuplicateFlag, ...]:
    near_duplicate, facts, cached_decision = schema.near_duplicate.c, schema.item_facts.c, schema.cached_decision.c
    judged = sa.and_(cached_decision.fact_set_id == facts.fact_set_id, cached_decision.policy_version == policy.digest)
    on_list = schema.item.c.content_id.in_(listed_now())
    is_blocked = sa.or_(cached_decision.decision == DECISIONS.index(Decision.BLOCK), on_list)
    blocked = (
        sa.select(near_duplicate.group_id)
        .join(schema.item_facts, facts.item_id == near_duplicate.item_id)
        .join(schema.item, schema.item.c.id == near_duplicate.item_id)
        .outerjoin(schema.cached_decision, judged)
        .where(is_blocked)
    )
    beside = sa.case((near_duplicate.group_id.in_(blocked), 1), else_=0)
    rows = connection.execute(
        sa.select(near_duplicate.item_id, facts.fact_set_id, beside, near_duplicate.conflict)
        .join(schema.item_facts, facts.item_id == near_duplicate.item_id)
        .join(schema.item, schema.item.c.id == near_duplicate.item_id)
        .join(schema.cached_decision, judged)
        .where(among, ~is_blocked, sa.or_(near_duplicate.conflict, beside == 1))
        .order_by(near_duplicate.item_id)
    )
    return tuple(
        NearDuplicateFlag(item, fact_set, bool(near), bool(conflict)) for item, fact_set, near, conflict in rows
    )
