"""The search index of a ledger: kept in a folder of its own, brought up to date by each scan and before it is used.

The ledger is what counts and the index can always be built anew from it: one that is damaged, that another ledger or
anybody else wrote, or that holds something which the ledger has since erased is thrown away whole.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.errors import LedgerError
from provenance.fingerprint import places
from provenance.fingerprint.pdq import PDQ
from provenance.fingerprint.perceptual import DRAFT, EXACT, QUALITY_GATE
from provenance.fingerprint.windows import ABSENT, WINDOW_BOXES, WINDOWS, WINDOWS_BEFORE
from provenance.ledger import schema, schema_rights
from provenance.ledger.database import Database
from provenance.ledger.screening import newest_content
from provenance.ledger.secret import secret_of
from provenance.lookup.build import Brought, Plan, Row, Update, bring_up, segments_of
from provenance.lookup.files import Damaged, Key
from provenance.lookup.interface import HASH_BYTES
from provenance.lookup.shards import Shards
from provenance.private_files import require_own

COMPARABLE: Final = (EXACT, DRAFT)
"""Algorithm ids of whole pictures that are searched for copies."""

PARTS: Final = 1 + len(WINDOW_BOXES)
"""Hashes of one picture of a file: of the whole, and of its windows."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Family:
    """Hashes that compare with one another, and with no others. They have an index of their own.

    `whole` are the algorithm ids of whole pictures, the best first; `suffix` ends the name of the index's folder.
    """

    algorithm: str
    whole: tuple[str, ...]
    windows: tuple[str, ...]
    suffix: str


PHASH: Final = Family("phash256@1", COMPARABLE, (WINDOWS, WINDOWS_BEFORE), "index")
"""ImageHash's 256-bit phash, by whichever decode."""

PDQ_HASH: Final = Family(PDQ, (PDQ,), (), "pdq-index")
"""Meta's PDQ, which only lists are of."""

_PAGE: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Source:
    """What an index was built from: the ledger's first scan, the last content, and how much there is up to it.

    `heads` stands for the ends of the tables by which that changes: where they are as they were, nothing is counted.
    """

    ledger: int
    last: int
    sha256: str
    contents: int
    fingerprints: int
    heads: str = ""


def open_index(database: Database, family: Family = PHASH) -> Brought:
    """The index of a ledger's hashes of one family, extended by what is new; built anew where it cannot be trusted.

    Where its folder cannot be written it is held in memory. Its blocks are checked when they are used, so that a search
    may raise Damaged (see `searching`). Raises LedgerError for a ledger that cannot be read, UntrustedFile for an index
    that others may write.
    """
    with database.reading() as connection:
        try:
            return bring_up(
                _own_folder(database, family), _key(database, connection, family), _plan(connection, family)
            )
        except OSError:
            rows = rows_of(connection, family, 0, newest_content(connection))
            return Brought(Shards(tuple(segments_of(rows))))


def searching(database: Database, family: Family, use: Callable[[Shards], T]) -> T:
    """What comes of using the index; where a block of it turns out to be changed, of using one that is built anew."""
    try:
        return use(open_index(database, family).index)
    except Damaged:
        rebuild(database, family)
        return use(open_index(database, family).index)


def keep_up(database: Database, family: Family = PHASH) -> str | None:
    """Extend the index on disk by what a scan brought, so that the next search need not; gives why that failed.

    Never raises for the index: it is made again when it is needed, and no scan is lost with it.
    """
    try:
        with database.reading() as connection:
            bring_up(_own_folder(database, family), _key(database, connection, family), _plan(connection, family))
    except (LedgerError, OSError, MemoryError) as error:
        return str(error) or type(error).__name__
    return None


def rebuild(database: Database, family: Family = PHASH) -> None:
    """Build the index anew from the ledger, whatever is there. Raises LedgerError."""
    folder = _own_folder(database, family)
    with database.reading() as connection:
        now = _source(connection, newest_content(connection))
        try:
            bring_up(folder, _key(database, connection, family), lambda _: _all(connection, family, now))
        except OSError as error:
            raise LedgerError(
                f"the index {folder} cannot be written: {error.strerror or error}",
                remedy="make room, or check the path",
            ) from error


def folder_of(database: Database, family: Family = PHASH) -> Path:
    """Where an index of a ledger lies: beside a file, else in the user's cache, named by a digest of its URL."""
    url = database.engine.url
    if database.is_sqlite and url.database and url.database != ":memory:":
        path = Path(url.database)
        return path.with_name(f"{path.name}.{family.suffix}")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    name = hashlib.sha256(url.render_as_string(hide_password=True).encode()).hexdigest()[:32]
    return cache / "provenance" / f"{name}.{family.suffix}"


def _own_folder(database: Database, family: Family) -> Path:
    """Where an index lies. Raises UntrustedFile where others could have put one there."""
    folder = folder_of(database, family)
    require_own(folder, "the index")
    return folder


def _plan(connection: Connection, family: Family) -> Plan:
    """What an index lacks that was built from a source: rows since, or all where that is not this ledger's past."""

    def plan(source: Mapping[str, Any] | None) -> Update | None:
        known = _known(source)
        if known is not None and known.heads and known.heads == _heads(connection):
            return None
        now = _source(connection, newest_content(connection))
        if known is None or replace(known, heads=now.heads) != _source(connection, known.last):
            return _all(connection, family, now)
        if known.last == now.last:  # what was appended or erased since is in no index
            return None
        return Update(asdict(now), rows_of(connection, family, known.last, now.last))

    return plan


def _all(connection: Connection, family: Family, now: _Source) -> Update:
    return Update(asdict(now), rows_of(connection, family, 0, now.last), anew=True)


def _key(database: Database, connection: Connection, family: Family) -> Key:
    """What binds an index to one ledger. A copy of its file has the same secret, and its fingerprints may be others."""
    path = database.engine.url.database if database.is_sqlite else None
    file = str(Path(path).stat().st_ino) if path and path != ":memory:" else ""
    return Key(hmac.digest(secret_of(connection), file.encode(), "sha256"), family.algorithm)


def _source(connection: Connection, last: int) -> _Source:
    """What the ledger holds up to a content, which is what an index of it was built from.

    Contents are numbered upwards and never changed. One that is gone lowers their count, and one that took the number
    of the last has another digest. While no content is gone, fingerprints only grow in number.
    """
    started = sa.select(schema.scan.c.started_at).order_by(schema.scan.c.id).limit(1)
    digest = sa.select(schema.content.c.sha256).where(schema.content.c.id == last)
    contents = sa.select(sa.func.count()).select_from(schema.content).where(schema.content.c.id <= last)
    count = sa.select(sa.func.count()).select_from(schema.fingerprint).where(schema.fingerprint.c.content_id <= last)
    return _Source(
        ledger=connection.execute(started).scalar() or 0,
        last=last,
        sha256=bytes(connection.execute(digest).scalar() or b"").hex(),
        contents=int(connection.execute(contents).scalar_one()),
        fingerprints=int(connection.execute(count).scalar_one()),
        heads=_heads(connection),
    )


def _heads(connection: Connection) -> str:
    """The ends of the chains of contents, fingerprints and erasures: any of them grows where one of these changes."""
    head = schema.chain_head.c
    names = [table.name for table in (schema.content, schema.fingerprint, schema_rights.erasure)]
    rows = connection.execute(sa.select(head.name, head.row_digest).where(head.name.in_(names)).order_by(head.name))
    return " ".join(f"{name} {bytes(digest).hex()}" for name, digest in rows)


def _known(source: Mapping[str, Any] | None) -> _Source | None:
    try:
        return _Source(**source) if source is not None else None
    except TypeError:
        return None


def place_and_window(part: int) -> tuple[str, int]:
    """Which picture of its file a hash of the index is of, and which window of it: 0 for the whole.

    >>> place_and_window(0), place_and_window(3)
    (('', 0), ('', 3))
    """
    place, window = divmod(part, PARTS)
    return places.named(place), window


def rows_of(connection: Connection, family: Family, after: int, last: int) -> Iterator[Row]:
    """Every hash of a family that may be compared, of contents numbered above `after` and up to `last`.

    A picture with two hashes of the whole is there once, by the exact one if that may be compared.
    """
    table = schema.fingerprint.c
    query = (
        sa.select(table.content_id, table.place, table.algorithm, table.value, table.quality)
        .where(
            table.content_id > after, table.content_id <= last, table.algorithm.in_((*family.whole, *family.windows))
        )
        .order_by(table.content_id, table.place, table.algorithm)
        .execution_options(yield_per=_PAGE)
    )
    for (content, place), held in groupby(connection.execute(query), key=itemgetter(0, 1)):
        first = _place_number(content, place) * PARTS
        whole = None
        windows: dict[str, bytes] = {}
        for _, _, algorithm, stored, quality in held:
            if algorithm in family.windows:
                windows[algorithm] = bytes(stored)
            else:
                whole = _better(family, whole, content, algorithm, bytes(stored), quality)
        for algorithm in family.windows:
            if algorithm in windows:
                yield from _windows(content, first, windows[algorithm])
                break
        if whole is not None:
            yield content, first, whole


def whole_pictures(
    connection: Connection, contents: Sequence[int], family: Family = PHASH
) -> dict[int, dict[str, bytes]]:
    """The hash of each whole picture of some hundred contents by its place, as an index holds it.

    Those with none that may be compared are left out. Raises LedgerError for a damaged one.
    """
    table = schema.fingerprint.c
    query = sa.select(table.content_id, table.place, table.algorithm, table.value, table.quality).where(
        table.content_id.in_(contents), table.algorithm.in_(family.whole)
    )
    found: dict[int, dict[str, bytes]] = {}
    for content, place, algorithm, stored, quality in connection.execute(query):
        before = found.get(content, {}).get(place)
        whole = _better(family, before, content, algorithm, bytes(stored), quality)
        if whole is not None:
            found.setdefault(content, {})[place] = whole
    return found


def _better(
    family: Family, before: bytes | None, content: int, algorithm: str, value: bytes, quality: int
) -> bytes | None:
    """Of two hashes of a whole picture the one to compare: the exact one, if it may be compared."""
    if len(value) != HASH_BYTES:
        raise _unusable(content)
    return value if quality >= QUALITY_GATE and (before is None or algorithm == family.whole[0]) else before


def _windows(content: int, first: int, value: bytes) -> Iterator[Row]:
    if len(value) % HASH_BYTES or len(value) >= PARTS * HASH_BYTES:
        raise _unusable(content)
    for start in range(0, len(value), HASH_BYTES):
        window = value[start : start + HASH_BYTES]
        if window != ABSENT:
            yield content, first + 1 + start // HASH_BYTES, window


def _place_number(content: int, place: str) -> int:
    try:
        return places.number_of(place)
    except ValueError:
        raise _unusable(content) from None


def _unusable(content: int) -> LedgerError:
    return LedgerError(f"a fingerprint of content {content} is damaged", remedy="restore the ledger from a copy")
