"""Shards on real Ray, on one node and on two of which one dies: the rows of a scan in this process."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
import uuid
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

import provenance as pv
from ledger_rows import rows
from provenance.fingerprint.wanted import Wanted
from provenance.ledger.registry import Declared
from provenance.model import ProblemKind
from provenance.run import engines, on_ray, scan
from provenance.run.engines import Engine, Means, run_tasks
from provenance.run.shard import Fetched, Task, Work
from provenance.run.sources import Sources
from provenance.run.staging import Listed, Staged
from provenance.sources.folder import FolderSource

ray = pytest.importorskip("ray")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(280)]

PLENTY = 1 << 30


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    """Some thirty shards of a few hundred images."""
    monkeypatch.setattr(engines, "SHARD_IMAGES_ON_RAY", 16)


@pytest.fixture
def cluster(monkeypatch):
    """Two nodes on this machine, each with one processor."""
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("RAY_health_check_period_ms", "500")
    node = {"num_cpus": 1, "object_store_memory": 100 << 20, "include_dashboard": False}
    found = Cluster(initialize_head=True, head_node_args=node)
    del node["include_dashboard"]
    second = found.add_node(**node)
    found.wait_for_nodes()
    yield found, second
    found.shutdown()


def scanned_inline(workspace) -> dict:
    """What a scan in this process fills the ledger with."""
    ran = workspace.run(*workspace.scan_arguments("--records", "records.jsonl", "--engine", "inline"))
    assert ran.status == 0, ran.err
    found = rows(workspace.ledger)
    workspace.ledger.unlink()
    shutil.rmtree(workspace.root / "ledger.db.index", ignore_errors=True)
    return found


@pytest.mark.parametrize("laid", ["told", "in_tars"])
def test_one_node_fills_the_ledger_with_the_rows_of_an_inline_scan(laid, request):
    workspace = request.getfixturevalue(laid)
    wanted = scanned_inline(workspace)
    before = signal.getsignal(signal.SIGTERM), os.environ.get("RAY_USAGE_STATS_ENABLED"), Path.cwd()
    ran = workspace.run(*workspace.scan_arguments("--records", "records.jsonl", "--engine", "ray", "--workers", "2"))
    assert ran.status == 0, ran.err
    assert rows(workspace.ledger) == wanted
    assert (signal.getsignal(signal.SIGTERM), os.environ.get("RAY_USAGE_STATS_ENABLED"), Path.cwd()) == before
    assert not ray.is_initialized()


@pytest.mark.parametrize("laid", ["told", "in_tars"])
def test_of_two_nodes_one_may_die(laid, request, cluster, monkeypatch):
    workspace = request.getfixturevalue(laid)
    wanted = scanned_inline(workspace)
    nodes, second = cluster
    monkeypatch.setattr(scan, "_COMMIT_SECONDS", 0.0)
    killed = []

    def kill(task: str, done: int, total: int | None) -> None:
        if task == "reading images" and done and not killed:
            nodes.remove_node(second, allow_graceful=False)
            killed.append(done)

    with pv.open(workspace.ledger) as ledger:
        told = ledger.scan(
            workspace.photos, manifest=workspace.manifest, records="records.jsonl", engine="ray",
            address=nodes.address, progress=kill,
        )  # fmt: skip
    assert killed
    assert killed[0] < told.images == 401
    assert told.notes == ()
    assert rows(workspace.ledger) == wanted


@pytest.fixture
def work(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    return Work(FolderSource(folder), Wanted(), Sources([], {}), PLENTY)


def task(key: bytes, size: int = 1) -> Task:
    return Task(Staged(Listed(key, size, "", None), ()), ())


class Crashing(bytes):
    """Bytes whose arrival ends the worker, as a fault in a C decoder would."""

    def __reduce__(self):
        return os._exit, (139,)


def test_a_crash_costs_one_image(work, image, monkeypatch):
    monkeypatch.setattr(on_ray, "TRIES", 0)
    good = image(kind="JPEG")
    tasks = [replace(task(b"%d.jpg" % n), fetched=Fetched(one)) for n, one in enumerate((good, b"\xff\xd8\xff", good))]
    tasks.insert(1, replace(task(b"bad.jpg"), fetched=Fetched(Crashing(b"\xff\xd8\xff bad"))))
    found = [one.new for one in run_tasks(work, tasks, Means(2, PLENTY, Engine.RAY))]
    assert [one.key for one in found] == [b"0.jpg", b"bad.jpg", b"1.jpg", b"2.jpg"]
    assert found[1].reading.problem.kind is ProblemKind.DAMAGED
    assert found[1].reading.sha256 == sha256(b"\xff\xd8\xff bad").digest()
    assert found[3].reading.problem is None


def test_a_fault_of_the_work_itself_ends_the_scan_with_what_it_was(work):
    unknown = replace(task(b"a.jpg"), declared=(Declared(b"", 7, 1, "{}"),))
    with pytest.raises(pv.ProvenanceError, match="a Ray task failed: KeyError: 7"):
        list(run_tasks(work, [unknown], Means(1, PLENTY, Engine.RAY)))
    assert not ray.is_initialized()


def test_what_no_machine_could_finish_is_blocked_told_and_tried_again(workspace, image, monkeypatch):
    names = [f"{number}.png" for number in range(4)]
    for number, name in enumerate(names):
        workspace.add(name, image(number))
    workspace.clear(*names)
    real = on_ray.OnRay._got

    def lost(self, under_way):
        if any(task.staged.listed.key == b"2.png" for task in under_way.tasks):
            raise ray.exceptions.ObjectLostError("00", "nobody", "there")
        return real(self, under_way)

    with monkeypatch.context() as patch:
        patch.setattr(on_ray.OnRay, "_got", lost)
        ran = workspace.run(*workspace.scan_arguments("--engine", "ray", "--workers", "1"))
    assert ran.status == 0, ran.err
    assert "1 image could not be read where workers failed" in ran.err
    with pv.open(workspace.ledger) as ledger:
        found = ledger.gate(workspace.photos, purpose="MODEL_TRAINING")
        assert {verdict.item: verdict.decision.value for verdict in found} == {
            "0.png": "ALLOW", "1.png": "ALLOW", "2.png": "BLOCK", "3.png": "ALLOW",
        }  # fmt: skip
    assert workspace.gate().status == 0  # scans it once more


def test_another_version_on_a_node_is_no_worker(work):
    import pickle

    with pytest.raises(RuntimeError, match=r"0\.0\.9"):
        on_ray._run(pickle.dumps(work), "0.0.9", [])


def test_a_cluster_that_is_not_there_is_said(workspace, image):
    workspace.add("a.png", image())
    ran = workspace.run(*workspace.scan_arguments("--address", "127.0.0.1:1"))
    assert (ran.status, "add the engine ray" in ran.err) == (2, True)
    ran = workspace.run(*workspace.scan_arguments("--engine", "ray", "--address", "nonsense"))
    assert (ran.status, "Ray cannot be had at nonsense" in ran.err) == (2, True)


def test_without_ray_the_extra_is_named(work, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(pv.MissingExtra, match=r"consent-provenance\[ray\]"):
        list(run_tasks(work, [task(b"a.jpg")], Means(1, PLENTY, Engine.RAY)))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are told apart by /proc")
def test_ctrl_c_ends_ray_too_and_keeps_what_was_committed(crowd):
    wanted = scanned_inline(crowd)
    mark = uuid.uuid4().hex
    arguments = crowd.scan_arguments("--records", "records.jsonl", "--engine", "ray", "--workers", "2", "--quiet")
    early = "from provenance.run import engines, scan\nscan._COMMIT_SECONDS = 0.0\nengines.SHARD_IMAGES_ON_RAY = 4"
    crowd.env["PROVENANCE_TEST_MARK"] = mark
    with crowd.start(*arguments, prelude=early, start_new_session=True) as process:
        while not committed(crowd.ledger):
            time.sleep(0.01)
            assert process.poll() is None
        os.killpg(process.pid, signal.SIGINT)  # a terminal tells the whole group
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, b""), err
    assert b"interrupted" in err
    deadline = time.monotonic() + 20
    while left := marked(mark):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)
    assert crowd.run(*crowd.scan_arguments("--records", "records.jsonl", "--engine", "ray")).status == 0
    found = rows(crowd.ledger)
    assert found["item"] == wanted["item"]
    assert found["fingerprint"] == wanted["fingerprint"]


def marked(mark: str) -> list[str]:
    """The processes that were started with this mark in their environment."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (place / "environ").read_bytes():
                found.append((place / "cmdline").read_text()[:80])
        except OSError:
            continue
    return found


def committed(ledger: Path) -> int:
    """Images that lie in a ledger that somebody writes to."""
    import sqlite3

    try:
        with sqlite3.connect(f"file:{ledger}?mode=ro", uri=True) as connection:
            return connection.execute("SELECT count(*) FROM item").fetchone()[0]
    except sqlite3.Error:
        return 0
