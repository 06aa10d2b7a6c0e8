"""Taking in what a person asks for, with effect at once: a no counts from the moment in which it is recorded.

A person who is named by a pseudonym or a record is refused for, as if their register said so, and the pictures that
show them are kept out wherever else they are (`ledger.holds`). What is named otherwise is kept out by its picture, name
or address. An erasure keeps nothing of what was named but digests under the ledger's secret.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.copies.find import Finder
from provenance.copies.known_again import pictures_of
from provenance.copies.named import place_now
from provenance.copies.suppress import settle
from provenance.errors import UsageError
from provenance.gate.decide import context_of
from provenance.ledger import consents, holds, releases, requests, schema, schema_rights, statements
from provenance.ledger.database import Database
from provenance.ledger.holds import NewHold, Target, TargetKind
from provenance.ledger.interning import items_showing, persons
from provenance.ledger.releases import Affected, Release
from provenance.ledger.requests import NewRequest, Request, RequestKind
from provenance.ledger.statements import Version
from provenance.model import BasisRecord, Event, to_micros
from provenance.policy.packs import PackSet
from provenance.policy.purposes import load_purposes
from provenance.rights.about import About, Concerned, Found, find, images_named
from provenance.rights.at_hand import look_again
from provenance.rights.deadlines import deadline, extended
from provenance.rights.told import require_one_line, require_said
from provenance.run.consents import Reading, new_records
from provenance.run.progress import Progress
from provenance.urls import normalised
from provenance.vocabulary import ConsentStatus, LawfulBasis, Purpose

_STATES: Final = {
    RequestKind.WITHDRAW: ConsentStatus.WITHDRAWN,
    RequestKind.OBJECT: ConsentStatus.REFUSED,
    RequestKind.RESTRICT: ConsentStatus.REFUSED,
}
"""What the request of each kind says of its person's consent. An erasure says nothing: it keeps no pseudonym."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came in; see `ledger.requests.NewRequest`. `received_at` is now where it is None."""

    kind: RequestKind
    about: About
    requester: str
    by: str
    identity: str = ""
    jurisdiction: str = ""
    received_at: datetime | None = None
    purposes: tuple[Purpose, ...] = ()


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of a request: `images` are the rows of those that it reaches now, `rule` sets its deadline.

    `releases` held some of them when they were made, and are stale now with everything that was made from them, unless
    all that is asked for is access.
    `maybe` names images that a photo resembles, of which somebody has to decide.
    """

    request: Request
    rule: str
    images: tuple[int, ...]
    releases: tuple[Affected, ...] = ()
    maybe: tuple[str, ...] = ()


def file_request(database: Database, packs: PackSet, asked: Asked, progress: Progress) -> Filed:
    """Record a request and let it take effect. Raises UsageError for what names nothing, InputError, LedgerError."""
    now = datetime.now(UTC)
    received_at = asked.received_at or now
    _check(asked, received_at, now)
    term = deadline(packs, asked.jurisdiction, received_at)
    settle(database, progress)  # so that what is found counts all that was scanned
    finder = Finder(database) if asked.about.photos else None
    with database.writing() as connection:
        found = find(connection, asked.about, finder)
        purposes = asked.purposes or _purposes_of(found.people)
        words = asked.about.counted if asked.kind is RequestKind.ERASE else asked.about.words
        new = NewRequest(
            kind=asked.kind,
            requester=asked.requester,
            identity=asked.identity,
            jurisdiction=asked.jurisdiction,
            received_at=received_at,
            due_at=term.at,
            purposes=purposes,
            targets=words,
            by=asked.by,
        )
        request = requests.add(connection, new, now)
        if asked.kind is not RequestKind.ACCESS:
            _hold(connection, request, found)
    settle(database, progress)
    look_again(database, schema_rights.hold.c.request_id == request.id, progress)
    settle(database, progress)
    with database.reading() as connection:
        images = images_named(connection, found) if asked.kind is RequestKind.ACCESS else reached(connection, request)
        held_by = tuple(releases.affected(connection, images, _meant(purposes if asked.kind in _STATES else ())))
    return Filed(request, term.rule, tuple(images), held_by, found.maybe)


def extend(database: Database, packs: PackSet, ref: str, *, by: str, note: str) -> Request:
    """Put the deadline of a request off once, by what its law allows. Raises UsageError."""
    _require(by, note)
    with database.writing() as connection:
        request = requests.named(connection, ref)
        due_at = extended(packs, request)
        requests.add_event(connection, request, requests.Event("EXTENDED", datetime.now(UTC), by, note, due_at))
        return requests.named(connection, ref)


def close(database: Database, ref: str, state: str, *, by: str, note: str) -> Request:
    """Note that a request was ANSWERED, DECLINED or LIFTED; with the latter two it keeps nothing out any more.

    What was erased stays erased, and its copies are no longer kept out. Raises UsageError.
    """
    _require(by, note)
    now = datetime.now(UTC)
    with database.writing() as connection:
        request = requests.named(connection, ref)
        if request.state in (state, *holds.ENDING):
            raise UsageError(f"{ref} is {request.state} already", remedy="nothing is left to do")
        requests.add_event(connection, request, requests.Event(state, now, by, note))
        if state in holds.ENDING:
            for version, record_id in _refusals_of(connection, request):
                consents.take_back(connection, version, record_id, by=by, reason=note, at=to_micros(now))
        return requests.named(connection, ref)


def reached(connection: Connection, request: Request) -> list[int]:
    """Every row of an image that a request reaches: by name, by picture, or by the refusal of a person it shows."""
    hold = schema_rights.hold.c
    found: set[int] = set()
    for number in connection.execute(sa.select(hold.id).where(hold.request_id == request.id)).scalars():
        found.update(holds.reached_by(connection, number))
    for version, record_id in _refusals_of(connection, request):
        record = schema.record.c
        row = connection.execute(
            sa.select(record.id, record.person_id, record.scoped)
            .where(record.source_id == version.source_id, record.record_id == record_id)
            .order_by(record.id.desc())
        ).first()
        if row is None:
            continue
        if row.scoped:
            for link in (schema.record_scope_image.c, schema.refusal_reach.c):
                found.update(connection.execute(sa.select(link.item_id).where(link.record == row.id)).scalars())
        else:
            found.update(connection.execute(items_showing([row.person_id], version.source_id)).scalars())
    return sorted(found)


def _check(asked: Asked, received_at: datetime, now: datetime) -> None:
    require_one_line(requester=asked.requester, who_takes_it_in=asked.by)
    if received_at.tzinfo is None or received_at > now:
        raise UsageError("a request cannot come in later than now", remedy="write the time with its offset")
    about = asked.about
    if about.collections or about.jurisdictions:
        raise UsageError("a request is about people and pictures", remedy="record an order for a collection or a place")
    if asked.purposes and asked.kind not in _STATES:
        raise UsageError(f"purposes mean nothing to {asked.kind}", remedy="leave them out")


def _meant(purposes: Sequence[Purpose]) -> Callable[[Release], bool]:
    """Whether a release was made for a use that a refusal of these purposes, of none: of every use, is about."""

    def meant(release: Release) -> bool:
        purpose = context_of(release.context).purpose if purposes else None
        return purpose is None or not load_purposes().refusing(purpose).isdisjoint(purposes)

    return meant


def _require(by: str, note: str) -> None:
    require_one_line(who_records_it=by)
    require_said(note=note)


def _purposes_of(people: Sequence[Concerned]) -> tuple[Purpose, ...]:
    """The purposes of the records that were named, where all of them have some."""
    if not people or not all(one.purposes for one in people):
        return ()
    return tuple(dict.fromkeys(purpose for one in people for purpose in one.purposes))


def _hold(connection: Connection, request: Request, found: Found) -> None:
    """Let a request count: refusals of its people, and holds on their pictures and on what else it names."""
    refuses = request.kind in _STATES
    from_at = to_micros(request.received_at)
    numbers = persons(connection, (one.ref for one in found.people)) if refuses else {}
    named: list[tuple[int, Target]] = []
    for number, one in enumerate(found.people, start=1):
        if refuses:
            _refuse(connection, request, f"{request.ref}.{number}", one)
        targets = tuple(_targets(connection, one))
        new = NewHold(
            from_at,
            request_id=request.id,
            person_id=numbers.get(one.ref),
            purposes=request.purposes if refuses else (),
            targets=targets,
        )
        hold = holds.add(connection, new)
        named += ((hold, target) for target in targets)
    if found.contents or found.targets or found.pictures or found.request is not None:
        purposes = request.purposes if refuses else ()
        hold = holds.add(connection, NewHold(from_at, request_id=request.id, purposes=purposes, targets=found.targets))
        holds.add_pictures(connection, hold, pictures_of(connection, sorted(found.contents)))
        holds.add_pictures(connection, hold, found.pictures)
        if found.request is not None:
            holds.add_pictures(connection, hold, found.request.pictures())
        named += ((hold, target) for target in found.targets)
    place_now(connection, named)


def _targets(connection: Connection, one: Concerned) -> list[Target]:
    """What shows a person: every image, or those that the scope of the named record names."""
    source = str(one.among.source_id) if one.among is not None else ""
    if not one.items and not one.sources:
        return [Target(TargetKind.PERSON, one.ref, source)]
    spoken_for = statements.collections_of(connection, one.among.source_id) if one.among is not None else []
    named = [
        Target(TargetKind.ITEM, value, str(place))
        for collection, value in one.items
        for place in ((collection,) if collection else spoken_for)
    ]
    addresses = (normalised(url) for url in one.sources)
    return [*named, *(Target(TargetKind.ADDRESS, url) for url in addresses if url is not None)]


def _refuse(connection: Connection, request: Request, record_id: str, one: Concerned) -> None:
    at = to_micros(request.at)
    taken = statements.of_requests(connection, one.among, at)
    record = BasisRecord(
        record_id,
        one.ref,
        LawfulBasis.EXPLICIT_CONSENT,
        sources=one.sources,
        purposes=request.purposes,
        events=(Event(_STATES[request.kind], request.received_at),),
    )
    (new,) = new_records([record], Reading(Path(taken.version.name)))
    consents.add(connection, taken, [replace(new, items=one.items)], at)


def _refusals_of(connection: Connection, request: Request) -> list[tuple[Version, str]]:
    """The records among the requests that were made for one of them."""
    record, source = schema.record.c, schema.statement_source.c
    taken = sa.select(source.id).where(source.kind == statements.SourceKind.REQUEST.value)  # a join would read all
    rows = connection.execute(
        sa.select(record.source_id, record.record_id)
        .where(record.source_id.in_(taken), record.record_id.startswith(f"{request.ref}."))
        .distinct()
    )
    return [(statements.newest(connection, [number])[0], name) for number, name in rows]
