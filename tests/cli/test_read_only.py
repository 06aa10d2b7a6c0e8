"""Reading commands over a ledger that may not be written: a file without the right to, and a role with SELECT alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from provenance.errors import LedgerError, LedgerLocked
from provenance.ledger.database import Database

READING = (
    (("status",), 0),
    (("ls",), 0),
    (("requests", "list"), 0),
    (("orders", "list"), 0),
    (("accounts", "list"), 0),
    (("review", "list"), 3),
    (("verify",), 0),
    (("find", "photos/a.png"), 0),
    (("trace", "--item", "a.png"), 0),
    (("explain", "a.png"), 0),
    # For another use than any gate was run for.
    (("explain", "a.png", "--purpose", "MODEL_EVALUATION"), 0),
    (("log", "prove", "--entry", "1"), 0),
)

WRITING = (
    ("gate", "photos", "--purpose", "MODEL_TRAINING"),
    ("accounts", "add", "lab", "--kind", "person", "--by", "A. Lee"),
    ("withdraw", "--person", "p1", "--requester", "T-1", "--by", "A. Lee"),
)


@pytest.fixture
def gated(workspace: Any, image: Callable[..., bytes]) -> Any:
    """Two images, allowed by a gate."""
    for seed, name in enumerate(("a.png", "b.png")):
        workspace.add(name, image(seed, (320, 240)))
    workspace.clear("a.png", "b.png")
    assert workspace.gate().status == 0
    return workspace


def as_reader(root: Path, ledger: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as somebody to whom the modes of files apply: root among them gives up its right to pass over."""
    command = [sys.executable, "-c", "from provenance.cli.main import main; main()", *arguments, "--ledger", ledger]
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("root may write everything here")
        command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *command]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120)


@pytest.fixture
def sealed(gated: Any) -> Iterator[Path]:
    """The ledger as a file that nobody may write, in a folder to which nothing can be added."""
    folder = gated.root / "sealed"
    folder.mkdir()
    shutil.copy(gated.ledger, folder / "ledger.db")
    (folder / "ledger.db").chmod(0o400)
    folder.chmod(0o500)
    yield folder / "ledger.db"
    folder.chmod(0o700)


@pytest.mark.slow
def test_reading_commands_work_on_a_sealed_file_and_leave_nothing(gated: Any, sealed: Path) -> None:
    before = sealed.read_bytes()
    for arguments, status in READING:
        ran = as_reader(gated.root, str(sealed), *arguments)
        assert ran.returncode == status, (arguments, ran.stderr)
    for arguments in WRITING:
        ran = as_reader(gated.root, str(sealed), *arguments)
        assert ran.returncode == 2, arguments
        assert "read-only" in ran.stderr
    assert sealed.read_bytes() == before
    assert [path.name for path in sealed.parent.iterdir()] == ["ledger.db"]


@pytest.mark.slow
def test_an_explanation_that_would_have_to_be_derived_is_refused(gated: Any, sealed: Path) -> None:
    """What was registered since the last gate has no facts yet, and a reader cannot keep any."""
    gated.add("c.png")
    assert gated.run(*gated.scan_arguments("--ledger", str(gated.root / "later.db"))).status == 0
    sealed.parent.chmod(0o700)
    shutil.copy(gated.root / "later.db", sealed.with_name("later.db"))
    sealed.with_name("later.db").chmod(0o400)
    sealed.parent.chmod(0o500)
    later = str(sealed.with_name("later.db"))
    ran = as_reader(gated.root, later, "explain", "a.png", "--purpose", "MODEL_TRAINING")
    assert ran.returncode == 2
    assert "read-only" in ran.stderr
    assert as_reader(gated.root, later, "find", "photos/a.png").returncode == 0


@pytest.mark.slow
def test_what_stands_in_the_write_ahead_log_is_seen_or_said_to_be_there(gated: Any) -> None:
    """A copy of a ledger in use: its newest rows are in the log beside it."""
    folder = gated.root / "copy"
    folder.mkdir()
    database = Database.open(gated.ledger)
    with database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE newest (a)")
    for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
        shutil.copy(gated.root / name, folder / name)
        (folder / name).chmod(0o400)
    database.close()
    folder.chmod(0o500)
    seen = """
import sys
import sqlalchemy as sa
from provenance.ledger.database import Database
database = Database.open(sys.argv[-1])
with database.reading() as connection:
    print(sa.inspect(connection).has_table("newest"))
"""
    command = [sys.executable, "-c", seen, str(folder / "ledger.db")]
    if os.geteuid() == 0:
        command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *command]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ran.stdout == "True\n", ran.stderr
    folder.chmod(0o700)
    (folder / "ledger.db-shm").unlink()
    folder.chmod(0o500)
    ran = as_reader(gated.root, str(folder / "ledger.db"), "status")
    folder.chmod(0o700)
    assert ran.returncode == 2
    assert "ledger.db-wal" in ran.stderr


def test_a_sealed_file_that_is_written_meanwhile_gives_no_answer(gated: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from provenance.ledger import read_only

    monkeypatch.setattr(read_only, "may_not_write", lambda _: True)  # root may always
    database = Database.open(gated.ledger)
    monkeypatch.undo()
    assert database.read_only
    with database.reading() as connection:
        connection.exec_driver_sql("SELECT 1")
    writer = Database.open(gated.ledger)
    with writer.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE newest (a)")
    with pytest.raises(LedgerLocked, match="while it was read"), database.reading() as connection:
        connection.exec_driver_sql("SELECT 1")
    writer.close()  # which takes the log into the file
    with pytest.raises(LedgerLocked, match="while it was read"), database.reading() as connection:
        connection.exec_driver_sql("SELECT 1")
    database.close()


@pytest.fixture
def served(gated: Any, new_place: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    """The ledger on a server, as its owner and as a role that was let read it address it."""
    owner = new_place("postgresql")
    assert gated.run("db", "copy", gated.ledger, owner).status == 0
    url = sa.make_url(owner)
    role = f"reader_{url.database}"
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {role} LOGIN")
    assert gated.run("db", "grant-reader", role, "--ledger", owner).status == 0
    yield owner, url.set(username=role, password="").render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY {role}")
        connection.exec_driver_sql(f"DROP ROLE {role}")


def test_reading_commands_work_for_a_role_that_may_only_select(gated: Any, served: tuple[str, str]) -> None:
    owner, reader = served
    for arguments, status in READING:
        ran = gated.run(*arguments, "--ledger", reader)
        assert ran.status == status, (arguments, ran.err)
    for arguments in WRITING:
        ran = gated.run(*arguments, "--ledger", reader)
        assert ran.status == 2, arguments
        assert "read-only" in ran.err
    engine = sa.create_engine(reader, poolclass=sa.NullPool)
    with pytest.raises(sa.exc.ProgrammingError, match="permission denied"), engine.begin() as connection:
        connection.exec_driver_sql("UPDATE item SET current = false")
    assert gated.run("gate", "photos", "--purpose", "MODEL_TRAINING", "--ledger", owner).status == 0


def test_a_role_that_was_let_read_reads_tables_of_later_versions(gated: Any, served: tuple[str, str]) -> None:
    owner, reader = served
    with sa.create_engine(owner, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE later (a int)")
    with sa.create_engine(reader, poolclass=sa.NullPool).begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM later").scalar() == 0


def test_a_session_that_was_set_to_read_only_may_read(gated: Any, served: tuple[str, str]) -> None:
    owner, _ = served
    url = sa.make_url(owner).update_query_dict({"options": "-c default_transaction_read_only=on"})
    target = url.render_as_string(hide_password=False)
    assert gated.run("status", "--ledger", target).status == 0
    database = Database.open(target)
    with pytest.raises(LedgerError, match="read-only"), database.writing():
        pass
    database.close()


def test_a_file_knows_no_roles(gated: Any) -> None:
    ran = gated.run("db", "grant-reader", "auditor", "--ledger", gated.ledger)
    assert ran.status == 2
    assert "mode" in ran.err
