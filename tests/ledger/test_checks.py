"""Checksums by blocks: what is read is checked, whatever else the table holds, and as well as the whole of it."""

from __future__ import annotations

import numpy as np
import pytest
import sqlalchemy as sa

from provenance.errors import LedgerError
from provenance.ledger import checks, schema
from provenance.ledger.bulk import bulk

LINKS = schema.record_scope_image
NEAR, FAR = 7, 10_000_000
"""Two images whose numbers lie in different blocks."""


@pytest.fixture
def connection(database):
    with database.writing(derived=True) as opened:
        if not database.is_sqlite:
            opened.exec_driver_sql("SET session_replication_role = replica")
        with checks.changing(opened, LINKS):
            bulk(opened, LINKS, ("item_id", "record"), [(NEAR, 1), (NEAR, 2), (FAR, 3)])
        yield opened
        opened.rollback()


def reading(connection, *items: int) -> None:
    checks.InParts("ledger", LINKS).verify(connection, np.array(items, np.int64))


def test_a_changed_row_is_noticed_by_whoever_reads_its_block_and_by_nobody_else(connection):
    reading(connection, NEAR, FAR)
    connection.execute(sa.update(LINKS).where(LINKS.c.item_id == FAR).values(record=4))
    reading(connection, NEAR, NEAR + 1)
    with pytest.raises(LedgerError, match="record_scope_image is not as it was written"):
        reading(connection, FAR)
    assert not checks.is_sound(connection, LINKS)


def test_a_row_that_went_over_to_another_block_is_noticed_in_both(connection):
    connection.execute(sa.update(LINKS).where(LINKS.c.item_id == FAR).values(item_id=NEAR))
    for item in (NEAR, FAR):
        with pytest.raises(LedgerError):
            reading(connection, item)


def test_a_block_that_was_taken_out_with_its_check_is_noticed_everywhere(connection):
    connection.execute(sa.delete(LINKS).where(LINKS.c.item_id == FAR))
    check = schema.derived_check
    assert connection.execute(sa.delete(check).where(check.c.name == f"{LINKS.name} {FAR // 2_048}")).rowcount == 1
    for item in (NEAR, FAR):
        with pytest.raises(LedgerError):
            reading(connection, item)


def undivided(connection) -> None:
    """As a ledger of an earlier version is, which has one check for the whole table."""
    check = schema.derived_check
    connection.execute(sa.delete(check).where(check.c.name.like(f"{LINKS.name} %")))


def test_a_table_without_blocks_is_checked_whole_and_has_them_from_its_next_change_on(connection):
    undivided(connection)
    reading(connection, NEAR)
    with checks.changing(connection, LINKS, LINKS.c.item_id == NEAR):
        connection.execute(sa.delete(LINKS).where(LINKS.c.item_id == NEAR, LINKS.c.record == 1))
    reading(connection, NEAR, FAR)
    connection.execute(sa.update(LINKS).where(LINKS.c.item_id == FAR).values(record=4))
    reading(connection, NEAR)
    with pytest.raises(LedgerError):
        reading(connection, FAR)


def test_a_changed_table_without_blocks_never_becomes_sound_by_a_change(connection):
    undivided(connection)
    connection.execute(sa.update(LINKS).where(LINKS.c.item_id == FAR).values(record=4))
    with checks.changing(connection, LINKS, LINKS.c.item_id == NEAR):
        connection.execute(sa.delete(LINKS).where(LINKS.c.item_id == NEAR, LINKS.c.record == 1))
    with pytest.raises(LedgerError):
        reading(connection, NEAR)


def test_an_emptied_table_has_no_checks_left(connection):
    checks.forget(connection, LINKS)
    names = connection.execute(sa.select(schema.derived_check.c.name)).scalars().all()
    assert [name for name in names if name.startswith(LINKS.name)] == []
    assert checks.is_sound(connection, LINKS)
