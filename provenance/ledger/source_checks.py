"""What people found at the addresses from which images came: evidence that they bring, since nothing here goes online.

An address is kept as a digest under the ledger's secret. The newest check that found out anything counts, whatever the
gate's clock says; of two of one moment the one that found less.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.ledger import schema, schema_duties
from provenance.ledger.append import append
from provenance.ledger.interning import mark_pending
from provenance.ledger.secret import secret_of
from provenance.model import to_micros
from provenance.urls import normalised


class SourceState(StrEnum):
    """What was found at an address."""

    THERE = "THERE"
    GONE = "GONE"
    """It was taken down."""
    PRIVATE = "PRIVATE"
    """It is shown to some people only, or to nobody."""
    UNKNOWN = "UNKNOWN"
    """The check came to nothing. It is kept, and changes nothing."""


LOST: Final = (SourceState.GONE, SourceState.PRIVATE)
"""The states in which whoever put the image up has taken it back."""


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """One check: an absolute address, what was found there, when, and the line that says so."""

    url: str
    state: SourceState
    checked_at: datetime
    line: int


def add(connection: Connection, checks: Sequence[SourceCheck], *, file_sha256: bytes, by: str, at: datetime) -> int:
    """Append checks of one file; gives how many images came from the addresses in it, which are judged anew."""
    secret = secret_of(connection)
    columns = ("digest", "state", "checked_at", "file_sha256", "line", "by", "at")
    named: set[bytes] = set()
    for some in batched(checks, IN_LIST):
        rows = [
            (
                _digest(secret, one.url),
                one.state.value,
                to_micros(one.checked_at),
                file_sha256,
                one.line,
                by,
                to_micros(at),
            )
            for one in some
        ]
        append(connection, schema_duties.source_check, columns, rows)
        named.update(row[0] for row in rows)
    item = schema.item.c
    known = connection.execute(sa.select(item.id, item.source_url).where(item.current, item.source_url.is_not(None)))
    found = [number for number, url in known if _digest(secret, url) in named]
    for part in batched(found, IN_LIST):
        mark_pending(connection, sa.select(item.id, item.collection_id).where(item.id.in_(part)))
    return len(found)


def any_at_all(connection: Connection) -> bool:
    """Whether anybody has brought a check."""
    return connection.execute(sa.select(schema_duties.source_check.c.id).limit(1)).first() is not None


def lost(connection: Connection, images: Iterable[tuple[int, str]]) -> dict[int, int]:
    """Those of some images, number and address, whose source is gone by now, each with when that was found."""
    secret, table = secret_of(connection), schema_duties.source_check.c
    digests = {number: _digest(secret, url) for number, url in images}
    newest: dict[bytes, tuple[int, bool]] = {}
    for some in batched(sorted(set(digests.values())), IN_LIST):
        told = sa.select(table.digest, table.checked_at, table.state).where(
            table.digest.in_(some), table.state != SourceState.UNKNOWN.value
        )
        for digest, at, state in connection.execute(told):
            found = (at, state in LOST)
            newest[bytes(digest)] = max(newest.get(bytes(digest), found), found)
    states = {number: newest.get(digest, (0, False)) for number, digest in digests.items()}
    return {number: at for number, (at, is_lost) in states.items() if is_lost}


def _digest(secret: bytes, url: str) -> bytes:
    text = normalised(url) or url
    return hmac.digest(secret, b"source\0" + text.encode("utf-8", "surrogatepass"), "sha256")
