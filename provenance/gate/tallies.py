"""How many images have each decision and reason by their facts: kept, and moved on by what has changed since.

What is kept is of one collection under one policy version, which names everything that a verdict depends on beside
facts. Whatever changes how many images have a set of facts, the clock too, notes it (`ledger.counts`); a gate decides
those sets alone and takes them over. Counts from nothing are equal, which tests hold for any order of changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.errors import LedgerError
from provenance.gate.decide import PolicyVersion, decide, require_written
from provenance.ledger import checks, counts, schema, schema_kept
from provenance.ledger.bulk import bulk
from provenance.ledger.checks import changing
from provenance.ledger.database import Database
from provenance.ledger.gates import DECISIONS
from provenance.run.progress import Progress
from provenance.vocabulary import Decision

Counts: TypeAlias = Counter[tuple[Decision, str]]
"""How many images have each decision and primary reason."""

KEPT: Final = (schema_kept.decision_count, schema_kept.fact_set_change)
"""The tables by which a gate counts, where every fact set is decided and counted."""

_MOST: Final = 16
"""Policy versions whose counts are kept at once. Each day (UTC) has versions of its own."""

_COLUMNS: Final = ("policy", "collection_id", "decision", "reason", "images")

_Key: TypeAlias = tuple[int, int, int]
"""A collection, and a decision and a reason as they are stored."""


def bring_up(database: Database, policy: PolicyVersion, collections: Sequence[int], progress: Progress) -> None:
    """Decide every fact set of these collections that has no decision yet, and count by decisions.

    Where somebody else changes facts meanwhile, `stand` says that something is left. Raises LedgerError for what was
    changed by hand.
    """
    with database.reading() as connection:
        fresh = _uncounted(connection, policy, collections)
        changed = _has_changes(connection, policy, collections)
        if not fresh and not changed:
            return
        open_ones = {*_undecided(connection, policy, fresh), *_undecided_changes(connection, policy, collections)}
    decide(database, policy, sorted(open_ones), progress)
    if fresh:
        _count_anew(database, policy, fresh)
    if changed:
        with database.writing(derived=True) as connection:
            checks.verify(connection, database.name, *KEPT)
            _take_over(connection, policy, collections)


def stand(connection: Connection, policy: PolicyVersion, collections: Sequence[int]) -> bool:
    """Whether every fact set of these collections is decided and counted."""
    return not _has_changes(connection, policy, collections) and not _uncounted(connection, policy, collections)


def counts_of(connection: Connection, policy: PolicyVersion, collections: Sequence[int]) -> Counts:
    """How many images have each decision and primary reason by their facts.

    Where nothing is kept and nothing may be written, they come of the decisions that there are: the caller has checked
    `KEPT` and `fact_set_count`. Raises LedgerError for what was changed by hand, and where a decision is missing.
    """
    table = schema_kept.decision_count.c
    if stand(connection, policy, collections):
        kept = sa.select(table.decision, table.reason, table.images).where(
            table.policy == policy.number, table.collection_id.in_(collections)
        )
        rows: Iterable[Any] = connection.execute(kept)
    elif _undecided(connection, policy, collections):
        raise LedgerError(
            "some images of the ledger are not judged under this policy, and nothing may be written to it",
            remedy="let somebody who may write gate them first",
        )
    else:
        found = _of_fact_sets(connection, policy, collections)
        rows = ((decision, reason, images) for (_, decision, reason), images in found.items())
    codes = policy.reasons_catalogue.codes
    told: Counts = Counter()
    for decision, reason, images in rows:
        told[DECISIONS[decision], codes[reason]] += int(images)
    return told


def _uncounted(connection: Connection, policy: PolicyVersion, collections: Sequence[int]) -> list[int]:
    """The collections whose counts under a policy version are not kept, of those that hold images."""
    table, held = schema_kept.decision_count.c, schema.fact_set_count.c
    kept = sa.select(table.collection_id).where(table.policy == policy.number, table.collection_id.in_(collections))
    missing = set(collections) - set(connection.execute(kept.distinct()).scalars())
    derived = sa.select(held.images).where(held.images > 0).limit(1)
    return [n for n in sorted(missing) if connection.execute(derived.where(held.collection_id == n)).first()]


def _has_changes(connection: Connection, policy: PolicyVersion, collections: Sequence[int]) -> bool:
    table = schema_kept.fact_set_change.c
    mine = sa.select(table.images).where(table.policy == policy.number, table.collection_id.in_(collections))
    return connection.execute(mine.limit(1)).first() is not None


def _undecided(connection: Connection, policy: PolicyVersion, collections: Sequence[int]) -> list[int]:
    """The fact sets of these collections without a decision."""
    if not collections:
        return []
    table, decision = schema.fact_set_count.c, schema.cached_decision.c
    known = sa.exists().where(decision.policy_version == policy.digest, decision.fact_set_id == table.fact_set_id)
    used = sa.select(table.fact_set_id).where(table.collection_id.in_(collections), table.images > 0)
    return list(connection.execute(used.where(~known).distinct()).scalars())


def _undecided_changes(connection: Connection, policy: PolicyVersion, collections: Sequence[int]) -> list[int]:
    """The fact sets without a decision of which these collections have more or fewer images than was counted."""
    table, decision = schema_kept.fact_set_change.c, schema.cached_decision.c
    known = sa.exists().where(decision.policy_version == policy.digest, decision.fact_set_id == table.fact_set_id)
    mine = sa.select(table.fact_set_id).where(table.policy == policy.number, table.collection_id.in_(collections))
    return list(connection.execute(mine.where(table.images != 0, ~known).distinct()).scalars())


def _count_anew(database: Database, policy: PolicyVersion, collections: Sequence[int]) -> None:
    """Count what nobody has counted yet, unless facts change meanwhile."""
    with database.reading() as connection:
        checks.verify(connection, database.name, schema.fact_set_count, *KEPT)
        before = checks.sum_of(connection, schema.fact_set_count)
        if _undecided(connection, policy, collections):
            return
        found = _of_fact_sets(connection, policy, collections)
    with database.writing(derived=True) as connection:
        if checks.sum_of(connection, schema.fact_set_count) != before:
            return
        _make_room(connection)
        for number in collections:
            _forget(connection, policy, number)
        _keep(connection, policy, found)


def _of_fact_sets(connection: Connection, policy: PolicyVersion, collections: Sequence[int]) -> Counter[_Key]:
    """The counts of these collections by the decisions on all their fact sets."""
    return _counted(connection, policy, schema.fact_set_count, schema.fact_set_count.c.collection_id.in_(collections))


def _counted(
    connection: Connection, policy: PolicyVersion, table: sa.Table, among: sa.ColumnElement[bool]
) -> Counter[_Key]:
    """The images of fact sets in a table by the decisions on these, each checked."""
    decided = schema.cached_decision.c
    rows = connection.execute(
        sa.select(
            table.c.collection_id, table.c.fact_set_id, table.c.images, decided.decision, decided.reason,
            decided.findings, decided.digest,
        )
        .join(
            schema.cached_decision,
            sa.and_(decided.fact_set_id == table.c.fact_set_id, decided.policy_version == policy.digest),
        )
        .where(among, table.c.images != 0)
    )  # fmt: skip
    found: Counter[_Key] = Counter()
    for collection, number, images, decision, reason, findings, digest in rows:
        require_written(policy, number, decision, reason, findings, bytes(digest))
        found[collection, decision, reason] += int(images)
    return found


def _take_over(connection: Connection, policy: PolicyVersion, collections: Sequence[int]) -> None:
    """Count what has changed, unless more of it came that is not decided yet."""
    table = schema_kept.fact_set_change
    if _undecided_changes(connection, policy, collections):
        return
    mine = sa.and_(table.c.policy == policy.number, table.c.collection_id.in_(collections))
    _keep(connection, policy, _counted(connection, policy, table, mine))
    with changing(connection, table, mine):
        connection.execute(sa.delete(table).where(mine))


def _keep(connection: Connection, policy: PolicyVersion, found: Mapping[_Key, int]) -> None:
    """Add to the counts that are kept."""
    table = schema_kept.decision_count
    mine = sa.and_(table.c.policy == policy.number, table.c.collection_id.in_({key[0] for key in found}))
    known = sa.select(table.c.collection_id, table.c.decision, table.c.reason, table.c.images).where(mine)
    kept = Counter({tuple(key): int(images) for *key, images in connection.execute(known)})
    rows = [(policy.number, *key, kept[key] + images) for key, images in sorted(found.items())]
    with changing(connection, table, mine):
        bulk(connection, table, _COLUMNS, rows, replace=True)


def _make_room(connection: Connection) -> None:
    """Drop all counts where those of many policy versions are kept: whoever needs some counts again."""
    policies = sa.select(sa.func.count(sa.distinct(schema_kept.decision_count.c.policy)))
    if connection.execute(policies).scalar_one() >= _MOST:
        counts.forget(connection)


def _forget(connection: Connection, policy: PolicyVersion, collection: int) -> None:
    for table in KEPT:
        mine = sa.and_(table.c.policy == policy.number, table.c.collection_id == collection)
        with changing(connection, table, mine):
            connection.execute(sa.delete(table).where(mine))
