"""Two gates over one ledger at once: neither fails, nothing is lost, and no verdict is taken from the other's clock."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

import pytest

import provenance as pv
from provenance.errors import VerdictsStale
from provenance.vocabulary import Decision

GIVEN, WITHDRAWN = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
BETWEEN, AFTER = datetime(2026, 6, 15, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC)
EVENTS = [("GIVEN", GIVEN.isoformat()), ("WITHDRAWN", WITHDRAWN.isoformat())]


def decisions(verdicts):
    return [(v.item, v.decision, v.reason) for v in verdicts]


def test_two_processes_that_both_create_the_ledger(workspace, image):
    names = [f"{seed:03}.png" for seed in range(60)]
    for seed, name in enumerate(names):
        workspace.add(name, image(seed))
    workspace.clear(*names)
    running = [workspace.start(*workspace.gate_arguments()) for _ in range(3)]
    for process in running:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert len(out.splitlines()) == len(names)
    with sqlite3.connect(workspace.ledger) as ledger:
        assert ledger.execute("SELECT count(*), count(DISTINCT key) FROM item WHERE current").fetchone() == (60, 60)
        assert ledger.execute("SELECT count(*) FROM content").fetchone() == (60,)
        assert ledger.execute("SELECT count(*) FROM gate").fetchone() == (3,)
        assert ledger.execute("SELECT sum(images) FROM fact_set_count").fetchone() == (60,)


@pytest.mark.slow
def test_two_processes_at_two_clocks(workspace, consented):
    records = consented("a.png", EVENTS)
    assert workspace.run(*workspace.scan_arguments("--records", str(records))).status == 0
    started = [
        (clock, workspace.start(*workspace.gate_arguments("--as-of", clock.isoformat())))
        for clock in (BETWEEN, AFTER) * 3
    ]
    for clock, process in started:
        _, err = process.communicate(timeout=120)
        assert process.returncode == (0 if clock is BETWEEN else 1), err


def test_verdicts_keep_their_clock_when_another_gate_moves_it(workspace, consented):
    records = consented("a.png", EVENTS)
    with pv.open(workspace.ledger) as one, pv.open(workspace.ledger) as other:
        one.scan(workspace.photos, manifest=workspace.manifest, records=records)
        early = one.gate(workspace.photos, purpose="MODEL_TRAINING", as_of=BETWEEN)
        late = other.gate(workspace.photos, purpose="MODEL_TRAINING", as_of=AFTER)
        for _ in range(2):
            assert [v.decision for v in early] == [Decision.ALLOW]
            assert [v.decision for v in late] == [Decision.BLOCK]
        assert early.passed()
        assert not late.passed()


def test_a_gate_that_another_overtakes_counts_its_own_facts(workspace, consented, monkeypatch):
    """Between deriving and counting, another process gates at another clock: its facts must not be counted."""
    from provenance.gate import tallies

    records = consented("a.png", EVENTS)
    with pv.open(workspace.ledger) as one, pv.open(workspace.ledger) as other:
        one.scan(workspace.photos, manifest=workspace.manifest, records=records)
        real = tallies.decide
        overtaken = []

        def decide(database, *rest):
            done = real(database, *rest)
            if not overtaken:
                overtaken.append(True)
                assert other.gate(workspace.photos, purpose="MODEL_TRAINING", as_of=BETWEEN).passed()
            return done

        monkeypatch.setattr(tallies, "decide", decide)
        verdicts = one.gate(workspace.photos, purpose="MODEL_TRAINING", as_of=AFTER)
        assert overtaken
        assert not verdicts.passed()
        assert verdicts.counts == {Decision.BLOCK: 1}


def test_an_image_that_another_process_scans_meanwhile_is_not_left_out(workspace, row):
    workspace.add("a.png")
    workspace.clear("a.png")
    with pv.open(workspace.ledger) as one, pv.open(workspace.ledger) as other:
        one.scan(workspace.photos, manifest=workspace.manifest)
        verdicts = one.gate(workspace.photos, purpose="MODEL_TRAINING")
        workspace.declare([row("a.png", acquisition_method="UNTARGETED_SCRAPE", persons_status="UNKNOWN")])
        other.scan(workspace.photos, manifest=workspace.manifest)
        with pytest.raises(VerdictsStale, match="changed since the gate"):
            list(verdicts)
        assert not one.gate(workspace.photos, purpose="MODEL_TRAINING").passed()


def test_scans_and_gates_at_the_same_time_all_finish(workspace, image):
    names = [f"{seed:03}.png" for seed in range(40)]
    for seed, name in enumerate(names):
        workspace.add(name, image(seed))
    workspace.clear(*names)
    running = [workspace.start(*workspace.scan_arguments()), workspace.start(*workspace.gate_arguments())]
    for process in running:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    assert workspace.gate().status == 0
