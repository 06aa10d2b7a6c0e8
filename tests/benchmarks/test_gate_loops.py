"""The peers that the gate is measured beside do the same work: their counts are the gate's, before and after a no."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks._ledgers import NOW, Shape, build, withdraw
from benchmarks._loops import Counts, orm_loop, plain_loop
from provenance.gate import facts, tallies
from provenance.gate.decide import PolicyVersion
from provenance.gate.facts_query import Clock
from provenance.ledger.database import Database
from provenance.model import Context, to_micros
from provenance.policy.packs import load_packs
from provenance.policy.reasons import load_reasons
from provenance.run.progress import Silent
from provenance.vocabulary import Decision, Purpose

IMAGES = 600


def gated(database: Database, policy: PolicyVersion) -> Counts:
    facts.refresh(database, [1], to_micros(NOW), Silent())
    tallies.bring_up(database, policy, [1], Silent())
    with database.reading() as connection:
        return tallies.counts_of(connection, policy, [1])


@pytest.mark.parametrize("per_record", [1, 20])
def test_loops_count_as_the_gate_does(tmp_path: Path, per_record: int) -> None:
    policy = PolicyVersion.of(Context(as_of=NOW, purpose=Purpose.MODEL_TRAINING), load_packs(), load_reasons())
    clock = Clock.of(to_micros(NOW))
    database = build(tmp_path / "ledger.db", Shape(IMAGES, per_record))
    before = gated(database, policy)
    assert sum(before.values()) == IMAGES
    assert orm_loop(database, policy, clock, IMAGES) == plain_loop(database, policy, clock, IMAGES) == before
    withdraw(database, range(1, 20))
    after = gated(database, policy)
    assert sum(n for (decision, _), n in after.items() if decision is Decision.BLOCK) > sum(
        n for (decision, _), n in before.items() if decision is Decision.BLOCK
    )
    assert orm_loop(database, policy, clock, IMAGES) == plain_loop(database, policy, clock, IMAGES) == after
    database.close()
