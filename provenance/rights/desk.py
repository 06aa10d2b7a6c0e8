"""The front door of rights: what people and authorities ask for, over one open ledger."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from provenance.errors import UsageError
from provenance.ledger import orders, requests
from provenance.ledger.database import Database
from provenance.ledger.orders import Order
from provenance.ledger.requests import Request, RequestKind
from provenance.policy.packs import PackSet
from provenance.rights import orders as ordering
from provenance.rights import requests as filing
from provenance.rights.about import About
from provenance.rights.orders import Ordered
from provenance.rights.requests import Asked, Filed
from provenance.run.progress import Progress, Silent
from provenance.vocabulary import Purpose

if TYPE_CHECKING:
    from provenance.copies.export import Entry
    from provenance.lookup.hashlists import HashType
    from provenance.rights.erasing import Erased


class Rights:
    """Requests over a ledger: `Ledger.rights`.

    >>> with pv.open("ledger.db") as ledger:  # doctest: +SKIP
    ...     ledger.rights.file("withdraw", About(persons=("p1",)), requester="T-17", by="AB")
    """

    def __init__(self, database: Database, packs: PackSet) -> None:
        self._database = database
        self._packs = packs

    def file(
        self,
        kind: RequestKind | str,
        about: About,
        *,
        requester: str,
        by: str,
        identity: str = "",
        jurisdiction: str = "",
        received_at: datetime | None = None,
        purposes: Iterable[Purpose | str] = (),
        progress: Progress | None = None,
    ) -> Filed:
        """Record what a person asks for; it counts at once. A later gate gives other verdicts.

        Raises UsageError for what names nothing, or several things; InputError for a photo that cannot be read.
        """
        asked = Asked(
            RequestKind(kind), about, requester, by, identity, jurisdiction, received_at, tuple(map(_purpose, purposes))
        )
        return filing.file_request(self._database, self._packs, asked, progress or Silent())

    def erase(self, ref: str, *, by: str, progress: Progress | None = None) -> Erased:
        """Erase everything that an erasure request reaches now; again, where a copy came back since.

        Raises UsageError for a request of another kind, LedgerLocked where the ledger's file is held open by others.
        """
        from provenance.rights.erasing import carry_out

        return carry_out(self._database, ref, by=by, progress=progress or Silent())

    def kept_out(self, ref: str, kind: HashType) -> list[Entry]:
        """The hashes of the pictures that a request keeps out, for a list. Raises UsageError for no such request."""
        from provenance.rights.exports import kept_out

        with self._database.reading() as connection:
            return kept_out(connection, requests.named(connection, ref), kind)

    def requests(self) -> list[Request]:
        """Every request, in the order in which they came in."""
        with self._database.reading() as connection:
            return requests.listed(connection)

    def due(self) -> list[Request]:
        """The requests to which an answer is due, the most pressing first."""
        last = datetime.max.replace(tzinfo=UTC)
        return sorted((one for one in self.requests() if one.is_open), key=lambda one: (one.due_at or last, one.id))

    def answer(self, ref: str, *, by: str, note: str) -> Request:
        """Note that a request was answered, and how. What it keeps out stays out. Raises UsageError."""
        return filing.close(self._database, ref, "ANSWERED", by=by, note=note)

    def decline(self, ref: str, *, by: str, note: str) -> Request:
        """Note that a request was declined, and why. It keeps nothing out any more. Raises UsageError."""
        return filing.close(self._database, ref, "DECLINED", by=by, note=note)

    def lift(self, ref: str, *, by: str, note: str) -> Request:
        """Let a request keep nothing out any more, as when its person asks for that. Raises UsageError."""
        return filing.close(self._database, ref, "LIFTED", by=by, note=note)

    def extend(self, ref: str, *, by: str, note: str) -> Request:
        """Put an answer off once, by what the law of the request allows. Raises UsageError."""
        return filing.extend(self._database, self._packs, ref, by=by, note=note)

    def order(
        self,
        ref: str,
        about: About,
        *,
        authority: str,
        evidence: Path,
        by: str,
        from_at: datetime | None = None,
        until_at: datetime | None = None,
        progress: Progress | None = None,
    ) -> Order:
        """Record an order of a regulator or a court; nothing overrides it while it is in force.

        Raises UsageError, InputError for evidence that cannot be read.
        """
        ordered = Ordered(ref, authority, about, evidence, by, from_at, until_at)
        return ordering.record(self._database, ordered, progress or Silent())

    def lift_order(self, ref: str, *, by: str, reason: str) -> Order:
        """Let an order bind no more. Raises UsageError."""
        return ordering.lift(self._database, ref, by=by, reason=reason)

    def orders(self) -> list[Order]:
        """Every order, in the order in which they were recorded."""
        with self._database.reading() as connection:
            return orders.listed(connection)


def _purpose(given: Purpose | str) -> Purpose:
    try:
        return Purpose(given)
    except ValueError:
        raise UsageError(f"{given} is no purpose", remedy=f"write one of {', '.join(Purpose)}") from None
