"""Images that are joined as they come are in the groups that a join of everything gives."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

import bare_ledger
from provenance.copies import near_duplicates
from provenance.copies.duplicates import duplicates
from provenance.fingerprint.perceptual import DRAFT
from provenance.ledger import checks, schema
from provenance.ledger.database import Database

BASES = [sha256(b"%d" % n).digest() for n in range(4)]
"""Hashes far from one another."""


def flipped(base: bytes, bits: int) -> bytes:
    """The hash with its first bits flipped: two of one base are as many bits apart as their numbers of flips."""
    return (int.from_bytes(base) ^ ((1 << bits) - 1)).to_bytes(32)


hashes = st.builds(flipped, st.sampled_from(BASES), st.sampled_from([0, 0, 20, 31, 40, 62, 90]))
# A content is a hash and a quality; several images may hold one content.
batches = st.lists(st.lists(st.tuples(hashes, st.sampled_from([90, 90, 90, 10])), max_size=6), max_size=5)


def partition(database: Database) -> set[frozenset[int]]:
    """The groups of more than one image that are kept."""
    groups: dict[int, set[int]] = {}
    with database.reading() as connection:
        checks.verify(connection, database.name, schema.near_duplicate, schema.near_duplicate_upto)
        for item, group in connection.execute(
            sa.select(schema.near_duplicate.c.item_id, schema.near_duplicate.c.group_id)
        ):
            groups.setdefault(group, set()).add(item)
    return {frozenset(group) for group in groups.values() if len(group) > 1}


@given(batches, st.data())
@settings(max_examples=40, deadline=None)
def test_joined_one_by_one_or_all_at_once(given_batches, data) -> None:
    with TemporaryDirectory() as folder:
        database = Database.open(Path(folder, "ledger.db"))
        with database.writing() as connection:
            bare_ledger.one_scan(connection)
        number = items = 0
        for batch in given_batches:
            with database.writing() as connection:
                numbers = range(number + 1, number + 1 + len(batch))
                bare_ledger.contents(connection, [(n, sha256(b"content %d" % n).digest()) for n in numbers])
                found = [(n, DRAFT, "", value, quality) for n, (value, quality) in zip(numbers, batch, strict=True)]
                bare_ledger.fingerprints(connection, found)
                number += len(batch)
                held = data.draw(st.lists(st.integers(1, number), max_size=8)) if number else []
                bare_ledger.items(connection, [(content, True) for content in held], first=items + 1)
                items += len(held)
            near_duplicates.keep_up(database)
        as_they_came = partition(database)
        with database.reading() as connection:
            found = duplicates(connection, database)
            near_duplicates.keep(database, found.groups, items)
        assert as_they_came == partition(database)
        database.close()
