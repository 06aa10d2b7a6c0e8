"""What SQL derives about an image against a plain reading of the same ledger, however often the clock moves.

A random ledger (`histories`) grows step by step. After each step it is gated at a random clock, past or future. The
facts derived must be what a naive reading of everything stated so far gives, and what a new ledger that never saw
another clock derives.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gate.histories import Image, Record, Shown, emptied, images, instants, records, steps
from provenance.gate import facts as derivation
from provenance.ledger import registry, schema
from provenance.ledger.registry import Dates, NewItem
from provenance.ledger.schema import NEVER
from provenance.ledger.spans import STATUSES, Occurrence
from provenance.model import to_micros
from provenance.policy.facts import ItemFacts
from provenance.policy.summarise import encode
from provenance.run.progress import Silent
from provenance.vocabulary import ConsentStatus, LawfulBasis, PersonsStatus, Purpose


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_what_is_derived_step_by_step_is_what_a_plain_reading_gives(database, given_steps):
    world = emptied(database)
    for several, clock in given_steps:
        world.take(several)
        assert world.derived(clock) == world.expected(clock)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps, st.lists(instants, min_size=1, max_size=6))
def test_clocks_may_move_to_and_fro(database, given_steps, clocks):
    world = emptied(database)
    for several, _ in given_steps:
        world.take(several)
    for clock in clocks:
        assert world.derived(clock) == world.expected(clock)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(images, max_size=4), st.lists(records, max_size=4), st.lists(instants, max_size=3), instants, st.randoms()
)
def test_a_ledger_that_saw_other_clocks_agrees_with_one_that_did_not(database, shown, stated, clocks, clock, rng):
    """Whether images or their people's records are told first, and the gates in between, leave no trace."""
    stated = list({record.record_id: record for record in stated}.values())
    world = emptied(database)
    for thing in (*shown, *stated):
        world.take([thing])
        if clocks:
            world.derived(rng.choice(clocks))
    told = world.derived(clock)
    fresh = emptied(database)
    fresh.take([*stated, *world.images.values()])
    assert fresh.derived(clock) == told


def test_a_birthday_comes_at_midnight_utc(database):
    world = emptied(database)
    born = date(2008, 11, 23)
    world.take([Image("a.png", None, None, None, (Shown("p1", None, born),))])
    midnight = to_micros(datetime(2026, 11, 23, tzinfo=UTC))
    for clock, age in ((midnight - 1, 17), (midnight, 18), (midnight - 1, 17), (midnight + 10**12, 18)):
        assert world.derived(clock)["a.png"].persons[0].age == age


START = to_micros(datetime(2026, 1, 1, tzinfo=UTC))


def test_a_look_counts_from_when_it_was_taken_and_not_at_an_earlier_clock(database):
    world = emptied(database)
    nobody = ItemFacts(persons_status=PersonsStatus.NONE, persons_reviewer=True)
    with database.writing() as connection:
        dates = Dates(looked_at=START)
        new = NewItem(key=b"a.png", size=1, identity="", facts=encode(nobody), dates=dates)
        registry.register(connection, world.collection, world.scan, [new])
    for clock, counts in ((START + 10, True), (START - 10, False), (START, True), (START - 1, False)):
        assert world.derived(clock)["a.png"].item.persons_reviewer is counts


def explicit(record_id: str, *happened: Occurrence, purposes: tuple[Purpose, ...] = ()) -> Record:
    return Record(record_id, LawfulBasis.EXPLICIT_CONSENT, purposes, (), (), happened)


def test_one_event_makes_only_its_own_images_new(database):
    world = emptied(database)
    shown = (Shown("p1", 30, None),)
    world.take([Image("a.png", None, None, None, shown), Image("b.png", None, None, None, (Shown("p2", 30, None),))])
    world.derived(START)
    world.take([explicit("r1", Occurrence(START - 5, ConsentStatus.GIVEN, NEVER - 1))])
    assert derivation.refresh(database, [world.collection], START, Silent()) == 1
    assert derivation.refresh(database, [world.collection], START, Silent()) == 0
    year = int(timedelta(days=365) / timedelta(microseconds=1))
    assert derivation.refresh(database, [world.collection], START + year, Silent()) == 0


def test_only_a_later_express_consent_outlives_a_refusal(database):
    training, website = (Purpose.MODEL_TRAINING,), (Purpose.WEBSITE_DISPLAY,)
    for refused_at, refused, expected in (
        (START, training, (training,)),
        (START, (), ((),)),
        (START, website, (website,)),
        (START + 1, training, (training,)),
        (START - 1, training, ()),
    ):
        world = emptied(database)
        world.take([Image("a.png", None, None, None, (Shown("p1", 30, None),))])
        world.take([explicit("r1", Occurrence(START, ConsentStatus.GIVEN), purposes=training)])
        world.take([explicit("r2", Occurrence(refused_at, ConsentStatus.REFUSED), purposes=refused)])
        facts = world.derived(START + 10)["a.png"].persons[0].records
        assert {r.refusals for r in facts if r.status is ConsentStatus.GIVEN} == {expected}


def test_a_value_that_was_changed_by_hand_is_an_error_when_facts_are_derived(database):
    import pytest

    from provenance.errors import LedgerError

    world = emptied(database)
    world.take([Image("a.png", None, None, None, (Shown("p1", 30, None),))])
    world.take([explicit("r1", Occurrence(START, ConsentStatus.WITHDRAWN))])
    with database.writing() as connection:
        connection.execute(sa.update(schema.consent_state).values(status=STATUSES.index(ConsentStatus.GIVEN)))
    with pytest.raises(LedgerError, match="consent_state is not as it was written"):
        world.derived(START + 10)
