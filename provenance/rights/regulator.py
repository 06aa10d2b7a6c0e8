"""The figures that a regulator asks for: what is held, of whom, on what basis, what people asked, who was given what.

Every figure is a row of a section, a name and a number, so that the same report is read in JSON, CSV and Markdown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from statistics import median

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.errors import NothingToCheck
from provenance.gate import decide
from provenance.gate.decide import PolicyVersion
from provenance.gate.overview import overview
from provenance.gate.run import judging
from provenance.ledger import accounts, erasures, orders, releases, requests, schema
from provenance.ledger import overview as held
from provenance.ledger.database import Database
from provenance.ledger.overview import Count
from provenance.model import Context
from provenance.policy.packs import PackSet
from provenance.run.progress import Progress


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the report: in a section, what is counted, and how many."""

    section: str
    name: str
    value: int | float


@dataclass(frozen=True, slots=True)
class RegulatorReport:
    """The figures of a ledger at a moment. `context` is that of the last gate, under which findings are counted."""

    at: datetime
    purpose: str
    figures: tuple[Figure, ...]


def regulator_report(database: Database, packs: PackSet, context: Context, progress: Progress) -> RegulatorReport:
    """Count everything that a ledger holds, as of now. Raises NothingToCheck where it has no collection."""
    now = datetime.now(UTC)
    context = replace(context, as_of=now, clock_given=False)
    with database.reading() as connection:
        known = held.collections(connection)
    if not known:
        raise NothingToCheck("the ledger holds no collection", remedy="scan one first")
    numbers, uris = [number for number, _, _ in known], [uri for _, uri, _ in known]
    policy = PolicyVersion.now(database, context, packs)
    with judging(database, policy, None, numbers, progress) as (connection, _):
        seen = overview(connection, numbers, uris, now)
        findings = Counter[str]()
        for (decision, code), images in decide.counts(connection, policy, numbers).items():
            findings[f"{decision.value} {code}"] += images
        figures = [
            Figure("images", "held", sum(images for _, _, images in known)),
            Figure("images", "collections", len(known)),
            *_counted("images by basis", seen.by_basis),
            *_counted("images by jurisdiction", seen.by_jurisdiction),
            *_counted("images by age of the youngest person", seen.by_age),
            *_counted("images by source", seen.by_source),
            *(Figure("images by decision and reason", name, images) for name, images in findings.most_common()),
            *_problems(connection, numbers),
            *_requests(connection, now),
            *_orders(connection, now),
            *_given(connection),
        ]
    return RegulatorReport(now, context.purpose.value if context.purpose is not None else "", tuple(figures))


def _counted(section: str, counts: Iterable[Count]) -> Iterator[Figure]:
    yield from (Figure(section, one.name, one.images) for one in counts)


def _problems(connection: Connection, collections: list[int]) -> Iterator[Figure]:
    item, content = schema.item.c, schema.content.c
    problem = sa.func.coalesce(item.problem, content.problem)
    rows = connection.execute(
        sa.select(problem, sa.func.count())
        .select_from(schema.item)
        .outerjoin(schema.content, content.id == item.content_id)
        .where(item.current, item.collection_id.in_(collections), problem.is_not(None))
        .group_by(problem)
        .order_by(problem)
    )
    yield from (Figure("not read or not looked into", name, int(images)) for name, images in rows)


def _requests(connection: Connection, now: datetime) -> Iterator[Figure]:
    every = requests.listed(connection)
    for kind in requests.RequestKind:
        asked = [one for one in every if one.kind is kind]
        if not asked:
            continue
        section = f"requests: {kind.value}"
        yield Figure(section, "received", len(asked))
        for state, count in sorted(Counter(one.state for one in asked).items()):
            yield Figure(section, state.lower(), count)
        yield Figure(section, "overdue", sum(one.is_open and (one.due_at or now) < now for one in asked))
        days = [(one.answered_at - one.received_at).days for one in asked if one.answered_at is not None]
        if days:
            yield Figure(section, "days to an answer, median", float(median(days)))
            yield Figure(section, "days to an answer, most", max(days))
    erased = erasures.listed(connection)
    if erased:
        yield Figure("erasures", "carried out", len(erased))
        yield Figure("erasures", "rows of images", sum(one.images for one in erased))


def _orders(connection: Connection, now: datetime) -> Iterator[Figure]:
    every = orders.listed(connection)
    binding = sum(one.in_force(now) for one in every)
    if every:
        yield Figure("orders", "in force", binding)
        yield Figure("orders", "over or not yet in force", len(every) - binding)


def _given(connection: Connection) -> Iterator[Figure]:
    for release in releases.listed(connection):
        yield Figure("releases", release.name, release.images)
    recipients: Counter[str] = Counter()
    for one in accounts.disclosures(connection):
        recipients[f"{one.recipient} ({one.account}), {one.purpose}"] += one.images
    yield from (Figure("images given to", name, images) for name, images in recipients.most_common())
