"""Pictures that a person has to look at: by finding, with the evidence beside each, and what they see put on record.

The order is that of the findings, of the hosts that pictures came from, and of near-duplicate groups, so that what is
alike comes together. A picture leaves the queue as soon as somebody looked at it, and comes back when they take it
back; nothing is judged anew until the queue or a gate is asked again, so a look costs one small transaction.
"""

from __future__ import annotations

import json
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.errors import UsageError
from provenance.gate.agreement import Agreement, agreement
from provenance.gate.decide import PolicyVersion
from provenance.gate.image import PASSING, Judging
from provenance.gate.pictures import ILLEGAL, pictures
from provenance.gate.run import judging
from provenance.keys import collection_name
from provenance.ledger import collections as held
from provenance.ledger import looks, reviews, schema
from provenance.ledger.database import Database
from provenance.ledger.gates import DECISIONS
from provenance.ledger.overview import host_of
from provenance.ledger.screening import quarantined
from provenance.model import Look, Review, Verdict, to_micros
from provenance.policy.looks import ANSWERED
from provenance.policy.overrides import fingerprint
from provenance.policy.reasons import load_reasons
from provenance.policy.waivers import MAX_DAYS, Waivers
from provenance.proofs.decisions import Said, signed
from provenance.run.places import held_at
from provenance.run.progress import Silent
from provenance.sources.interface import Source
from provenance.vocabulary import Decision

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

MOST: Final = 500
"""Pictures of one page of the queue, and of one decision."""

_REMEMBERED: Final = 20_000
"""Pictures that were listed and may be asked for."""


class Place(NamedTuple):
    """Where a picture stands in the order of the queue: host, near-duplicate group (0: none), number."""

    host: str
    group: int
    item: int


@dataclass(frozen=True, slots=True)
class Group:
    """The pictures with one finding: how many there are, and at how many nobody has looked.

    `answered` says that a look may settle the finding.
    """

    code: str
    number: int
    sentence: str
    remedy: str
    answered: bool
    images: int
    open: int


@dataclass(frozen=True, slots=True)
class Queued:
    """One picture of the queue, with the evidence beside it."""

    place: Place
    sha256: bytes
    verdict: Verdict
    row: Mapping[str, Any]
    signals: tuple[Mapping[str, str], ...]
    looks: tuple[Look, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Some pictures of the queue; after `last` it goes on, None where it is at its end."""

    pictures: tuple[Queued, ...]
    last: Place | None


@dataclass(frozen=True, slots=True)
class Taken:
    """What a reviewer put on record just now, by the numbers of looks and of rejections: enough to take it back."""

    looks: tuple[int, ...] = ()
    rejections: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.looks) + len(self.rejections)


class ReviewQueue:
    """The pictures of some collections under one policy. Any number may be open over one ledger."""

    def __init__(
        self, database: Database, sources: Sequence[Source], policy: PolicyVersion, waivers: Waivers | None
    ) -> None:
        self._database = database
        self._policy = policy
        self._waivers = waivers
        self._sources: dict[int, Source] = {}
        self._listed: OrderedDict[int, Verdict] = OrderedDict()
        with database.reading() as connection:
            for source in sources:
                number = held_at(connection, source)
                if number is None:
                    name = collection_name(source.uri)
                    raise UsageError(f"{name} was never scanned", remedy=f"gate or scan {name} first")
                self._sources[number] = source

    @property
    def collections(self) -> list[str]:
        """The names of the collections."""
        return [collection_name(source.uri) for source in self._sources.values()]

    def groups(self) -> list[Group]:
        """The findings for which a picture does not pass, those that a look may settle first."""
        with self._judging() as (connection, _):
            every = self._counts(connection, sa.true())
            unseen = self._counts(connection, self._not_looked_at(None))
        rules = load_reasons()
        found = [
            Group(
                code, rules[code].number, rules[code].sentence, rules[code].remedy, code in ANSWERED, every[code],
                unseen[code],
            )
            for code in every
        ]  # fmt: skip
        return sorted(found, key=lambda group: (not group.answered, group.number))

    def page(self, code: str, *, size: int, after: Place | None = None) -> Page:
        """The next pictures with a finding at which nobody has looked. Rejected and quarantined ones are left out."""
        with self._judging() as (connection, judge):
            query = self._query(connection, after, size).where(*self._undecided(code), self._not_looked_at(None))
            return self._listing(connection, judge, query)

    def second_looks(self, reviewer: str, *, size: int, after: Place | None = None) -> Page:
        """The next pictures at which others have looked and this reviewer has not, whatever they come to.

        What the others saw is not told: a second look is one only where it is blind.
        """
        with self._judging() as (connection, judge):
            query = self._query(connection, after, size)
            query = query.where(*self._standing(), ~self._not_looked_at(None), self._not_looked_at(reviewer))
            return self._listing(connection, judge, query, blind=True)

    def _listing(self, connection: Connection, judge: Judging, query: sa.Select[Any], *, blind: bool = False) -> Page:
        rows = connection.execute(query).all()
        numbers = [row.id for row in rows]
        barred = quarantined(connection, numbers)
        verdicts = judge.verdicts_of(connection, numbers)
        seen_by = {} if blind else looks.of_items(connection, numbers)
        declared = held.declarations(connection, numbers)
        signals = held.file_signals(connection, numbers)
        self._remember(verdicts)
        listed = [
            Queued(
                Place(row.host, row.near, row.id),
                bytes(row.sha256),
                verdicts[row.id],
                _row(declared.get(row.id, ())),
                tuple(_signal(one) for one in signals.get(row.id, ())),
                tuple(seen_by.get(row.id, ())),
            )
            for row in rows
            if row.id not in barred and not _is_suspected(verdicts[row.id])
        ]
        return Page(tuple(listed), Place(rows[-1].host, rows[-1].near, rows[-1].id) if rows else None)

    def agreement(self) -> Agreement:
        """How far those agree who looked at the same pictures, over the whole ledger."""
        with self._database.reading() as connection:
            return agreement(looks.each(connection, several=True))

    def picture(self, item: int) -> tuple[bytes, Verdict] | None:
        """The bytes of an image that a page listed, with its verdict at that time; None where it must not be shown.

        Quarantine is asked of the ledger as it stands now.
        """
        verdict = self._listed.get(item)
        if verdict is None:
            return None
        places = {source.uri: (number, source) for number, source in self._sources.items()}
        data = next(pictures(self._database, places, [verdict]))
        return (data, verdict) if data is not None else None

    def _remember(self, verdicts: Mapping[int, Verdict]) -> None:
        for number, verdict in verdicts.items():
            self._listed[number] = verdict
            self._listed.move_to_end(number)
        while len(self._listed) > _REMEMBERED:
            self._listed.popitem(last=False)

    def look(self, items: Sequence[int], look: Look, *, key: Ed25519PrivateKey | None = None) -> Taken:
        """Put on record what one person saw in these pictures, signed where their key is given.

        The digest that `look` holds does not count.
        """
        shown = self._shown(items)
        with self._database.writing() as connection:
            seen = [replace(look, sha256=one) for one in self._still_there(connection, shown)]
            return Taken(looks=tuple(looks.take(connection, [_signed(one, key) for one in seen])))

    def reject(
        self,
        items: Sequence[int],
        *,
        reviewer: str,
        at: datetime,
        reason: str,
        key: Ed25519PrivateKey | None = None,
    ) -> Taken:
        """Reject these pictures for their primary finding: by their bytes, whatever the setting, until it is lifted."""
        shown = self._shown(items)
        rejections = [_signed(_rejection(verdict, reviewer, at, reason), key) for verdict in shown.values()]
        with self._database.writing() as connection:
            self._still_there(connection, shown)
            return Taken(rejections=tuple(reviews.append_reviews(connection, rejections)))

    def take_back(self, taken: Taken, *, by: str, reason: str, at: datetime) -> Taken:
        """Take back what was put on record; gives what of it still counted."""
        with self._database.writing() as connection:
            now = to_micros(at)
            return Taken(
                tuple(looks.end(connection, taken.looks, by=by, reason=reason, at=now)),
                tuple(reviews.end(connection, taken.rejections, by=by, reason=reason, at=now)),
            )

    def _judging(self) -> AbstractContextManager[tuple[Connection, Judging]]:
        return judging(self._database, self._policy, self._waivers, list(self._sources), Silent())

    def _shown(self, items: Sequence[int]) -> dict[int, Verdict]:
        """The verdicts with which a page listed these images. Raises UsageError for one that none did."""
        if not 0 < len(items) <= MOST:
            raise UsageError(f"{len(items)} pictures in one decision", remedy=f"choose 1 to {MOST}")
        if not set(items) <= self._listed.keys():
            raise UsageError("a picture was not shown by this server", remedy="load the page again")
        return {number: self._listed[number] for number in items}

    def _still_there(self, connection: Connection, shown: Mapping[int, Verdict]) -> list[bytes]:
        """The bytes of images that are as they were shown. Raises UsageError for one that is not."""
        item, content = schema.item.c, schema.content.c
        found: dict[int, bytes] = {}
        for some in batched(shown, IN_LIST):
            query = (
                sa.select(item.id, content.sha256)
                .join(schema.content, content.id == item.content_id)
                .where(item.id.in_(some), item.current)
            )
            found.update((number, bytes(sha256)) for number, sha256 in connection.execute(query))
        if found != {number: verdict.sha256 for number, verdict in shown.items()}:
            raise UsageError("a picture is no longer as it was shown", remedy="load the page again")
        return list(dict.fromkeys(found.values()))

    def _standing(self) -> tuple[sa.ColumnElement[bool], ...]:
        """That an image can be shown and that nobody rejected its bytes."""
        item, content, review = schema.item.c, schema.content.c, schema.review.c
        rejected = sa.exists().where(
            review.sha256 == content.sha256, review.decision == Decision.BLOCK.value, reviews.counting()
        )
        return (
            item.collection_id.in_(self._sources),
            item.current,
            content.id == item.content_id,
            content.problem.is_(None),
            ~rejected,
        )

    def _undecided(self, code: str | None = None) -> tuple[sa.ColumnElement[bool], ...]:
        """That such an image does not pass by its facts, because of a finding where one is named."""
        facts, decided = schema.item_facts.c, schema.cached_decision.c
        place = sa.func.instr if self._database.is_sqlite else sa.func.strpos
        return (
            *self._standing(),
            facts.item_id == schema.item.c.id,
            decided.policy_version == self._policy.digest,
            decided.fact_set_id == facts.fact_set_id,
            decided.decision.not_in([DECISIONS.index(decision) for decision in PASSING]),
            *([place(decided.findings, f'"code":"{code}"') > 0] if code is not None else []),
        )

    def _not_looked_at(self, reviewer: str | None) -> sa.ColumnElement[bool]:
        """That a person, or anybody, has not looked at an image's bytes: signed, where that is required."""
        look, ended = schema.look.c, schema.look_end.c
        seen = sa.exists().where(
            look.content_id == schema.item.c.content_id, ~sa.exists().where(ended.look_id == look.id)
        )
        if self._policy.context.require_signatures:
            seen = seen.where(look.signature.is_not(None))
        return ~(seen if reviewer is None else seen.where(look.reviewer == reviewer))

    def _counts(self, connection: Connection, seen: sa.ColumnElement[bool]) -> Counter[str]:
        """How many images have each finding that holds them, among those that `seen` selects."""
        facts, decided = schema.item_facts.c, schema.cached_decision.c
        query = (
            sa.select(facts.fact_set_id, decided.findings, sa.func.count())
            .where(*self._undecided(), seen)
            .group_by(facts.fact_set_id, decided.findings)
        )
        found: Counter[str] = Counter()
        for _, findings, images in connection.execute(query):
            held_up = {f["code"] for f in json.loads(findings) if f["decision"] in (Decision.REVIEW, Decision.BLOCK)}
            found.update(dict.fromkeys(held_up, int(images)))
        return found

    def _query(self, connection: Connection, after: Place | None, size: int) -> sa.Select[Any]:
        """Images in the order of the queue, from a place on."""
        item, near = schema.item.c, schema.near_duplicate.c
        host = sa.func.coalesce(host_of(connection, item.source_url), "").label("host")
        group = sa.func.coalesce(near.group_id, 0).label("near")
        query = (
            sa.select(item.id, host, group, schema.content.c.sha256)
            .outerjoin(schema.near_duplicate, near.item_id == item.id)
            .order_by(host, group, item.id)
            .limit(min(size, MOST))
        )
        return query if after is None else query.where(sa.tuple_(host, group, item.id) > sa.tuple_(*after))


def _signed(said: Said, key: Ed25519PrivateKey | None) -> Said:
    return signed(said, key) if key is not None else said


def _is_suspected(verdict: Verdict) -> bool:
    return any(reason.code == ILLEGAL for reason in verdict.reasons)


_SHOWN: Final = (
    "source_url", "page_url", "caption", "alt_text", "keywords", "licence", "acquired_at", "acquisition_method",
    "persons_status", "persons_determined_by", "persons", "categories", "synthetic",
)  # fmt: skip
"""Fields of a row by which people judge what they see."""


def _row(declared: Sequence[Any]) -> dict[str, Any]:
    if not declared:
        return {}
    row = json.loads(declared[0].row)
    return {name: row[name] for name in _SHOWN if name in row}


def _signal(signal: Any) -> dict[str, str]:
    return {
        "subject": signal.subject.value,
        "name": signal.name,
        "value": (signal.value or signal.raw)[:200],
        "location": signal.location,
    }


def _rejection(verdict: Verdict, reviewer: str, at: datetime, reason: str) -> Review:
    primary = next(one for one in verdict.reasons if one.code == verdict.reason)
    mark = fingerprint(primary, verdict)
    assert mark is not None  # a picture that was shown has bytes
    day = at.astimezone(UTC).date()
    return Review(
        mark, Decision.BLOCK, reviewer, at, day + timedelta(days=MAX_DAYS), reason, sha256=verdict.sha256,
        code=verdict.reason,
    )  # fmt: skip
