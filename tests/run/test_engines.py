"""Whoever runs the shards of a scan, the ledger is the same; a crash costs one image, and stopping leaves nothing."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import threading
import time
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger_rows import rows
from provenance.fingerprint.wanted import Wanted
from provenance.model import ProblemKind
from provenance.run import engines
from provenance.run.engines import AHEAD, SHARD_BYTES, SHARD_IMAGES, Engine, Means, run_tasks, shards
from provenance.run.shard import Fetched, Task, Work
from provenance.run.sources import Sources
from provenance.run.staging import Listed, Staged
from provenance.sources.folder import FolderSource

ENGINES = [Engine.INLINE, Engine.THREADS, Engine.PROCESSES]
PLENTY = 1 << 30


def task(key: bytes, size: int = 1) -> Task:
    return Task(Staged(Listed(key, size, "", None), ()), ())


@pytest.fixture
def work(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir(exist_ok=True)
    return Work(FolderSource(folder), Wanted(), Sources([], {}), PLENTY)


def put(work: Work, name: str, data: bytes) -> Task:
    Path(work.source.location, name).write_bytes(data)
    return task(name.encode(), len(data))


@given(sizes=st.lists(st.integers(0, 3 * SHARD_BYTES), max_size=100))
def test_shards_hold_every_task_once_in_order_and_within_bounds(sizes):
    tasks = [task(b"%d" % n, size) for n, size in enumerate(sizes)]
    found = list(shards(tasks))
    assert [one for shard in found for one in shard] == tasks
    for shard in found:
        assert len(shard) <= SHARD_IMAGES
        assert len(shard) == 1 or sum(one.staged.listed.size for one in shard) <= SHARD_BYTES


@given(delays=st.lists(st.sampled_from([0, 0, 0.002, 0.004]), max_size=150), workers=st.integers(1, 4))
@settings(max_examples=20, deadline=None)
def test_outcomes_come_in_the_order_of_the_tasks(delays, workers):
    class Slow:
        def read(self, key, most):
            time.sleep(delays[int(key)])
            return key

        def sidecars(self, key):
            return iter(())

    slow = Work(Slow(), Wanted(), Sources([], {}), PLENTY)
    tasks = [task(b"%d" % n) for n in range(len(delays))]
    found = list(run_tasks(slow, tasks, Means(workers, PLENTY, Engine.THREADS)))
    assert [one.new.key for one in found] == [b"%d" % n for n in range(len(delays))]
    assert [one.new.reading.sha256 for one in found] == [sha256(b"%d" % n).digest() for n in range(len(delays))]


@pytest.mark.parametrize("engine", [Engine.THREADS, Engine.PROCESSES])
def test_no_more_than_a_few_shards_are_taken_ahead(work, engine, monkeypatch):
    monkeypatch.setattr(engines, "WORTH_PROCESSES", 1)
    taken = []

    def tasks():
        for number in range(40 * SHARD_IMAGES):
            taken.append(number)
            yield task(b"%d" % number)

    found = run_tasks(work, tasks(), Means(2, PLENTY, engine))
    for done in range(100):
        next(found)
        assert len(taken) <= done + (2 * AHEAD + 1) * SHARD_IMAGES + 1
    found.close()


@pytest.mark.parametrize("engine", [Engine.THREADS, Engine.PROCESSES])
def test_no_more_bytes_are_under_way_than_are_allowed(work, engine, monkeypatch):
    """Each image is a shard of its own here, so that three of them are under way at once at most."""
    monkeypatch.setattr(engines, "SHARD_BYTES", 1_000)
    taken = []

    def tasks():
        for number in range(60):
            taken.append(number)
            yield task(b"%d" % number, 1_000)

    monkeypatch.setattr(engines, "WORTH_PROCESSES", 1)
    means = Means(8, 3_500, engine)
    for done, _ in enumerate(run_tasks(work, tasks(), means)):
        # Three under way, one that waits for room, one that ended the shard before.
        assert len(taken) - done <= 3 + 2


@pytest.mark.parametrize("engine", ENGINES)
def test_a_file_beyond_the_memory_is_not_read_and_said_so(work, engine):
    small, large = put(work, "a.jpg", b"x"), put(work, "b.jpg", b"x" * 101)
    found = list(run_tasks(replace(work, memory=100), [small, large], Means(2, 100, engine)))
    assert [one.new.problem and one.new.problem.kind for one in found] == [None, ProblemKind.TOO_LARGE]
    assert "101 bytes" in found[1].new.problem.detail


@pytest.mark.parametrize("engine", ENGINES)
def test_what_cannot_be_read_is_a_finding(work, engine):
    Path(work.source.location, "folder").mkdir()
    found = list(run_tasks(work, [task(b"no.jpg"), task(b"../x.jpg"), task(b"folder")], Means(2, PLENTY, engine)))
    assert [one.new.problem.kind for one in found] == [
        ProblemKind.MISSING,
        ProblemKind.IO_ERROR,
        ProblemKind.IO_ERROR,
    ]
    assert all(one.new.reading is None for one in found)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_error_of_the_tasks_themselves_is_raised(work, engine):
    def tasks():
        yield task(b"a.jpg")
        raise RuntimeError("the listing broke")

    with pytest.raises(RuntimeError, match="the listing broke"):
        list(run_tasks(work, tasks(), Means(2, PLENTY, engine)))


@pytest.mark.parametrize("engine", ENGINES)
def test_stopping_early_leaves_no_thread_and_no_process_behind(work, engine):
    before, children = threading.active_count(), running_children()
    found = run_tasks(work, (task(b"%d" % n) for n in range(1_000)), Means(3, PLENTY, engine))
    next(found)
    found.close()
    assert threading.active_count() == before
    assert running_children() == children


def test_stopping_early_does_not_wait_for_a_server_that_does_not_answer(work, image):
    answer, asked = threading.Event(), threading.Event()

    class Waiting(FolderSource):
        def read(self, key, most=PLENTY):
            if key == b"never.jpg":
                asked.set()
                answer.wait()
            return super().read(key, most)

    tasks = [*(put(work, f"{n}.png", image(n)) for n in range(SHARD_IMAGES)), put(work, "never.jpg", image(99))]
    waiting = replace(work, source=Waiting(work.source.location))
    found = run_tasks(waiting, tasks, Means(2, PLENTY, Engine.THREADS))
    next(found)
    assert asked.wait(60)
    late = threading.Timer(60, answer.set)
    late.start()
    found.close()
    late.cancel()
    assert not answer.is_set()
    answer.set()


def running_children() -> set[str]:
    if not sys.platform.startswith("linux"):
        return set()
    return set(Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split())


class Crashing(bytes):
    """Bytes whose arrival ends the worker, as a fault in a C decoder would."""

    def __reduce__(self):
        return os._exit, (139,)


def test_a_crash_costs_one_image(work, image):
    good = image(kind="JPEG")
    data = [good, Crashing(b"\xff\xd8\xff bad"), good, good, Crashing(b"worse"), good]
    tasks = [replace(task(b"%d.jpg" % n), fetched=Fetched(one)) for n, one in enumerate(data)]
    found = [one.new for one in run_tasks(work, tasks, Means(2, PLENTY, Engine.PROCESSES))]
    assert [one.reading.problem is None for one in found] == [True, False, True, True, False, True]
    assert found[1].reading.problem.kind is ProblemKind.DAMAGED
    assert found[1].reading.format == "JPEG"
    assert found[4].reading.sha256 == sha256(b"worse").digest()
    whole = next(run_tasks(work, [tasks[0]], Means(1, PLENTY, Engine.INLINE))).new
    assert found[0] == whole


def test_processes_need_no_guard_in_the_script_that_asks_for_them(work, image, tmp_path):
    """A library that starts processes by itself must not run its user's script again in each."""
    put(work, "a.jpg", image(kind="JPEG"))
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, provenance as pv\n"
        "print('once')\n"
        "with pv.open(sys.argv[1]) as ledger:\n"
        "    print(ledger.scan(sys.argv[2], engine='processes').images)\n"
    )
    done = run([script, tmp_path / "ledger.db", work.source.location])
    assert done.stdout.split() == ["once", "1"]


def run(arguments) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).resolve().parents[2]
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )


def test_libtiff_is_quiet_in_worker_processes(work, image, tmp_path):
    data = bytearray(image(size=(16, 16), kind="TIFF", compression="tiff_adobe_deflate"))
    (strip,) = struct.unpack_from("<L", data, data.index(struct.pack("<HHL", 273, 4, 1)) + 8)
    data[strip + 2 : strip + 12] = b"\xff" * 10
    put(work, "a.tif", bytes(data))
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, provenance as pv\n"
        "with pv.open(sys.argv[1]) as ledger:\n"
        "    print(ledger.scan(sys.argv[2], engine=sys.argv[3]).unreadable)\n"
    )
    chatter = {}
    for engine in ("threads", "processes"):
        done = run([script, tmp_path / f"{engine}.db", work.source.location, engine])
        assert done.stdout.strip() == "1"
        chatter[engine] = done.stderr
    assert chatter["processes"] == ""
    assert "ZIPDecode" in chatter["threads"]  # the file does make libtiff speak


@pytest.mark.parametrize("workers", [1, 3])
def test_every_engine_fills_the_ledger_with_the_same_rows(crowd, workers):
    ledgers = []
    for engine in (Engine.AUTO, *ENGINES):  # Ray has a file of its own
        crowd.ledger.unlink(missing_ok=True)
        ran = crowd.run(
            *crowd.scan_arguments("--records", "records.jsonl", "--engine", engine.value, "--workers", str(workers))
        )
        assert ran.status == 0, ran.err
        ledgers.append(rows(crowd.ledger))
    assert len(ledgers[0]["item"]) == 400
    assert ledgers[0]["signal"]
    for other in ledgers[1:]:
        assert other == ledgers[0]
