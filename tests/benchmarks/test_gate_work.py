"""What a gate does grows with what has changed, in ledgers without statistics too, which every ledger is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from benchmarks._ledgers import NOW, Shape, build, withdraw
from provenance.gate.decide import PolicyVersion
from provenance.gate.image import Judging
from provenance.gate.run import counts_now, settled
from provenance.gate.run_findings import run_findings
from provenance.ledger import consents, statements
from provenance.ledger.consents import NewRecord
from provenance.ledger.database import Database
from provenance.ledger.spans import Occurrence
from provenance.ledger.statements import Given, SourceKind
from provenance.model import Context, to_micros
from provenance.policy.facts import RecordFacts
from provenance.policy.packs import load_packs
from provenance.policy.reasons import load_reasons
from provenance.policy.summarise import encode
from provenance.rights.about import About
from provenance.rights.desk import Rights
from provenance.run.progress import Silent
from provenance.vocabulary import ConsentStatus, LawfulBasis, Purpose

_EVERY = 100
FEW, MANY = 4_000, 8_000
"""Both more than a block of consents, which is checked as a whole (`ledger.checks`)."""
FULL, UNCHANGED, WITHDRAWN = range(3)


def gated(database: Database) -> int:
    """How many images a gate counts that looks at no disk."""
    policy = PolicyVersion.of(Context(as_of=NOW, purpose=Purpose.MODEL_TRAINING), load_packs(), load_reasons())
    with settled(database, policy, [1], Silent()) as connection:
        run_findings(connection, [1], to_micros(NOW), policy.reasons_catalogue)
        return counts_now(connection, Judging(policy), [1]).total()


def steps(database: Database, work: Callable[[], Any]) -> int:
    """Instructions of SQLite's virtual machine that some work takes: the same on every machine."""
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += _EVERY
        return 0

    def watch(opened: Any, _: Any) -> None:
        opened.set_progress_handler(count, _EVERY)

    database.engine.dispose()
    sa.event.listen(database.engine, "connect", watch)
    work()
    sa.event.remove(database.engine, "connect", watch)
    database.engine.dispose()
    return taken


def work_of(path: Path, images: int) -> tuple[int, int, int]:
    """Steps of a full gate, of one where nothing has changed, and of one after a withdrawal."""
    with closing(build(path, Shape(images))) as database:
        full = steps(database, lambda: gated(database))
        unchanged = steps(database, lambda: gated(database))
        withdraw(database, [11])
        return full, unchanged, steps(database, lambda: gated(database))


def test_no_gate_holds_every_image_against_every_refusal_or_looks_each_of_them_up(tmp_path):
    few, many = (work_of(tmp_path / f"{images}.db", images) for images in (FEW, MANY))
    assert many[FULL] < few[FULL] * MANY // FEW * 1.25
    for kind in (UNCHANGED, WITHDRAWN):
        # What was counted and looked for is kept: how large the ledger is makes no difference.
        assert many[kind] < few[kind] * 1.05


@pytest.mark.parametrize(
    "ask",
    [
        lambda rights: rights.trace(About(persons=("p11",))),
        lambda rights: rights.trace(About(items=("img/00000011.jpg",))),
        lambda rights: rights.file("withdraw", About(items=("img/00000011.jpg",)), requester="P. 11", by="AB"),
        lambda rights: rights.file("withdraw", About(persons=("p11",)), requester="P. 11", by="AB"),
    ],
    ids=["trace a person", "trace an image", "withdraw an image", "withdraw a person"],
)
def test_one_image_is_found_by_its_name_and_not_among_all_of_its_collection(
    tmp_path: Path, ask: Callable[[Rights], Any]
) -> None:
    taken = []
    for images in (FEW, MANY):
        with closing(build(tmp_path / f"{images}.db", Shape(images))) as database:
            rights = Rights(database, load_packs())
            gated(database)
            taken.append(steps(database, partial(ask, rights)))
    # The first request of a ledger looks through those who refused before, which is one in thirty.
    assert taken[1] < taken[0] * 1.1 + 2 * (MANY - FEW)


def test_a_refusal_of_some_images_is_placed_among_those_of_its_person(tmp_path: Path) -> None:
    refusal = NewRecord(
        "W-1", "p11", encode(RecordFacts(LawfulBasis.EXPLICIT_CONSENT)), "{}", 2,
        (Occurrence(to_micros(NOW) - 1, ConsentStatus.WITHDRAWN),), items=((1, "img/00000011.jpg"),),
    )  # fmt: skip

    def take(database: Database) -> None:
        register = Given(SourceKind.REGISTER, "refusals", "refusals.csv", sha256(b"refusals").digest(), 1)
        with database.writing() as connection:
            consents.take(connection, statements.take(connection, register, [1], 0), [refusal], 0)

    taken = []
    for images in (FEW, MANY):
        with closing(build(tmp_path / f"{images}.db", Shape(images))) as database:
            withdraw(database, [12])
            taken.append(steps(database, partial(take, database)))
    # Those who refused before are looked through once for each register that is new, one in thirty.
    assert taken[1] < taken[0] * 1.1 + 2 * (MANY - FEW)
