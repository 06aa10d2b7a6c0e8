"""What gates keep from one to the next is what they would find from nothing, whatever happened in between.

A random ledger (`histories`) grows step by step, and its clock moves to and fro. After each step some policies count,
others are left behind, and all that is kept must equal what a plain reading of the ledger gives.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gate.histories import Image, Record, Shown, World, emptied, instants, steps
from provenance.errors import LedgerError
from provenance.gate import fact_sets, tallies
from provenance.gate import facts as derivation
from provenance.gate.decide import PolicyVersion
from provenance.ledger import checks, counts, idle_records, schema, schema_kept
from provenance.ledger.rebuild import prune
from provenance.ledger.spans import Occurrence
from provenance.model import Context, from_micros, to_micros
from provenance.policy.packs import load_packs
from provenance.policy.reasons import load_reasons
from provenance.run.progress import Silent
from provenance.vocabulary import ConsentStatus, Decision, LawfulBasis, Purpose

PURPOSES = (Purpose.MODEL_TRAINING, Purpose.MODEL_EVALUATION, Purpose.WEBSITE_DISPLAY)
PACKS, REASONS = load_packs(), load_reasons()


def policy_of(purpose: Purpose, clock: int) -> PolicyVersion:
    return PolicyVersion.of(Context(as_of=from_micros(clock), purpose=purpose), PACKS, REASONS)


def counted(world: World, policy: PolicyVersion, clock: int) -> Counter[tuple[Decision, str]]:
    """What a gate under that policy counts, by what is kept."""
    derivation.refresh(world.database, [world.collection], clock, Silent())
    tallies.bring_up(world.database, policy, [world.collection], Silent())
    with world.database.reading() as connection:
        assert tallies.stand(connection, policy, [world.collection])
        checks.verify(connection, "the ledger", *schema.DERIVED)
        return tallies.counts_of(connection, policy, [world.collection])


def plainly(world: World, policy: PolicyVersion) -> Counter[tuple[Decision, str]]:
    """Every image that is held, judged by itself."""
    facts, item = schema.item_facts.c, schema.item.c
    with world.database.reading() as connection:
        held = sa.select(facts.fact_set_id).join(schema.item, item.id == facts.item_id).where(item.current)
        numbers = connection.execute(held).scalars().all()
        judged = {
            number: policy.judge.judge(facts)
            for number, facts in fact_sets.load(connection, numbers, signed_only=False)
        }
    return Counter((judged[number].decision, judged[number].reason) for number in numbers)


def idle(world: World) -> set[tuple[int, bool]]:
    """The records that reach no image, as they are kept."""
    idle_records.keep_up(world.database)
    with world.database.reading() as connection:
        kept = idle_records.idle_records(connection)
        assert kept is schema_kept.idle_record
        return {(number, bool(shown)) for number, shown in connection.execute(sa.select(kept.c.record, kept.c.shown))}


def plainly_idle(world: World) -> set[tuple[int, bool]]:
    """The same, told record by record. All is of one collection, for which the one register speaks."""
    record, shown, item, named = (
        schema.record.c,
        schema.depiction.c,
        schema.item.c,
        schema.record_scope_image.c,
    )
    with world.database.reading() as connection:
        held = sa.select(shown.person_id).join(schema.item, item.id == shown.item_id).where(item.current)
        people = set(connection.execute(held).scalars())
        reached = set(connection.execute(sa.select(named.record)).scalars())
        current = connection.execute(sa.select(record.id, record.person_id, record.scoped).where(record.current)).all()
    return {
        (number, person in people)
        for number, person, scoped in current
        if person not in people or (scoped and number not in reached)
    }


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps, st.data())
def test_what_is_kept_is_what_a_count_from_nothing_gives(database, given_steps, data):
    world = emptied(database)
    for several, clock in given_steps:
        world.take(several)
        for purpose in data.draw(st.lists(st.sampled_from(PURPOSES), unique=True)):
            policy = policy_of(purpose, clock)
            assert counted(world, policy, clock) == plainly(world, policy)
        if data.draw(st.booleans()):
            assert idle(world) == plainly_idle(world)
    for purpose in PURPOSES:
        policy = policy_of(purpose, clock)
        assert counted(world, policy, clock) == plainly(world, policy)
    assert idle(world) == plainly_idle(world)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps, st.lists(instants, min_size=2, max_size=6))
def test_a_clock_that_moves_leaves_no_count_behind(database, given_steps, clocks):
    """Within one policy version facts change with the clock, and those of all policies with them."""
    world = emptied(database)
    for several, _ in given_steps:
        world.take(several)
    policies = [policy_of(purpose, clocks[0]) for purpose in PURPOSES]
    for number, clock in enumerate(clocks):
        policy = policies[number % len(policies)]
        assert counted(world, policy, clock) == plainly(world, policy)


def test_more_changes_than_are_worth_noting_are_counted_from_nothing(database, monkeypatch):
    monkeypatch.setattr(counts, "_FEW", 0)
    test_what_is_kept_is_what_a_count_from_nothing_gives(database)


def test_no_more_than_some_policies_are_kept(database, monkeypatch):
    monkeypatch.setattr(tallies, "_MOST", 2)
    test_what_is_kept_is_what_a_count_from_nothing_gives(database)
    with database.reading() as connection:
        kept = sa.select(sa.func.count(sa.distinct(schema_kept.decision_count.c.policy)))
        assert connection.execute(kept).scalar_one() <= 2


CHANGES = (
    "UPDATE decision_count SET {column} = {column} + 1000",
    "DELETE FROM decision_count",
    "UPDATE fact_set_change SET {column} = {column} + 1000",
    "DELETE FROM fact_set_change",
)
COLUMNS = {table.name: [column.name for column in table.columns] for table in tallies.KEPT}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_kept_and_was_changed_by_hand_is_an_error(database, change):
    """When it is counted on, or by the gate that reads it afterwards."""
    table = change.split()[1 if change.startswith("UPDATE") else 2]
    for column in COLUMNS[table] if "{column}" in change else [""]:
        world, policy = changed_since(database)
        if not database.is_sqlite and column.endswith("_id"):
            continue  # the database itself refuses it
        with database.writing(derived=True) as connection:
            assert connection.exec_driver_sql(change.format(column=column)).rowcount
        with pytest.raises(LedgerError, match=f"{table} is not as it was written"):
            counted(world, policy, NOW)


def test_pruning_leaves_nothing_behind_that_names_what_was_dropped(database):
    world, policy = changed_since(database)
    with database.writing() as connection:
        prune(connection)
    assert counted(world, policy, NOW) == plainly(world, policy)


def test_an_image_that_was_not_judged_is_never_left_out_of_a_count(database):
    """As where nothing may be written: the refused image has no decision yet."""
    world, policy = changed_since(database)
    with database.reading() as connection, pytest.raises(LedgerError, match="not judged"):
        tallies.counts_of(connection, policy, [world.collection])


NOW = to_micros(datetime(2026, 3, 1, tzinfo=UTC))


def changed_since(database) -> tuple[World, PolicyVersion]:
    """A ledger of two images that was counted before the person shown in one of them refused, and derived since."""
    world, policy = emptied(database), policy_of(Purpose.MODEL_TRAINING, NOW)
    world.take([Image(name, None, None, None, (Shown(ref, 30, None),)) for name, ref in (("a", "p1"), ("b", "p2"))])
    counted(world, policy, NOW)
    refused = Occurrence(NOW - 1, ConsentStatus.REFUSED)
    world.take([Record("r1", LawfulBasis.EXPLICIT_CONSENT, (), (), (), (refused,))])
    derivation.refresh(database, [world.collection], NOW, Silent())
    return world, policy
