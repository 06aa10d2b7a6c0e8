"""Hashes of images, for a list that is handed to others: of what is held, or of photos that are not."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from typing import TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.errors import InputError, UsageError
from provenance.fingerprint.given import read_photo
from provenance.fingerprint.read import read_image
from provenance.fingerprint.wanted import Wanted
from provenance.keys import display
from provenance.ledger import schema
from provenance.ledger.items import find_item
from provenance.ledger.screening import COMPARED
from provenance.lookup.hashlists import QUALITY_GATE, HashType

Entry: TypeAlias = tuple[bytes, int | None]
"""A hash of 32 bytes and the quality of a perceptual one."""


def of_items(connection: Connection, names: Iterable[str], hash_type: HashType) -> list[Entry]:
    """The hashes of held images, by path or the start of a SHA-256. Only the ledger is read.

    Raises UsageError for an image that is not held, or has no hash of that kind.
    """
    return [_of_item(connection, name, hash_type) for name in names]


def of_photos(paths: Iterable[str | os.PathLike[str]], hash_type: HashType) -> list[Entry]:
    """The hashes of photos, which are read and not kept. Raises InputError for one that has none, MissingExtra."""
    return [_of_photo(path, hash_type) for path in paths]


def bare(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Without the qualities, and without what is below the quality gate: nobody could tell it from the others then."""
    for value, quality in entries:
        if quality is None or quality >= QUALITY_GATE:
            yield value, None


def _of_item(connection: Connection, name: str, hash_type: HashType) -> Entry:
    item, content, table = schema.item.c, schema.content.c, schema.fingerprint.c
    number, _ = find_item(connection, name)
    if hash_type is HashType.SHA256:
        digest = sa.select(content.sha256).join(schema.item, item.content_id == content.id).where(item.id == number)
        found = connection.execute(digest).scalar()
        if found is None:
            raise UsageError(f"the bytes of {name} could not be had", remedy="make it readable and scan again")
        return bytes(found), None
    query = (
        sa.select(table.algorithm, table.value, table.quality)
        .join(schema.item, item.content_id == table.content_id)
        .where(item.id == number, table.algorithm.in_(COMPARED[hash_type]), table.decode_mode != schema.FAILED)
    )
    held = {algorithm: (bytes(value), int(quality)) for algorithm, value, quality in connection.execute(query)}
    for algorithm in COMPARED[hash_type]:
        if algorithm in held:
            return held[algorithm]
    raise UsageError(
        f"{name} has no {hash_type} fingerprint",
        remedy="scan again with --pdq" if hash_type is HashType.PDQ else "scan it again",
    )


def _of_photo(path: str | os.PathLike[str], hash_type: HashType) -> Entry:
    data = read_photo(path)
    if hash_type is HashType.SHA256:
        return hashlib.sha256(data).digest(), None
    reading = read_image(data, Wanted(exact=True, windows=False, pdq=hash_type is HashType.PDQ))
    for found in reading.fingerprints:
        if found.algorithm in COMPARED[hash_type]:
            return found.value, found.quality
    why = reading.problem.detail if reading.problem else "nothing was decoded"
    raise InputError(f"{display(os.fsencode(path))} has no {hash_type} hash: {why}", remedy="name a readable image")
