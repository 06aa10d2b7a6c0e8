"""Looking for one photo: its very bytes first, then every view of it among the stored fingerprints.

The photo is only read. Nothing of it is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.copies.index import COMPARABLE, PARTS, PHASH, open_index, place_and_window, rebuild
from provenance.fingerprint.alignment import PART_BOXES, Agreement, agreement
from provenance.fingerprint.decode import problem_of
from provenance.fingerprint.image_hash import from_image_hash
from provenance.fingerprint.perceptual import QUALITY_GATE
from provenance.fingerprint.places import FIRST
from provenance.fingerprint.variants import Query, View, query_of, window_name
from provenance.keys import collection_name, display
from provenance.ledger import schema
from provenance.ledger.database import Database
from provenance.ledger.screening import quarantined
from provenance.lookup.distances import MATCH, tier_of, tiers
from provenance.lookup.files import Damaged
from provenance.lookup.interface import HASH_BYTES, Bytes, Hits, bytes_of
from provenance.model import Problem

if TYPE_CHECKING:
    from imagehash import ImageHash

RADIUS: Final = tiers()[-1].most
"""Bits within which a photo is looked for unless told otherwise: everything worth a look."""

_IN_LIST: Final = 500

_CHECKED: Final = 200
"""Meetings that are held against the images' other windows, the nearest first: some 10 ms each."""


@dataclass(frozen=True, slots=True)
class Match:
    """One image of the ledger that is the photo or a copy of it.

    `orientation`, `window` and `rotation` (degrees) say how the photo had to be looked at, `held_window` which part
    of the held image it then met, `place` which picture of the file that is (`fingerprint.places`; "" the first).
    `same_bytes` is true for the very file, `quarantined` for one that is on a list of
    illegal content: do not open, copy or show it. `agreement` says how the image's other windows compare, where they
    were compared: if they agree the tier is "match" at any distance. With 95 % confidence a stranger gets into the tier
    less often than `false_match_rate_below`. `item_id` is its row in the ledger.

    >>> match = ledger.find("demo/photos/coffee.png").matches[0]
    >>> match.item, match.distance, match.same_bytes
    ('coffee.png', 0, True)
    """

    item_id: int
    item: str
    collection: str
    collection_uri: str
    sha256: bytes
    distance: int
    tier: str
    orientation: str
    window: str
    rotation: float
    held_window: str
    same_bytes: bool
    quarantined: bool
    agreement: Agreement | None = None
    false_match_rate_below: float = 0.0
    place: str = ""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What came of one photo, the nearest first.

    `sha256` is that of the photo, empty where a hash was looked for. `searched` counts the images in the ledger,
    `by_bytes_only` those among them that only their very bytes would meet, since they are flat, tiny or unreadable.
    `exact_within` is the radius in bits within which every fingerprint was found; 0 where the picture as a whole could
    not be compared, because it is `low_quality` or has a `problem`.
    `refuted` counts images that are not listed: one fingerprint was met beyond a match, and the image's others speak
    against it.

    >>> ledger.find("demo/photos/coffee.png").searched
    11
    """

    sha256: bytes
    searched: int
    by_bytes_only: int
    exact_within: int
    matches: tuple[Match, ...]
    refuted: int = 0
    problem: Problem | None = None
    low_quality: bool = False


@dataclass(frozen=True, slots=True)
class _Met:
    """What one photo met."""

    sha256: bytes
    query: Query
    matches: tuple[Match, ...]
    refuted: int


class Finder:
    """Looks for photos in one ledger, as it stood when this was made.

    >>> Finder(database).find(Path("shot.png").read_bytes()).matches  # doctest: +SKIP
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        opened = open_index(database)
        self._index = opened.index
        self.note = opened.note
        """What was wrong with the index on disk, which was then built anew."""

    @cached_property
    def _counted(self) -> tuple[int, int]:
        with self._database.reading() as connection:
            return _counts(connection)

    def find(self, data: bytes, *, radius: int = RADIUS) -> SearchResult:
        """Every image within `radius` (0 to 60) bits of any view of the photo. Never raises for what the bytes hold.

        Raises ValueError for another radius, LedgerError.
        """
        met, (searched, comparable) = self._met(data, radius), self._counted
        plain = any(view.whole for view in met.query.views)
        return SearchResult(
            sha256=met.sha256,
            searched=searched,
            by_bytes_only=searched - comparable,
            exact_within=radius if plain else 0,
            matches=met.matches,
            refuted=met.refuted,
            problem=met.query.problem,
            low_quality=not plain and met.query.problem is None,
        )

    def matches(self, data: bytes) -> tuple[Match, ...]:
        """What `find` lists, without a count of what was searched, which takes a second for a million images.

        >>> [match.item for match in Finder(database).matches(Path("shot.png").read_bytes())]  # doctest: +SKIP
        """
        return self._met(data, RADIUS).matches

    def _met(self, data: bytes, radius: int) -> _Met:
        _check(radius)
        digest = hashlib.sha256(data).digest()
        query = _query(data)
        near = self._near(query.views, radius)
        with self._database.reading() as connection:
            near = _checked(connection, query, near)
            met = len(near)
            near = {content: one for content, one in near.items() if not one.refuted}
            refuted = met - len(near)
            same = connection.execute(sa.select(schema.content.c.id).where(schema.content.c.sha256 == digest)).scalar()
            if same is not None:
                near[int(same)] = _SAME_BYTES
            return _Met(digest, query, tuple(_matches(connection, near)), refuted)

    def find_hash(self, given: ImageHash | str, *, radius: int = RADIUS) -> SearchResult:
        """Every image within `radius` bits of a hash that somebody has: ImageHash's `phash` with `hash_size=16`.

        Without the photo it is looked for as it stands, neither turned nor cropped, and nothing beyond its distance
        says whether a match is one. Raises ValueError for another radius, UsageError for another hash, LedgerError.

        >>> Finder(database).find_hash(imagehash.phash(image, hash_size=16)).matches  # doctest: +SKIP
        """
        _check(radius)
        view = View("none", _WHOLE_BOX, 0.0, from_image_hash(given))
        near = self._near([view], radius)
        with self._database.reading() as connection:
            matches = tuple(_matches(connection, near))
        searched, comparable = self._counted
        return SearchResult(b"", searched, searched - comparable, radius, matches)

    def _near(self, views: Sequence[View], radius: int) -> dict[int, Meeting]:
        """The nearest meeting of any view with any hash of each content."""
        distinct = {view.value: view for view in reversed(views)}  # of equal views the plainest
        ordered = [view for view in views if distinct[view.value] is view]
        if not ordered:
            return {}
        hits = self._search(bytes_of([view.value for view in ordered]), radius)
        return {
            int(hits.id[at]): _meeting(int(hits.distance[at]), ordered[hits.query[at]], int(hits.part[at]))
            for at in _nearest(hits)
        }

    def _search(self, hashes: Bytes, radius: int) -> Hits:
        """What the index has, which is built anew where a block of it turns out to be changed."""
        try:
            return self._index.search(hashes, radius)
        except Damaged as error:
            rebuild(self._database)
            self._index, self.note = open_index(self._database).index, str(error)
            return self._index.search(hashes, radius)


@dataclass(frozen=True, slots=True)
class Meeting:
    """How near a content came, by which view, and to which hash: of the whole (0) or a window, of a picture of it."""

    distance: int
    view: View
    part: int
    place: str = FIRST
    same_bytes: bool = False
    agreement: Agreement | None = None

    @property
    def doubtful(self) -> bool:
        """Whether strangers are known to meet like this: far apart, or by a part of a picture."""
        return tier_of(self.distance) != MATCH or not self.view.whole or self.part != 0

    @property
    def refuted(self) -> bool:
        """Whether the other windows speak against it and it is too far to be listed all the same."""
        return self.tier is None

    @property
    def tier(self) -> str | None:
        """A match if the other windows agree; else by distance, one band further if they speak against it."""
        holds = self.agreement.holds if self.agreement is not None else None
        by_distance = tier_of(self.distance)
        if holds is None:
            return by_distance
        if holds:
            return MATCH
        return tiers()[1].name if by_distance == MATCH else None


def _meeting(distance: int, view: View, part: int) -> Meeting:
    place, window = place_and_window(part)
    return Meeting(distance, view, window, place)


_WHOLE_BOX: Final = (0.0, 0.0, 1.0, 1.0)
_SAME_BYTES: Final = Meeting(0, View("none", _WHOLE_BOX, 0.0, b""), 0, same_bytes=True)


def _check(radius: int) -> None:
    if not 0 <= radius <= RADIUS:
        raise ValueError(f"the radius must be 0 to {RADIUS}, not {radius}")


def _query(data: bytes) -> Query:
    """Every view of a photo, or why there is none. A flat picture has neither views nor a problem."""
    try:
        return query_of(data)
    except Exception as error:  # noqa: BLE001 - short of memory, a photo is unreadable, not absent
        return Query(problem=problem_of(error))


def _checked(connection: Connection, query: Query, near: Mapping[int, Meeting]) -> dict[int, Meeting]:
    """The meetings, the doubtful ones held against the images' other windows."""
    doubtful = sorted((one.distance, content) for content, one in near.items() if one.doubtful)
    held = _held_hashes(connection, [content for _, content in doubtful[:_CHECKED]])
    checked = {
        content: replace(one, agreement=agreement(query, one.view, one.part, hashes[one.place]))
        for content, hashes in held.items()
        if (one := near[content]).place in hashes
    }
    return {**near, **checked}


def _held_hashes(connection: Connection, contents: Sequence[int]) -> dict[int, dict[str, Bytes]]:
    """For each picture of each content (28, 32): the hash of the whole and those of its windows, zeros for none."""
    table = schema.fingerprint.c
    found: dict[int, dict[str, Bytes]] = {}
    rows = connection.execute(
        sa.select(table.content_id, table.place, table.algorithm, table.value, table.quality)
        .where(table.content_id.in_(contents), table.algorithm.in_((*PHASH.whole, *PHASH.windows)))
        .order_by(table.content_id, table.place, table.algorithm)
    )
    for content, place, algorithm, value, quality in rows:
        by_place = found.setdefault(content, {})
        hashes = by_place.setdefault(place, np.zeros((PARTS, HASH_BYTES), np.uint8))
        if algorithm in PHASH.windows:
            parts = np.frombuffer(value, np.uint8).reshape(-1, HASH_BYTES)[: PARTS - 1]
            hashes[1 : 1 + len(parts)] = parts
        elif quality >= QUALITY_GATE:
            hashes[0] = np.frombuffer(value, np.uint8)
    return found


def _nearest(hits: Hits) -> np.ndarray[Any, np.dtype[np.int64]]:
    """For each id the place of its nearest hit; of equals the plainest view and the whole picture."""
    order = np.lexsort((hits.part, hits.query, hits.distance, hits.id))
    _, first = np.unique(hits.id[order], return_index=True)
    return order[first]


def _matches(connection: Connection, near: Mapping[int, Meeting]) -> Iterator[Match]:
    """The images that hold these contents now, the nearest first."""
    found: list[tuple[tuple[object, ...], Match]] = []
    numbers = sorted(near)
    rates = {tier.name: tier.false_match_rate_below for tier in tiers()}
    item, content, collection = schema.item.c, schema.content.c, schema.collection.c
    query = (
        sa.select(item.id, item.key, collection.uri, content.id.label("content"), content.sha256)
        .join(schema.content, content.id == item.content_id)
        .join(schema.collection, collection.id == item.collection_id)
        .where(item.current)
    )
    for start in range(0, len(numbers), _IN_LIST):
        rows = connection.execute(query.where(item.content_id.in_(numbers[start : start + _IN_LIST]))).all()
        kept_shut = quarantined(connection, [row.id for row in rows])
        for row in rows:
            one = near[row.content]
            match = Match(
                item_id=row.id,
                item=display(bytes(row.key)),
                collection=collection_name(row.uri),
                collection_uri=row.uri,
                sha256=bytes(row.sha256),
                distance=one.distance,
                tier=one.tier or "",
                orientation=one.view.orientation,
                window=one.view.window,
                rotation=one.view.rotation,
                held_window=window_name(PART_BOXES[one.part].tolist()),
                same_bytes=one.same_bytes,
                agreement=one.agreement,
                false_match_rate_below=0.0 if one.same_bytes else rates[one.tier or ""],
                quarantined=row.id in kept_shut,
                place=one.place,
            )
            found.append(((not one.same_bytes, one.distance, row.id), match))
    yield from (match for _, match in sorted(found, key=lambda pair: pair[0]))


def _counts(connection: Connection) -> tuple[int, int]:
    """How many images the ledger holds now, and how many of them have a fingerprint that may be compared."""
    item, hashed = schema.item.c, schema.fingerprint.c
    comparable = sa.exists().where(
        hashed.content_id == item.content_id, hashed.algorithm.in_(COMPARABLE), hashed.quality >= QUALITY_GATE
    )
    total = sa.select(sa.func.count()).select_from(schema.item).where(item.current)
    return int(connection.execute(total).scalar_one()), int(connection.execute(total.where(comparable)).scalar_one())
