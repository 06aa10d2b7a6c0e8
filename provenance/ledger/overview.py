"""What a ledger or a part of it holds, in numbers: for reports and for whoever asks what is there and what is due."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.errors import LedgerError
from provenance.keys import display
from provenance.ledger import collections as scans
from provenance.ledger import log, reviews, schema
from provenance.ledger.registry import day_number, day_of
from provenance.ledger.screening import quarantined
from provenance.model import from_micros
from provenance.vocabulary import Decision

_HOSTS: Final = 10_000
_SKEW_MICROS: Final = 5 * 60 * 1_000_000
"""Machines that share a ledger are taken to agree on the time within five minutes."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many images something is true of."""

    name: str
    images: int


@dataclass(frozen=True, slots=True)
class Group:
    """Images that show one picture, as `provenance duplicates --keep` noted them, by name and collection."""

    number: int
    conflict: bool
    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PastGate:
    """A gate that was run: when it ended, its clock, and how many images had each decision."""

    finished_at: datetime
    as_of: datetime
    purpose: str | None
    counts: dict[Decision, int]


@dataclass(frozen=True, slots=True)
class Lapse:
    """A permission by review that ends: whose it was, of which finding, and on which day."""

    finding: str
    reviewer: str
    reason: str
    expires: date


def collections(connection: Connection) -> list[tuple[int, str, int]]:
    """Every collection: its number, its address, and how many images it has now."""
    item = schema.item.c
    rows = connection.execute(
        sa.select(schema.collection.c.id, schema.collection.c.uri, sa.func.count(item.id))
        .outerjoin(schema.item, sa.and_(item.collection_id == schema.collection.c.id, item.current))
        .group_by(schema.collection.c.id, schema.collection.c.uri)
        .order_by(schema.collection.c.id)
    )
    return [(number, uri, int(images)) for number, uri, images in rows]


def items(connection: Connection, among: Sequence[int] | None = None) -> Iterator[tuple[str, str, str | None, str]]:
    """Images in order: the collection's address, the name, the SHA-256 and what is wrong with the bytes, "" if nothing.

    `among` are numbers of collections; without them every image is listed.
    """
    item, content = schema.item.c, schema.content.c
    query = (
        sa.select(schema.collection.c.uri, item.key, content.sha256, item.problem, content.problem.label("damage"))
        .join(schema.collection, schema.collection.c.id == item.collection_id)
        .outerjoin(schema.content, content.id == item.content_id)
        .where(item.current)
        .order_by(item.collection_id, item.position.is_(None), item.position, item.key)
        .execution_options(yield_per=1_000)
    )
    if among is not None:
        query = query.where(item.collection_id.in_(among))
    for uri, key, sha256, problem, damage in connection.execute(query):
        yield uri, display(bytes(key)), bytes(sha256).hex() if sha256 is not None else None, problem or damage or ""


def fact_set_counts(connection: Connection, among: Sequence[int]) -> dict[int, int]:
    """How many images of these collections have each set of facts."""
    table = schema.fact_set_count.c
    rows = connection.execute(
        sa.select(table.fact_set_id, sa.func.sum(table.images))
        .where(table.collection_id.in_(among), table.images > 0)
        .group_by(table.fact_set_id)
    )
    return {number: int(images) for number, images in rows}


def sources(connection: Connection, among: Sequence[int], most: int) -> tuple[Count, ...]:
    """The hosts that most images of these collections came from, then one entry for all others."""
    item = schema.item.c
    host = host_of(connection, item.source_url)
    rows = connection.execute(
        sa.select(host, sa.func.count())
        .where(item.collection_id.in_(among), item.current)
        .group_by(host)
        .order_by(sa.func.count().desc(), host)
    )
    found: Counter[str] = Counter()
    for place_, (name, images) in enumerate(rows):
        found[plain_host(name) if place_ < _HOSTS else _OTHERS] += int(images)
    others = sum(images for _, images in found.most_common()[most:])
    listed = [Count(name, images) for name, images in found.most_common(most)]
    return (*listed, *([Count(_OTHERS, others)] if others else ()))


def host_of(connection: Connection, url: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """What stands between `://` and the next `/` of an address, as SQL."""
    place = sa.func.instr if connection.dialect.name == "sqlite" else sa.func.strpos
    rest = sa.func.substr(url, place(url, "://") + 3)
    return sa.func.substr(rest, 1, place(rest.concat("/"), "/") - 1)


_OTHERS: Final = "other hosts"


NOT_RECORDED: Final = "not recorded"


def plain_host(text: str | None) -> str:
    """A host without user, password and port."""
    if not text:
        return NOT_RECORDED
    host = text.rpartition("@")[2].lower()
    return host.split(":")[0] if not host.startswith("[") else host


def kept_groups(connection: Connection, among: Sequence[int], most: int) -> tuple[Group, ...]:
    """Groups of near duplicates with an image of these collections, those with conflicting claims first."""
    near, item = schema.near_duplicate.c, schema.item.c
    chosen = (
        sa.select(near.group_id)
        .join(schema.item, item.id == near.item_id)
        .where(item.collection_id.in_(among), item.current)
        .group_by(near.group_id)
        .order_by(sa.func.max(sa.case((near.conflict, 1), else_=0)).desc(), near.group_id)
        .limit(most)
    )
    numbers = list(connection.execute(chosen).scalars())
    rows = connection.execute(
        sa.select(near.group_id, near.conflict, item.key, schema.collection.c.uri)
        .join(schema.item, item.id == near.item_id)
        .join(schema.collection, schema.collection.c.id == item.collection_id)
        .where(near.group_id.in_(numbers), item.current)
        .order_by(near.group_id, item.id)
    ).all()
    found: dict[int, list[Any]] = {number: [] for number in numbers}
    for row in rows:
        found[row.group_id].append(row)
    return tuple(
        Group(
            number,
            any(row.conflict for row in members),
            tuple((display(bytes(row.key)), row.uri) for row in members),
        )
        for number, members in found.items()
    )


def past_gates(connection: Connection, uris: Sequence[str], most: int) -> tuple[PastGate, ...]:
    """The last gates over exactly these collections, the newest first."""
    gate, seen, collection = schema.gate.c, schema.gate_collection.c, schema.collection.c
    among = sa.select(collection.id).where(collection.uri.in_(uris))
    exactly = (
        sa.select(seen.gate_id)
        .group_by(seen.gate_id)
        .having(sa.func.count() == len(set(uris)))
        .having(sa.func.sum(sa.case((seen.collection_id.in_(among), 1), else_=0)) == len(set(uris)))
    )
    rows = connection.execute(
        sa.select(gate.ended_at, gate.as_of, gate.context, gate.counts)
        .where(gate.id.in_(exactly))
        .order_by(gate.id.desc())
        .limit(most)
    )
    return tuple(
        PastGate(
            from_micros(ended_at),
            from_micros(as_of),
            json.loads(context).get("purpose"),
            {Decision(decision): images for decision, images in json.loads(counts).items()},
        )
        for ended_at, as_of, context, counts in rows
    )


def lapsing(connection: Connection, after: date, until: date) -> tuple[Lapse, ...]:
    """Permissions by review whose last day lies between two days, the first to end first."""
    review, later = schema.review.c, schema.review.alias("later").c
    ended = schema.review_end.c
    taken_back = sa.exists().where(ended.review_id == later.id)
    newer = sa.exists().where(later.finding == review.finding, later.at > review.at, ~taken_back)
    rows = connection.execute(
        sa.select(review.finding, review.reviewer, review.reason, review.expires_on)
        .where(review.decision != Decision.BLOCK.value, ~newer, reviews.counting())
        .where(review.expires_on.between(day_number(after), day_number(until)))
        .order_by(review.expires_on, review.finding)
    )
    return tuple(Lapse(finding, reviewer, reason, day_of(expires)) for finding, reviewer, reason, expires in rows)


def unfinished(connection: Connection) -> list[str]:
    """The collections of which a scan did not finish."""
    rows = connection.execute(sa.select(schema.collection.c.id, schema.collection.c.uri)).all()
    return sorted(uri for number, uri in rows if scans.unfinished(connection, number) is not None)


def barred(connection: Connection, collection: int, keys: Sequence[bytes]) -> frozenset[bytes]:
    """Which images of a collection are quarantined, so that nobody may open them to show them."""
    item = schema.item.c
    numbers: dict[int, bytes] = {}
    for some in batched(keys, IN_LIST):
        query = sa.select(item.id, item.key).where(item.collection_id == collection, item.key.in_(some), item.current)
        numbers.update((number, bytes(key)) for number, key in connection.execute(query))
    return frozenset(numbers[number] for number in quarantined(connection, list(numbers)))


def require_clock(connection: Connection, ledger: str, now: datetime) -> None:
    """Raise LedgerError where this machine's clock lies before what the ledger has already seen happen.

    For a gate whose clock nobody asked for: with `--as-of` an earlier day is judged on purpose. What counts is when
    anything was written down last, not what basis records say of the future.
    """
    # The log of a ledger that an older version began is younger than what that version wrote down.
    times = (schema.scan.c.started_at, schema.scan_end.c.at, schema.gate.c.ended_at, schema.hash_list.c.added_at)
    written = (connection.execute(sa.select(sa.func.max(time))).scalar() or 0 for time in times)
    newest_at = max(log.newest_at(connection), *written)
    if newest_at and from_micros(newest_at - _SKEW_MICROS) > now:
        raise LedgerError(
            f"this machine's clock ({now.isoformat(timespec='seconds')}) lies before the newest entry of the ledger "
            f"{ledger} ({from_micros(newest_at).isoformat(timespec='seconds')})",
            remedy="set the clock right, or ask for an earlier one with --as-of",
        )
