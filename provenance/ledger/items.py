"""Finding the image that a person names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.errors import UsageError
from provenance.keys import collection_name, display, key_of, same_spelling
from provenance.ledger import schema
from provenance.ledger.within import unindexed

_LISTED: Final = 10
_LEAST_DIGITS: Final = 6
_DIGITS: Final = frozenset("0123456789abcdef")


def find_item(connection: Connection, name: str) -> tuple[int, int]:
    """The current image that a name means, and its collection.

    A name is `KEY` in any collection, `COLLECTION/KEY`, a path on this machine, or the first digits of a SHA-256. No
    part of it is ever left out. Raises UsageError if it names no image, or more than one.
    """
    item = schema.item.c
    base = (
        sa.select(item.id, item.collection_id, item.key, schema.collection.c.uri)
        .join(schema.collection, schema.collection.c.id == item.collection_id)
        .outerjoin(schema.content, schema.content.c.id == item.content_id)
        .where(item.current)
        .order_by(item.id)
        .limit(_LISTED)
    )
    for meaning in (_by_name(connection, name), _by_digest(name)):
        found = connection.execute(base.where(meaning)).all()
        if len(found) == 1:
            return int(found[0].id), int(found[0].collection_id)
        if found:
            listed = ", ".join(_where(uri, bytes(key)) for _, _, key, uri in found)
            raise UsageError(f"{name} names several images: {listed}", remedy="give the path or the SHA-256 in full")
    raise UsageError(f"no image {name} is in the ledger", remedy="scan its collection, or check the name")


def _where(uri: str, key: bytes) -> str:
    """Where an image lies, in words that name it alone: several collections may have one name."""
    folder = unquote(urlsplit(uri).path, errors="surrogateescape") if uri.startswith("file://") else uri
    return f"{display(os.fsencode(folder.rstrip('/')))}/{display(key)}"


def _by_name(connection: Connection, name: str) -> sa.ColumnElement[bool]:
    item, wanted = schema.item.c, key_of(name)
    meanings = [item.key == wanted]
    for number, uri in connection.execute(sa.select(schema.collection.c.id, schema.collection.c.uri)):
        meanings += [
            sa.and_(unindexed(item.collection_id) == number, item.key == key)
            for key in _keys_in(uri, wanted, {str(Path(name).absolute()), same_spelling(name)})
        ]
    return sa.or_(*meanings)


def _keys_in(uri: str, wanted: bytes, paths: Iterable[str]) -> Iterator[bytes]:
    """The keys in a collection that a name, or the paths that it stands for, may mean."""
    before = key_of(collection_name(uri)) + b"/"
    if wanted.startswith(before):
        yield wanted[len(before) :]
    folder = unquote(urlsplit(uri).path, errors="surrogateescape").rstrip("/")
    for path in paths:
        if path == folder:  # a single file is a collection of one
            yield os.fsencode(Path(path).name)
        elif path.startswith(folder + "/"):
            yield os.fsencode(path[len(folder) + 1 :])


def _by_digest(name: str) -> sa.ColumnElement[bool]:
    digits: Any = name.lower()
    if not _LEAST_DIGITS <= len(digits) <= 64 or not set(digits) <= _DIGITS:
        return sa.false()
    low, high = (bytes.fromhex((digits + fill * 64)[:64]) for fill in "0f")
    return schema.content.c.sha256.between(low, high)


def find_collection(connection: Connection, name: str) -> int:
    """The number of the collection of that name or address. Raises UsageError where there is none, or several."""
    rows = connection.execute(sa.select(schema.collection.c.id, schema.collection.c.uri)).all()
    meant = [row for row in rows if name in (row.uri, collection_name(row.uri))]
    if len(meant) != 1:
        there = ", ".join(row.uri for row in (meant or rows)[:10]) or "none"
        problem = f"{name} names several collections" if meant else f"no collection is called {name}"
        raise UsageError(problem, remedy=f"name one of these by its address: {there}")
    return int(meant[0].id)


def with_earlier(connection: Connection, items: Iterable[int]) -> set[int]:
    """Rows of images with every other row of the same images: as they were declared, or lay there, at other times."""
    item, other = schema.item.c, schema.item.alias("other")
    same = sa.and_(unindexed(other.c.collection_id) == item.collection_id, other.c.key == item.key)
    found = set(items)
    for some in batched(sorted(found), IN_LIST):
        query = sa.select(other.c.id).select_from(schema.item).join(other, same)
        found.update(connection.execute(query.where(item.id.in_(some), item.key != b"")).scalars())
    return found
