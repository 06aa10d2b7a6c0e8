"""Numbers of shared rows: the same for the same thing, counted up in the order of first appearance."""

from __future__ import annotations

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.ledger import schema
from provenance.ledger.append import next_id
from provenance.ledger.interning import lookup, persons, profiles

kinds = st.sampled_from(["item", "person", "record"])
batches = st.lists(st.lists(st.tuples(kinds, st.text("ab", max_size=2)), max_size=6), max_size=4)


def emptied(database):
    with database.writing() as connection:
        for table in reversed(schema.metadata.sorted_tables):
            if table is not schema.alembic_version:
                connection.execute(sa.delete(table))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches)
def test_profiles_are_numbered_by_first_appearance_however_they_are_batched(database, given_batches):
    emptied(database)
    everything = [named for batch in given_batches for named in batch]
    wanted = {named: number for number, named in enumerate(dict.fromkeys(everything), start=1)}
    for batch in given_batches:
        with database.writing() as connection:
            found = profiles(connection, batch)
        assert found == {named: wanted[named] for named in batch}
    rows = sa.select(schema.profile.c.id, schema.profile.c.kind, schema.profile.c.facts)
    with database.reading() as connection:
        stored = {(kind, facts): number for number, kind, facts in connection.execute(rows)}
    assert stored == wanted


def test_the_same_text_of_another_kind_is_another_profile(database):
    with database.writing() as connection:
        found = profiles(connection, [("item", "{}"), ("person", "{}")])
    assert found["item", "{}"] != found["person", "{}"]


def test_persons_keep_their_numbers_whatever_script_they_are_written_in(database):
    refs = ["p1", "P1", "п1", "p1 ", "\u00e9", "e\u0301", "人", "'; DROP TABLE person; --"]
    with database.writing() as connection:
        first = persons(connection, refs)
    with database.writing() as connection:
        again = persons(connection, [*reversed(refs), "new"])
    assert first == dict(zip(refs, range(1, len(refs) + 1), strict=True))
    assert again == {**first, "new": len(refs) + 1}


def test_more_values_than_one_statement_takes(database):
    wanted = [f"p{n}" for n in range(1_234)]
    with database.writing() as connection:
        numbers = persons(connection, wanted)
        assert lookup(connection, schema.person.c.ref, schema.person.c.id, wanted) == numbers
        assert next_id(connection, schema.person) == 1_235
    assert sorted(numbers.values()) == list(range(1, 1_235))
