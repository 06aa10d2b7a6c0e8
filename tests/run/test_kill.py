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

from ledger_rows import rows
from provenance.run.parts import write

_OF_RUNS = {"scan", "scan_end", "scan_source", "gate", "gate_collection", "gate_exception", "chain_head"}
"""Tables that grow with each run, whether or not it finds anything to do."""


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
@pytest.mark.parametrize("engine", ["inline", "threads", "processes"])
def test_a_killed_scan_ends_as_an_undisturbed_one(crowd, engine):
    arguments = crowd.scan_arguments("--records", "records.jsonl", "--engine", engine, "--workers", "2", "--quiet")
    assert ended(forked(arguments, 2.0)) == 0
    crowd.ledger.unlink()
    started = time.monotonic()
    assert ended(forked(arguments, 2.0)) == 0
    lasted = time.monotonic() - started
    wanted = rows(crowd.ledger)
    assert len(wanted["item"]) == 400

    rng = random.Random(time.time_ns())
    kills = rounds = 0
    while kills < 6 and rounds < 15:
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
        found = rows(crowd.ledger)
        # Killed after its end was noted, the next run was a second scan of its own, which found nothing to do.
        for table in wanted.keys() - (_OF_RUNS if len(found["scan"]) > 1 else set()):
            assert found[table] == wanted[table], table
    assert kills >= 6


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="there are no process groups here")
@pytest.mark.parametrize("engine", ["inline", "threads", "processes"])
def test_ctrl_c_ends_every_worker_and_keeps_what_was_committed(crowd, engine):
    arguments = crowd.scan_arguments("--records", "records.jsonl", "--engine", engine, "--workers", "2", "--quiet")
    assert ended(forked(arguments, 2.0)) == 0
    wanted = rows(crowd.ledger)
    crowd.ledger.unlink()
    early = "from provenance.run import scan\nscan._COMMIT_SECONDS = 0.0"
    with crowd.start(*arguments, prelude=early, start_new_session=True) as process:
        while not committed(crowd.ledger):
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)  # a terminal tells the whole group
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, b""), err
    assert b"interrupted" in err
    assert b"Traceback" not in err
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    assert 0 < committed(crowd.ledger) < 400
    assert ended(forked(arguments, 2.0)) == 0
    found = rows(crowd.ledger)
    for table in wanted:
        assert found[table] == wanted[table], table


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_waits_for_a_server_ends_when_it_is_told(workspace, how):
    workspace.add("a.jpg")
    workspace.add("b.jpg")
    waiting = """
import threading
from provenance.sources.collection import Collection
def read(self, key, most=0):
    print("asked", flush=True)
    threading.Event().wait()
Collection.read = read
"""
    arguments = workspace.scan_arguments("--engine", "threads", "--workers", "2")
    with workspace.start(*arguments, prelude=waiting) as process:
        assert process.stdout.readline() == b"asked\n"
        process.send_signal(how)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2, err
    assert b"run the same command again" in err


def committed(path: Path) -> int:
    """Images that the ledger holds."""
    if not path.exists():
        return 0
    with sqlite3.connect(path) as ledger:
        try:
            return ledger.execute("SELECT count(*) FROM item").fetchone()[0]
        except sqlite3.OperationalError:  # its tables are being made
            return 0


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
    wanted = rows(crowd.ledger)
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
        found = rows(crowd.ledger)
        for table in wanted.keys() - _OF_RUNS:
            assert found[table] == wanted[table], table


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_killed_shard_ends_as_an_undisturbed_one(crowd, monkeypatch):
    monkeypatch.setattr(write, "_PART_SECONDS", 0.05)
    arguments = ["scan", str(crowd.photos), "--shard", "1/1", "--part-out", "parts", "--workers", "2", "--quiet"]
    loading = ["db", "load-parts", "parts", "--ledger", str(crowd.ledger), "--manifest", str(crowd.manifest)]
    loading += ["--records", "records.jsonl"]
    assert crowd.run(*crowd.scan_arguments("--records", "records.jsonl")).status == 0
    wanted = rows(crowd.ledger)
    crowd.ledger.unlink()
    shutil.rmtree(crowd.root / "ledger.db.index", ignore_errors=True)
    started = time.monotonic()
    assert ended(forked(arguments, 2.0)) == 0
    lasted = time.monotonic() - started
    rng = random.Random(time.time_ns())
    kills = 0
    while kills < 6:
        shutil.rmtree("parts", ignore_errors=True)
        for _ in range(3):
            process = forked(arguments, 2.0)
            time.sleep(rng.uniform(0.05, 0.9) * lasted)
            os.kill(process, signal.SIGKILL)
            kills += ended(process) != 0
            if not Path("parts/shard-1-of-1.json").exists():
                assert crowd.run(*loading).status == 2
        assert ended(forked(arguments, 2.0)) == 0
    assert crowd.run(*loading).status == 0
    assert rows(crowd.ledger) == wanted
