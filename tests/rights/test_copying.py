"""A ledger copied to another engine: the same rows under the same digests, and a log with the same root."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import provenance as pv
from provenance.errors import LedgerError, UsageError
from provenance.ledger import log
from provenance.ledger.database import Database
from provenance.proofs.notes import Signer, new_key
from provenance.rights.about import About

ENGINES = ("sqlite", "postgresql")


def root_of(target: str) -> bytes:
    database = Database.open(target, create=False)
    with database.reading() as connection:
        found = log.root(connection)
    database.close()
    return found


def fill(people: Any) -> None:
    """Something in as many tables as the commands of a day would fill."""
    rights = people.ledger.rights
    people.decisions()
    with (people.root / "one.jsonl").open("wb") as out:
        rights.release(people.ledger.gate(people.photos, purpose="MODEL_TRAINING"), "one", out, by="AB")
    rights.open_account("lab", "organisation", by="AB")
    rights.disclose("one", account="lab", recipient="Lab", purpose="MODEL_TRAINING", jurisdiction="CA", by="AB")
    rights.file("withdraw", About(persons=("p1",)), requester="T-1", by="AB")
    erasure = rights.file("erase", About(items=("n0.png",)), requester="T-2", by="AB")
    rights.erase(erasure.request.ref, by="AB")
    (people.root / "takedown.txt").write_text("ab" * 32)
    people.ledger.add_list(people.root / "takedown.txt", kind="sha256", purpose="suppression")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_copy_is_the_ledger_and_goes_on_as_it_would(
    people: Any, new_place: Callable[[str], str], engine: str
) -> None:
    fill(people)
    key = people.root / "log.key"
    new_key(key)
    signer = Signer.load(key, "example.org/log")
    note = people.ledger.rights.checkpoint(signer)
    told = people.decisions()
    target = new_place(engine)

    copied = people.ledger.copy_to(target)

    assert copied.root == root_of(people.target) == root_of(target)
    with pv.open(target) as ledger:
        assert ledger.verify() == ()
        assert ledger.rights.extends(note, [signer.verifier.text]).checkpoint.origin == "example.org/log"
        assert {v.item: (v.decision.value, v.reason) for v in ledger.gate(people.photos, purpose="MODEL_TRAINING")} == (
            told
        )
        # An erased name is known again by the ledger's secret, which went along.
        held = [(one.ref, one.kind) for one in ledger.rights.requests()]
        assert held == [("Q-1", "withdraw"), ("Q-2", "erase")]
        again = ledger.rights.file("restrict", About(items=("b0.png",)), requester="T-3", by="AB")
        assert again.request.ref == "Q-3"
        assert ledger.verify() == ()
        # What the copy recorded since is its own.
        assert root_of(target) != root_of(people.target)


def test_a_copy_of_a_copy_has_every_row(people: Any, new_place: Callable[[str], str]) -> None:
    fill(people)
    there, back = new_place("postgresql"), new_place("sqlite")
    people.ledger.copy_to(there)
    with pv.open(there) as ledger:
        ledger.copy_to(back)
    assert rows_of(back) == rows_of(people.target)


def rows_of(target: str) -> dict[str, list[tuple[Any, ...]]]:
    from provenance.ledger import schema

    database = Database.open(target, create=False)
    with database.reading() as connection:
        found = {
            table.name: [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]
            for table in schema.metadata.sorted_tables
        }
    database.close()
    return found


@pytest.mark.parametrize("engine", ENGINES)
def test_what_holds_anything_is_never_copied_into(people: Any, new_place: Callable[[str], str], engine: str) -> None:
    target = new_place(engine)
    pv.open(target).close()
    with pytest.raises(UsageError, match="not empty"):
        people.ledger.copy_to(target)
    assert root_of(target) != root_of(people.target)


def test_a_ledger_is_not_copied_onto_itself(people: Any) -> None:
    before = root_of(people.target)
    with pytest.raises(UsageError, match="not empty"):
        people.ledger.copy_to(people.target)
    assert root_of(people.target) == before


DIE = """
import os, signal, sys
import provenance as pv
after = int(sys.argv[3])
copied = 0
def told(task, done, total):
    if done >= after:
        os.kill(os.getpid(), signal.SIGKILL)
with pv.open(sys.argv[1]) as ledger:
    ledger.copy_to(sys.argv[2], progress=told)
"""


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("after", [1, 40, 150])
def test_a_copy_that_was_killed_is_no_ledger(
    people: Any, new_place: Callable[[str], str], engine: str, after: int
) -> None:
    fill(people)
    target = new_place(engine)
    done = subprocess.run([sys.executable, "-c", DIE, people.target, target, str(after)], timeout=120)
    assert done.returncode == -signal.SIGKILL
    with pytest.raises(LedgerError, match="was not finished"):
        pv.open(target)
    with pytest.raises(LedgerError, match="was not finished"):
        people.ledger.copy_to(target)


PEAK = """
import sys
import provenance as pv
def held():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))
peak = 0
def told(task, done, total):
    global peak
    peak = max(peak, held())
with pv.open(sys.argv[1]) as ledger:
    before = held()
    rows = ledger.copy_to(sys.argv[2], progress=told).rows
print(rows, (peak - before) // 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system does not tell what a process holds")
@pytest.mark.parametrize("engine", ENGINES)
def test_memory_does_not_grow_with_the_ledger(new_place: Callable[[str], str], tmp_path: Path, engine: str) -> None:
    """300 MB of rows go over: each SQLite connection may keep 64 MiB of pages, and a batch is some 40 MB twice over."""
    from provenance.ledger import schema
    from provenance.ledger.append import append

    source = str(tmp_path / "long.db")
    database = Database.open(source)
    text = json.dumps({"caption": "x" * 2_000})
    with database.writing() as connection:
        append(connection, schema.statement_source, ("id", "kind", "name"), [(1, "manifest", "m")])
        version = (1, 1, b"", "m", 150_000, 0, "")
        columns = ("id", "source_id", "digest", "path", "rows", "at", "identity")
        append(connection, schema.statement_version, columns, [version])
        for first in range(1, 150_001, 10_000):
            rows = [(n, b"%032d" % n, 1, n, text) for n in range(first, first + 10_000)]
            append(connection, schema.declaration, ("id", "digest", "version_id", "line", "row"), rows)
    database.close()
    done = subprocess.run(
        [sys.executable, "-c", PEAK, source, new_place(engine)], capture_output=True, text=True, check=True, timeout=300
    )
    rows, megabytes = map(int, done.stdout.split())
    assert rows > 150_000
    assert megabytes < 230
