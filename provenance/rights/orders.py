"""Recording what an authority orders, and that it ended. Nothing overrides an order while it is in force.

An order against a jurisdiction is the switch that stops every use there: what is made or offered there, or shows
somebody who may be there, passes no gate (PIPEDA Findings #2021-001, recommendation i).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from provenance.copies.find import Finder
from provenance.copies.known_again import pictures_of
from provenance.copies.named import place_now
from provenance.copies.suppress import settle
from provenance.errors import UsageError
from provenance.ledger import holds, orders, schema_rights
from provenance.ledger.database import Database
from provenance.ledger.holds import NewHold, Target, TargetKind
from provenance.ledger.orders import NewOrder, Order
from provenance.ledger.releases import Affected
from provenance.ledger.schema import NEVER
from provenance.model import to_micros
from provenance.policy.packs import PackSet
from provenance.rights.about import About, find
from provenance.rights.at_hand import look_again
from provenance.rights.stale import telling_stale
from provenance.rights.told import digest_of_evidence, require_one_line, require_said
from provenance.run.progress import Progress


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order as its authority made it: its reference, the file that shows it, and its term (None: without end)."""

    ref: str
    authority: str
    about: About
    evidence: Path
    by: str
    from_at: datetime | None = None
    until_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """An order as it binds now, with the releases that it made stale (`stale.Telling`)."""

    order: Order
    releases: tuple[Affected, ...] = ()
    untold: str = ""


def record(database: Database, packs: PackSet, ordered: Ordered, progress: Progress) -> Bound:
    """Record an order, let it bind, and name the releases that it makes stale.

    Raises UsageError, InputError for evidence that cannot be read, LedgerError.
    """
    with telling_stale(database, packs, progress) as told:
        order = _record(database, ordered, progress)
    return Bound(order, told.releases, told.untold)


def _record(database: Database, ordered: Ordered, progress: Progress) -> Order:
    now = datetime.now(UTC)
    from_at = ordered.from_at or now
    require_one_line(reference=ordered.ref, authority=ordered.authority, who_records_it=ordered.by)
    if ordered.until_at is not None and ordered.until_at <= from_at:
        raise UsageError("the order would end before it begins", remedy="correct its term")
    digest = digest_of_evidence(ordered.evidence)
    settle(database, progress)
    finder = Finder(database) if ordered.about.photos else None
    with database.writing() as connection:
        found = find(connection, ordered.about, finder)
        new = NewOrder(
            ref=ordered.ref,
            authority=ordered.authority,
            targets=ordered.about.words,
            evidence=str(ordered.evidence),
            evidence_sha256=digest,
            from_at=from_at,
            until_at=ordered.until_at,
            by=ordered.by,
        )
        number = orders.add(connection, new, now)
        people = [
            Target(TargetKind.PERSON, one.ref, str(one.among.source_id) if one.among is not None else "")
            for one in found.people
        ]
        until_at = to_micros(ordered.until_at) if ordered.until_at is not None else NEVER
        targets = (*found.targets, *people)
        hold = holds.add(connection, NewHold(to_micros(from_at), until_at, order_id=number, targets=targets))
        holds.add_pictures(connection, hold, pictures_of(connection, sorted(found.contents)))
        holds.add_pictures(connection, hold, found.pictures)
        place_now(connection, [(hold, target) for target in targets])
    settle(database, progress)
    look_again(database, schema_rights.hold.c.id == hold, progress)
    settle(database, progress)
    with database.reading() as connection:
        return orders.named(connection, ordered.ref)


def lift(database: Database, ref: str, *, by: str, reason: str) -> Order:
    """Note that an authority lifted its order, or that it was recorded by mistake. Raises UsageError."""
    require_one_line(who_records_it=by)
    require_said(reason=reason)
    with database.writing() as connection:
        orders.lift(connection, orders.named(connection, ref), by=by, reason=reason, at=datetime.now(UTC))
        return orders.named(connection, ref)
