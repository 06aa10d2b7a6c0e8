"""Whatever is wrong with the ledger: one line on standard error, exit status 2, nothing on standard output."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from provenance.ledger import database


@pytest.fixture
def full(workspace):
    """A collection of two images that a gate allows."""
    workspace.add("a.png")
    workspace.add("b.png")
    workspace.clear("a.png", "b.png")
    return workspace


def failed(ran, *words):
    assert ran.status == 2, ran
    assert ran.out == ""
    assert ran.err.startswith("error: "), ran.err
    assert ran.err.count("\n") == 1, ran.err
    assert "internal error" not in ran.err
    for word in words:
        assert word in ran.err


def test_a_folder(full):
    full.ledger.mkdir()
    failed(full.gate(), "folder", str(full.ledger))


def test_a_file_that_is_no_database(full):
    full.ledger.write_bytes(b"these are not the tables you are looking for" * 100)
    failed(full.gate(), "not a SQLite database")
    assert full.ledger.read_bytes().startswith(b"these are not")


def test_a_database_of_something_else(full):
    with sqlite3.connect(full.ledger) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    failed(full.gate(), "something else", "recipes")
    with sqlite3.connect(full.ledger) as other:
        assert other.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (1,)


def test_a_ledger_of_a_newer_version(full):
    assert full.gate().status == 0
    with sqlite3.connect(full.ledger) as ledger:
        ledger.execute("UPDATE alembic_version SET version_num = '9999'")
    failed(full.gate(), "newer version", "9999")


def test_a_damaged_ledger(full):
    assert full.gate().status == 0
    size = full.ledger.stat().st_size
    with full.ledger.open("r+b") as file:
        for page in range(1, size // 4096):
            file.seek(page * 4096)
            file.write(os.urandom(64))
    failed(full.gate())


def test_a_truncated_ledger(full):
    assert full.gate().status == 0
    for suffix in ("-wal", "-shm"):
        Path(f"{full.ledger}{suffix}").unlink(missing_ok=True)
    os.truncate(full.ledger, full.ledger.stat().st_size // 2)
    failed(full.gate())


@pytest.mark.parametrize("scanned", [False, True], ids=["new", "in use"])
def test_a_locked_ledger(full, monkeypatch, scanned):
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    if scanned:
        assert full.gate().status == 0
    with sqlite3.connect(full.ledger, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        ran = full.gate()
        told = ran.err.splitlines(keepends=True)
        assert [line.startswith("note: another process writes to the ledger; waiting") for line in told[:-1]] == [
            True for _ in told[:-1]
        ]
        failed(replace(ran, err=told[-1]), "another process")
        other.execute("ROLLBACK")
    assert full.gate().status == 0


def test_a_ledger_on_a_read_only_disk(full, disk):
    assert full.gate().status == 0
    folder = disk("size=8m")
    shutil.copy(full.ledger, folder / "ledger.db")
    disk("ro")
    failed(full.gate("--ledger", folder / "ledger.db"))
    failed(full.gate("--ledger", folder / "new.db"))


def test_a_ledger_that_may_not_be_written(full):
    assert full.gate().status == 0
    if os.geteuid() == 0:
        if not shutil.which("chattr") or subprocess.run(["chattr", "+i", full.ledger], capture_output=True).returncode:
            pytest.skip("root may write everything here, and the file system knows no immutable files")
    else:
        full.ledger.chmod(0o444)
    try:
        failed(full.gate(), "read-only")
    finally:
        if os.geteuid() == 0:
            subprocess.run(["chattr", "-i", full.ledger], check=True)


def contents(ledger):
    """The images of a ledger with what is known of them, whatever their numbers."""
    with sqlite3.connect(ledger) as open_ledger:
        return open_ledger.execute(
            "SELECT key, hex(sha256), facts FROM item JOIN content ON content.id = content_id "
            "JOIN profile ON profile.id = profile_id WHERE current ORDER BY key"
        ).fetchall()


def test_a_full_disk_loses_nothing(workspace, image, row, disk):
    names = [f"{number:03}.png" for number in range(200)]
    for seed, name in enumerate(names):
        workspace.add(name, image(seed))
    # Captions make the rows large, so that the disk fills before the scan ends.
    workspace.declare(row(name, caption="a quiet landscape " * 100) for name in names)
    assert workspace.gate().status == 0
    folder = disk("size=600k")
    failed(workspace.gate("--ledger", folder / "ledger.db"), "the disk is full")
    disk("size=32m")
    ran = workspace.gate("--ledger", folder / "ledger.db")
    assert ran.status == 0
    assert len(ran.verdicts) == len(names)
    assert contents(folder / "ledger.db") == contents(workspace.ledger)


# Few words are kept in memory while they are checked, and fill the disk as soon as they are staged.
@pytest.mark.parametrize(("times", "told"), [(1, "working space"), (100, "no space to keep the rows")])
def test_a_full_disk_under_the_working_space(times, told, workspace, row, disk, monkeypatch):
    names = [f"{number:03}.png" for number in range(300)]
    data = workspace.add(names[0]).read_bytes()
    for name in names:
        workspace.add(name, data)
    workspace.declare(row(name, caption="a quiet landscape " * times) for name in names)
    folder = disk("size=64k")
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    failed(workspace.gate(), told)
    assert list(folder.iterdir()) == []


def test_a_full_disk_under_an_output_leaves_no_part_of_it(full, disk):
    folder = disk("size=4k")
    kept = folder / "kept.jsonl"
    kept.write_text("from an earlier gate\n")
    (folder / "filler").write_bytes(b"")
    ran = full.gate("--output", f"jsonl:{kept}")
    failed(ran, "kept.jsonl")
    assert kept.read_text() == "from an earlier gate\n"
    assert sorted(path.name for path in folder.iterdir()) == ["filler", "kept.jsonl"]
