"""What the copies of a picture say about it: content facts belong to the picture, not to the file.

An image is held for review beside a near-duplicate that is blocked, whoever blocked it (a rule, a list, a reviewer),
or where copies are declared differently. The very same bytes carry a refusal of somebody shown into every collection.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.gate.image import Judging, Overlay
from provenance.ledger import schema
from provenance.ledger.within import unindexed, within
from provenance.vocabulary import Decision

REFUSALS = frozenset({"CONSENT_WITHDRAWN", "OBJECTION_RECEIVED", "SUPPRESSED_ERASURE_REQUEST"})
"""The findings that the same bytes carry everywhere."""


@dataclass(slots=True)
class _Group:
    """The images of one picture: those of them that are asked about, and those that are blocked."""

    asked: list[int] = field(default_factory=list)
    blocked: set[int] = field(default_factory=set)
    conflict: bool = False


def neighbours(connection: Connection, collections: Sequence[int]) -> tuple[int, ...]:
    """The other collections whose images' verdicts count here: near-duplicates, and equal bytes that were refused.

    Their facts have to be derived as well.
    """
    duplicate, item, collection = schema.near_duplicate.c, schema.item.c, schema.collection.c
    if connection.execute(sa.select(collection.id).where(collection.id.not_in(collections)).limit(1)).first() is None:
        return ()
    groups = _groups_of(within(item.collection_id, collections))
    beside = (
        sa.select(item.collection_id)
        .join(schema.near_duplicate, duplicate.item_id == item.id)
        .where(duplicate.group_id.in_(groups), item.current)
        .distinct()
    )
    found = set(connection.execute(beside).scalars())
    found |= {collection for _, collection, _ in _refused(connection, within(item.collection_id, collections))}
    return tuple(sorted(found - set(collections)))


def copies(
    connection: Connection, judging: Judging, collections: Sequence[int], *, alone: int | None = None
) -> dict[int, Overlay]:
    """What copies say about the images of these collections, or about one of them `alone`; nothing for most."""
    found: dict[int, Overlay] = {}
    for group in _groups(connection, judging, collections, alone):
        for number in group.asked:
            beside = bool(group.blocked - {number}) and number not in group.blocked
            if beside or group.conflict:
                found[number] = Overlay(beside_blocked=beside, conflicting_claims=group.conflict)
    for number in _same_bytes(connection, judging, collections, alone):
        known = found.get(number, Overlay())
        found[number] = replace(known, refused_elsewhere=True)
    return found


def _groups(
    connection: Connection, judging: Judging, collections: Sequence[int], alone: int | None
) -> Iterable[_Group]:
    """The groups that hold any of the images asked about."""
    duplicate, item = schema.near_duplicate.c, schema.item.c
    asked = within(item.collection_id, collections) if alone is None else item.id == alone
    rows = connection.execute(
        sa.select(duplicate.group_id, duplicate.item_id, duplicate.conflict, item.collection_id)
        .join(schema.item, item.id == duplicate.item_id)
        .where(duplicate.group_id.in_(_groups_of(asked)), item.current)
        .order_by(duplicate.group_id, duplicate.item_id)
    ).all()
    decisions = judging.decisions_of(connection, [row.item_id for row in rows])
    groups: dict[int, _Group] = {}
    for row in rows:
        group = groups.setdefault(row.group_id, _Group())
        group.conflict |= row.conflict
        if row.item_id == alone or (alone is None and row.collection_id in collections):
            group.asked.append(row.item_id)
        if decisions.get(row.item_id) is Decision.BLOCK:
            group.blocked.add(row.item_id)
    return groups.values()


def _groups_of(asked: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """The groups of the current images that are asked about."""
    duplicate, item = schema.near_duplicate.c, schema.item.c
    return (
        sa.select(duplicate.group_id)
        .join(schema.item, item.id == duplicate.item_id)
        .where(item.id.in_(sa.select(duplicate.item_id)), item.current, asked)
    )


def _refused(connection: Connection, asked: sa.ColumnElement[bool]) -> list[tuple[int, int, int]]:
    """Images that show somebody who refused something, and whose bytes an image that is `asked` about has as well.

    Each with its collection and content. Images of equal bytes are in one group, so no others are looked at.
    """
    shown, refusal, reach, item = schema.depiction.c, schema.refusal.c, schema.refusal_reach.c, schema.item
    link, other = schema.source_of_collection.c, schema.item.alias("other")
    columns = (other.c.id, other.c.collection_id, other.c.content_id)
    twin = sa.exists().where(asked, item.c.current, item.c.content_id == other.c.content_id, item.c.id != other.c.id)
    grouped = sa.select(schema.near_duplicate.c.item_id)
    speaks = sa.exists().where(
        shown.item_id == other.c.id,
        refusal.person_id == shown.person_id,
        ~refusal.scoped,
        link.source_id == unindexed(refusal.source_id),
        link.collection_id == other.c.collection_id,
    )
    whole = sa.select(*columns).where(other.c.id.in_(grouped), other.c.current, twin, speaks)
    reached = sa.select(*columns).where(other.c.id.in_(sa.select(reach.item_id)), other.c.current, twin)
    return [
        (number, collection, content) for number, collection, content in connection.execute(sa.union(whole, reached))
    ]


def _same_bytes(connection: Connection, judging: Judging, collections: Sequence[int], alone: int | None) -> set[int]:
    """The images whose very bytes a refusal blocks in another place."""
    item = schema.item.c
    asked = within(item.collection_id, collections) if alone is None else item.id == alone
    content_of = {number: content for number, _, content in _refused(connection, asked)}
    blocked: dict[int, set[int]] = {}
    for number, verdict in judging.verdicts_of(connection, sorted(content_of)).items():
        if verdict.decision is Decision.BLOCK and any(reason.code in REFUSALS for reason in verdict.reasons):
            blocked.setdefault(content_of[number], set()).add(number)
    found: set[int] = set()
    for some in batched(sorted(blocked), IN_LIST):
        rows = connection.execute(
            sa.select(item.id, item.content_id).where(asked, item.current, item.content_id.in_(some))
        )
        found.update(number for number, content in rows if blocked[content] - {number})
    return found
