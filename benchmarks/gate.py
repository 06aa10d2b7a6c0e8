"""What a verdict costs: full gates over synthetic ledgers, beside an ORM entity loop and a plain Python loop.

A full gate starts from recorded facts alone: it derives every image's facts, judges every distinct combination,
stores which image has which verdict, checks the tables that it read, and says which statements reach nothing. "counts"
asks how the images of a ledger whose facts stand are judged for a purpose that was never judged, and no more; so does
"deciding". Nothing looks at a disk: no image of these ledgers has a file. Peers give the same counts, which is checked,
and judge each combination once as the gate does. Times are of the processor.
PROVENANCE_GATE_SIZES=1000000 chooses other sizes.
"""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa

from benchmarks._ledgers import NOW, Shape, build, forget, withdraw
from benchmarks._loops import orm_loop, plain_loop
from benchmarks.report import Figure, Ratio, Report
from provenance.gate import facts, tallies
from provenance.gate.decide import PolicyVersion
from provenance.gate.fact_sets import load
from provenance.gate.facts_query import Clock
from provenance.gate.image import Judging
from provenance.gate.run import counts_now, settled
from provenance.gate.run_findings import run_findings
from provenance.ledger import schema
from provenance.ledger.database import Database
from provenance.model import Context, to_micros
from provenance.policy.packs import load_packs
from provenance.policy.reasons import load_reasons
from provenance.run.progress import Silent
from provenance.vocabulary import Purpose

_REPEATS = 3
_SHARED = 200


@dataclass(frozen=True, slots=True)
class _Timed:
    """Seconds of each step over one ledger, and the peak memory of the process in megabytes."""

    full: float
    counts: float
    unchanged: float
    findings: float
    withdrawal: float
    deciding: float
    fact_sets: int
    megabytes: float


def run(quick: bool) -> Report:  # noqa: FBT001 - every benchmark has this one flag
    """Gate ledgers of 1 and 10 million images (quick: 10 and 30 thousand, which are too few to show an aim)."""
    chosen = os.environ.get("PROVENANCE_GATE_SIZES")
    sizes = [int(size) for size in chosen.split(",")] if chosen else []
    sizes = sizes or ([10_000, 30_000] if quick else [1_000_000, 10_000_000])
    sample = 5_000 if quick else 100_000
    figures: list[Figure] = []
    ratios: list[Ratio] = []
    with tempfile.TemporaryDirectory() as folder:
        for shared in (False, True):
            for size in sizes:
                path = Path(folder, f"{size}-{shared}.db")
                build(path, Shape(size, _SHARED if shared else 1)).close()
                timed = _in_child(path)
                label = "shared" if shared else "own"
                figures += _figures(timed, size, label)
                if size == sizes[0]:
                    peers = _peers(path, size, sample)
                    figures += [Figure(f"{name}, {label} records", n, us, "us/item") for name, (n, us) in peers.items()]
                    ratios += _ratios(timed, size, label, peers)
                ratios += _more_ratios(timed, size, label)
                path.unlink()
    if quick:
        ratios = [replace(ratio, aim=None) for ratio in ratios]
    return Report("gate", figures, ratios, packages=("sqlalchemy", "pydantic"), versions={"sqlite": _sqlite()})


def _figures(timed: _Timed, size: int, label: str) -> list[Figure]:
    us = 1e6 / size
    return [
        Figure(f"full gate, stored verdicts and reasons, {label} records", size, timed.full * us, "us/item"),
        Figure(f"counts for a new purpose, {label} records", size, timed.counts * us, "us/item"),
        Figure(f"gate, nothing changed, {label} records", size, timed.unchanged * us, "us/item"),
        Figure(f"of it, statements that reach nothing, {label} records", size, timed.findings * us, "us/item"),
        Figure(f"one withdrawal and the gate after it, {label} records", size, timed.withdrawal * us, "us/item"),
        Figure(f"of it, the withdrawal and deciding, {label} records", size, timed.deciding * us, "us/item"),
        Figure(f"distinct combinations, {label} records", size, timed.fact_sets, "combinations"),
        Figure(f"peak memory, {label} records", size, timed.megabytes, "MB"),
    ]


def _ratios(timed: _Timed, size: int, label: str, peers: dict[str, tuple[int, float]]) -> list[Ratio]:
    us = 1e6 / size
    full, counts = timed.full * us, timed.counts * us
    aims = {"own": ((6.0, 3.0), (4.0, 2.0)), "shared": ((2.0, 1.0), (1.5, 0.5))}[label]
    ratios = [
        Ratio(f"full gate over ORM loop, {label} records", peers["orm-loop"][1] / full, 10.0),
        Ratio(f"full gate over plain loop, {label} records", peers["plain-loop"][1] / full, 3.0),
        Ratio(f"counts for a new purpose over plain loop, {label} records", peers["plain-loop"][1] / counts, 8.0),
    ]
    for stored_aim, counts_aim in aims:
        ratios.append(Ratio(f"stored verdicts us/item, {label} records, n={size}", full, stored_aim, "lower"))
        ratios.append(Ratio(f"counts us/item, {label} records, n={size}", counts, counts_aim, "lower"))
    return ratios


def _more_ratios(timed: _Timed, size: int, label: str) -> list[Ratio]:
    return [
        Ratio(f"nothing changed us/item, {label} records, n={size}", timed.unchanged * 1e6 / size, 0.1, "lower"),
        Ratio(f"withdrawal over full gate, {label} records, n={size}", timed.withdrawal / timed.full, 0.001, "lower"),
        Ratio(f"of it, the withdrawal and deciding, {label} records, n={size}", timed.deciding / timed.full),
        Ratio(f"peak memory MB, {label} records, n={size}", timed.megabytes, 500, "lower"),
    ]


def _in_child(path: Path) -> _Timed:
    """Measure in a process of its own, so that its peak memory is the gate's."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure, (path,))


def _measure(path: Path) -> _Timed:
    database = Database.open(path)
    repeats = []
    for repeat in range(_REPEATS if path.stat().st_size < 2 << 30 else 1):
        if repeat:
            forget(database)
        full = _seconds(lambda: _gate(database, Purpose.MODEL_TRAINING))
        counts = _seconds(lambda: _decide(database, Purpose.MODEL_EVALUATION))
        unchanged = _seconds(lambda: _gate(database, Purpose.MODEL_TRAINING))
        repeats.append((full, counts, unchanged))
    with database.reading() as connection:
        fact_sets = connection.execute(sa.select(sa.func.count()).select_from(schema.fact_set)).scalar_one()
    findings = median(_seconds(partial(_findings, database)) for _ in range(_REPEATS))
    withdrawal = median(_seconds(partial(_withdraw, database, range(11, last), _gate)) for last in range(12, 17))
    deciding = median(_seconds(partial(_withdraw, database, range(11, last), _decide)) for last in range(17, 22))
    peak = _peak_megabytes()
    full, counts, unchanged = (median(values) for values in zip(*repeats, strict=True))
    database.close()
    return _Timed(full, counts, unchanged, findings, withdrawal, deciding, fact_sets, peak)


def _peak_megabytes() -> float:
    """The most memory this process held; `ru_maxrss` would start at what its parent held."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _seconds(work: Callable[[], Any]) -> float:
    gc.collect()
    started = time.process_time()
    work()
    return time.process_time() - started


def _rulings(purpose: Purpose) -> PolicyVersion:
    return PolicyVersion.of(Context(as_of=NOW, purpose=purpose), load_packs(), load_reasons())


def _gate(database: Database, purpose: Purpose) -> None:
    """A gate as users run it, but for the look at the disk and the record of it."""
    policy = _rulings(purpose)
    with settled(database, policy, [1], Silent()) as connection:
        counts_now(connection, Judging(policy), [1])
        run_findings(connection, [1], to_micros(NOW), policy.reasons_catalogue)


def _findings(database: Database) -> None:
    with database.reading() as connection:
        run_findings(connection, [1], to_micros(NOW), load_reasons())


def _decide(database: Database, purpose: Purpose) -> None:
    """How many images have which verdict, and nothing else that a gate does."""
    policy = _rulings(purpose)
    facts.refresh(database, [1], to_micros(NOW), Silent())
    tallies.bring_up(database, policy, [1], Silent())
    with database.reading() as connection:
        tallies.counts_of(connection, policy, [1])


def _withdraw(database: Database, people: Sequence[int], ask: Callable[[Database, Purpose], None]) -> None:
    """Somebody more says no, and the gate is asked again."""
    withdraw(database, people)
    ask(database, Purpose.MODEL_TRAINING)


def _peers(path: Path, size: int, sample: int) -> dict[str, tuple[int, float]]:
    """Images judged and microseconds for each by every peer. The loops' counts must agree where they overlap,
    and the plain loop's with the gate's.

    The plain loop loads every record first, so it is given every image; the ORM loop is too slow for more than some.
    """
    database = Database.open(path)
    clock = Clock.of(to_micros(NOW))
    policy = _rulings(Purpose.MODEL_TRAINING)
    assert orm_loop(database, policy, clock, 1_000) == plain_loop(database, policy, clock, 1_000)
    found = {}
    for name, loop, images in (("orm-loop", orm_loop, sample), ("plain-loop", plain_loop, size)):
        started = time.process_time()
        counted = loop(database, policy, clock, images)
        found[name] = (images, (time.process_time() - started) / images * 1e6)
    with database.reading() as connection:
        assert counted == tallies.counts_of(connection, policy, [1])
    judged = min(sample, 2_000)
    found["reference evaluator, judging alone"] = (judged, _reference(database, policy, judged))
    database.close()
    return found


def _reference(database: Database, policy: PolicyVersion, sample: int) -> float:
    """Microseconds an image of the slow, obvious evaluator that the tests hold the rules to; it remembers nothing."""
    sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "policy"))
    reference = importlib.import_module("reference")
    with database.reading() as connection:
        facts = schema.item_facts.c
        numbers = connection.execute(sa.select(facts.fact_set_id).where(facts.item_id <= sample)).scalars().all()
        fact_sets = dict(load(connection, set(numbers), signed_only=policy.context.require_signatures))
    started = time.process_time()
    for number in numbers:
        reference.evaluate(fact_sets[number], policy.context, policy.packs)
    return (time.process_time() - started) / len(numbers) * 1e6


def _sqlite() -> str:
    import sqlite3

    return sqlite3.sqlite_version
