"""Writes images and fingerprints straight into a ledger's tables, as a scan would have stored them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.engine import Connection

from provenance.ledger import schema
from provenance.ledger.append import append
from provenance.ledger.bulk import bulk
from provenance.ledger.interning import profiles
from provenance.policy.facts import ItemFacts
from provenance.policy.summarise import encode


def one_scan(connection: Connection, *, uri: str = "file:///photos", started_at: int = 1_700_000_000_000_000) -> None:
    """A collection and a scan of it, each number 1."""
    bulk(connection, schema.collection, ("id", "uri", "revision"), [(1, uri, 1)])
    columns = ("id", "collection_id", "inputs", "software", "started_at")
    append(connection, schema.scan, columns, [(1, 1, b"", "", started_at)])


def contents(connection: Connection, found: Iterable[tuple[int, bytes]]) -> None:
    """Contents by number and SHA-256."""
    append(connection, schema.content, ("id", "sha256", "size"), [(number, sha256, 1) for number, sha256 in found])


def fingerprints(connection: Connection, found: Iterable[tuple[int, str, str, bytes, int]]) -> None:
    """Fingerprints by content, algorithm, place, value and quality."""
    columns = ("content_id", "algorithm", "place", "value", "quality", "decoder", "decode_mode")
    append(connection, schema.fingerprint, columns, [(*row, "", "full") for row in found])


def items(connection: Connection, found: Iterable[tuple[int, bool]], *, first: int = 1) -> None:
    """Images of the collection, numbered from `first`, by the content that each holds and whether it counts now."""
    (profile,) = profiles(connection, [("item", encode(ItemFacts()))]).values()
    columns = (
        "id", "collection_id", "scan_id", "key", "size", "identity", "content_id", "bytes_match", "profile_id",
        "persons", "current",
    )  # fmt: skip
    rows = [
        (number, 1, 1, b"%06d.png" % number, 1, "", content, True, profile, 0, current)
        for number, (content, current) in enumerate(found, start=first)
    ]
    append(connection, schema.item, columns, rows)
