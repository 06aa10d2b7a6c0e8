"""Killed at any moment, a scan goes on where it stopped, and the ledger is then what it would have been."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import time
import warnings
from pathlib import Path

import pytest

NOT_COMPARED = {("scan", "started_at"), ("scan", "finished_at"), ("gate", "finished_at"), ("gate", "as_of")}
"""Columns that tell when something was run. Everything else must be equal, file times included: the files are."""


def contents(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, without the columns that tell when."""
    with sqlite3.connect(path) as ledger:
        assert ledger.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        tables = [name for (name,) in ledger.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        found = {}
        for table in tables:
            columns = [row[1] for row in ledger.execute(f"PRAGMA table_info({table})")]
            kept = ", ".join(f'"{c}"' for c in columns if (table, c) not in NOT_COMPARED)
            found[table] = sorted(ledger.execute(f'SELECT {kept} FROM "{table}"').fetchall(), key=repr)
    return found


def forked(arguments: list[str], commit_seconds: float) -> int:
    """Start the command line in a process of its own that has everything imported; gives its number."""
    from provenance.cli.main import run
    from provenance.run import scan

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # 3.12 warns of forks beside threads
        process = os.fork()
    if process == 0:
        status = 2
        try:
            # Batches then end in other places than in the undisturbed scan.
            scan._COMMIT_SECONDS = commit_seconds
            status = run(arguments)
        finally:
            os._exit(status)
    return process


def ended(process: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_killed_scan_ends_as_an_undisturbed_one(crowd):
    arguments = crowd.scan_arguments("--records", "records.jsonl", "--workers", "2", "--quiet")
    assert ended(forked(arguments, 2.0)) == 0
    crowd.ledger.unlink()
    started = time.monotonic()
    assert ended(forked(arguments, 2.0)) == 0
    lasted = time.monotonic() - started
    wanted = contents(crowd.ledger)
    assert len(wanted["item"]) == 400

    rng = random.Random(time.time_ns())
    kills = rounds = 0
    while kills < 24 and rounds < 60:
        rounds += 1
        shutil.rmtree(crowd.root / "ledger.db.index", ignore_errors=True)
        for file in crowd.root.glob("ledger.db*"):
            file.unlink(missing_ok=True)  # SQLite removes some itself when a connection is let go
        # Mostly three kills a ledger, at moments spread over the time that a scan takes.
        for _ in range(3):
            process = forked(arguments, rng.choice((0.0, 0.02, 0.2)))
            time.sleep(rng.uniform(0.05, 0.9) * lasted)
            os.kill(process, signal.SIGKILL)
            status = ended(process)
            if status == 0:
                break
            kills += 1
        if status != 0:
            assert ended(forked(arguments, 2.0)) == 0
        found = contents(crowd.ledger)
        if len(found["scan"]) > 1:
            # Killed after its end was noted: the next run was a second scan of its own, which found nothing to do.
            assert found["scan"][0][1:] == found["scan"][1][1:]
            found["scan"] = found["scan"][:1]
        for table, rows in wanted.items():
            assert found[table] == rows, table
    assert kills >= 24


@pytest.mark.slow
def test_a_killed_gate_ends_as_an_undisturbed_one(crowd):
    fixed = ("--as-of", "2026-10-01T00:00:00+00:00", "--records", "records.jsonl")
    arguments = crowd.gate_arguments(*fixed)
    assert crowd.run(*crowd.scan_arguments("--records", "records.jsonl")).status == 0
    scanned = crowd.root / "scanned.db"
    with sqlite3.connect(crowd.ledger) as ledger:
        ledger.execute("VACUUM INTO ?", (str(scanned),))
    started = time.monotonic()
    ran = crowd.gate(*fixed)
    lasted = time.monotonic() - started
    assert ran.status == 1, ran.err
    wanted = contents(crowd.ledger)
    rng = random.Random(time.time_ns())
    for _ in range(6):
        shutil.rmtree(crowd.root / "ledger.db.index", ignore_errors=True)
        for file in crowd.root.glob("ledger.db*"):
            file.unlink(missing_ok=True)  # SQLite removes some itself when a connection is let go
        shutil.copy(scanned, crowd.ledger)
        process = forked([*arguments, "--output", "jsonl:killed"], 2.0)
        time.sleep(rng.uniform(0.0, 1.2) * lasted)
        os.kill(process, signal.SIGKILL)
        ended(process)
        again = crowd.gate(*fixed)
        assert (again.status, again.verdicts) == (1, ran.verdicts)
        found = contents(crowd.ledger)
        for table in wanted.keys() - {"gate", "scan"}:
            assert found[table] == wanted[table], table
