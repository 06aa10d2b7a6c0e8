"""Holds: what requests and orders keep from being used, and which images they reach.

A hold names images (by address, name, person, collection or jurisdiction) and pictures (by their bytes and their
fingerprints). Names are kept as digests under the ledger's secret, so that what was erased can be known again and not
read. A hold counts for an image only once it was compared with it, so whoever judges asks `require_placed` first.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.errors import LedgerLocked
from provenance.fingerprint.places import named
from provenance.ledger import log, schema, schema_rights
from provenance.ledger.append import append, last_ids, next_id
from provenance.ledger.bulk import bulk
from provenance.ledger.checks import changing
from provenance.ledger.interning import raise_revision
from provenance.ledger.secret import secret_of
from provenance.ledger.within import current_within
from provenance.lookup.interface import HASH_BYTES
from provenance.urls import prefixes
from provenance.vocabulary import Purpose

ENDING: Final = ("DECLINED", "LIFTED")
"""The states of a request with which its holds end."""


class TargetKind(StrEnum):
    """What a hold may name beside pictures."""

    ITEM = "item"
    """A name in a collection: for what cannot be compared by its picture."""
    ADDRESS = "address"
    """An address, and all below it, from which an image came or on whose page it was."""
    PERSON = "person"
    COLLECTION = "collection"
    JURISDICTION = "jurisdiction"


@dataclass(frozen=True, slots=True)
class Target:
    """What a hold names: a normalised address, a pseudonym, a key; `place` is a collection's number, a law's
    code, or the number of the source whose pseudonym is meant ("": any)."""

    kind: TargetKind
    value: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """What knows a picture again: the digest of its bytes, and hashes of 32 bytes one after another.

    `wholes` are of the whole picture, also turned, and meet any part of another; `parts` are of what it may be cut down
    to, and meet another as a whole, with a frame around it or without.
    """

    sha256: bytes | None = None
    wholes: bytes = b""
    parts: bytes = b""


@dataclass(frozen=True, slots=True)
class NewHold:
    """A hold ready to be stored; times are microseconds."""

    from_at: int
    until_at: int = schema.NEVER
    request_id: int | None = None
    order_id: int | None = None
    person_id: int | None = None
    purposes: tuple[Purpose, ...] = ()
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold that is in force. `said` names it for people; `purposes` are those that it is about, none for all."""

    id: int
    said: str
    purposes: tuple[Purpose, ...]
    is_order: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """That a hold reaches an image: by name (`distance` is None), or by its picture, so many bits away."""

    hold_id: int
    distance: int | None = None
    place: str = ""


def add(connection: Connection, new: NewHold) -> int:
    """Append a hold; gives its number. From now on no verdict is given that does not count it."""
    number = next_id(connection, schema_rights.hold)
    columns = ("id", "request_id", "order_id", "person_id", "purposes", "from_at", "until_at")
    purposes = json.dumps([purpose.value for purpose in new.purposes])
    row = (number, new.request_id, new.order_id, new.person_id, purposes, new.from_at, new.until_at)
    append(connection, schema_rights.hold, columns, [row])
    secret = secret_of(connection)
    rows = [(number, one.kind.value, digest_of(secret, one), place_of(secret, one)) for one in new.targets]
    append(connection, schema_rights.hold_target, ("hold_id", "kind", "digest", "place"), rows)
    raise_revision(connection, sa.select(schema.collection.c.id))
    return number


_AT_ONCE: Final = 32
"""Pictures appended in one go. What knows one again takes up to a megabyte."""


def add_pictures(connection: Connection, hold: int, pictures: Iterable[Picture]) -> int:
    """Append pictures that a hold keeps out; gives their number."""
    count = 0
    columns = ("hold_id", "sha256", "wholes", "parts")
    for some in batched(pictures, _AT_ONCE):
        rows = [(hold, one.sha256, one.wholes, one.parts) for one in some]
        append(connection, schema_rights.suppression, columns, rows)
        count += len(rows)
    return count


def digest_of(secret: bytes, target: Target) -> bytes:
    """What stands for a target in the ledger: HMAC-SHA256 of its kind, place and value under the ledger's secret."""
    text = f"{target.kind.value}\0{target.place}\0{target.value}"
    return hmac.digest(secret, text.encode("utf-8", "surrogatepass"), "sha256")


def place_of(secret: bytes, target: Target) -> str:
    """What is kept of a target's place: of an address a digest of its host, by which most others are passed over."""
    if target.kind is not TargetKind.ADDRESS:
        return target.place
    return host_digest(secret, prefixes(target.value)[0])


def host_digest(secret: bytes, host: str) -> str:
    """16 hexadecimal digits that stand for the scheme and host of an address."""
    return hmac.digest(secret, b"host\0" + host.encode(), "sha256").hex()[:16]


def in_force(connection: Connection, at: int, now: int) -> dict[int, Hold]:
    """The holds that are in force at the gate's clock or now: whoever turns the clock back escapes none.

    `now` is no earlier than the newest entry of the log, whatever the machine's clock says.
    """
    hold, request, order, lifted = (
        schema_rights.hold.c,
        schema_rights.request.c,
        schema_rights.legal_order.c,
        schema_rights.legal_order_end.c,
    )
    event = schema_rights.request_event.c
    ended = sa.exists().where(event.request_id == hold.request_id, event.state.in_(ENDING))
    earliest, latest = min(at, now), max(at, now, log.newest_at(connection))
    rows = connection.execute(
        sa.select(hold.id, hold.purposes, request.ref, request.kind, order.ref.label("order_ref"), order.authority)
        .outerjoin(schema_rights.request, request.id == hold.request_id)
        .outerjoin(schema_rights.legal_order, order.id == hold.order_id)
        .outerjoin(schema_rights.legal_order_end, lifted.order_id == hold.order_id)
        .where(hold.from_at <= latest, hold.until_at > earliest, ~ended)
        .where(sa.or_(lifted.at.is_(None), lifted.at > earliest))
        .order_by(hold.id)
    )
    return {
        row.id: Hold(
            row.id,
            f"the order {row.order_ref} of {row.authority}"
            if row.ref is None
            else f"the request {row.ref} ({row.kind})",
            tuple(map(Purpose, json.loads(row.purposes))),
            row.ref is None,
        )
        for row in rows
    }


def ordered_jurisdictions(connection: Connection, at: int, now: int) -> dict[str, str]:
    """The jurisdictions in which an order forbids every use, with what names the order."""
    target = schema_rights.hold_target.c
    forced = in_force(connection, at, now)
    rows = connection.execute(
        sa.select(target.place, target.hold_id).where(target.kind == TargetKind.JURISDICTION.value).order_by(target.id)
    )
    found: dict[str, str] = {}
    for place, hold in rows:
        if hold in forced:
            found.setdefault(place, forced[hold].said)
    return found


def reaches(connection: Connection, items: Sequence[int]) -> dict[int, tuple[Reach, ...]]:
    """The holds that reach each of these images, in force or not; images that none reaches are left out."""
    found: dict[int, tuple[Reach, ...]] = {}
    for some in batched(items, IN_LIST):
        rows = connection.execute(_reaches(schema.item.c.id.in_(some)))
        ordered = sorted(rows, key=lambda row: (row.item_id, row.hold_id, row.distance))
        for number, group in groupby(ordered, key=itemgetter(0)):
            first: dict[int, Reach] = {}
            for _, hold, distance, place in group:
                first.setdefault(hold, Reach(hold, None if distance < 0 else distance, named(place)))
            found[number] = tuple(first.values())
    return found


def reached_items(connection: Connection, collections: Sequence[int]) -> list[int]:
    """The current images of these collections that any hold reaches."""
    query = _reaches(current_within(collections)).subquery()
    return list(connection.execute(sa.select(query.c.item_id).distinct().order_by(query.c.item_id)).scalars())


def reached_by(connection: Connection, hold: int) -> list[int]:
    """Every row of an image, also of those that are gone, that a hold reaches."""
    query = _reaches(sa.true(), schema_rights.hold.c.id == hold).subquery()
    return list(connection.execute(sa.select(query.c.item_id).distinct().order_by(query.c.item_id)).scalars())


_NAMED: Final = -1
"""The distance of what was reached by name, in a query."""


def _reaches(items: sa.ColumnElement[bool], holds: sa.ColumnElement[bool] | None = None) -> sa.CompoundSelect[Any]:
    """Image, hold, distance and place of the picture met. What is reached by name is reached in all its copies."""
    item, reach, match, hold = (
        schema.item.c,
        schema_rights.hold_reach.c,
        schema_rights.suppression_match.c,
        schema_rights.hold.c,
    )
    twin, shown = schema.item.alias("twin"), schema.depiction.c
    among = sa.true() if holds is None else holds
    named_self = (
        sa.select(item.id.label("item_id"), reach.hold_id, sa.literal(_NAMED).label("distance"), sa.literal(0))
        .select_from(schema_rights.hold_reach)
        .join(schema_rights.hold, hold.id == reach.hold_id)
        .join(schema.item, item.id == reach.item_id)
        .where(items, among)
    )
    named_copy = (
        sa.select(item.id, reach.hold_id, sa.literal(_NAMED), sa.literal(0))
        .select_from(schema_rights.hold_reach)
        .join(schema_rights.hold, hold.id == reach.hold_id)
        .join(twin, twin.c.id == reach.item_id)
        .join(schema.item, sa.and_(item.content_id == twin.c.content_id, item.id != twin.c.id))
        .where(items, among)
    )
    left_to_refusal = sa.exists().where(shown.item_id == item.id, shown.person_id == hold.person_id)
    pictured = (
        sa.select(item.id, match.hold_id, match.distance, match.place)
        .select_from(schema_rights.suppression_match)
        .join(schema_rights.hold, hold.id == match.hold_id)
        .join(schema.item, item.content_id == match.content_id)
        .where(item.content_id.in_(sa.select(match.content_id)), items, among, ~left_to_refusal)
    )
    return sa.union_all(named_self, named_copy, pictured)


# --- how far holds were compared with images -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Progress:
    """How far holds have come: targets up to a number were compared with items up to another, and so on."""

    targets: int = 0
    items: int = 0
    suppressions: int = 0
    contents: int = 0


def progress(connection: Connection) -> Progress:
    """How far holds were compared."""
    table = schema_rights.hold_progress.c
    row = connection.execute(sa.select(table.targets, table["items"], table.suppressions, table.contents)).first()
    return Progress() if row is None else Progress(*row)


def wanted(connection: Connection) -> Progress:
    """How far holds have to come: the last of everything that there is. Where there is no hold, no image counts."""
    tables = (schema_rights.hold_target, schema.item, schema_rights.suppression, schema.content)
    targets, items, suppressions, contents = last_ids(connection, *tables)
    return Progress(targets, items if targets else 0, suppressions, contents if suppressions else 0)


def is_placed(connection: Connection) -> bool:
    """Whether every hold was compared with every image."""
    done, needed = progress(connection), wanted(connection)
    return (
        done.targets >= needed.targets
        and done.items >= needed.items
        and done.suppressions >= needed.suppressions
        and done.contents >= needed.contents
    )


def require_placed(connection: Connection, ledger: str) -> None:
    """Raise LedgerLocked where a request, an order or an image came in that was not compared with the others yet."""
    if not is_placed(connection):
        raise LedgerLocked(
            f"the ledger {ledger} gets images or requests while it is judged",
            remedy="gate again when nothing else runs",
        )


def record_reach(connection: Connection, rows: Iterable[tuple[int, int]]) -> None:
    """Keep which images (first) the targets of holds (second) name."""
    table = schema_rights.hold_reach
    for some in batched(sorted(set(rows)), IN_LIST):
        with changing(connection, table, table.c.item_id.in_([item for item, _ in some])):
            bulk(connection, table, ("item_id", "hold_id"), some, replace=True)


def record_matches(connection: Connection, found: Iterable[tuple[int, int, int, int]]) -> None:
    """Keep which contents show a picture that a hold keeps out: content, hold, distance, place."""
    table = schema_rights.suppression_match
    for some in batched(found, IN_LIST):
        with changing(connection, table, table.c.content_id.in_([row[0] for row in some])):
            bulk(connection, table, ("content_id", "hold_id", "distance", "place"), some, replace=True)


def record_progress(connection: Connection, before: Progress, after: Progress) -> bool:
    """Keep how far holds have come; False where somebody else has moved them since `before` was read."""
    if progress(connection) != before:
        return False
    table = schema_rights.hold_progress
    with changing(connection, table):
        row = (1, after.targets, after.items, after.suppressions, after.contents)
        bulk(connection, table, ("id", "targets", "items", "suppressions", "contents"), [row], replace=True)
    raise_revision(connection, sa.select(schema.collection.c.id))
    return True


def forget_contents(connection: Connection) -> None:
    """Have every content compared with the pictures of holds again, as when fingerprints were added to some."""
    table = schema_rights.hold_progress
    with changing(connection, table):
        connection.execute(sa.update(table).values(contents=0))


def hashes_of(data: bytes) -> Iterator[bytes]:
    """The hashes of 32 bytes of which a picture's `wholes` or `parts` consist."""
    return (data[start : start + HASH_BYTES] for start in range(0, len(data), HASH_BYTES))
