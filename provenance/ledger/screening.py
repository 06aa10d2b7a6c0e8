"""Which contents are on which list, and how far each list has been held against the ledger.

Derived: it can be thrown away and made anew. A list counts for a content only once it was held against it, so whoever
judges asks `require_screened` first; nothing that was not compared passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.errors import LedgerError, LedgerLocked
from provenance.fingerprint.pdq import PDQ
from provenance.fingerprint.perceptual import DRAFT, EXACT
from provenance.fingerprint.places import named
from provenance.ledger import lists, schema
from provenance.ledger.bulk import bulk
from provenance.ledger.checks import changing, insert_from
from provenance.ledger.database import Database
from provenance.ledger.interning import lookup, raise_revision
from provenance.ledger.lists import Digests, StoredList
from provenance.ledger.within import current_within, within
from provenance.lookup.hashlists import HashType, ListPurpose

COMPARED: Final[Mapping[HashType, tuple[str, ...]]] = {
    HashType.SHA256: (),
    HashType.PHASH256: (EXACT, DRAFT),
    HashType.PDQ: (PDQ,),
}
"""The algorithm ids of which a content must have one to be held against a list of that kind."""


@dataclass(frozen=True, slots=True)
class Screening:
    """How far a list has come: every content up to `upto` was held against it.

    `target` is the last content of a pass that is under way and `chunk` how many chunks of the list it has done; both
    are 0 between passes. `epoch` goes up whenever everything is to be screened anew.
    """

    upto: int = 0
    target: int = 0
    chunk: int = 0
    epoch: int = 0


@dataclass(frozen=True, slots=True, order=True)
class ListMatch:
    """The nearest meeting of a content with a list, in the order in which one is preferred to another.

    `place` is the number of the picture of the file that was met (`fingerprint.places`), 0 for the first.
    """

    distance: int
    line: int
    place: int = 0


@dataclass(frozen=True, slots=True)
class Listing:
    """That a picture is on a list: by which line, how many bits away (0 for equal bytes), as which of its places."""

    list: str
    purpose: ListPurpose
    line: int
    distance: int
    place: str = ""


def screening(connection: Connection, number: int) -> Screening:
    """How far a list has come."""
    table = schema.screening.c
    query = sa.select(table.upto, table.target, table.chunk, table.epoch).where(table.list_id == number)
    row = connection.execute(query).first()
    return Screening() if row is None else Screening(*row)


def record(
    connection: Connection,
    stored: StoredList,
    found: Mapping[int, ListMatch],
    *,
    before: Screening,
    after: Screening,
) -> bool:
    """Keep the nearest match of each content found, and how far the list has come.

    False where somebody else has moved it since `before` was read: what was found is kept, and the rest starts again
    from there.
    """
    table = schema.list_match.c
    mine = table.list_id == stored.id
    distances = lookup(connection, table.content_id, table.distance, found, within=mine)
    lines = lookup(connection, table.content_id, table.line, distances, within=mine)
    nearer = [
        (stored.id, content, match.line, match.distance, match.place)
        for content, match in sorted(found.items())
        if content not in distances or (match.distance, match.line) < (distances[content], lines[content])
    ]
    columns = ("list_id", "content_id", "line", "distance", "place")
    for some in batched(nearer, IN_LIST):
        where = sa.and_(mine, table.content_id.in_([row[1] for row in some]))
        with changing(connection, schema.list_match, where):
            bulk(connection, schema.list_match, columns, some, replace=True)
    raise_revision(connection, _holding([row[1] for row in nearer]))
    if screening(connection, stored.id) != before:
        return False
    if after.upto > before.upto:
        _note_uncompared(connection, stored, before.upto, after.upto)
    row = (stored.id, after.upto, after.target, after.chunk, after.epoch)
    with changing(connection, schema.screening, schema.screening.c.list_id == stored.id):
        bulk(connection, schema.screening, ("list_id", "upto", "target", "chunk", "epoch"), [row], replace=True)
    return True


def _holding(contents: Sequence[int]) -> sa.Select[Any]:
    """The collections that hold any of these contents now."""
    item = schema.item.c
    return sa.select(item.collection_id).where(item.current, item.content_id.in_(contents)).distinct()


def forget_screening(connection: Connection) -> None:
    """Have everything held against every list again, as when fingerprints are added for contents that were held.

    What was found stays: neither a list nor a content changes, and no picture must pass until it was found again.
    """
    missing = sa.select(schema.hash_list.c.id, *(sa.literal(0) for _ in range(4))).where(
        schema.hash_list.c.current, schema.hash_list.c.id.not_in(sa.select(schema.screening.c.list_id))
    )
    columns = ["list_id", "upto", "target", "chunk", "epoch"]
    with changing(connection, schema.screening):
        connection.execute(sa.insert(schema.screening).from_select(columns, missing))
        connection.execute(
            sa.update(schema.screening).values(upto=0, target=0, chunk=0, epoch=schema.screening.c.epoch + 1)
        )


def newest_content(connection: Connection) -> int:
    """The number of the last content that the ledger holds."""
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(schema.content.c.id), 0))).scalar_one())


def require_screened(
    connection: Connection, ledger: str, collections: Sequence[int], *, alone: int | None = None
) -> None:
    """Raise unless every image of these collections, or one of them `alone`, was held against every current list.

    Raises LedgerLocked where a scan has added images since, LedgerError where images have no fingerprint of the kind
    that a list is of.
    """
    item, lacking = schema.item.c, schema.not_screened.c
    among = within(item.collection_id, collections) if alone is None else item.id == alone
    held = sa.select(sa.literal(1)).where(item.current, among)
    for stored in lists.current(connection):
        upto = screening(connection, stored.id).upto
        if connection.execute(held.where(item.content_id > upto).limit(1)).first() is not None:
            raise LedgerLocked(
                f"the ledger {ledger} gets images while it is judged", remedy="gate again when nothing else runs"
            )
        missing = connection.execute(
            sa.select(sa.func.count())
            .select_from(schema.not_screened)
            .join(schema.item, sa.and_(item.content_id == lacking.content_id, item.current))
            .where(lacking.list_id == stored.id, among)
        ).scalar_one()
        if missing:
            raise LedgerError(
                f"{missing:,} image{'s' if missing > 1 else ''} without a {stored.hash_type} fingerprint could not be "
                f"compared with the list {stored.name}",
                remedy=_REMEDIES[stored.hash_type],
            )


def listings(connection: Connection, items: Sequence[int]) -> dict[int, tuple[Listing, ...]]:
    """The lists that each of these images is on now, by name; images on none are left out."""
    found: dict[int, tuple[Listing, ...]] = {}
    for some in batched(items, IN_LIST):
        part = schema.item.c.id.in_(some)
        found.update((number, several) for number, _, several in _grouped(connection.execute(_listed().where(part))))
    return found


def listed_items(connection: Connection, collections: Sequence[int]) -> Iterator[tuple[int, int, tuple[Listing, ...]]]:
    """Every current image of these collections that is on a list: its number, its combination, and the lists."""
    named = schema.item.c.content_id.in_(sa.select(schema.list_match.c.content_id))
    query = _listed().where(named, current_within(collections))
    yield from _grouped(connection.execute(query.execution_options(yield_per=10_000)))


def listed_now() -> sa.Select[Any]:
    """The contents that are on a current list, as a query."""
    lists_, listed = schema.hash_list.c, schema.list_match.c
    return sa.select(listed.content_id).join(schema.hash_list, lists_.id == listed.list_id).where(lists_.current)


def quarantined(connection: Connection, items: Sequence[int]) -> frozenset[int]:
    """Which of these images are on a current list of illegal content.

    Whatever opens an image beyond hashing it, makes a thumbnail or a copy, or shows or sends it must ask this first.
    """
    item, illegal = schema.item.c, listed_now().where(schema.hash_list.c.purpose == ListPurpose.ILLEGAL)
    found: set[int] = set()
    for some in batched(items, IN_LIST):
        query = sa.select(item.id).where(item.id.in_(some), item.content_id.in_(illegal))
        found.update(connection.execute(query).scalars())
    return frozenset(found)


def barred_by(database: Database) -> Callable[[bytes], bool]:
    """Tells of a SHA-256, also of bytes that are not registered yet, whether a list of illegal content names it.

    The lists are those of now. Bytes that are held already and show a picture on such a list are barred as well.
    """
    with database.reading() as connection:
        illegal = [stored for stored in lists.current(connection) if stored.purpose is ListPurpose.ILLEGAL]
        digests = [Digests(connection, stored.id) for stored in illegal if stored.hash_type is HashType.SHA256]
    content = schema.content.c
    known = sa.select(content.id).where(
        content.id.in_(listed_now().where(schema.hash_list.c.purpose == ListPurpose.ILLEGAL))
    )

    def barred(sha256: bytes) -> bool:
        if not illegal:
            return False
        with database.reading() as connection:
            if any(one.lines(connection, [sha256]) for one in digests):
                return True
            return connection.execute(known.where(content.sha256 == sha256)).first() is not None

    return barred


def on_list_now(connection: Connection) -> dict[int, int]:
    """How many images that are held now are on each current list, by the list's number."""
    listed, item, lists_ = schema.list_match.c, schema.item.c, schema.hash_list.c
    query = (
        sa.select(listed.list_id, sa.func.count())
        .join(schema.hash_list, sa.and_(lists_.id == listed.list_id, lists_.current))
        .join(schema.item, sa.and_(item.content_id == listed.content_id, item.current))
        .group_by(listed.list_id)
    )
    return {number: int(images) for number, images in connection.execute(query)}


_REMEDIES: Final[Mapping[HashType, str]] = {
    HashType.SHA256: "scan again",
    HashType.PHASH256: "scan again; take out what still has none",
    HashType.PDQ: "scan again with --pdq (pip install 'consent-provenance[pdq]'); take out what still has none",
}


def _listed() -> sa.Select[Any]:
    lists_, listed, item, facts = schema.hash_list.c, schema.list_match.c, schema.item.c, schema.item_facts.c
    return (
        sa.select(item.id, facts.fact_set_id, lists_.name, lists_.purpose, listed.line, listed.distance, listed.place)
        .select_from(schema.list_match)
        .join(schema.hash_list, sa.and_(lists_.id == listed.list_id, lists_.current))
        .join(schema.item, item.content_id == listed.content_id)
        .join(schema.item_facts, facts.item_id == item.id)
        .order_by(item.id, lists_.id)
    )


def _grouped(rows: Any) -> Iterator[tuple[int, int, tuple[Listing, ...]]]:
    for (number, fact_set), group in groupby(rows, key=itemgetter(0, 1)):
        found = (Listing(row.name, ListPurpose(row.purpose), row.line, row.distance, named(row.place)) for row in group)
        yield number, fact_set, tuple(sorted(found, key=lambda listing: listing.list))


def _note_uncompared(connection: Connection, stored: StoredList, after: int, upto: int) -> None:
    """Note the readable contents of that range that have no fingerprint by which the list could know them."""
    content, hashed, table = schema.content.c, schema.fingerprint.c, schema.not_screened
    within = sa.and_(content.id > after, content.id <= upto)
    where = sa.and_(table.c.list_id == stored.id, table.c.content_id > after, table.c.content_id <= upto)
    with changing(connection, table, where):
        connection.execute(sa.delete(table).where(where))
    if not COMPARED[stored.hash_type]:
        return
    comparable = sa.exists().where(
        hashed.content_id == content.id,
        hashed.algorithm.in_(COMPARED[stored.hash_type]),
        hashed.decode_mode != schema.FAILED,
    )
    lacking = sa.select(sa.literal(stored.id).label("list_id"), content.id.label("content_id")).where(
        within, content.problem.is_(None), ~comparable
    )
    insert_from(connection, table, ("list_id", "content_id"), lacking)
