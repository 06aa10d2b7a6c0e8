"""Basis records as their sources state them now, the refusals that stay, and the spans derived from both.

The newest version of a source replaces what it permitted before: a record that was left out, emptied, narrowed or
moved in time counts as it now stands. What denies stays: a withdrawal or refusal, once stated, counts until somebody
retracts it in their own name, whatever later versions say; only a later consent of the person ends it (decision table
3d, principles 1 and 2; ISO/IEC TS 27560:2023).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.errors import RowError, RowErrors, UsageError
from provenance.ledger import evidence, reach, schema
from provenance.ledger.append import append, next_id, rows_as_json
from provenance.ledger.bulk import bulk
from provenance.ledger.checks import changing
from provenance.ledger.interning import items_showing, mark_pending, persons, profiles
from provenance.ledger.registry import day_number
from provenance.ledger.scope import ITEM, SOURCE
from provenance.ledger.spans import DENYING, GIVEN, REFUSED, STATUSES, Occurrence, spans
from provenance.ledger.statements import SourceKind, Taken, Version, collections_of
from provenance.ledger.within import current_within
from provenance.model import from_micros
from provenance.vocabulary import CONSENTS, ConsentStatus


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A basis record ready to be stored; `facts` is an encoded profile, `header` its text without the events.

    `items` are (collection, name) pairs, the collection 0 where it may be any that the source speaks for.
    """

    record_id: str
    person: str
    facts: str
    header: str
    line: int
    events: tuple[Occurrence, ...]
    items: tuple[tuple[int, str], ...] = ()
    sources: tuple[str, ...] = ()
    evidence: evidence.Reference | None = None

    @property
    def digest(self) -> bytes:
        """Names all that the record says, wherever in its file it stands, and where its evidence may lie."""
        lies = (self.evidence.path, self.evidence.folders) if self.evidence is not None else None
        events = [(e.at, e.state.value, e.expires_at) for e in self.events]
        said = [self.header, self.items, self.sources, events, lies]
        return sha256(json.dumps(said, separators=(",", ":")).encode("utf-8", "surrogatepass")).digest()


def take(connection: Connection, taken: Taken, records: Iterable[NewRecord], at: int) -> int:
    """Take what one version of a source states, in place of what the source stated before.

    Gives the number of records that are new, changed, or stated no more. They are compared one by one even where the
    file is the same: another map of columns, or a newer reader, may find a limit in it that was not seen. The caller
    holds the writing transaction. Raises RowErrors for an id that stood for another person.
    """
    version = taken.version
    touched: set[str] = set()
    if taken.new_for:
        _speak_for(connection, version.source_id, taken.new_for)
    stated = _Stated(connection)
    for batch in batched(records, 2_000):
        _check_owners(connection, version, batch)
        stated.add([new.record_id for new in batch])
        touched |= _add_versions(connection, version, batch, at)
    left_out = stated.left_out(version.source_id)
    _end(connection, left_out.values(), version.id, at)
    touched |= left_out.keys()
    stated.drop()
    _derive(connection, version.source_id, sorted(touched))
    return len(touched)


def count(connection: Connection, source: int) -> int:
    """How many records a source states now."""
    record = schema.record.c
    stated = sa.select(sa.func.count()).select_from(schema.record).where(record.source_id == source, record.current)
    return int(connection.execute(stated).scalar_one())


def _speak_for(connection: Connection, source: int, new_for: Sequence[int]) -> None:
    """Let what a source states already reach collections that it did not speak for until now."""
    record, item, shown = schema.record.c, schema.item.c, schema.depiction.c
    people = sa.select(record.person_id).where(record.source_id == source)
    showing = (
        sa.select(item.id, item.collection_id)
        .join(schema.depiction, shown.item_id == item.id)
        .where(shown.person_id.in_(people), current_within(new_for))
    )
    mark_pending(connection, showing)
    scoped = sa.select(record.id).where(record.source_id == source, record.scoped)
    reach.link_records(connection, source, list(connection.execute(scoped).scalars()))
    reach.place_refusals(connection, new_for)


def end_source(connection: Connection, version: Version, at: int) -> None:
    """Let nothing that a source stated permit anything any more. Its refusals stay."""
    record = schema.record.c
    rows = connection.execute(
        sa.select(record.record_id, record.id).where(record.source_id == version.source_id, record.current)
    ).all()
    _end(connection, [number for _, number in rows], None, at)
    _derive(connection, version.source_id, sorted(name for name, _ in rows))


def add(connection: Connection, taken: Taken, records: Sequence[NewRecord], at: int) -> None:
    """Add what a source states beside all that it stated before, as a request is added to the others."""
    version = taken.version
    if taken.new_for:
        _speak_for(connection, version.source_id, taken.new_for)
    _derive(connection, version.source_id, sorted(_add_versions(connection, version, records, at)))


def take_back(connection: Connection, version: Version, record_id: str, *, by: str, reason: str, at: int) -> None:
    """Let a record of a source be stated no more, and what it refused count no more."""
    record = schema.record.c
    numbers = connection.execute(
        sa.select(record.id).where(record.source_id == version.source_id, record.record_id == record_id, record.current)
    )
    _end(connection, list(numbers.scalars()), None, at)
    retract(connection, version, record_id, by=by, reason=reason, at=at)


def retract(connection: Connection, version: Version, record_id: str, *, by: str, reason: str, at: int) -> bool:
    """Let the refusals that a record held until now count no more; false where its source still states one.

    Raises UsageError where nothing was ever refused under that id.
    """
    record, event = schema.record.c, schema.event.c
    numbers = sa.select(record.id).where(record.source_id == version.source_id, record.record_id == record_id)
    denied = sa.select(event.record).where(
        event.record.in_(numbers), event.state.in_([state.value for state in DENYING])
    )
    held = set(connection.execute(denied).scalars())
    if not held:
        raise UsageError(
            f"the record {record_id} of {version.name} holds no refusal", remedy="check its id and its register"
        )
    newest = int(connection.execute(sa.select(sa.func.max(record.id)).where(record.id.in_(numbers))).scalar_one())
    row = (next_id(connection, schema.retraction), newest, by, reason, at)
    append(connection, schema.retraction, ("id", "record", "by", "reason", "at"), [row])
    _derive(connection, version.source_id, [record_id])
    still = sa.select(record.id).where(record.id.in_(held), record.current)
    return connection.execute(still).first() is None


def derive_all(connection: Connection) -> None:
    """Derive the spans, refusals and scopes of every record anew. The tables that hold them must be empty."""
    record = schema.record.c
    sources = list(connection.execute(sa.select(record.source_id).distinct()).scalars())
    for source in sources:
        names = connection.execute(sa.select(record.record_id).where(record.source_id == source).distinct())
        _derive(connection, source, sorted(names.scalars()))


class _Stated:
    """The ids that a version states, kept by the database, so that those it leaves out are found in flat memory."""

    _table: Final = sa.Table(
        "stated", sa.MetaData(), sa.Column("name", sa.Text, primary_key=True), prefixes=["TEMPORARY"]
    )

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._table.create(connection)

    def add(self, names: Sequence[str]) -> None:
        bulk(self._connection, self._table, ("name",), [(name,) for name in names])

    def left_out(self, source: int) -> dict[str, int]:
        record = schema.record.c
        stated = sa.exists().where(self._table.c.name == record.record_id)
        query = sa.select(record.record_id, record.id).where(record.source_id == source, record.current, ~stated)
        return dict(self._connection.execute(query).all())

    def drop(self) -> None:
        self._table.drop(self._connection)


def _check_owners(connection: Connection, version: Version, batch: Sequence[NewRecord]) -> None:
    """An id that stood for one person does not go over to another, and with it what the first one gave or refused."""
    record, person = schema.record.c, schema.person.c
    owners: dict[str, str] = {}
    for some in batched((new.record_id for new in batch), IN_LIST):
        rows = connection.execute(
            sa.select(record.record_id, person.ref)
            .join(schema.person, person.id == record.person_id)
            .where(record.source_id == version.source_id, record.record_id.in_(some))
        )
        owners.update(dict(rows.all()))
    faults = [
        RowError(
            version.path,
            new.line,
            "record_id",
            new.record_id,
            f"it stood for {owners[new.record_id]} until now and stands for {new.person} here; "
            "each record keeps an id of its own",
        )
        for new in batch
        if owners.get(new.record_id, new.person) != new.person
    ]
    if faults:
        raise RowErrors(faults)


def _add_versions(connection: Connection, version: Version, batch: Sequence[NewRecord], at: int) -> set[str]:
    """Append what differs from what the source stated so far; gives the ids."""
    record = schema.record.c
    known: dict[str, tuple[int, bytes]] = {}
    for some in batched((new.record_id for new in batch), IN_LIST):
        rows = connection.execute(
            sa.select(record.record_id, record.id, record.digest).where(
                record.source_id == version.source_id, record.record_id.in_(some), record.current
            )
        )
        known |= {name: (number, bytes(digest)) for name, number, digest in rows}
    changed = [(new, new.digest) for new in batch]
    changed = [(new, digest) for new, digest in changed if known.get(new.record_id, (0, b""))[1] != digest]
    if not changed:
        return set()
    _end(connection, [known[new.record_id][0] for new, _ in changed if new.record_id in known], version.id, at)
    people = persons(connection, (new.person for new, _ in changed))
    terms = profiles(connection, (("record", new.facts) for new, _ in changed))
    proofs = evidence.register(connection, [new.evidence for new, _ in changed if new.evidence is not None], at)
    first = next_id(connection, schema.record)
    stored, parts, events, scopes = [], [], [], []
    for number, (new, digest) in enumerate(changed, start=first):
        proof = proofs[new.evidence] if new.evidence else None
        scoped = bool(new.items or new.sources)
        stored.append(
            (
                number, version.source_id, new.record_id, people[new.person], terms["record", new.facts], proof,
                scoped, digest, version.id, new.line, new.header, True,
            )
        )  # fmt: skip
        own_events = sorted({(e.at, e.state.value, e.expires_at) for e in new.events})
        own_scope = sorted(
            {(ITEM, collection, value) for collection, value in new.items}
            | {(SOURCE, 0, value) for value in new.sources}
        )
        events += [(number, *event) for event in own_events]
        scopes += [(number, *entry) for entry in own_scope]
        parts.append(parts_of(own_events, own_scope))
    append(connection, schema.record, _RECORD, stored, parts=parts)
    bulk(connection, schema.event, EVENT, events)
    bulk(connection, schema.scope, SCOPE, scopes)
    return {new.record_id for new, _ in changed}


def _end(connection: Connection, numbers: Iterable[int], version: int | None, at: int) -> None:
    ended = sorted(numbers)
    append(connection, schema.record_end, ("record", "at", "version_id"), [(number, at, version) for number in ended])
    for some in batched(ended, IN_LIST):
        connection.execute(sa.update(schema.record).where(schema.record.c.id.in_(some)).values(current=False))


@dataclass(frozen=True, slots=True)
class _Standing:
    """One version of a record with its events, as `_derive` needs it."""

    id: int
    record_id: str
    person_id: int
    profile_id: int
    scoped: bool
    current: bool
    evidence: int
    is_consent: bool
    events: tuple[Occurrence, ...]
    retracted: bool


def _derive(connection: Connection, source: int, record_ids: Sequence[str]) -> None:
    """Derive the spans, refusals and scopes of these records anew, and mark the images that show their persons."""
    people: set[int] = set()
    derived: list[int] = []
    name = schema.statement_source.c
    kind = connection.execute(sa.select(name.kind).where(name.id == source)).scalar_one()
    # What a request says is a refusal and no record that could be judged as a basis.
    stands = kind != SourceKind.REQUEST.value
    for some in batched(record_ids, IN_LIST):
        versions: dict[str, list[_Standing]] = {}
        for one in _versions(connection, source, some):
            versions.setdefault(one.record_id, []).append(one)
        numbers = [one.id for several in versions.values() for one in several]
        derived += numbers
        states: list[tuple[object, ...]] = []
        refused: list[tuple[object, ...]] = []
        for several in versions.values():
            people.update(one.person_id for one in several)
            states += _states(source, several) if stands else ()
            refused += _refusals(source, several)
        state, refusal = schema.consent_state, schema.refusal
        for part in batched(numbers, IN_LIST):
            where = state.c.record.in_(part)
            with changing(connection, state, where):
                connection.execute(sa.delete(state).where(where))
                bulk(connection, state, STATE, [row for row in states if row[1] in set(part)])
            where = refusal.c.record.in_(part)
            with changing(connection, refusal, where):
                connection.execute(sa.delete(refusal).where(where))
                bulk(connection, refusal, REFUSAL, [row for row in refused if row[1] in set(part)])
        reach.link_records(connection, source, numbers)
    for part in batched(sorted(people), IN_LIST):
        mark_pending(connection, items_showing(part, source))
    if derived:
        reach.place_refusals(connection, collections_of(connection, source), derived)


def _versions(connection: Connection, source: int, record_ids: Sequence[str]) -> Iterator[_Standing]:
    record, check, retraction = schema.record.c, schema.evidence_check.c, schema.retraction.c
    rows = connection.execute(
        sa.select(
            record.id,
            record.record_id,
            record.person_id,
            record.profile_id,
            record.scoped,
            record.current,
            check.state,
            schema.profile.c.facts,
        )
        .join(schema.profile, schema.profile.c.id == record.profile_id)
        .outerjoin(schema.evidence_check, sa.and_(check.evidence_id == record.evidence_id, check.current))
        .where(record.source_id == source, record.record_id.in_(record_ids))
        .order_by(record.id)
    ).all()
    events: dict[int, list[Occurrence]] = {}
    last_retracted: dict[str, int] = {}
    numbers = {row.id: row.record_id for row in rows}
    event = schema.event.c
    for some in batched(numbers, IN_LIST):
        for number, at, state, expires_at in connection.execute(
            sa.select(event.record, event.at, event.state, event.expires_at).where(event.record.in_(some))
        ):
            events.setdefault(number, []).append(Occurrence(at, ConsentStatus(state), expires_at))
        for number in connection.execute(sa.select(retraction.record).where(retraction.record.in_(some))).scalars():
            last_retracted[numbers[number]] = max(last_retracted.get(numbers[number], 0), number)
    for row in rows:
        yield _Standing(
            id=row.id,
            record_id=row.record_id,
            person_id=row.person_id,
            profile_id=row.profile_id,
            scoped=row.scoped,
            current=row.current,
            evidence=evidence.STATES.index(row.state) if row.state is not None else 0,
            is_consent=json.loads(row.facts)["basis"] in CONSENTS,
            events=tuple(events.get(row.id, ())),
            retracted=row.id <= last_retracted.get(row.record_id, 0),
        )


def _states(source: int, versions: Sequence[_Standing]) -> Iterator[tuple[object, ...]]:
    """The spans of a record as it is stated now, or of a refusal that nobody states any more."""
    denials = {
        event for one in versions if one.current or not one.retracted for event in one.events if event.state in DENYING
    }
    one = versions[-1]
    if not one.current and not denials:
        return
    own = set(one.events) if one.current else set()
    for span in spans(own | denials):
        yield (
            one.person_id, one.id, span.start, span.end, source, one.profile_id, STATUSES.index(span.status),
            one.evidence, span.since, span.given,
            day_number(from_micros(span.given).date()) if span.given is not None else None,
            span.status in GIVEN and span.has_term, one.is_consent, one.scoped,
        )  # fmt: skip


def _refusals(source: int, versions: Sequence[_Standing]) -> list[tuple[object, ...]]:
    """What the person refused, by the terms under which each refusal was stated; the newest version of equal ones."""
    found: dict[tuple[object, ...], tuple[object, ...]] = {}
    for one in versions:
        if one.retracted and not one.current:
            continue
        for event in one.events:
            if event.state in REFUSED:
                status = STATUSES.index(event.state)
                row = (one.person_id, one.id, event.at, status, source, one.profile_id, one.scoped)
                # Of a scoped one another version may name other images: both stand.
                found[event.at, status, one.profile_id, one.id if one.scoped else 0] = row
    return list(found.values())


_RECORD: Final = (
    "id", "source_id", "record_id", "person_id", "profile_id", "evidence_id", "scoped", "digest", "version_id", "line",
    "header", "current",
)  # fmt: skip
EVENT: Final = ("record", "at", "state", "expires_at")
SCOPE: Final = ("record", "kind", "collection_id", "value")

STATE: Final = (
    "person_id", "record", "from_at", "until_at", "source_id", "profile_id", "status", "evidence", "since_at",
    "given_at", "given_on", "has_term", "is_consent", "scoped",
)  # fmt: skip
REFUSAL: Final = ("person_id", "record", "at", "status", "source_id", "profile_id", "scoped")


def parts_of(events: Sequence[Any], scopes: Sequence[Any]) -> dict[str, Any]:
    """What the digest of a record covers beside its own row."""
    return {"event": rows_as_json(EVENT[1:], events), "scope": rows_as_json(SCOPE[1:], scopes)}
