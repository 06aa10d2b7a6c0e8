"""The figures of a ledger or of one release: what is held, of whom, on what basis, what people asked, who got what.

Every figure is a row of a section, a name and a number, so that the same figures are read in JSON, CSV and Markdown and
fill the fields of every form (`rights.forms`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import ceil
from statistics import median
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.errors import NothingToCheck
from provenance.gate.decide import PolicyVersion
from provenance.gate.fact_sets import load
from provenance.gate.overview import LISTED, age_of_youngest, bases, jurisdictions
from provenance.gate.run import counts_now, judging
from provenance.gate.run_findings import run_findings
from provenance.ledger import (
    accounts,
    assessments,
    breaches,
    erasures,
    holdings,
    orders,
    releases,
    requests,
    schema,
    source_checks,
)
from provenance.ledger import overview as held
from provenance.ledger.breaches import BreachState
from provenance.ledger.database import Database
from provenance.ledger.holdings import Holding
from provenance.model import Context, SignalVerdict, to_micros
from provenance.policy.facts import FactSet
from provenance.policy.packs import PackSet
from provenance.policy.rules.evaluation import is_made
from provenance.rights.releases import held_now, status
from provenance.rights.retention import kept_until
from provenance.run.progress import Progress
from provenance.vocabulary import AcquisitionMethod, PersonsStatus

_SCRAPED: Final = (AcquisitionMethod.TARGETED_COLLECTION, AcquisitionMethod.UNTARGETED_SCRAPE)
_DOMAINS: Final = 0.1
"""The share of all domains from which most was crawled that a public summary names (template of the summary, 2.3)."""


@dataclass(frozen=True, slots=True)
class Figure:
    """In a section, what is counted, and how many."""

    section: str
    name: str
    value: int | float


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a ledger at a moment, or of one release. `purpose` is that under which findings are counted."""

    at: datetime
    purpose: str
    release: str
    rows: tuple[Figure, ...]

    @property
    def by_name(self) -> Mapping[tuple[str, str], int | float]:
        """Each figure by its section and name."""
        return {(one.section, one.name): one.value for one in self.rows}


def figures(
    database: Database, packs: PackSet, context: Context, progress: Progress, *, release: str | None = None
) -> Figures:
    """Count what a ledger holds, or what of one release it holds, as of now.

    Raises NothingToCheck where there is no collection, UsageError for a release that there is not.
    """
    now = datetime.now(UTC)
    context = replace(context, as_of=now, clock_given=False)
    with database.reading() as connection:
        known = held.collections(connection)
    if not known:
        raise NothingToCheck("the ledger holds no collection", remedy="scan one first")
    findings = _stale(database, packs, release, progress) if release is not None else []
    numbers = [number for number, _, _ in known]
    policy = PolicyVersion.now(database, context, packs)
    with judging(database, policy, None, numbers, progress) as (connection, judge):
        holding = _holding(connection, numbers, release)
        if release is None:
            counts = counts_now(connection, judge, numbers)
            findings = [
                Figure("images by decision and reason", f"{decision.value} {code}", images)
                for (decision, code), images in counts.most_common()
            ]
            of_run = run_findings(connection, numbers, to_micros(now), policy.reasons_catalogue)
            findings += _counted("findings of the run", Counter(f"{one.decision.value} {one.reason}" for one in of_run))
        found = [
            *_held(connection, holding, numbers, release),
            *_by_facts(connection, holding, signed_only=context.require_signatures),
            *_by_rows(connection, holding),
            *findings,
            *_counted("not read or not looked into", holdings.problems(connection, holding)),
            *_about_people(connection, now),
            *_duties(connection, now),
            *_given(connection),
        ]
    return Figures(now, context.purpose.value if context.purpose is not None else "", release or "", tuple(found))


def _holding(connection: Connection, numbers: list[int], release: str | None) -> Holding:
    if release is None:
        return holdings.of_collections(numbers)
    return holdings.of_items(held_now(connection, releases.named(connection, release)))


def _stale(database: Database, packs: PackSet, release: str, progress: Progress) -> list[Figure]:
    """What of a release may be used no more: those images are counted like the others."""
    stale = status(database, packs, release, None, progress).stale
    return list(_counted("released images that may be used no more", Counter(one.reason for one in stale)))


def _held(connection: Connection, holding: Holding, numbers: list[int], release: str | None) -> Iterator[Figure]:
    images = sum(holdings.fact_sets(connection, holding).values())
    yield Figure("images", "held", images)
    yield Figure("images", "collections", len(numbers))
    if release is not None:
        yield Figure("images", "released", releases.named(connection, release).images)


def _by_facts(connection: Connection, holding: Holding, *, signed_only: bool) -> Iterator[Figure]:
    """What the facts of images come to. An image with several people counts under each of their bases and laws."""
    counts = holdings.fact_sets(connection, holding)
    sections: dict[str, Counter[str]] = {}
    for number, facts in load(connection, counts, signed_only=signed_only):
        for section, names in _told(facts):
            sections.setdefault(section, Counter()).update(dict.fromkeys(names, counts[number]))
    for section, found in sections.items():
        yield from _counted(section, found)


def _told(facts: FactSet) -> Iterator[tuple[str, Iterable[str]]]:
    item, signals = facts.item, facts.item.signals
    yield "images by basis", bases(facts)
    yield "images by jurisdiction", jurisdictions(facts)
    yield "images by age of the youngest person", (age_of_youngest(facts),)
    yield "images by who is shown", (_shown(facts),)
    yield "images by acquisition method", (_method(item.acquisition_method),)
    yield "images by licence class", (item.licence.value,)
    yield "images by origin", (_origin(facts),)
    yield "images by special category", tuple(one.value for one in item.categories)
    reserved = {
        "denied in a machine-readable way": SignalVerdict.DENY in (signals.generative_training, signals.other_training),
        "refused in words": bool(signals.reservation_in_words),
        "an agency's mark": signals.stock_marker,
        "not readable whole": signals.unreadable,
    }
    yield "images by reservation of rights", tuple(name for name, holds in reserved.items() if holds) or ("none found",)


def _shown(facts: FactSet) -> str:
    if facts.persons or facts.item.persons_status is PersonsStatus.PRESENT:
        return "somebody"
    return "nobody" if facts.item.persons_status is PersonsStatus.NONE else "not known"


def _method(method: AcquisitionMethod | None) -> str:
    return method.value if method is not None else held.NOT_RECORDED


def _origin(facts: FactSet) -> str:
    if facts.item.synthetic:
        return "generated, as declared"
    return "generated, as the file says" if facts.item.signals.synthetic else "not said to be generated"


def _by_rows(connection: Connection, holding: Holding) -> Iterator[Figure]:
    yield from _counted("images by source", holdings.hosts(connection, holding), LISTED)
    scraped = holdings.hosts(connection, holding, _SCRAPED)
    yield from _counted("scraped images by domain", scraped, ceil(_DOMAINS * len(scraped)))
    yield from _counted("images by upstream dataset", holdings.declared(connection, holding, "upstream_dataset"))
    yield from _counted("images by licence", holdings.declared(connection, holding, "licence"), LISTED)
    yield from _counted("images by format", holdings.formats(connection, holding))
    yield from _in_order("images by month of acquisition", holdings.months(connection, holding))


def _counted(section: str, found: Counter[str], most: int | None = None) -> Iterator[Figure]:
    """The most frequent first; those beyond `most` as one."""
    ranked = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    yield from (Figure(section, name, images) for name, images in ranked[:most])
    if most is not None and ranked[most:]:
        yield Figure(section, f"{len(ranked) - most:,} others", sum(images for _, images in ranked[most:]))


def _in_order(section: str, found: Counter[str]) -> Iterator[Figure]:
    yield from (Figure(section, name, images) for name, images in sorted(found.items()))


def _about_people(connection: Connection, now: datetime) -> Iterator[Figure]:
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
    ordered = orders.listed(connection)
    binding = sum(one.in_force(now) for one in ordered)
    if ordered:
        yield Figure("orders", "in force", binding)
        yield Figure("orders", "over or not yet in force", len(ordered) - binding)


def _duties(connection: Connection, now: datetime) -> Iterator[Figure]:
    for one in assessments.listed(connection):
        counts = "retired" if one.retired_at is not None else "in force" if is_made(one.stated, now) else "overdue"
        yield Figure(f"assessments: {counts}", f"{one.ref}, {one.purpose.value}", 1)
    every = breaches.listed(connection)
    if every:
        yield Figure("breaches", "recorded", len(every))
        yield Figure("breaches", "open", sum(one.is_open for one in every))
        yield Figure("breaches", "reported to an authority", sum(one.has(BreachState.REPORTED) for one in every))
        yield Figure("breaches", "people told", sum(one.has(BreachState.TOLD) for one in every))
    overdue = len(kept_until(connection, now))
    if overdue:
        yield Figure("retention", "images kept for too long", overdue)
    if source_checks.any_at_all(connection):
        item = schema.item.c
        known = sa.select(item.id, item.source_url).where(item.current, item.source_url.is_not(None))
        gone = source_checks.lost(connection, connection.execute(known).all())
        yield Figure("retention", "images whose source is gone", len(gone))


def _given(connection: Connection) -> Iterator[Figure]:
    made = releases.listed(connection)
    yield from (Figure("releases", one.name, one.images) for one in made)
    days: Counter[str] = Counter()
    for one in made:
        days[f"{one.at:%Y-%m-%d}"] += one.images
    yield from _in_order("images released by day", days)
    recipients: Counter[str] = Counter()
    for given in accounts.disclosures(connection):
        recipients[f"{given.recipient} ({given.account}), {given.purpose}"] += given.images
    yield from _counted("images given to", recipients)
