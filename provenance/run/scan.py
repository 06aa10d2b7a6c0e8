"""Scanning a collection into the ledger: what is new or changed is read once, the rest is left alone.

Statements come first, then images in the order of their keys, in batches that are each kept whole or not at all. A scan
that is killed goes on where it stopped, and the ledger then holds what an undisturbed scan would have written.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Final

from sqlalchemy.engine import Connection

from provenance.chunks import TEXT_AT_ONCE, bounded
from provenance.errors import LedgerLocked
from provenance.fingerprint.wanted import Wanted
from provenance.keys import display
from provenance.ledger import collections, fingerprints
from provenance.ledger.collections import CurrentItem
from provenance.ledger.database import Database
from provenance.ledger.registry import NewItem, register, retire_absent
from provenance.model import Signal
from provenance.printable import counted
from provenance.run.engines import Means, run_tasks
from provenance.run.examine import Seen
from provenance.run.hidden import NOT_COMPARED
from provenance.run.item_identity import ItemIdentity, is_as_listed
from provenance.run.lacking import held_up_items, lacking_fingerprints
from provenance.run.parts.looked import looked_at
from provenance.run.parts.take import Parts
from provenance.run.people import LOOKED, Lookout
from provenance.run.progress import Progress
from provenance.run.shard import Outcome, Task, Work, digests
from provenance.run.sources import Sources
from provenance.run.staging import Staged, Staging
from provenance.run.told import anonymised_by
from provenance.sources.interface import Source

_CHUNK: Final = 1_000
_COMMIT_SECONDS: Final = 2.0
_COMMIT_ITEMS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan did, in images: how many there are, were read, have no readable bytes, and were gone.

    `notes` are what people should know beside, a sentence each.

    >>> scanned = ledger.scan("demo/photos", manifest="demo/manifest.jsonl", records="demo/records.jsonl")
    >>> scanned.images, scanned.read
    (11, 0)
    """

    images: int = 0
    read: int = 0
    unreadable: int = 0
    gone: int = 0
    notes: tuple[str, ...] = ()

    def __add__(self, other: Scanned) -> Scanned:
        return Scanned(
            self.images + other.images,
            self.read + other.read,
            self.unreadable + other.unreadable,
            self.gone + other.gone,
            (*self.notes, *other.notes),
        )


@dataclass(frozen=True, slots=True)
class HowToRead:
    """By what means images are read, who looks for people in them, if anybody is to, and what is taken.

    `parts` hold what was seen in images elsewhere: one that is as it was then is not read.
    """

    means: Means
    lookout: Lookout | None = None
    wanted: Wanted = field(default_factory=Wanted)
    parts: Parts | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Where the images of one collection go: its number, its scan, and the sources that speak of it in this run.

    `newest` is the last item that the ledger held when the images were listed: what another scan has registered since
    is not gone.
    """

    ordinal: int
    collection: int
    scan: int
    newest: int
    sources: Sources


def scan_images(
    database: Database, source: Source, staging: Staging, target: Target, reading: HowToRead, progress: Progress
) -> Scanned:
    """Register every staged image that is new or changed, and retire those that are gone.

    Raises LedgerError where the ledger cannot be written, LedgerLocked where another scan takes other rows about the
    same images at the same time; everything committed until then stays.
    """
    total = staging.count(target.ordinal)
    progress.begin("reading images", total)
    read = unreadable = given_up = 0
    work = Work(source, reading.wanted, target.sources, reading.means.memory, reading.lookout)
    tasks: Iterable[Task] = _changed(database, staging, target, progress, reading)
    if reading.parts is not None:
        tasks = looked_at(tasks, reading.parts, work)
    for batch in _timed_batches(run_tasks(work, tasks, reading.means)):
        with database.writing() as connection:
            new = _not_overtaken(connection, source, target.collection, [d.new for d in batch if d.new is not None])
            register(connection, target.collection, target.scan, new)
            fingerprints.supplement(connection, [d.again for d in batch if d.again is not None])
            collections.touch(connection, [(d.touched, d.identity) for d in batch if d.touched is not None])
        read += sum(d.read for d in batch)
        unreadable += sum(_unreadable(d.new) for d in batch if d.new is not None)
        given_up += sum(d.given_up for d in batch)
        progress.advance(len(batch))
    gone = _retire_gone(database, staging, target)
    progress.end()
    notes = (f"{counted(given_up, 'image')} could not be read where workers failed; the next scan tries again",)
    return Scanned(images=total, read=read, unreadable=unreadable, gone=gone, notes=notes if given_up else ())


def _changed(
    database: Database, staging: Staging, target: Target, progress: Progress, how: HowToRead
) -> Iterator[Task]:
    """The images that need work. Those that only moved within the manifest are put right on the way."""
    sources = target.sources
    for chunk in bounded(staging.in_order(target.ordinal), _CHUNK, attrgetter("length")):
        keys = [staged.listed.key for staged in chunk]
        with database.reading() as connection:
            known = collections.current(connection, target.collection, keys)
            numbers = [before.id for before in known.values()]
            unseen = set(numbers) - collections.with_signal(connection, numbers, LOOKED) if how.lookout else set()
            declared = [before.id for before in known.values() if before.is_declared]
            declared_before = collections.declarations(connection, declared)
            same = {b.id for staged in chunk if (b := known.get(staged.listed.key)) and _same(staged, b)}
            settled = [before for before in known.values() if before.id in same and before.problem is None]
            lacking = lacking_fingerprints(connection, settled, how.wanted)
            told_anew = {
                before.id: sources.declared(staged.rows, told)
                for staged in chunk
                if (before := known.get(staged.listed.key))
                and sources.differ(staged.rows, told := declared_before.get(before.id, ()))
            }
            claiming = [number for number, rows in told_anew.items() if anonymised_by(sources.stated(rows))]
            again = unseen | lacking.keys() | collections.with_signal(connection, claiming, NOT_COMPARED)
            held_up = held_up_items(connection, again)
            work = {one for one in numbers if one in again or one in told_anew or one not in same}
            stale = [before for before in known.values() if before.id in work]
            left_out = fingerprints.not_compared(connection, [b.content for b in stale if b.content])
            signals = collections.file_signals(connection, sorted(work))
            asked = [key for key in keys if key not in known or known[key].id in work]
            attested_pairs = collections.attested_pairs(connection, target.collection, asked)
        moved = []
        for staged in chunk:
            before = known.get(staged.listed.key)
            told = declared_before.get(before.id, ()) if before else ()
            if before is not None and before.id not in work:
                position = sources.position(staged.rows)
                if position is not None and position != before.position:
                    moved.append((before.id, position))
                progress.advance()
                continue
            task = Task(
                staged,
                sources.declared(staged.rows, told),
                before,
                told,
                attested_pairs=frozenset(attested_pairs.get(staged.listed.key, ())),
            )
            if before is not None:
                found = signals.get(before.id, ())
                kept = None
                if before.id in same and before.id not in again:
                    kept = replace(_kept(before, staged, found), part_not_compared=before.content in left_out)
                task = replace(
                    task,
                    kept=kept,
                    signals=found,
                    lacking=lacking.get(before.id, ()),
                    held_up=before.id in held_up,
                )
            yield task
        if moved:
            with database.writing() as connection:
                collections.move(connection, moved)


def _kept(before: CurrentItem, staged: Staged, signals: tuple[Signal, ...]) -> Seen:
    listed = staged.listed
    damaged = before.damage is not None
    return Seen(
        sha256=before.sha256,
        damaged=damaged,
        problem=listed.problem,
        role=listed.role,
        signals=signals,
        beside=ItemIdentity.of_text(before.identity).beside,
    )


def _same(staged: Staged, before: CurrentItem) -> bool:
    """Whether nothing about a file, what lies beside it and its captured page can have changed."""
    listed = staged.listed
    if listed.problem is not None:
        return before.problem == listed.problem.kind.value
    return before.problem is None and is_as_listed(before.identity, listed.identity, before.captures)


def _unreadable(new: NewItem) -> bool:
    return new.problem is not None or (new.reading is not None and new.reading.problem is not None)


def _not_overtaken(connection: Connection, source: Source, collection: int, batch: Sequence[NewItem]) -> list[NewItem]:
    """Without what another scan has registered alike meanwhile; other bytes that it read are succeeded.

    Raises LedgerLocked where other rows spoke to it: neither scan knows what both come to.
    """
    known = collections.current(connection, collection, [new.key for new in batch])
    declared = collections.declarations(connection, [now.id for now in known.values()])
    kept = []
    for new in batch:
        now = known.get(new.key)
        if now is None or now.id == new.replaces:
            kept.append(new)
        elif digests(new.declared) != digests(declared.get(now.id, ())):
            raise LedgerLocked(
                f"another scan of {source.uri} took other rows about {display(new.key)} at the same time",
                remedy="scan again with both, one after the other",
            )
        elif not _alike(new, now):
            kept.append(replace(new, replaces=now.id))
    return kept


def _alike(new: NewItem, now: CurrentItem) -> bool:
    if any(signal.name == LOOKED for signal in new.signals):
        return False
    same_bytes = new.reading.sha256 == now.sha256 if new.reading else new.content == now.content
    return same_bytes and (new.problem.kind.value if new.problem else None) == now.problem


def _retire_gone(database: Database, staging: Staging, target: Target) -> int:
    gone = 0
    last = b""
    while True:
        with database.reading() as connection:
            page = collections.page(connection, target.collection, after=last, size=_CHUNK)
        if not page:
            return gone
        absent = staging.absent_from(target.ordinal, [key for number, key in page if number <= target.newest])
        if absent:
            with database.writing() as connection:
                retire_absent(connection, [number for number, key in page if key in absent], target.scan)
            gone += len(absent)
        last = page[-1][1]


def _timed_batches(done: Iterable[Outcome]) -> Iterator[list[Outcome]]:
    """Batches small enough that a kill loses seconds of work, large enough that commits cost little."""
    batch: list[Outcome] = []
    held, started = 0, time.monotonic()
    for one in done:
        batch.append(one)
        held += one.length
        late = time.monotonic() - started >= _COMMIT_SECONDS
        if len(batch) >= _COMMIT_ITEMS or held > TEXT_AT_ONCE or late:
            yield batch
            batch, held, started = [], 0, time.monotonic()
    if batch:
        yield batch
