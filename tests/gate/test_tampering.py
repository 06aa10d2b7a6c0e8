"""A value that somebody changed in the ledger by hand is an error and never a verdict, and `verify` names its table."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import provenance as pv
from provenance.errors import ProvenanceError
from provenance.ledger import schema
from provenance.ledger.append import MUTABLE

NOW = datetime.now(UTC)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

EMPTY = frozenset(
    (
        "refusal", "record_scope_image", "refusal_reach", "age_conflict", "pending", "not_screened", "item_facts_past",
        "fact_set_change", "idle_record",
    )
)  # fmt: skip
"""Derived tables of which this ledger needs no row; that they are empty is covered by their checksum too."""


def other(value: Any) -> Any:
    if isinstance(value, int):
        return 1 - value if value in (0, 1) else value + 1
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:] if value else b"x"
    return f"{value or ''}x"


@pytest.fixture
def changed_copies(workspace, told):
    """`changed_copies(table, columns)`: copies of a judged ledger in each of which one value of a table is another."""
    with pv.open(workspace.ledger) as ledger:
        assert ledger.gate(workspace.photos, purpose="MODEL_TRAINING", waivers=told).counts

    def copies(table: sa.Table, left_out: frozenset[str] = frozenset()) -> Iterator[tuple[str, Path]]:
        with closing(sqlite3.connect(workspace.ledger)) as source:
            source.row_factory = sqlite3.Row
            row = source.execute(f'SELECT * FROM "{table.name}" LIMIT 1').fetchone()
            keys = [column.name for column in table.primary_key]
        if row is None:
            return
        for column in sorted(set(row.keys()) - left_out):
            copy = workspace.root / "changed.db"
            shutil.copy(workspace.ledger, copy)
            where = " AND ".join(f'"{key}" = ?' for key in keys)
            with closing(sqlite3.connect(copy)) as ledger:
                try:
                    values = (other(row[column]), *(row[key] for key in keys))
                    ledger.execute(f'UPDATE "{table.name}" SET "{column}" = ? WHERE {where}', values)
                except sqlite3.IntegrityError:
                    continue  # the database itself refuses it
                ledger.commit()
            yield column, copy

    return copies


def test_a_changed_derived_value_is_no_verdict(workspace, told, changed_copies):
    """Where a value takes no part in this gate, its verdicts are what they were, and `verify` names the table."""
    with pv.open(workspace.ledger) as ledger:
        before = list(ledger.gate(workspace.photos, purpose="MODEL_TRAINING", waivers=told, as_of=NOW))
    missed, seen, idle = [], set(), set()
    for table in (*schema.DERIVED, schema.cached_decision, schema.fact_set):
        for column, copy in changed_copies(table):
            seen.add(table.name)
            with pv.open(copy) as ledger:
                try:
                    found = list(ledger.gate(workspace.photos, purpose="MODEL_TRAINING", waivers=told, as_of=NOW))
                except ProvenanceError:
                    continue
                idle.add(table.name)
                if found != before or table.name not in {one.table for one in ledger.verify()}:
                    missed.append((table.name, column))
    assert missed == []
    # Consents are checked when facts are derived from them, and fact sets counted where no counts are kept; a decision
    # under another key is made anew.
    assert idle <= {"consent_state", "fact_set_count", "cached_decision"}
    assert {table.name for table in schema.DERIVED} - seen <= EMPTY | {one.name for one in schema.rights.DERIVED}


def test_no_facts_are_derived_from_a_changed_consent(workspace, told, changed_copies, row):
    with (workspace.root / "manifest.jsonl").open() as file:
        rows = [json.loads(line) for line in file]
    workspace.declare([{**one, "caption": "told anew"} for one in rows])
    derived = []
    for column, copy in changed_copies(schema.consent_state):
        with pv.open(copy) as ledger:
            try:
                ledger.scan(workspace.photos, manifest=workspace.manifest)
                derived.append((column, list(ledger.gate(workspace.photos, purpose="MODEL_TRAINING"))))
            except ProvenanceError:
                continue
    assert derived == []


def test_a_changed_recorded_value_is_named(workspace, told, changed_copies):
    missed = []
    for table in schema.RECORDED:
        for column, copy in changed_copies(table, MUTABLE.get(table.name, frozenset())):
            with pv.open(copy) as ledger:
                if not any(found.table == table.name for found in ledger.verify()):
                    missed.append((table.name, column))
    assert missed == []


@pytest.mark.parametrize("table", ["item", "content", "fingerprint", "declaration", "review", "gate", "scan"])
def test_a_row_that_is_gone_or_moved_is_named(workspace, told, table):
    with pv.open(workspace.ledger) as ledger:
        ledger.gate(workspace.photos, purpose="MODEL_TRAINING", waivers=told)
        assert ledger.verify() == ()
    for change in (
        f'DELETE FROM "{table}" WHERE id = (SELECT max(id) FROM "{table}")',
        f'UPDATE "{table}" SET id = id + 1000 WHERE id = (SELECT max(id) FROM "{table}")',
    ):
        copy = workspace.root / "changed.db"
        shutil.copy(workspace.ledger, copy)
        with closing(sqlite3.connect(copy)) as ledger:
            ledger.execute(change)
            ledger.commit()
        with pv.open(copy) as opened:
            assert table in {found.table for found in opened.verify()}, change


def test_rows_that_are_gone_make_no_verdict_milder_and_no_error_a_riddle(workspace, row):
    """Whatever table loses its first row or all of them, with the files that it came from at hand and without."""
    for name in ("a.png", "b.png"):
        workspace.add(name)
    shown = {"persons_status": "PRESENT", "persons": [{"ref": "p1", "age": 30, "jurisdictions": ["CA"]}]}
    workspace.declare([row("a.png"), row("b.png", **shown)])
    judged = {name: one["decision"] for name, one in workspace.gate().by_item.items()}
    assert judged == {"a.png": "ALLOW", "b.png": "BLOCK"}
    with closing(sqlite3.connect(workspace.ledger)) as ledger:
        ledger.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    tried = 0
    for table in schema.metadata.sorted_tables:
        keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
        for which in ("", f" WHERE ({keys}) IN (SELECT {keys} FROM {table.name} LIMIT 1)"):
            for given in ((), ("--manifest", workspace.manifest)):
                copy = workspace.root / f"{table.name}-{tried}.db"
                shutil.copy(workspace.ledger, copy)
                with closing(sqlite3.connect(copy)) as ledger, ledger:
                    if not ledger.execute(f"DELETE FROM {table.name}{which}").rowcount:
                        continue
                found = workspace.run(
                    "gate", workspace.photos, "--ledger", copy, "--purpose", "MODEL_TRAINING", "--format", "jsonl",
                    *given,
                )  # fmt: skip
                assert "internal error" not in found.err, (table.name, found.err)
                assert found.status in (1, 2), (table.name, found)
                assert ("b.png", "ALLOW") not in {(one["item"], one["decision"]) for one in found.verdicts}, table.name
                tried += 1
    assert tried > 60
