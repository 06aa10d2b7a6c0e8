"""Known bytes that are read again because something is wanted of them that the ledger lacks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cache

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.fingerprint.decode import decoder_name
from provenance.fingerprint.wanted import Wanted
from provenance.ledger import fingerprints, schema
from provenance.ledger.collections import CurrentItem
from provenance.ledger.schema import FAILED
from provenance.model import Fingerprint, ProblemKind
from provenance.policy.summarise import decode_item
from provenance.run.examine import Seen


def lacking_fingerprints(
    connection: Connection, rows: Sequence[CurrentItem], wanted: Wanted
) -> dict[int, tuple[str, ...]]:
    """The rows whose bytes are to be read again, with the algorithm ids that are wanted and not held.

    Those are none where other parts of the file are wanted. What never was decoded lacks nothing.
    """
    contents = {row.id: row.content for row in rows if row.content is not None and row.damage is None}
    distinct = list(dict.fromkeys(contents.values()))
    held = fingerprints.kinds(connection, distinct)
    left_out = fingerprints.not_compared(connection, distinct)
    lacks = cache(wanted.missing)  # most images hold the same ones
    missing = {number: lacks(frozenset(held.get(content, ()))) for number, content in contents.items()}
    parts = {n for n, content in contents.items() if left_out.get(content) == (fingerprints.UNSEEN,)}
    if wanted.all_frames:
        parts |= {number for number, content in contents.items() if content in left_out}
        parts |= held_up_items(connection, contents)
    return {number: algorithms for number, algorithms in missing.items() if algorithms or number in parts}


def held_up_items(connection: Connection, items: Collection[int]) -> set[int]:
    """Which of these items have facts by which a part of the file was not compared."""
    item, profile = schema.item.c, schema.profile.c
    query = (
        sa.select(item.id, profile.facts)
        .join(schema.profile, profile.id == item.profile_id)
        .where(item.id.in_(sorted(items)))
    )
    return {number for number, facts in connection.execute(query) if decode_item(facts).part_not_compared}


def without_lack(seen: Seen, lacking: Sequence[str]) -> Seen:
    """Where known bytes were read again in vain, a fingerprint that says nothing stands for each that is lacking.

    So they are not read again at every scan for ever. Where only memory was short, the next scan tries again.
    """
    reading = seen.reading
    if reading is None or reading.problem is None or reading.problem.kind is ProblemKind.TOO_LARGE:
        return seen
    decoder = decoder_name(reading.format)
    blanks = tuple(Fingerprint(algorithm, bytes(32), 0, decoder, FAILED) for algorithm in lacking)
    return replace(seen, reading=replace(reading, fingerprints=blanks))
