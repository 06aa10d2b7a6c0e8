"""What SQL derives about an image against a plain reading of the same ledger, however often the clock moves.

A random ledger grows step by step: images, people, consents with scopes and events, corrections, removals. After each
step it is gated at a random clock, past or future. The facts derived must be what a naive reading of everything
registered so far gives, and what a new ledger that never saw another clock derives.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.gate import fact_sets
from provenance.gate import facts as derivation
from provenance.ledger import collections as held
from provenance.ledger import consents, registry, schema
from provenance.ledger.consents import NewRecord
from provenance.ledger.registry import Depicted, NewItem, day_number
from provenance.ledger.schema import NEVER
from provenance.ledger.spans import DENIED, GIVEN, STATUSES, Occurrence
from provenance.model import SignalFacts, from_micros, to_micros
from provenance.policy.facts import FactSet, ItemFacts, PersonFacts, RecordFacts
from provenance.policy.summarise import encode
from provenance.run.progress import Silent
from provenance.vocabulary import ConsentForm, ConsentStatus, LawfulBasis, Purpose

MEAN_YEAR = 31_556_952_000_000
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
refs = st.sampled_from(["p1", "p2"])
names = st.sampled_from(["a.png", "b.png", "c.png"])
sources = st.sampled_from([None, "https://a.example/u1/7.png", "https://b.example/7.png"])
statuses = st.sampled_from([s for s in STATUSES if s is not ConsentStatus.UNKNOWN])
events = st.lists(st.builds(Occurrence, instants, statuses, st.one_of(st.just(NEVER), instants)), max_size=3)


@dataclass(frozen=True)
class DiskDiff:
    ref: str | None
    age: int | None
    born_on: date | None


@dataclass(frozen=True)
class Image:
    name: str
    source_url: str | None
    acquired_at: int | None
    licence_ends_at: int | None
    people: tuple[DiskDiff, ...]


@dataclass(frozen=True)
class Record:
    record_id: str
    person: str
    purposes: tuple[Purpose, ...]
    items: tuple[str, ...]
    sources: tuple[str, ...]
    events: tuple[Occurrence, ...]
    express: bool = True


@dataclass(frozen=True)
class Removal:
    name: str


people = st.builds(
    DiskDiff,
    st.one_of(refs, refs, st.none()),
    st.one_of(st.none(), st.integers(0, 20)),
    st.one_of(st.none(), st.sampled_from(DAYS)),
)
images = st.builds(
    Image,
    names,
    sources,
    st.one_of(st.none(), instants),
    st.one_of(st.none(), instants),
    st.lists(people, max_size=2).map(tuple),
)
records = st.builds(
    Record,
    st.sampled_from(["r1", "r2", "r3"]),
    refs,
    purposes,
    st.one_of(st.just(()), names.map(lambda name: (name,))),
    st.one_of(st.just(()), st.just(("https://a.example/",))),
    events.map(tuple),
    st.booleans(),
)
steps = st.lists(
    st.tuples(st.lists(st.one_of(images, records, st.builds(Removal, names)), max_size=5), instants),
    min_size=1,
    max_size=4,
)


# --- a naive reading --------------------------------------------------------------------------------------------------


def years(earlier: date, later: date) -> int:
    return later.year - earlier.year - ((later.month, later.day) < (earlier.month, earlier.day))


def bounded(age: int | None) -> int | None:
    return None if age is None else min(max(age, 0), 18)


def day(at: int | None) -> date | None:
    return None if at is None else from_micros(at).date()


def age_now(shown: DiskDiff, image: Image, clock: int) -> int | None:
    today, acquired = day(clock), day(image.acquired_at)
    if shown.born_on is not None:
        return bounded(years(shown.born_on, today))
    if shown.age is None or shown.age >= 18 or acquired is None or acquired >= today:
        return bounded(shown.age)
    return bounded(shown.age + years(acquired, today))


def age_when_taken(shown: DiskDiff, image: Image) -> int | None:
    if shown.born_on is None:
        return bounded(shown.age)
    acquired = day(image.acquired_at)
    return None if acquired is None else bounded(years(shown.born_on, acquired))


def age_when_given(shown: DiskDiff, image: Image, given_at: int | None) -> int | None:
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


def state(happened: tuple[Occurrence, ...], clock: int) -> tuple[ConsentStatus, int | None, int | None]:
    """The state at the clock, the last consent, and when the state came about."""
    past = [event for event in happened if event.at <= clock]
    if not past:
        return ConsentStatus.UNKNOWN, None, None
    last_at = max(event.at for event in past)
    harshest = max((e.state for e in past if e.at == last_at), key=lambda s: ORDER.index(s.value))
    given_at = max((e.at for e in past if e.state in GIVEN), default=None)
    expiry = min(e.expires_at for e in past if e.at == last_at and e.state is harshest)
    if harshest in GIVEN and expiry < clock:
        return ConsentStatus.EXPIRED, given_at, max(expiry + 1, last_at)
    return harshest, given_at, last_at


def reaches(record: Record, image: Image) -> bool:
    if not record.items and not record.sources:
        return True
    by_source = image.source_url is not None and any(image.source_url.startswith(s) for s in record.sources)
    return image.name in record.items or by_source


def naive(image: Image, known: dict[str, Record], clock: int) -> FactSet:
    ended = image.licence_ends_at is not None and image.licence_ends_at < clock
    shown = []
    for person in image.people:
        own = [r for r in known.values() if person.ref is not None and r.person == person.ref and reaches(r, image)]
        facts = set()
        for record in own:
            status, given_at, since = state(record.events, clock)
            refused = {
                tuple(sorted(other.purposes))
                for other in own
                if (refused_at := last(other, DENIED, clock)) is not None
                and not (record.express and given_at is not None and given_at > refused_at)
            }
            begun = [e for e in record.events if e.at == since and e.state in GIVEN and e.expires_at < NEVER]
            facts.add(
                replace(
                    terms(record),
                    status=status,
                    expired=status is ConsentStatus.EXPIRED,
                    refusals=tuple(sorted(refused)),
                    years_since_last_event=None if given_at is None else min((clock - given_at) // MEAN_YEAR, 10),
                    has_term=bool(begun),
                    age_when_given=age_when_given(person, image, given_at),
                )
            )
        acquired = image.acquired_at
        shown.append(
            replace(
                PersonFacts(),
                consent_at_acquisition=acquired is not None
                and any(state(record.events, acquired)[0] in GIVEN for record in own),
                age=age_now(person, image, clock),
                age_when_taken=age_when_taken(person, image),
                records=tuple(facts),
            )
        )
    ahead = image.acquired_at is not None and image.acquired_at > clock
    item = replace(item_facts(image), signals=SignalFacts(licence_ended=ended), acquired_in_future=ahead)
    return FactSet(item, tuple(shown))


def last(record: Record, states: frozenset[ConsentStatus], clock: int) -> int | None:
    return max((event.at for event in record.events if event.state in states and event.at <= clock), default=None)


def terms(record: Record) -> RecordFacts:
    form = ConsentForm.EXPRESS if record.express else None
    return RecordFacts(basis=LawfulBasis.CONSENT, purposes=tuple(sorted(record.purposes)), form=form)


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
    records: dict[str, Record] = field(default_factory=dict)
    collection: int = 0
    scan: int = 0

    def begin(self) -> None:
        with self.database.writing() as connection:
            self.collection = held.register(connection, "file:///photos")
            self.scan = held.begin_scan(connection, self.collection, b"", "test", 0)

    def take(self, things: list[Image | Record | Removal]) -> None:
        for thing in things:
            if isinstance(thing, Image):
                self.take_image(thing)
            elif isinstance(thing, Record):
                self.take_record(thing)
            else:
                self.remove(thing.name)

    def take_image(self, image: Image) -> None:
        new = NewItem(
            key=image.name.encode(),
            file_name=image.name,
            size=1,
            modified_ns=1,
            facts=encode(item_facts(image)),
            source_url=image.source_url,
            acquired_at=image.acquired_at,
            acquired_on=day_number(day(image.acquired_at)),
            licence_ends_at=image.licence_ends_at,
            people=tuple(Depicted(p.ref, encode(PersonFacts()), p.age, p.born_on) for p in image.people),
            replaces=self.number(image.name),
        )
        with self.database.writing() as connection:
            registry.register(connection, self.collection, self.scan, [new])
        self.images[image.name] = image

    def take_record(self, record: Record) -> None:
        # Events are only ever added: an earlier telling of the same record stands beside this one.
        before = self.records.get(record.record_id)
        happened = tuple(dict.fromkeys((*(before.events if before else ()), *record.events)))
        new = NewRecord(
            record_id=record.record_id,
            person=record.person,
            facts=encode(terms(record)),
            header=repr(replace(record, events=())),
            file="records.jsonl",
            line=1,
            events=record.events,
            items=record.items,
            sources=record.sources,
        )
        with self.database.writing() as connection:
            consents.register(connection, [new])
        self.records[record.record_id] = replace(record, events=happened)

    def remove(self, name: str) -> None:
        number = self.number(name)
        if number is not None:
            with self.database.writing() as connection:
                registry.retire_absent(connection, [number])
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
            rows = connection.execute(
                sa.select(item.key, facts.fact_set_id, facts.valid_from, facts.valid_until)
                .join(schema.item_facts, facts.item_id == item.id)
                .where(item.current)
            ).all()
            assert all(row.valid_from <= clock < row.valid_until for row in rows)
            counted = {n: images for _, n, images in connection.execute(sa.select(schema.fact_set_count)) if images}
            assert counted == Counter(row.fact_set_id for row in rows)
            decoded = dict(fact_sets.load(connection, {row.fact_set_id for row in rows}))
        return {bytes(row.key).decode(): unordered(decoded[row.fact_set_id]) for row in rows}


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


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_what_is_derived_step_by_step_is_what_a_plain_reading_gives(database, given_steps):
    world = emptied(database)
    for things, clock in given_steps:
        world.take(things)
        found = world.derived(clock)
        wanted = {name: unordered(naive(image, world.records, clock)) for name, image in world.images.items()}
        assert found == wanted


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps, st.lists(instants, min_size=1, max_size=6))
def test_clocks_may_move_to_and_fro(database, given_steps, clocks):
    world = emptied(database)
    for things, _ in given_steps:
        world.take(things)
    for clock in clocks:
        found = world.derived(clock)
        assert found == {name: unordered(naive(image, world.records, clock)) for name, image in world.images.items()}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(images, records), max_size=8), st.lists(instants, max_size=3), instants, st.randoms())
def test_a_ledger_that_saw_other_clocks_agrees_with_one_that_did_not(database, things, clocks, clock, rng):
    """The order in which images and records are told, and the gates in between, leave no trace in what is derived."""
    world = emptied(database)
    for thing in things:
        world.take([thing])
        if clocks:
            world.derived(rng.choice(clocks))
    told = world.derived(clock)
    fresh = emptied(database)
    fresh.take([*world.records.values(), *world.images.values()])
    assert fresh.derived(clock) == told


def test_a_birthday_comes_at_midnight_utc(database):
    world = emptied(database)
    born = date(2008, 11, 23)
    world.take([Image("a.png", None, None, None, (DiskDiff("p1", None, born),))])
    midnight = to_micros(datetime(2026, 11, 23, tzinfo=UTC))
    for clock, age in ((midnight - 1, 17), (midnight, 18), (midnight - 1, 17), (midnight + 10**12, 18)):
        assert world.derived(clock)["a.png"].persons[0].age == age


def test_one_event_makes_only_its_own_images_new(database):
    world = emptied(database)
    shown = (DiskDiff("p1", 30, None),)
    world.take([Image("a.png", None, None, None, shown), Image("b.png", None, None, None, (DiskDiff("p2", 30, None),))])
    start = to_micros(datetime(2026, 1, 1, tzinfo=UTC))
    world.derived(start)
    world.take([Record("r1", "p1", (), (), (), (Occurrence(start - 5, ConsentStatus.GIVEN),))])
    assert derivation.refresh(database, [world.collection], start, Silent()) == 1
    assert derivation.refresh(database, [world.collection], start, Silent()) == 0
    days = int(timedelta(days=360) / timedelta(microseconds=1))
    assert derivation.refresh(database, [world.collection], start + days, Silent()) == 0
    # A year after its last event a record is a year old.
    assert derivation.refresh(database, [world.collection], start + MEAN_YEAR, Silent()) == 1


def test_a_refusal_of_the_same_instant_is_not_outlived_and_only_an_express_consent_outlives(database):
    at = to_micros(datetime(2026, 1, 1, tzinfo=UTC))
    training = (Purpose.MODEL_TRAINING,)
    for refused_at, refused, express, refusals in (
        (at, training, True, (training,)),
        (at, (), True, ((),)),
        (at + 1, training, True, (training,)),
        (at - 1, training, True, ()),
        (at - 1, training, False, (training,)),
    ):
        world = emptied(database)
        world.take([Image("a.png", None, None, None, (DiskDiff("p1", 30, None),))])
        world.take([Record("r1", "p1", training, (), (), (Occurrence(at, ConsentStatus.GIVEN),), express)])
        world.take([Record("r2", "p1", refused, (), (), (Occurrence(refused_at, ConsentStatus.REFUSED),))])
        records = world.derived(at + 10)["a.png"].persons[0].records
        assert {r.refusals for r in records if r.status is ConsentStatus.GIVEN} == {refusals}


def test_a_refusal_of_a_record_that_was_given_anew_still_binds_another(database):
    at = to_micros(datetime(2026, 1, 1, tzinfo=UTC))
    training = (Purpose.MODEL_TRAINING,)
    anew = (
        Occurrence(at, ConsentStatus.GIVEN),
        Occurrence(at + 1, ConsentStatus.WITHDRAWN),
        Occurrence(at + 2, ConsentStatus.GIVEN),
    )
    world = emptied(database)
    world.take([Image("a.png", None, None, None, (DiskDiff("p1", 30, None),))])
    world.take([Record("r1", "p1", training, (), (), anew)])
    world.take([Record("r2", "p1", training, (), (), (Occurrence(at, ConsentStatus.GIVEN),), express=False)])
    records = world.derived(at + 10)["a.png"].persons[0].records
    assert {record.form: record.refusals for record in records} == {ConsentForm.EXPRESS: (), None: (training,)}
