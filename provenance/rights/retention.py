"""What has to go or to be done by when, and the destruction of what was kept long enough.

What may not be kept any longer is no secret to be kept out: the same picture may come back under another permission.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.errors import NothingToCheck
from provenance.keys import collection_name, display
from provenance.ledger import accounts, assessments, breaches, erasures, orders, requests, retention, schema
from provenance.ledger.breaches import BreachState, Risk
from provenance.ledger.database import Database
from provenance.ledger.erasures import Doomed
from provenance.ledger.items import with_earlier
from provenance.model import from_micros, to_micros
from provenance.policy.packs import PackSet
from provenance.printable import counted
from provenance.rights.deadlines import report_deadline
from provenance.rights.erasing import Erased, clean, files_of, proof
from provenance.rights.keeping import may_go
from provenance.rights.longest_terms import longest_terms
from provenance.rights.told import require_named


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that is due.

    An `answer` to a request, `destruction` of an image, the `end` of an order or account, `review` of an assessment,
    `report` of a breach. `pruning` of a record that was kept long enough may be done from a day on, and is no duty.
    """

    at: datetime
    what: str
    name: str

    @property
    def is_duty(self) -> bool:
        """Whether it is overdue once its time has come."""
        return self.what != "pruning"


def due(connection: Connection, packs: PackSet, until: datetime) -> list[Due]:
    """Everything that is due until a moment, what is overdue included, in the order of time."""
    now = datetime.now(UTC)
    found = [
        *_answers(connection),
        *_destructions(connection, until),
        *_ends(connection, now),
        *_assessments(connection, packs),
        *_breaches(connection, packs),
        *_longest_terms(connection, packs, until),
    ]
    return sorted((one for one in found if one.at <= until), key=lambda one: (one.at, one.what, one.name))


def _answers(connection: Connection) -> Iterator[Due]:
    for one in requests.listed(connection):
        if one.is_open and one.due_at is not None:
            yield Due(one.due_at, "answer", f"{one.ref} ({one.kind})")


def _destructions(connection: Connection, until: datetime) -> Iterator[Due]:
    ends = kept_until(connection, until)
    item, collection = schema.item.c, schema.collection.c
    for some in batched(sorted(ends), IN_LIST):
        rows = connection.execute(
            sa.select(item.id, item.key, collection.uri)
            .join(schema.collection, collection.id == item.collection_id)
            .where(item.id.in_(some))
        )
        for row in rows:
            yield Due(ends[row.id], "destruction", f"{collection_name(row.uri)}/{display(bytes(row.key))}")
    for term in retention.listed(connection):
        if term.ended_at is None and term.about.startswith("purpose "):
            yield Due(term.until_at, "end", f"every use under the {term.about} ({term.ref})")


def _longest_terms(connection: Connection, packs: PackSet, until: datetime) -> Iterator[Due]:
    for one in longest_terms(connection, packs, until):
        years = counted(one.years, "year")
        yield Due(one.at, "end", f"the record {one.record}: {one.law} allows {years} for measured faces")


def _ends(connection: Connection, now: datetime) -> Iterator[Due]:
    for order in orders.listed(connection):
        if order.until_at is not None and order.in_force(now):
            yield Due(order.until_at, "end", f"the order {order.ref}")
    for account in accounts.listed(connection):
        if account.until_at is not None and now < account.until_at and account.ended_at is None:
            yield Due(account.until_at, "end", f"the account {account.name}")


def _assessments(connection: Connection, packs: PackSet) -> Iterator[Due]:
    for one in assessments.listed(connection):
        goes = may_go(one, packs)
        if goes is not None:
            yield Due(goes, "pruning", f"the assessment {one.ref}")
        elif one.review_by is not None:
            last = datetime.combine(one.review_by, time.min, UTC) + timedelta(days=1)
            yield Due(last, "review", f"the assessment {one.ref} of {one.purpose.value}")


def _breaches(connection: Connection, packs: PackSet) -> Iterator[Due]:
    """What is due about breaches. One by which no risk is likely need not be reported (GDPR Art. 33(1))."""
    for one in breaches.listed(connection):
        goes = may_go(one, packs)
        if goes is not None:
            yield Due(goes, "pruning", f"the breach {one.ref}")
        elif one.risk is not Risk.NO and not one.has(BreachState.REPORTED):
            deadline = report_deadline(packs, one.jurisdictions, one.found_at)
            if deadline.at is not None:
                yield Due(deadline.at, "report", f"the breach {one.ref}")


def destroy(database: Database, *, by: str) -> Erased:
    """Erase every image whose time is over, with proof. Raises NothingToCheck where there is none, UsageError."""
    require_named(by)
    now = datetime.now(UTC)
    with database.writing() as connection:
        over = kept_until(connection, now)
        if not over:
            raise NothingToCheck("no image has been kept for too long", remedy="see `provenance due`")
        items = sorted(with_earlier(connection, over))
        files = files_of(connection, items)
        erasure = erasures.erase(connection, Doomed(items), request_id=None, cause="retention", by=by, at=now)
    clean(database)
    with database.reading() as connection:
        return Erased(erasure, files, proof(connection, erasure))


def kept_until(connection: Connection, until: datetime) -> dict[int, datetime]:
    """The images that may be kept until a moment at most, each with its own: of all its terms the earliest.

    Of one that is gone from its collection what the ledger still tells of it may be kept no longer either.
    """
    item, last = schema.item.c, to_micros(until)
    newest = retention.newest()
    own = sa.select(item.id, item.retain_until_at).where(newest, item.retain_until_at <= last)
    ends: dict[int, int] = dict(connection.execute(own).all())
    if retention.any_at_all(connection):
        terms = retention.terms_query(sa.select(item.id).where(newest), newest)
        for number, at in connection.execute(terms):
            ends[number] = min(ends.get(number, at), at)
    return {number: from_micros(at) for number, at in ends.items() if at <= last}
