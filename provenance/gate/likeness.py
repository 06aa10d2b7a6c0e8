"""Images that a verdict on another copy of the same picture holds up: content facts belong to the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.gate.rulings import DECISIONS, RulingSet
from provenance.ledger import schema
from provenance.ledger.screening import listed_now
from provenance.vocabulary import Decision


@dataclass(frozen=True, slots=True)
class HeldUp:
    """One image that is held up, its combination, and why: a blocked copy, or copies under different claims."""

    item: int
    combination: int
    beside_blocked: bool
    conflicting_claims: bool


def held_up(connection: Connection, rulings: RulingSet, collections: Sequence[int]) -> tuple[HeldUp, ...]:
    """The images of these collections that show one picture with a blocked one, or under conflicting claims.

    Groups are those that `provenance duplicates` kept; blocked is what this set of rulings blocks, in any collection
    that was judged by it, and what is on a list of hashes. An image that is blocked itself needs no second reason.
    """
    return _held_up(connection, rulings, schema.item_facts.c.collection_id.in_(collections))


def held_up_image(connection: Connection, rulings: RulingSet, item: int) -> HeldUp | None:
    """The same for one image; None where no copy of it holds it up. Its collection must have been judged."""
    return next(iter(_held_up(connection, rulings, schema.item_facts.c.item_id == item)), None)


def _held_up(connection: Connection, rulings: RulingSet, among: sa.ColumnElement[bool]) -> tuple[HeldUp, ...]:
    likeness, facts, ruling = schema.likeness.c, schema.item_facts.c, schema.ruling.c
    judged = sa.and_(ruling.combination_id == facts.combination_id, ruling.ruling_set == rulings.digest)
    on_list = schema.item.c.content_id.in_(listed_now())
    is_blocked = sa.or_(ruling.decision == DECISIONS.index(Decision.BLOCK), on_list)
    blocked = (
        sa.select(likeness.group_id)
        .join(schema.item_facts, facts.item_id == likeness.item_id)
        .join(schema.item, schema.item.c.id == likeness.item_id)
        .outerjoin(schema.ruling, judged)
        .where(is_blocked)
    )
    beside = sa.case((likeness.group_id.in_(blocked), 1), else_=0)
    rows = connection.execute(
        sa.select(likeness.item_id, facts.combination_id, beside, likeness.conflict)
        .join(schema.item_facts, facts.item_id == likeness.item_id)
        .join(schema.item, schema.item.c.id == likeness.item_id)
        .join(schema.ruling, judged)
        .where(among, ~is_blocked, sa.or_(likeness.conflict, beside == 1))
        .order_by(likeness.item_id)
    )
    return tuple(HeldUp(item, combination, bool(near), bool(conflict)) for item, combination, near, conflict in rows)
