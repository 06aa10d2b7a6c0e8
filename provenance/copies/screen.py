"""Holding what the ledger has registered since against the lists that it holds.

The smaller side asks: a short list looks into the index of the ledger, a few new images look into the list. What was
compared is kept a batch at a time, so an interruption loses little and the same call goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from provenance.copies.index import PARTS, PDQ_HASH, PHASH, Family, rows_of, searching
from provenance.copies.suppress import settle
from provenance.errors import UsageError
from provenance.ledger import lists, schema, screening
from provenance.ledger.database import Database
from provenance.ledger.interning import lookup
from provenance.ledger.lists import Digests, StoredList
from provenance.ledger.screening import ListMatch, Screening
from provenance.lookup.hashlists import HashType, ListPurpose, read_list
from provenance.lookup.interface import HASH_BYTES, Bytes, Index, bytes_of
from provenance.lookup.segment import BANDS_FROM, build
from provenance.run.progress import Progress

FAMILIES: Final = {HashType.PHASH256: PHASH, HashType.PDQ: PDQ_HASH}
"""What a perceptual list is compared with."""

MAX_RADIUS: Final = 60
"""Bits up to which strangers were measured; at a larger radius a list would block pictures that it does not mean."""

MAX_NAME: Final = 200
"""Characters of a list's name."""

BATCH: Final = 2_000
"""Contents that are held against a whole list between two commits: with their windows 56,000 hashes."""

_DIGESTS: Final = 200_000
"""Contents whose digests are looked up between two commits: 7 MB."""

_QUERIES: Final = 500
_SEGMENT_CHUNKS: Final = 1_000_000 // lists.CHUNK
_BANDS_PAY: Final = 600
"""Queries from which ordering a million hashes by bands (2 s) costs less than looking at all of them each time."""

_FLOOR: Final = 10_000_000
"""What a query costs however small the other side is, in hashes: 0.5 ms, as searching so many more takes."""

Matches: TypeAlias = dict[int, ListMatch]
"""The nearest meeting of each content with a list."""

Meeting: TypeAlias = tuple[int, int, int, int]
"""A content, how far it is from a hash of a list, the line of that hash, and the part by which it was met."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a list has before it: hashes registered since it was last held against the ledger, and in all."""

    pending: int
    held: int


def take(
    database: Database,
    file: Path,
    hash_type: HashType | str,
    purpose: ListPurpose | str,
    *,
    name: str | None,
    radius: int,
    replace: bool,
    progress: Progress,
) -> StoredList:
    """Read a list, append it, and hold everything against it.

    Raises UsageError for what no list can be, RowErrors with every faulty line, InputError.
    """
    try:
        hash_type, purpose = HashType(hash_type), ListPurpose(purpose)
    except ValueError as error:
        raise UsageError(str(error), remedy=f"kinds: {', '.join(HashType)}; for: {', '.join(ListPurpose)}") from error
    if not 0 <= radius <= MAX_RADIUS:
        raise UsageError(f"the radius must be 0 to {MAX_RADIUS}, not {radius}", remedy="name another radius")
    called = file.name if name is None else name
    if not 0 < len(called) <= MAX_NAME or not called.isprintable():
        raise UsageError(f"a list cannot be called {called[:80]!a}", remedy="name it in 1 to 200 plain characters")
    given = read_list(file, hash_type)
    stored = lists.take_list(
        database,
        given,
        name=called,
        purpose=purpose,
        radius=0 if hash_type is HashType.SHA256 else radius,
        replace=replace,
    )
    screen(database, progress)
    return stored


def screen(database: Database, progress: Progress) -> None:
    """Compare every content with every current list, and every image with every request and order.

    Raises LedgerError.
    """
    with database.reading() as connection:
        newest = screening.newest_content(connection)
        behind = [s for s in lists.current(connection) if screening.screening(connection, s.id).upto < newest]
    for stored in behind:
        progress.begin(f"holding images against {stored.name}", None)
        while step(database, stored, progress):
            pass
        progress.end()
    settle(database, progress)


def step(database: Database, stored: StoredList, progress: Progress) -> bool:
    """Hold the next batch against a list and keep what came of it. False when there is nothing left to do."""
    with database.reading() as connection:
        before = screening.screening(connection, stored.id)
        newest = screening.newest_content(connection)
        if before.upto >= newest:
            return False
        # A pass that was begun from one side is finished from there.
        by_list = before.target or list_asks(stored.entries, _load(connection, stored.hash_type, before.upto, newest))
    if by_list:
        found, after = _list_asks(database, stored, replace(before, target=before.target or newest))
    else:
        found, after = _contents_ask(database, stored, before)
    with database.writing() as connection:
        screening.record(connection, stored, found, before=before, after=after)
    progress.advance(after.upto - before.upto)
    return True


def list_asks(entries: int, load: Load) -> bool:
    """Whether the list's hashes are looked up in the ledger's index, or the new images' hashes in the list.

    >>> list_asks(1, Load(pending=1_000_000, held=1_000_000)), list_asks(1_000_000, Load(pending=28, held=10**9))
    (True, False)
    """
    return entries * (_FLOOR + load.held) <= load.pending * (_FLOOR + entries)


def _load(connection: Connection, hash_type: HashType, upto: int, newest: int) -> Load:
    if hash_type is HashType.SHA256:
        content = schema.content.c
        count = sa.select(sa.func.count()).select_from(schema.content).where(content.id > upto)
        return Load(int(connection.execute(count).scalar_one()), 0)
    family, table = FAMILIES[hash_type], schema.fingerprint.c
    parts = sa.case((table.algorithm.in_(family.windows), sa.func.length(table.value) // HASH_BYTES), else_=1)
    query = sa.select(sa.func.coalesce(sa.func.sum(parts), 0)).where(
        table.content_id > upto, table.algorithm.in_((*family.whole, *family.windows))
    )
    pending = int(connection.execute(query).scalar_one())
    return Load(pending, pending * newest // max(1, newest - upto))  # about: the rest is taken to be alike


def _list_asks(database: Database, stored: StoredList, before: Screening) -> tuple[Matches, Screening]:
    """One chunk of the list against every content up to the target of this pass."""
    with database.reading() as connection:
        chunks = lists.count_chunks(connection, stored.id)
        part = lists.chunk(connection, stored.id, before.chunk)
        if stored.hash_type is HashType.SHA256:
            digests = [row.tobytes() for row in part.hashes]
            content = schema.content.c
            held = lookup(connection, content.sha256, content.id, digests)
            lines = zip(digests, part.lines.tolist(), strict=True)
            met: list[Meeting] = [(held[digest], 0, line, 0) for digest, line in lines if digest in held]
        else:
            met = searching(
                database,
                FAMILIES[stored.hash_type],
                lambda index: list(_meetings(index, part.hashes, part.lines, stored.radius)),
            )
        found = _nearest(meeting for meeting in met if before.upto < meeting[0] <= before.target)
    if before.chunk + 1 < chunks:
        return found, replace(before, chunk=before.chunk + 1)
    return found, replace(before, upto=before.target, target=0, chunk=0)


def _contents_ask(database: Database, stored: StoredList, before: Screening) -> tuple[Matches, Screening]:
    """The next contents against the whole list."""
    content = schema.content.c
    size = _DIGESTS if stored.hash_type is HashType.SHA256 else BATCH
    ahead = sa.select(content.id, content.sha256).where(content.id > before.upto).order_by(content.id).limit(size)
    with database.reading() as connection:
        rows = connection.execute(ahead).all()
        if stored.hash_type is HashType.SHA256:
            numbers = {bytes(row.sha256): row.id for row in rows}
            lines = Digests(connection, stored.id).lines(connection, sorted(numbers))
            found = {numbers[digest]: ListMatch(0, line) for digest, line in lines.items()}
        else:
            found = _against_chunks(connection, stored, FAMILIES[stored.hash_type], before.upto, rows[-1].id)
    return found, replace(before, upto=rows[-1].id)


def _against_chunks(connection: Connection, stored: StoredList, family: Family, after: int, last: int) -> Matches:
    rows = list(rows_of(connection, family, after, last))
    if not rows:
        return {}
    queries = bytes_of([value for _, _, value in rows])
    numbers, parts_met = (np.array([row[column] for row in rows], np.int64) for column in (0, 1))
    found: Matches = {}
    chunks = lists.count_chunks(connection, stored.id)
    for start in range(0, chunks, _SEGMENT_CHUNKS):
        parts = [lists.chunk(connection, stored.id, n) for n in range(start, min(chunks, start + _SEGMENT_CHUNKS))]
        hashes = np.concatenate([part.hashes for part in parts])
        lines = np.concatenate([part.lines for part in parts])
        with_bands = len(hashes) >= BANDS_FROM and len(queries) >= _BANDS_PAY
        segment = build(hashes, lines, with_bands=with_bands)
        for first in range(0, len(queries), _QUERIES):
            hits = segment.search(queries[first : first + _QUERIES], stored.radius)
            asked = first + hits.query
            columns = (numbers[asked], hits.distance, hits.id, parts_met[asked])
            _keep_nearest(found, zip(*(column.tolist() for column in columns), strict=True))
    return found


def _meetings(index: Index, hashes: Bytes, lines: NDArray[np.int64], radius: int) -> Iterator[Meeting]:
    """Every content that these hashes of a list meet."""
    for first in range(0, len(hashes), _QUERIES):
        hits = index.search(hashes[first : first + _QUERIES], radius)
        columns = (hits.id, hits.distance, lines[first + hits.query], hits.part)
        yield from zip(*(column.tolist() for column in columns), strict=True)


def _nearest(meetings: Iterable[Meeting]) -> Matches:
    found: Matches = {}
    _keep_nearest(found, meetings)
    return found


def _keep_nearest(found: Matches, meetings: Iterable[Meeting]) -> None:
    """Of each content the nearest line, and of equally near ones the first, whichever side asked."""
    for content, distance, line, part in meetings:
        known = found.get(content)
        if known is None or (distance, line) <= (known.distance, known.line):
            match = ListMatch(distance, line, part // PARTS)
            found[content] = match if known is None else min(known, match)
