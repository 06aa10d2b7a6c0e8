"""Freezing what a gate allowed, and looking again whether it still may be used.

Nothing is fixed by a release: whoever asks for its status is told what a gate says now.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, BinaryIO, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance import __version__
from provenance.chunks import IN_LIST, batched
from provenance.errors import NothingToCheck, VerdictsStale
from provenance.gate.decide import PolicyVersion, context_of, context_text
from provenance.gate.image import PASSING, Judging, Overlay
from provenance.gate.near_duplicates import copies
from provenance.gate.run import judging
from provenance.gate.verdicts import Verdicts
from provenance.keys import collection_name, display
from provenance.ledger import releases, schema
from provenance.ledger.collections import revisions
from provenance.ledger.database import Database
from provenance.ledger.releases import NewRelease, Release
from provenance.model import Verdict
from provenance.policy.packs import PackSet
from provenance.policy.waivers import Waivers
from provenance.proofs import merkle
from provenance.proofs.canonical import canonical
from provenance.rights.release_file import FORMAT, line_of, write
from provenance.rights.told import require_one_line
from provenance.run.progress import Progress


def create(database: Database, verdicts: Verdicts, name: str, out: BinaryIO, *, by: str) -> Release:
    """Freeze what a gate allowed under a name: its file goes to `out`, its images into the ledger.

    Raises UsageError for a name that is taken, NothingToCheck where nothing was allowed, VerdictsStale.
    """
    require_one_line(name=name, who_makes_it=by)
    collections = [gated.number for gated in verdicts.collections if gated.number is not None]
    with database.reading() as connection:
        releases.require_free(connection, name)
        before = revisions(connection, collections)
    numbers = array("q")
    root = merkle.root_of(merkle.leaf_hash(line_of(verdict)) for verdict in _allowed(verdicts, numbers))
    if not numbers:
        raise NothingToCheck("the gate allowed no image", remedy="see the verdicts: there is nothing to release")
    header = canonical(_header(verdicts, name, by, root, len(numbers)))
    hashing = _Hashing(out)
    write(hashing, header, (line_of(verdict) for verdict in _allowed(verdicts)))
    new = NewRelease(name, verdicts.gate, root, hashing.digest, header.decode(), by)
    with database.writing() as connection:
        if revisions(connection, collections) != before:  # somebody may have said no while the file was written
            raise VerdictsStale(f"the ledger changed while {name} was made", remedy="gate again, and make it anew")
        return releases.add(connection, new, sorted(numbers), datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Stale:
    """An image of a release that may be used no more: `reason` is a code of the decision table, or GONE."""

    collection: str
    item: str
    reason: str
    detail: str


GONE: Final = "GONE"
"""The ledger does not hold the image any more as it was released: it was removed, changed or erased."""


@dataclass(frozen=True, slots=True)
class Status:
    """What may be used no more of a release, as its collections were at these revisions."""

    release: Release
    stale: list[Stale]
    revisions: dict[int, int]


def status(database: Database, packs: PackSet, name: str, waivers: Waivers | None, progress: Progress) -> Status:
    """Judge the images of a release as a gate for the same use would now.

    Raises UsageError for a name that no release has, LedgerError.
    """
    with database.reading() as connection:
        release = releases.named(connection, name)
        collections = _collections(connection, release)
    context = replace(context_of(release.context), as_of=datetime.now(UTC), clock_given=False)
    policy = PolicyVersion.now(database, context, packs)
    stale: list[Stale] = []
    with judging(database, policy, waivers, collections, progress) as (connection, judge):
        seen, beside = revisions(connection, collections), copies(connection, judge, collections)
        for chunk in releases.images(connection, release):
            for some in batched(chunk.tolist(), IN_LIST):
                stale += _stale(connection, judge, beside, some)
    return Status(release, stale, seen)


def _allowed(verdicts: Verdicts, numbers: array[int] | None = None) -> Iterator[Verdict]:
    """What was allowed, in the gate's order; `numbers` gets the numbers of the images."""
    passing = (one for one in verdicts.decided() if one.decision in PASSING and one.item_id is not None)
    for some in batched(passing, IN_LIST):
        if numbers is not None:
            numbers.extend(one.item_id for one in some if one.item_id is not None)
        yield from verdicts.of(some)


def _header(verdicts: Verdicts, name: str, by: str, root: bytes, images: int) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "name": name,
        "by": by,
        "images": images,
        "root": root.hex(),
        "clock": verdicts.evaluated_at.isoformat(),
        "context": json.loads(context_text(verdicts.context)),
        "rulepacks": dict(verdicts.rulepacks),
        "waivers": sorted(waiver.digest for waiver in verdicts.waivers),
        "counts": {decision.value: number for decision, number in verdicts.counts.items()},
        "software": f"provenance {__version__}",
    }


def _collections(connection: Connection, release: Release) -> list[int]:
    item = schema.item.c
    found: set[int] = set()
    for chunk in releases.images(connection, release):
        for some in batched(chunk.tolist(), IN_LIST):
            found.update(connection.execute(sa.select(item.collection_id).where(item.id.in_(some))).scalars())
    return sorted(found)


def _stale(
    connection: Connection, judge: Judging, beside: Mapping[int, Overlay], numbers: Sequence[int]
) -> Iterator[Stale]:
    """What a gate says now of images as they were released, each by the row that counts now if its bytes are equal.

    `beside` is what their copies say about them.
    """
    rows = _now(connection, numbers)
    verdicts = judge.verdicts_of(connection, [row.held for row in rows if row.held is not None], beside)
    for row in rows:
        collection, item = collection_name(row.uri), display(bytes(row.key))
        verdict = verdicts.get(row.held)
        if verdict is None:
            yield Stale(collection, item or f"(erased, {row.id})", GONE, "it is not held any more as it was released")
        elif verdict.decision not in PASSING:
            detail = next((one.detail for one in verdict.reasons if one.code == verdict.reason), "")
            yield Stale(collection, item, verdict.reason, detail)


def may_go_out_no_more(
    connection: Connection, judge: Judging, beside: Mapping[int, Overlay], numbers: Sequence[int]
) -> list[int]:
    """Those of some images, as they were released, that a gate would not let pass now."""
    rows = _now(connection, numbers)
    decisions = judge.decisions_of(connection, [row.held for row in rows if row.held is not None], beside)
    return [row.id for row in rows if decisions.get(row.held) not in PASSING]


def held_now(connection: Connection, release: Release) -> list[int]:
    """The images of a release that are held as they were released, by the rows that count now."""
    return [
        row.held
        for chunk in releases.images(connection, release)
        for some in batched(chunk.tolist(), IN_LIST)
        for row in _now(connection, some)
        if row.held is not None
    ]


def _now(connection: Connection, numbers: Sequence[int]) -> Sequence[Any]:
    """Images as they were released, each with the row that counts now if its bytes are equal (`held`)."""
    then, now = schema.item.alias("then"), schema.item.alias("now")
    same = sa.and_(
        now.c.collection_id == then.c.collection_id,
        now.c.key == then.c.key,
        now.c.content_id == then.c.content_id,
        now.c.current,
    )
    return connection.execute(
        sa.select(then.c.id, then.c.key, schema.collection.c.uri, now.c.id.label("held"))
        .join(schema.collection, schema.collection.c.id == then.c.collection_id)
        .outerjoin(now, same)
        .where(then.c.id.in_(numbers))
        .order_by(then.c.id)
    ).all()


class _Hashing:
    """A file that knows the SHA-256 of what was written to it."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._hasher = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self._hasher.update(data)
        return self._out.write(data)

    @property
    def digest(self) -> bytes:
        return self._hasher.digest()
