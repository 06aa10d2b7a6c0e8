"""The fingerprints of contents: stored with them, and added later where another kind is wanted. None is changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.fingerprint.perceptual import DRAFT, EXACT
from provenance.ledger import schema
from provenance.ledger.append import append, next_id
from provenance.ledger.interning import lookup
from provenance.ledger.screening import forget_screening
from provenance.model import Fingerprint, Reading

_IN_LIST: Final = 500


def store(connection: Connection, found: Iterable[tuple[int, Fingerprint]]) -> None:
    """Store fingerprints that the contents of these numbers do not have yet."""
    columns = ("id", "content_id", "algorithm", "place", "value", "quality", "decoder", "decode_mode")
    first = next_id(connection, schema.fingerprint)
    rows = [
        (first + i, number, f.algorithm, "", f.value, f.quality, f.decoder, f.decode_mode)
        for i, (number, f) in enumerate(found)
    ]
    append(connection, schema.fingerprint, columns, rows)


def kinds(connection: Connection, contents: Sequence[int]) -> dict[int, set[str]]:
    """The algorithm ids that are held of each of these contents."""
    held: dict[int, set[str]] = {}
    table = schema.fingerprint.c
    for start in range(0, len(contents), _IN_LIST):
        part = contents[start : start + _IN_LIST]
        for number, algorithm in connection.execute(
            sa.select(table.content_id, table.algorithm).where(table.content_id.in_(part))
        ):
            held.setdefault(number, set()).add(algorithm)
    return held


def supplement(connection: Connection, readings: Iterable[Reading]) -> None:
    """Add what bytes that are held already, and could be decoded, lack of these fingerprints.

    A drafted hash is not added where an exact one is held. The caller holds the writing transaction.
    """
    by_digest = {reading.sha256: reading for reading in readings if reading.fingerprints}
    if not by_digest:
        return
    content = schema.content.c
    known = lookup(connection, content.sha256, content.id, by_digest, within=content.problem.is_(None))
    held = kinds(connection, list(known.values()))
    lacking = [
        (number, found)
        for digest, number in known.items()
        for found in by_digest[digest].fingerprints
        if found.algorithm not in (have := held.get(number, set())) and not (found.algorithm == DRAFT and EXACT in have)
    ]
    if lacking:
        store(connection, lacking)
        forget_screening(connection)  # what was held against the lists lacked these
