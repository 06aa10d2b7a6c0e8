"""Columns of whole numbers against what tuples and dictionaries make of the same rows."""

from __future__ import annotations

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import LedgerError
from provenance.gate.columns import among, expanded, matching, numbered, numbered_sequences, read, unpacked
from provenance.gate.facts_query import packed
from provenance.ledger import checks, schema
from provenance.ledger.database import Database

# Few different ones, so that rows are often equal, and the widest that a ledger holds.
values = st.one_of(st.integers(-3, 3), st.sampled_from([-(2**62) - 1, -(2**62), 2**62, 2**40]))
rows = st.integers(1, 4).flatmap(lambda width: st.lists(st.tuples(*[values] * width), min_size=1, max_size=30))


def column(numbers: object) -> np.ndarray:
    return np.array(list(numbers), np.int64)


@given(rows)
def test_equal_rows_have_one_number_and_no_others(told):
    first, numbers = numbered(*map(column, zip(*told, strict=True)))
    assert [told[first[number]] for number in numbers] == told
    assert len(first) == len(set(told))
    assert all(told.index(told[place]) == place for place in first)


@given(st.lists(st.tuples(st.integers(0, 2), st.lists(st.integers(0, 3), max_size=5)), min_size=1, max_size=30))
def test_equal_sequences_have_one_number_and_no_others(told):
    heads = np.array([head for head, _ in told])
    counts, parts = column(len(parts) for _, parts in told), column(part for _, parts in told for part in parts)
    first, numbers = numbered_sequences(heads, counts, parts)
    assert [told[first[number]] for number in numbers] == told
    assert len(first) == len({(head, tuple(parts)) for head, parts in told})


@given(st.lists(st.integers(0, 5)), st.lists(st.integers(0, 5)))
def test_a_join_gives_every_pair_that_is_equal(left, right):
    known = sorted(right)
    owners, places = expanded(*matching(column(known), column(left)))
    expected = [(i, j) for i, value in enumerate(left) for j, other in enumerate(known) if value == other]
    assert list(zip(owners.tolist(), places.tolist(), strict=True)) == expected


@given(st.lists(st.tuples(values, values), min_size=1), st.lists(st.tuples(values, values)))
def test_pairs_are_known_by_both_their_numbers(pairs, known):
    left, right = zip(*pairs, strict=True)
    found = among((column(left), column(right)), (column(a for a, _ in known), column(b for _, b in known)))
    assert found.tolist() == [pair in set(known) for pair in pairs]


def test_what_a_database_packs_is_unpacked_again(database: Database):
    widths = {"profile": 32, "day": 27, "flag": 1}
    told = [(1, 0, 0), (2**32 - 1, 20261126, 1), (7, 2**27 - 1, 1)]
    each = (
        sa.select(*(sa.literal(n, sa.BigInteger).label(name) for name, n in zip(widths, row, strict=True)))
        for row in told
    )
    table = sa.union_all(*each).subquery()
    with database.reading() as connection:
        (found,) = read(connection, sa.select(packed(widths, {name: table.c[name] for name in widths})))
    assert list(zip(*(part.tolist() for part in unpacked(widths, found)), strict=True)) == told


def test_a_check_of_columns_at_hand_is_that_of_the_rows_in_the_table(database: Database):
    span = (-schema.NEVER, schema.NEVER)
    columns = [column(told) for told in ((1, 2, 3), (1, 1, 1), (5, 6, 5), (span[0], 3, 10**15), (span[1], 4, 10**16))]
    columns.append(column((1, 1, 2)))
    names = tuple(one.name for one in schema.item_facts.columns)
    with database.writing(derived=True) as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql("SET session_replication_role = replica")
        connection.execute(
            sa.insert(schema.item_facts),
            [dict(zip(names, row, strict=True)) for row in zip(*(one.tolist() for one in columns), strict=True)],
        )
        checks.added(connection, schema.item_facts, columns)
        assert checks.is_sound(connection, schema.item_facts)
        connection.execute(sa.update(schema.item_facts).where(schema.item_facts.c.item_id == 2).values(fact_set_id=5))
        assert not checks.is_sound(connection, schema.item_facts)
        connection.execute(sa.update(schema.item_facts).where(schema.item_facts.c.item_id == 2).values(fact_set_id=6))
        connection.execute(sa.delete(schema.item_facts).where(schema.item_facts.c.item_id != 3))
        checks.removed(connection, schema.item_facts, [one[:2] for one in columns])
        assert checks.is_sound(connection, schema.item_facts)
        connection.rollback()


def test_only_derived_rows_are_written_without_looking_up_what_they_name(database: Database):
    orphan = sa.insert(schema.pending).values(item_id=1, collection_id=1)
    if database.is_sqlite:
        with database.writing(derived=True) as connection:
            connection.execute(orphan)
            connection.execute(sa.delete(schema.pending))
    with pytest.raises(LedgerError), database.writing() as connection:
        connection.execute(orphan)
