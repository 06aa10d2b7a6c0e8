"""Reading what one gate gave, image by image or by name, as it stands in the ledger: nothing is judged here.

Of an image that the gate noted (`gate_exception`) it is what was noted, of every other the decision on its facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import batched
from provenance.errors import VerdictsStale
from provenance.gate.decide import reasons_of
from provenance.gate.gated import GONE, Gated, Record, unregistered_verdict
from provenance.gate.image import Judging, images_query
from provenance.gate.snapshot import snapshot
from provenance.ledger import checks, schema
from provenance.ledger import collections as held
from provenance.ledger.database import Database
from provenance.ledger.gates import DECISIONS
from provenance.model import Verdict
from provenance.run.progress import Silent
from provenance.vocabulary import Decision

_PAGE: Final = 500
_BRIEF_PAGE: Final = 10_000


class Decided(NamedTuple):
    """One image and what was decided about it, without the reasons behind: a million of them take seconds.

    `item_id` is its row in the ledger, None for a file that was never scanned; `sha256` is of the bytes that were
    judged, None where there were none.
    """

    gated: Gated
    key: bytes
    item_id: int | None
    sha256: bytes | None
    decision: Decision
    reason: str

    @property
    def path(self) -> str:
        """Where it lies, as a training script would open it."""
        return self.gated.path_of(self.key)


class RecordedGate:
    """One gate over some collections. Every read raises VerdictsStale where the ledger has changed since."""

    def __init__(self, database: Database, judging: Judging, collections: Sequence[Gated], record: Record) -> None:
        self.database = database
        self.judging = judging
        self.collections = tuple(collections)
        self.record = record
        self._numbers = [gated.number for gated in collections if gated.number is not None]
        self._unregistered: dict[str, frozenset[bytes]] = {}
        self._verified = False

    def stands(self) -> bool:
        """Whether nothing in the ledger has changed since that could change a verdict. One short query."""
        with self.database.reading() as connection:
            return self._same(connection)

    def require_standing(self, connection: Connection | None = None) -> None:
        """Raise VerdictsStale where they do not stand, as seen by a transaction of the caller's if one is given."""
        if not (self.stands() if connection is None else self._same(connection)):
            raise self._stale()

    def _same(self, connection: Connection) -> bool:
        return held.revisions(connection, self._numbers) == self.record.revisions

    def _stale(self) -> VerdictsStale:
        return VerdictsStale(f"the ledger {self.database.name} has changed since the gate", remedy="gate again")

    def verdicts(self) -> Iterator[tuple[Gated, bytes, Verdict]]:
        """Every image with its verdict, in manifest order."""
        with self._open(anew=True) as connection:
            for gated in self.collections:
                with self.database.reading() as lookups:
                    for page in self._pages(connection, gated, _PAGE):
                        found = self._page(lookups, page)
                        yield from ((gated, bytes(row.key), found[row.id]) for row in page if row.id in found)
                for key in gated.disk_diff.unregistered:
                    yield gated, key, unregistered_verdict(gated, key, self.judging)

    def decided(self, *, collection: Gated | None = None, prefix: bytes = b"") -> Iterator[Decided]:
        """Every image with its decision, in manifest order; of one collection, or with keys of a prefix, if asked.

        The prefix must not end in the byte 0xff.
        """
        with self._open(anew=True) as connection:
            for gated in self.collections if collection is None else (collection,):
                yield from self._decided_in(connection, gated, prefix)
                for key in gated.disk_diff.unregistered:
                    if key.startswith(prefix):
                        found = unregistered_verdict(gated, key, self.judging)
                        yield Decided(gated, key, None, None, found.decision, found.reason)

    def named(self, gated: Gated, key: bytes) -> Verdict | None:
        """The verdict on the image of that key in a collection; None where the gate had no such image."""
        unregistered = self._unregistered.setdefault(gated.uri, frozenset(gated.disk_diff.unregistered))
        with self._open() as connection:
            if key in unregistered:
                return unregistered_verdict(gated, key, self.judging)
            if gated.number is None:
                return None
            item = schema.item.c
            query = images_query().where(item.collection_id == gated.number, item.current, item.key == key)
            rows = connection.execute(query).all()
            found = self._page(connection, rows)
            return found.get(rows[0].id) if rows else None

    def of(self, wanted: Iterable[Decided]) -> Iterator[Verdict]:
        """The verdicts on images that `decided` gave, in the order given."""
        with self._open() as connection:
            for some in batched(wanted, _PAGE):
                numbers = [one.item_id for one in some if one.item_id is not None]
                rows = connection.execute(images_query().where(schema.item.c.id.in_(numbers))).all()
                found = self._page(connection, rows)
                for one in some:
                    if one.item_id is None:
                        yield unregistered_verdict(one.gated, one.key, self.judging)
                    else:
                        yield found[one.item_id]

    @contextmanager
    def _open(self, *, anew: bool = False) -> Iterator[Connection]:
        """The ledger as the gate left it. A look-up of one image trusts the last check of all, `anew` checks again."""
        with snapshot(self.database, self.judging.policy, self._numbers, Silent()) as connection:
            self.require_standing(connection)
            if anew or not self._verified:
                checks.verify(connection, self.database.name, schema.item_facts)
                self._verified = True
            yield connection

    def _pages(self, connection: Connection, gated: Gated, size: int) -> Iterator[list[Any]]:
        if gated.number is None:
            return
        query = images_query().where(
            schema.item.c.collection_id == gated.number, schema.collection.c.id == gated.number, schema.item.c.current
        )
        rows = _in_order(connection, query, size)
        while page := list(islice(rows, size)):
            yield page

    def _page(self, connection: Connection, page: Sequence[Any]) -> dict[int, Verdict]:
        """The verdicts on a page of images: of those that the gate noted, as it noted them."""
        exception = schema.gate_exception.c
        noted = connection.execute(
            sa.select(exception.item_id, exception.decision, exception.reason, exception.reasons).where(
                exception.gate_id == self.record.number, exception.item_id.in_([row.id for row in page])
            )
        )
        found = self.judging.of_facts_alone(connection, page)
        codes = self.judging.policy.reasons_catalogue.codes
        for item, decision, reason, reasons in noted:
            if reasons == GONE:
                del found[item]
                continue
            found[item] = replace(
                found[item], decision=DECISIONS[decision], reason=codes[reason], reasons=reasons_of(reasons)
            )
        return found

    def _decided_in(self, connection: Connection, gated: Gated, prefix: bytes) -> Iterator[Decided]:
        if gated.number is None:
            return
        item, facts, exception = schema.item.c, schema.item_facts.c, schema.gate_exception.c
        query = (
            sa.select(
                item.id,
                item.key,
                schema.content.c.sha256,
                facts.fact_set_id,
                exception.decision,
                exception.reason,
                (exception.reasons == GONE).label("gone"),
            )
            .join(schema.item_facts, facts.item_id == item.id)
            .outerjoin(schema.content, schema.content.c.id == item.content_id)
            .outerjoin(
                schema.gate_exception,
                sa.and_(exception.gate_id == self.record.number, exception.item_id == item.id),
            )
            .where(item.collection_id == gated.number, item.current)
        )
        if prefix:
            query = query.where(item.key >= prefix, item.key < prefix[:-1] + bytes([prefix[-1] + 1]))
        codes = self.judging.policy.reasons_catalogue.codes
        rows = _in_order(connection, query, _BRIEF_PAGE)
        with self.database.reading() as lookups:
            while page := list(islice(rows, _BRIEF_PAGE)):
                judged = self.judging.judgements(lookups, {row[3] for row in page})
                for number, key, sha256, fact_set, decision, reason, gone in page:
                    if gone:
                        continue
                    if decision is None:
                        judgement = judged[fact_set]
                        yield Decided(gated, key, number, sha256, judgement.decision, judgement.reason)
                    else:
                        yield Decided(gated, key, number, sha256, DECISIONS[decision], codes[reason])


def _in_order(connection: Connection, query: sa.Select[Any], size: int) -> Iterator[Any]:
    """Rows in manifest order: as the first source that names them lists them, then by name.

    Two queries, since each follows an index as it lies; one would sort every row before it gave the first.
    """
    item = schema.item.c
    for some in (
        query.where(item.position.is_not(None)).order_by(item.position, item.key),
        query.where(item.position.is_(None)).order_by(item.key),
    ):
        yield from connection.execute(some.execution_options(yield_per=size))
