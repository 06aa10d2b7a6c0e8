"""The one way to a picture that is to be shown: never one that is quarantined, only the bytes that were judged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from provenance.errors import SourceError
from provenance.gate.verdicts import Verdicts
from provenance.keys import key_of
from provenance.ledger.database import Database
from provenance.ledger.overview import barred
from provenance.model import Verdict
from provenance.sources.folder import FolderSource

ILLEGAL = "ILLEGAL_CONTENT_SUSPECTED"


def pictures(database: Database, verdicts: Verdicts, chosen: Sequence[Verdict]) -> Iterator[bytes | None]:
    """The bytes of each image, or None where it must not or cannot be shown. Raises LedgerError."""
    held = {one.uri: one for one in verdicts.collections}
    hidden: set[tuple[str, bytes]] = set()
    with database.reading() as connection:
        for uri, gated in held.items():
            keys = [key_of(verdict.item) for verdict in chosen if verdict.collection_uri == uri]
            # What no scan has seen was compared with no list.
            unseen = keys if gated.number is None else barred(connection, gated.number, keys)
            hidden.update((uri, key) for key in unseen)
    for verdict in chosen:
        key = key_of(verdict.item)
        suspected = any(reason.code == ILLEGAL for reason in verdict.reasons)
        if suspected or (verdict.collection_uri, key) in hidden or verdict.sha256 is None:
            yield None
        else:
            yield _read(held[verdict.collection_uri].root, key, verdict.sha256)


def _read(root: str, key: bytes, sha256: bytes) -> bytes | None:
    try:
        data = FolderSource(root).read(key)
    except (OSError, SourceError):
        return None
    return data if hashlib.sha256(data).digest() == sha256 else None
