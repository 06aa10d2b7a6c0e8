"""The one way to a picture that is to be shown: never one that is quarantined, only the bytes that were judged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from provenance.keys import key_of
from provenance.ledger.database import Database
from provenance.ledger.overview import barred
from provenance.model import Verdict
from provenance.sources.interface import Source

ILLEGAL = "ILLEGAL_CONTENT_SUSPECTED"

Places = Mapping[str, tuple[int | None, Source]]
"""By the address of a collection, its number in the ledger (None: never scanned) and where it lies."""


def pictures(database: Database, places: Places, chosen: Sequence[Verdict]) -> Iterator[bytes | None]:
    """The bytes of each image, or None where it must not or cannot be shown. Raises LedgerError."""
    hidden: set[tuple[str, bytes]] = set()
    with database.reading() as connection:
        for uri, (number, _) in places.items():
            keys = [key_of(verdict.item) for verdict in chosen if verdict.collection_uri == uri]
            # What no scan has seen was compared with no list.
            unseen = keys if number is None else barred(connection, number, keys)
            hidden.update((uri, key) for key in unseen)
    for verdict in chosen:
        key = key_of(verdict.item)
        suspected = any(reason.code == ILLEGAL for reason in verdict.reasons)
        if suspected or (verdict.collection_uri, key) in hidden or verdict.sha256 is None:
            yield None
        else:
            yield _read(places[verdict.collection_uri][1], key, verdict.sha256)


def _read(source: Source, key: bytes, sha256: bytes) -> bytes | None:
    try:
        data = source.read(key)
    except OSError:
        return None
    return data if hashlib.sha256(data).digest() == sha256 else None
