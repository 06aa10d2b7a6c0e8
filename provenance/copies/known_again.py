"""What knows a held picture again: its digest and its hashes, for requests and orders that keep it out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.copies.index import COMPARABLE, PARTS, PHASH, rows_of
from provenance.fingerprint.perceptual import QUALITY_GATE
from provenance.ledger import schema, schema_rights
from provenance.ledger.holds import Picture
from provenance.lookup.build import Row


def pictures_of(connection: Connection, contents: Sequence[int]) -> Iterator[Picture]:
    """What is held of contents, as what knows them again: their digests, and the hashes of their pictures."""
    content = schema.content.c
    for some in batched(sorted(contents), IN_LIST):
        rows = connection.execute(sa.select(content.id, content.sha256).where(content.id.in_(some)))
        digests = {number: bytes(sha256) for number, sha256 in rows}
        hashed: dict[int, list[Row]] = {}
        for number, hashes in groupby(_rows_among(connection, some), key=itemgetter(0)):
            hashed[number] = list(hashes)
        for number, sha256 in sorted(digests.items()):
            held = hashed.get(number, ())
            yield Picture(
                sha256,
                b"".join(value for _, part, value in held if part % PARTS == 0),
                b"".join(value for _, part, value in held if part % PARTS),
            )


def kept_out(connection: Connection, hold: int) -> set[bytes]:
    """The digests of the pictures that a hold keeps out by now."""
    table = schema_rights.suppression.c
    query = sa.select(table.sha256).where(table.hold_id == hold, table.sha256.is_not(None))
    return {bytes(digest) for digest in connection.execute(query).scalars()}


def comparable(connection: Connection, contents: Sequence[int]) -> set[int]:
    """Those of some contents whose picture says enough to be known again in a copy."""
    table = schema.fingerprint.c
    found: set[int] = set()
    for some in batched(contents, IN_LIST):
        query = sa.select(table.content_id).where(
            table.content_id.in_(some), table.algorithm.in_(COMPARABLE), table.quality >= QUALITY_GATE
        )
        found.update(connection.execute(query).scalars())
    return found


def _rows_among(connection: Connection, contents: Sequence[int]) -> Iterator[Row]:
    wanted = set(contents)
    first = 0
    while first < len(contents):
        last = first
        while last + 1 < len(contents) and contents[last + 1] == contents[last] + 1:
            last += 1  # a run of numbers is one query
        yield from (row for row in rows_of(connection, PHASH, contents[first] - 1, contents[last]) if row[0] in wanted)
        first = last + 1
