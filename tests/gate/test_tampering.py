"""A value that somebody changed in the ledger by hand is an error and never a verdict, and `verify` names its table."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import provenance as pv
from provenance.errors import ProvenanceError
from provenance.ledger import schema
from provenance.ledger.append import MUTABLE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

EMPTY = frozenset(
    ("refusal", "record_scope_image", "refusal_reach", "age_conflict", "pending", "not_screened", "item_facts_past")
)
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
    missed, seen = [], set()
    for table in (*schema.DERIVED, schema.cached_decision, schema.fact_set):
        for column, copy in changed_copies(table):
            seen.add(table.name)
            try:
                with pv.open(copy) as ledger:
                    list(ledger.gate(workspace.photos, purpose="MODEL_TRAINING", waivers=told))
            except ProvenanceError:
                continue
            with pv.open(copy) as ledger:
                if not ledger.verify():
                    missed.append((table.name, column))
    assert missed == []
    assert {table.name for table in schema.DERIVED} - seen <= EMPTY | {one.name for one in schema.rights.DERIVED}


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
