"""Naming the releases that something made stale, with those who were given them.

What was touched is read from what was left in the ledger: facts to be derived anew, and new holds, lists, reviews, ends
of accounts and assessments. Of that only what a gate for a release's use would not let pass now makes it stale.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Final

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.errors import ProvenanceError
from provenance.gate.decide import PolicyVersion, context_of
from provenance.gate.near_duplicates import copies
from provenance.gate.run import judging
from provenance.ledger import holds, numbers, releases, schema, schema_duties, schema_rights
from provenance.ledger.append import last_ids
from provenance.ledger.database import Database
from provenance.ledger.holds import TargetKind
from provenance.ledger.items import with_earlier
from provenance.ledger.releases import Affected, Release
from provenance.policy.packs import PackSet
from provenance.rights.releases import may_go_out_no_more
from provenance.run.progress import Progress

_MARKED: Final = (
    schema_rights.hold,
    schema.hash_list,
    schema.review,
    schema_rights.account_end,
    schema_duties.retention,
    schema_duties.assessment_end,
)
"""The tables whose new rows touch images without a note that their facts are to be derived anew."""


@dataclass(slots=True)
class Telling:
    """The releases that were made stale, known once it is over; `untold` says why they cannot be named ("": they are).

    `images` of each is how many were touched and may be used no more.
    """

    releases: tuple[Affected, ...] = ()
    untold: str = ""


@contextmanager
def telling_stale(database: Database, packs: PackSet, progress: Progress) -> Iterator[Telling]:
    """Name the releases that are made stale by what is done within. What was done stands if they cannot be named."""
    with database.reading() as connection:
        before = last_ids(connection, *_MARKED)
    told = Telling()
    yield told
    try:
        told.releases = tuple(_made_stale(database, packs, before, progress))
    except ProvenanceError as error:
        told.untold = str(error)


def _made_stale(database: Database, packs: PackSet, before: Sequence[int], progress: Progress) -> Iterator[Affected]:
    with database.reading() as connection:
        made = releases.listed(connection)
        touched = _touched(connection, made, before) if made else None
    if touched is None or not touched.size:
        return
    stale: dict[int, int] = {}
    for context, several in groupby(sorted(made, key=lambda one: one.context), key=lambda one: one.context):
        stale |= _stale_for(database, packs, context, {one.id for one in several}, touched, progress)
    with database.reading() as connection:
        for one in made:
            if one.id in stale:
                yield Affected(one.name, stale[one.id], releases.recipients_of(connection, one))


def _stale_for(
    database: Database, packs: PackSet, context: str, wanted: set[int], touched: NDArray[np.int64], progress: Progress
) -> dict[int, int]:
    """How many of the images touched may be used no more in each of these releases, which were made for one use."""
    with database.reading() as connection:
        held = _held_by(connection, wanted, touched)
        collections = _collections(connection, held)
    if not held.size:
        return {}
    now = replace(context_of(context), as_of=datetime.now(UTC), clock_given=False)
    policy = PolicyVersion.now(database, now, packs)
    with judging(database, policy, None, collections, progress) as (connection, judge):
        beside = copies(connection, judge, collections)
        gone = [
            number
            for some in batched(held.tolist(), IN_LIST)
            for number in may_go_out_no_more(connection, judge, beside, some)
        ]
        found = numbers.among(connection, schema_rights.release_chunk, gone)
    return {release: len(images) for release, images in found.items() if release in wanted}


def _held_by(connection: Connection, wanted: set[int], touched: NDArray[np.int64]) -> NDArray[np.int64]:
    found = numbers.among(connection, schema_rights.release_chunk, touched)
    parts = [images for release, images in found.items() if release in wanted]
    return np.unique(np.concatenate(parts)) if parts else np.empty(0, np.int64)


def _collections(connection: Connection, images: NDArray[np.int64]) -> list[int]:
    item, found = schema.item.c, set[int]()
    for some in batched(images.tolist(), IN_LIST):
        found.update(connection.execute(sa.select(item.collection_id).where(item.id.in_(some))).scalars())
    return sorted(found)


def _touched(connection: Connection, made: Sequence[Release], before: Sequence[int]) -> NDArray[np.int64]:
    """The rows of images that were touched, ascending; those of all releases where a use as such was."""
    hold, hash_list, review, account_end, retention, assessment_end = before
    target, term = schema_rights.hold_target.c, schema_duties.retention.c
    widely = (
        sa.select(target.id).where(target.hold_id > hold, target.kind == TargetKind.JURISDICTION.value),
        sa.select(term.id).where(term.id > retention, term.purpose.is_not(None)),
        sa.select(schema_duties.assessment_end.c.id).where(schema_duties.assessment_end.c.id > assessment_end),
    )
    if any(connection.execute(query.limit(1)).first() is not None for query in widely):
        everything = np.empty(0, np.int64)
        for one in made:
            everything = np.union1d(everything, np.concatenate(list(releases.images(connection, one))))
        return everything
    item, content, known = schema.item.c, schema.content.c, schema.review.c
    listed, ended, account = schema.list_match.c, schema_rights.account_end.c, schema_rights.account.c
    signed = (sa.select(account.name).join(schema_rights.account_end, ended.account_id == account.id)).where(
        ended.id > account_end
    )
    decided = sa.select(known.sha256).where(sa.or_(known.id > review, known.reviewer.in_(signed)))
    queries = (
        sa.select(schema.pending.c.item_id),
        sa.select(item.id)
        .join(schema.list_match, listed.content_id == item.content_id)
        .where(listed.list_id > hash_list),
        sa.select(item.id).join(schema.content, content.id == item.content_id).where(content.sha256.in_(decided)),
    )
    found = {number for query in queries for number in connection.execute(query).scalars()}
    fresh = sa.select(schema_rights.hold.c.id).where(schema_rights.hold.c.id > hold)
    for number in list(connection.execute(fresh).scalars()):
        found.update(holds.reached_by(connection, number))
    return np.array(sorted(with_earlier(connection, _with_copies(connection, found))), np.int64)


def _with_copies(connection: Connection, images: set[int]) -> set[int]:
    """Images with those that show the same picture: what is said of one counts for the others."""
    table, other = schema.near_duplicate, schema.near_duplicate.alias("other")
    found = set(images)
    for some in batched(sorted(images), IN_LIST):
        query = sa.select(other.c.item_id).join(table, table.c.group_id == other.c.group_id)
        found.update(connection.execute(query.where(table.c.item_id.in_(some))).scalars())
    return found
