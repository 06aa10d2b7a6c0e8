"""Looking for one photo: its very bytes first, then every view of it among the stored fingerprints.

The photo is only read. Nothing of it is kept.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.copies.index import COMPARABLE, Opened, open_index
from provenance.errors import InputError
from provenance.fingerprint.decode import decode_grey, problem_of
from provenance.fingerprint.limits import MAX_BYTES
from provenance.fingerprint.perceptual import QUALITY_GATE
from provenance.fingerprint.variants import DECODE_SIDE, WINDOW_BOXES, View, query_views
from provenance.keys import display
from provenance.ledger import schema
from provenance.ledger.database import Database
from provenance.lookup.distances import band_of, bands
from provenance.lookup.interface import Hits, bytes_of
from provenance.model import Problem

RADIUS: Final = bands()[-1].most
"""Bits within which a photo is looked for unless told otherwise: everything worth a look."""

_IN_LIST: Final = 500


@dataclass(frozen=True, slots=True)
class Match:
    """One image of the ledger that is the photo or a copy of it.

    `turn`, `window` and `tilt` (degrees) say how the photo had to be looked at, `held_window` which part of the held
    image it then met. `same_bytes` is true for the very file. `item_id` is its row in
    the ledger.
    """

    item_id: int
    item: str
    collection: str
    collection_uri: str
    sha256: bytes
    distance: int
    band: str
    turn: str
    window: str
    tilt: float
    held_window: str
    same_bytes: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What came of one photo, the nearest first.

    `searched` counts the images in the ledger, `by_bytes_only` those among them that only their very bytes would meet,
    since they are flat, tiny or unreadable. `exact_within` is the radius in bits within which nothing was left out; 0
    where the picture as a whole could not be compared, because it is `flat` or has a `problem`.
    """

    sha256: bytes
    searched: int
    by_bytes_only: int
    exact_within: int
    matches: tuple[Match, ...]
    problem: Problem | None = None
    flat: bool = False


class Finder:
    """Looks for photos in one ledger, as it stood when this was made.

    >>> Finder(database).find(Path("shot.png").read_bytes()).matches  # doctest: +SKIP
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        opened: Opened = open_index(database)
        self._index = opened.index
        self.note = opened.note
        """What was wrong with the index on disk, which was then built anew."""
        with database.reading() as connection:
            self._searched, self._comparable = _counts(connection)

    def find(self, data: bytes, *, radius: int = RADIUS) -> Found:
        """Every image within `radius` (0 to 60) bits of any view of the photo. Never raises for what the bytes hold.

        Raises ValueError for another radius, LedgerError.
        """
        if not 0 <= radius <= RADIUS:
            raise ValueError(f"the radius must be 0 to {RADIUS}, not {radius}")
        digest = hashlib.sha256(data).digest()
        views, problem = _views(data)
        # Straightening a flat picture gives it corners, which may pass the gate: that is not the picture.
        plain = any(view.window == "full" and not view.tilt for view in views)
        near = self._near(views, radius)
        with self._database.reading() as connection:
            same = connection.execute(sa.select(schema.content.c.id).where(schema.content.c.sha256 == digest)).scalar()
            if same is not None:
                near[int(same)] = _SAME_BYTES
            matches = tuple(_matches(connection, near))
        return Found(
            sha256=digest,
            searched=self._searched,
            by_bytes_only=self._searched - self._comparable,
            exact_within=radius if plain else 0,
            matches=matches,
            problem=problem,
            flat=not plain and problem is None,
        )

    def _near(self, views: Sequence[View], radius: int) -> dict[int, _Near]:
        """The nearest meeting of any view with any hash of each content."""
        distinct = {view.value: view for view in reversed(views)}  # of equal views the plainest
        ordered = [view for view in views if distinct[view.value] is view]
        if not ordered:
            return {}
        hits = self._index.search(bytes_of([view.value for view in ordered]), radius)
        return {
            int(hits.id[at]): _Near(int(hits.distance[at]), ordered[hits.query[at]], int(hits.part[at]))
            for at in _nearest(hits)
        }


@dataclass(frozen=True, slots=True)
class _Near:
    """How near a content came, by which view, and to which of its hashes."""

    distance: int
    view: View
    part: int
    same_bytes: bool = False


_SAME_BYTES: Final = _Near(0, View("none", "full", 0.0, b""), 0, same_bytes=True)


def read_photo(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a photo. Raises InputError for what is no regular file, cannot be read, or is too large."""
    name = display(os.fsencode(path))
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):  # opening a pipe would wait for whoever writes to it
            raise InputError(f"{name} is not a file", remedy="name an image file")
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"{name} cannot be read: {said}", remedy="check the path") from error
    if len(data) > MAX_BYTES:
        raise InputError(
            f"{name} is larger than {MAX_BYTES:,} bytes", remedy="make it smaller; the search does not mind"
        )
    return data


def _views(data: bytes) -> tuple[tuple[View, ...], Problem | None]:
    """Every view of a photo, or why there is none. A flat picture has neither views nor a problem."""
    try:
        views = query_views(data)
    except Exception as error:  # noqa: BLE001 - short of memory, a photo is unreadable, not absent
        return (), problem_of(error)
    return views, None if views else decode_grey(data, draft_side=DECODE_SIDE).problem


def _nearest(hits: Hits) -> np.ndarray[Any, np.dtype[np.int64]]:
    """For each id the place of its nearest hit; of equals the plainest view and the whole picture."""
    order = np.lexsort((hits.part, hits.query, hits.distance, hits.id))
    _, first = np.unique(hits.id[order], return_index=True)
    return order[first]


def _matches(connection: Connection, near: Mapping[int, _Near]) -> Iterator[Match]:
    """The images that hold these contents now, the nearest first."""
    found: list[tuple[tuple[object, ...], Match]] = []
    numbers = sorted(near)
    item, content, collection = schema.item.c, schema.content.c, schema.collection.c
    query = (
        sa.select(item.id, item.key, collection.uri, content.id.label("content"), content.sha256)
        .join(schema.content, content.id == item.content_id)
        .join(schema.collection, collection.id == item.collection_id)
        .where(item.current)
    )
    for start in range(0, len(numbers), _IN_LIST):
        for row in connection.execute(query.where(item.content_id.in_(numbers[start : start + _IN_LIST]))):
            one = near[row.content]
            match = Match(
                item_id=row.id,
                item=display(bytes(row.key)),
                collection=collection_name(row.uri),
                collection_uri=row.uri,
                sha256=bytes(row.sha256),
                distance=one.distance,
                band=band_of(one.distance) or "",
                turn=one.view.turn,
                window=one.view.window,
                tilt=one.view.tilt,
                held_window=_held_window(one.part),
                same_bytes=one.same_bytes,
            )
            found.append(((not one.same_bytes, one.distance, row.id), match))
    yield from (match for _, match in sorted(found, key=lambda pair: pair[0]))


def _held_window(part: int) -> str:
    return "full" if part == 0 else ",".join(f"{edge:.2f}" for edge in WINDOW_BOXES[part - 1])


def collection_name(uri: str) -> str:
    """The last part of a collection's URI, as people call it.

    >>> collection_name("file:///data/my%20photos")
    'my photos'
    """
    return display(unquote_to_bytes(uri.rstrip("/").rpartition("/")[2])) or uri


def _counts(connection: Connection) -> tuple[int, int]:
    """How many images the ledger holds now, and how many of them have a fingerprint that may be compared."""
    item, hashed = schema.item.c, schema.fingerprint.c
    comparable = sa.exists().where(
        hashed.content_id == item.content_id, hashed.algorithm.in_(COMPARABLE), hashed.quality >= QUALITY_GATE
    )
    total = sa.select(sa.func.count()).select_from(schema.item).where(item.current)
    return int(connection.execute(total).scalar_one()), int(connection.execute(total.where(comparable)).scalar_one())
