"""The fingerprints of contents: stored with them, and added later where another kind is wanted. None is changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.fingerprint.perceptual import DRAFT, EXACT
from provenance.fingerprint.places import FIRST
from provenance.ledger import holds, schema
from provenance.ledger.append import append, next_id
from provenance.ledger.interning import lookup
from provenance.ledger.screening import forget_screening
from provenance.model import Fingerprint, Reading

UNSEEN: Final = "what is behind the first picture"
"""Stands for all that was not looked at of contents that were read before any part but the first picture was."""


def store(connection: Connection, found: Iterable[tuple[int, Fingerprint]]) -> None:
    """Store fingerprints that the contents of these numbers do not have yet."""
    columns = ("id", "content_id", "algorithm", "place", "value", "quality", "decoder", "decode_mode")
    first = next_id(connection, schema.fingerprint)
    rows = [
        (first + i, number, f.algorithm, f.place, f.value, f.quality, f.decoder, f.decode_mode)
        for i, (number, f) in enumerate(found)
    ]
    append(connection, schema.fingerprint, columns, rows)


def store_not_compared(connection: Connection, found: Iterable[tuple[int, tuple[str, ...]]]) -> None:
    """Note what of these contents has no fingerprint from now on."""
    rows = [(number, "\n".join(parts)) for number, parts in found]
    append(connection, schema.not_compared, ("content_id", "parts"), rows)


def kinds(connection: Connection, contents: Sequence[int]) -> dict[int, set[str]]:
    """The algorithm ids that are held of the first picture of each of these contents."""
    held: dict[int, set[str]] = {}
    table = schema.fingerprint.c
    for some in batched(contents, IN_LIST):
        query = sa.select(table.content_id, table.algorithm).where(table.content_id.in_(some), table.place == FIRST)
        for number, algorithm in connection.execute(query).all():
            held.setdefault(number, set()).add(algorithm)
    return held


def not_compared(connection: Connection, contents: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """What of each of these contents has no fingerprint, in words. Those that were compared whole are left out."""
    table = schema.not_compared.c
    newest: dict[int, str] = {}
    for start in range(0, len(contents), IN_LIST):
        part = contents[start : start + IN_LIST]
        rows = sa.select(table.content_id, table.parts).where(table.content_id.in_(part)).order_by(table.id)
        newest.update((number, parts) for number, parts in connection.execute(rows))
    return {number: tuple(parts.split("\n")) for number, parts in newest.items() if parts}


def supplement(connection: Connection, readings: Iterable[Reading]) -> None:
    """Add what bytes that are held already, and could be decoded, lack of these fingerprints.

    A drafted hash is not added where an exact one is held. What has none from now on is noted. The caller holds the
    writing transaction.
    """
    by_digest = {reading.sha256: reading for reading in readings if reading.fingerprints}
    if not by_digest:
        return
    content = schema.content.c
    known = lookup(connection, content.sha256, content.id, by_digest, within=content.problem.is_(None))
    held = {(number, algorithm, place) for number, algorithm, place in _held(connection, list(known.values()))}
    lacking = [
        (number, found)
        for digest, number in known.items()
        for found in by_digest[digest].fingerprints
        if (number, found.algorithm, found.place) not in held
        and not (found.algorithm == DRAFT and (number, EXACT, found.place) in held)
    ]
    if lacking:
        store(connection, lacking)
        forget_screening(connection)  # what was held against the lists lacked these
        holds.forget_contents(connection)
    before = not_compared(connection, list(known.values()))
    now = ((number, by_digest[digest].not_compared) for digest, number in known.items())
    store_not_compared(connection, [(number, parts) for number, parts in now if parts != before.get(number, ())])


def _held(connection: Connection, contents: Sequence[int]) -> Iterable[tuple[int, str, str]]:
    """The content, the algorithm id and the place of every fingerprint of these contents."""
    table = schema.fingerprint.c
    for start in range(0, len(contents), IN_LIST):
        part = contents[start : start + IN_LIST]
        query = sa.select(table.content_id, table.algorithm, table.place).where(table.content_id.in_(part))
        yield from ((number, algorithm, place) for number, algorithm, place in connection.execute(query))
