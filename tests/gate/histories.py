"""Random histories of a ledger, and a naive reading of what is stated in them, to hold derived values to.

Images, people, versions of a register with their records' scopes and events, records left out, refusals retracted and
images removed, step by step, each with a clock.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import sqlalchemy as sa
from hypothesis import strategies as st

from provenance.gate import fact_sets
from provenance.gate import facts as derivation
from provenance.ledger import checks, consents, reach, registry, schema, statements
from provenance.ledger import collections as held
from provenance.ledger.consents import NewRecord
from provenance.ledger.registry import Dates, Depicted, NewItem, day_number
from provenance.ledger.schema import NEVER
from provenance.ledger.spans import DENYING, GIVEN, REFUSED, STATUSES, Occurrence
from provenance.ledger.statements import Given, SourceKind
from provenance.model import SignalFacts, from_micros, to_micros
from provenance.policy.facts import EvidenceState, FactSet, ItemFacts, PersonFacts, RecordFacts
from provenance.policy.summarise import encode
from provenance.run.progress import Silent
from provenance.vocabulary import ConsentStatus, LawfulBasis, Purpose

DAYS = [
    date(2007, 2, 28),
    date(2008, 2, 29),
    date(2020, 12, 31),
    date(2024, 2, 29),
    date(2025, 3, 1),
    date(2026, 2, 28),
]

# Few days and few microseconds, so that events, expiries, acquisitions, birthdays and clocks often meet.
instants = st.builds(
    lambda day, shift: to_micros(datetime(day.year, day.month, day.day, tzinfo=UTC)) + shift,
    st.sampled_from(DAYS),
    st.sampled_from([-1, 0, 1, 43_200_000_000]),
)
purposes = st.sampled_from([(), (Purpose.MODEL_TRAINING,), (Purpose.MODEL_TRAINING, Purpose.WEBSITE_DISPLAY)])
file_names = st.sampled_from(["a.png", "b.png", "c.png"])
sources = st.sampled_from([None, "https://a.example/u1/7.png", "https://b.example/7.png"])
statuses = st.sampled_from([s for s in STATUSES if s is not ConsentStatus.UNKNOWN])
events = st.lists(st.builds(Occurrence, instants, statuses, st.one_of(st.just(NEVER), instants)), max_size=3)
bases = st.sampled_from([LawfulBasis.CONSENT, LawfulBasis.EXPLICIT_CONSENT, LawfulBasis.LEGITIMATE_INTEREST])

OWNERS = {"r1": "p1", "r2": "p1", "r3": "p2"}
"""A record's id never goes over to another person."""


@dataclass(frozen=True)
class Shown:
    ref: str | None
    age: int | None
    born_on: date | None


@dataclass(frozen=True)
class Image:
    name: str
    source_url: str | None
    acquired_at: int | None
    licence_ends_at: int | None
    people: tuple[Shown, ...]


@dataclass(frozen=True)
class Record:
    record_id: str
    basis: LawfulBasis
    purposes: tuple[Purpose, ...]
    items: tuple[str, ...]
    sources: tuple[str, ...]
    events: tuple[Occurrence, ...]

    @property
    def person(self) -> str:
        return OWNERS[self.record_id]


@dataclass(frozen=True)
class LeftOut:
    record_id: str


@dataclass(frozen=True)
class Retracted:
    record_id: str


@dataclass(frozen=True)
class Removal:
    name: str


people = st.builds(
    Shown,
    st.sampled_from(["p1", "p1", "p2", None]),
    st.one_of(st.none(), st.integers(0, 20)),
    st.one_of(st.none(), st.sampled_from(DAYS)),
)
images = st.builds(
    Image,
    file_names,
    sources,
    st.one_of(st.none(), instants),
    st.one_of(st.none(), instants),
    st.lists(people, max_size=2).map(tuple),
)
ids = st.sampled_from(sorted(OWNERS))
records = st.builds(
    Record,
    ids,
    bases,
    purposes,
    st.one_of(st.just(()), file_names.map(lambda name: (name,))),
    st.one_of(st.just(()), st.just(("https://a.example/",))),
    events.map(tuple),
)
things = st.one_of(
    images, records, records, st.builds(LeftOut, ids), st.builds(Retracted, ids), st.builds(Removal, file_names)
)
steps = st.lists(st.tuples(st.lists(things, max_size=6), instants), min_size=1, max_size=4)


# --- a naive reading --------------------------------------------------------------------------------------------------


@dataclass
class History:
    """All that was stated under one id: each version, whether the last is stated now, up to where it was retracted."""

    versions: list[Record] = field(default_factory=list)
    stated: bool = False
    retracted: int = 0

    def counting(self) -> list[Record]:
        """The versions whose refusals count."""
        last = len(self.versions) - 1
        return [one for n, one in enumerate(self.versions) if n >= self.retracted or (n == last and self.stated)]

    def denials(self) -> list[Occurrence]:
        return [event for one in self.counting() for event in one.events if event.state in DENYING]


def years(earlier: date, later: date) -> int:
    return later.year - earlier.year - ((later.month, later.day) < (earlier.month, earlier.day))


def bounded(age: int | None) -> int | None:
    return None if age is None else min(max(age, 0), 18)


def day(at: int | None) -> date | None:
    return None if at is None else from_micros(at).date()


def age_now(shown: Shown, image: Image, clock: int) -> int | None:
    today, acquired = day(clock), day(image.acquired_at)
    if shown.born_on is not None:
        return bounded(years(shown.born_on, today))
    if shown.age is None or shown.age >= 18 or acquired is None or acquired >= today:
        return bounded(shown.age)
    return bounded(shown.age + years(acquired, today))


def age_when_taken(shown: Shown, image: Image) -> int | None:
    if shown.born_on is None:
        return bounded(shown.age)
    acquired = day(image.acquired_at)
    return None if acquired is None else bounded(years(shown.born_on, acquired))


def age_when_given(shown: Shown, image: Image, given_at: int | None) -> int | None:
    given, acquired = day(given_at), day(image.acquired_at)
    if given is None:
        return None
    if shown.born_on is not None:
        return bounded(years(shown.born_on, given))
    if shown.age is None or acquired is None:
        return None
    if given >= acquired:
        return bounded(shown.age + years(acquired, given))
    whole = years(given, acquired)
    partly = (given.month, given.day) != (acquired.month, acquired.day)
    return bounded(shown.age - whole - partly)


# The later of two that happen at one instant is the one that denies most.
ORDER = ["UNKNOWN", "GIVEN", "RENEWED", "REQUESTED", "EXPIRED", "REVOKED_BY_CONTROLLER", "INVALIDATED", "REFUSED"]
ORDER += ["WITHDRAWN"]


@dataclass(frozen=True)
class State:
    """How a record stands at a clock: since when, the last consent, and whether that names its end."""

    status: ConsentStatus
    given_at: int | None = None
    since: int | None = None
    has_term: bool = False


def state(happened: list[Occurrence], clock: int) -> State:
    past = [event for event in happened if event.at <= clock]
    if not past:
        return State(ConsentStatus.UNKNOWN)
    last_at = max(event.at for event in past)
    harshest = max((e.state for e in past if e.at == last_at), key=lambda s: ORDER.index(s.value))
    given_at = max((e.at for e in past if e.state in GIVEN), default=None)
    expiry = min(e.expires_at for e in past if e.at == last_at and e.state is harshest)
    if harshest in GIVEN and expiry < clock:
        return State(ConsentStatus.EXPIRED, given_at, max(expiry + 1, last_at))
    return State(harshest, given_at, last_at, harshest in GIVEN and expiry < NEVER)


def names(record: Record, image: Image) -> bool:
    """Whether the scope of a record names an image."""
    by_source = image.source_url is not None and image.source_url.startswith("https://a.example/") and record.sources
    return image.name in record.items or bool(by_source)


def scoped(record: Record) -> bool:
    return bool(record.items or record.sources)


def refuses(record: Record, image: Image, own: list[Image]) -> bool:
    """Whether a refusal reaches an image of its person, of whom these are all images."""
    if not scoped(record) or names(record, image):
        return True
    entries = [replace(record, items=(item,), sources=()) for item in record.items]
    entries += [replace(record, items=(), sources=(source,)) for source in record.sources]
    return any(not any(names(entry, one) for one in own) for entry in entries)


def naive(image: Image, world: World, clock: int) -> FactSet:
    ended = image.licence_ends_at is not None and image.licence_ends_at < clock
    ahead = image.acquired_at is not None and image.acquired_at > clock
    item = replace(item_facts(image), signals=SignalFacts(licence_ended=ended), acquired_in_future=ahead)
    return FactSet(item, tuple(person_now(shown, image, world, clock) for shown in image.people))


def person_now(shown: Shown, image: Image, world: World, clock: int) -> PersonFacts:
    own_images = [one for one in world.images.values() if shown.ref in [person.ref for person in one.people]]
    own = {name: known for name, known in world.told.items() if shown.ref is not None and OWNERS[name] == shown.ref}
    refused: dict[str, list[tuple[Occurrence, Record]]] = {}
    for name, known in own.items():
        refused[name] = [
            (event, one)
            for one in known.counting()
            for event in one.events
            if event.state in REFUSED and event.at <= clock and refuses(one, image, own_images)
        ]
    every = [pair for pairs in refused.values() for pair in pairs]
    facts: set[RecordFacts] = set()
    in_scope: set[tuple[str, Record]] = set()
    consented = False
    for name, known in own.items():
        last = known.versions[-1]
        happened = [*(last.events if known.stated else ()), *known.denials()]
        if not known.stated and not happened:
            continue
        if scoped(last) and not (known.stated and names(last, image)):
            continue
        in_scope.add((name, last))
        now = state(happened, clock)
        consented |= (
            last.basis is not LawfulBasis.LEGITIMATE_INTEREST
            and image.acquired_at is not None
            and state(happened, image.acquired_at).status in GIVEN
        )
        express = now.status in GIVEN and last.basis is LawfulBasis.EXPLICIT_CONSENT
        standing = [(event, one) for event, one in every if not express or event.at >= now.given_at]
        counts_years = now.status in GIVEN and not now.has_term
        facts.add(
            replace(
                terms(last),
                status=now.status,
                expired=now.status is ConsentStatus.EXPIRED,
                age_when_given=age_when_given(shown, image, now.given_at),
                years_since_last_event=min(10, (clock - now.since) // YEAR) if counts_years else None,
                has_term=now.has_term,
                refusals=refusals(standing),
            )
        )
    for name, pairs in refused.items():
        for event, one in pairs:
            # The newest of equal versions stands for a refusal.
            newest = [v for v in own[name].counting() if event in v.events and terms(v) == terms(one)][-1]
            bearer = one if scoped(one) else newest
            if (name, bearer) not in in_scope or bearer is not own[name].versions[-1]:
                told = replace(terms(one), status=event.state, refusals=refusals(every))
                facts.add(replace(told, evidence=EvidenceState.MATCHES))
    return replace(
        PersonFacts(),
        age=age_now(shown, image, clock),
        age_when_taken=age_when_taken(shown, image),
        consent_at_acquisition=consented,
        records=tuple(facts),
    )


YEAR = 365 * 86_400_000_000


def refusals(refused: list[tuple[Occurrence, Record]]) -> tuple[tuple[Purpose, ...], ...]:
    return tuple(sorted({tuple(sorted(one.purposes)) for _, one in refused}))


def terms(record: Record) -> RecordFacts:
    return RecordFacts(basis=record.basis, purposes=tuple(sorted(record.purposes)))


def item_facts(image: Image) -> ItemFacts:
    return ItemFacts(source_recorded=image.source_url is not None)


def unordered(fact_set: FactSet) -> FactSet:
    """Records stand in no order that matters."""
    ordered = tuple(replace(person, records=tuple(sorted(person.records, key=repr))) for person in fact_set.persons)
    return replace(fact_set, persons=ordered)


# --- the ledger -------------------------------------------------------------------------------------------------------


@dataclass
class World:
    """A ledger's database, and beside it what was registered in it."""

    database: object
    images: dict[str, Image] = field(default_factory=dict)
    told: dict[str, History] = field(default_factory=dict)
    collection: int = 0
    scan: int = 0
    version: int = 0

    def begin(self) -> None:
        with self.database.writing() as connection:
            self.collection = held.register(connection, "file:///photos", "1:1", 0)
            self.scan = held.begin_scan(connection, self.collection, b"", "test", 0, [])

    def take(self, several: list[object]) -> None:
        for thing in several:
            if isinstance(thing, Image):
                self.take_image(thing)
            elif isinstance(thing, Record):
                self.take_record(thing)
            elif isinstance(thing, LeftOut):
                self.leave_out(thing.record_id)
            elif isinstance(thing, Retracted):
                self.retract(thing.record_id)
            else:
                self.remove(thing.name)

    def take_image(self, image: Image) -> None:
        new = NewItem(
            key=image.name.encode(),
            size=1,
            identity="",
            facts=encode(item_facts(image)),
            source_url=image.source_url,
            acquired_on=day_number(day(image.acquired_at)),
            dates=Dates(acquired_at=image.acquired_at, licence_ends_at=image.licence_ends_at),
            people=tuple(Depicted(p.ref, encode(PersonFacts()), p.age, p.born_on) for p in image.people),
            replaces=self.number(image.name),
        )
        with self.database.writing() as connection:
            registry.register(connection, self.collection, self.scan, [new])
            reach.place_refusals(connection, [self.collection])
        self.images[image.name] = image

    def take_record(self, record: Record) -> None:
        known = self.told.setdefault(record.record_id, History())
        if not known.stated or known.versions[-1] != record:
            known.versions.append(record)
        known.stated = True
        self.state()

    def leave_out(self, record_id: str) -> None:
        if record_id in self.told:
            self.told[record_id].stated = False
            self.state()

    def state(self) -> None:
        """Give the register in a new version."""
        self.version += 1
        with self.database.writing() as connection:
            given_now = Given(SourceKind.REGISTER, "register", "/no/such/file", b"%d" % self.version, 0)
            taken = statements.take(connection, given_now, [self.collection], self.version)
            stated = [new_record(known.versions[-1]) for known in self.told.values() if known.stated]
            consents.take(connection, taken, stated, self.version)

    def retract(self, record_id: str) -> None:
        known = self.told.get(record_id, History())
        if any(event.state in DENYING for one in known.versions for event in one.events):
            with self.database.writing() as connection:
                version = statements.find(connection, SourceKind.REGISTER, "register")
                consents.retract(connection, version, record_id, by="A. Lee", reason="an error", at=0)
            known.retracted = len(known.versions)

    def remove(self, name: str) -> None:
        number = self.number(name)
        if number is not None:
            with self.database.writing() as connection:
                registry.retire_absent(connection, [number], self.scan)
                reach.place_refusals(connection, [self.collection])
            del self.images[name]

    def number(self, name: str) -> int | None:
        with self.database.reading() as connection:
            found = held.current(connection, self.collection, [name.encode()])
        return found[name.encode()].id if found else None

    def derived(self, clock: int) -> dict[str, FactSet]:
        """The facts of every image at the clock, as the gate derives them now."""
        derivation.refresh(self.database, [self.collection], clock, Silent())
        item, facts = schema.item.c, schema.item_facts.c
        with self.database.reading() as connection:
            assert derivation.holds(connection, [self.collection], clock)
            checks.verify(connection, "the ledger", *schema.DERIVED)
            rows = connection.execute(
                sa.select(item.key, facts.fact_set_id, facts.valid_from, facts.valid_until)
                .join(schema.item_facts, facts.item_id == item.id)
                .where(item.current)
            ).all()
            assert all(row.valid_from <= clock < row.valid_until for row in rows)
            counted = {n: images for _, n, images in connection.execute(sa.select(schema.fact_set_count)) if images}
            assert counted == Counter(row.fact_set_id for row in rows)
            decoded = dict(fact_sets.load(connection, {row.fact_set_id for row in rows}, signed_only=False))
        return {bytes(row.key).decode(): unordered(decoded[row.fact_set_id]) for row in rows}

    def expected(self, clock: int) -> dict[str, FactSet]:
        return {name: unordered(naive(image, self, clock)) for name, image in self.images.items()}


def new_record(record: Record) -> NewRecord:
    return NewRecord(
        record_id=record.record_id,
        person=record.person,
        facts=encode(terms(record)),
        header=repr(replace(record, events=())),
        line=1,
        events=record.events,
        items=tuple((0, item) for item in record.items),
        sources=record.sources,
    )


def emptied(database) -> World:
    kept = [table for table in schema.metadata.sorted_tables if table is not schema.alembic_version]
    with database.writing() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql(f"TRUNCATE {', '.join(table.name for table in kept)}")
        for table in reversed(kept if database.is_sqlite else []):
            connection.execute(sa.delete(table))
    world = World(database)
    world.begin()
    return world
