"""Scanning a collection into the ledger: what is new or changed is read once, the rest is left alone.

Statements come first, then images in the order of their keys, in batches that are each kept whole or not at all. A scan
that is killed goes on where it stopped, and the ledger then holds what an undisturbed scan would have written.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from sqlalchemy.engine import Connection

from provenance.chunks import batched
from provenance.fingerprint.pool import read_many
from provenance.fingerprint.wanted import Wanted
from provenance.keys import display
from provenance.ledger import collections, fingerprints
from provenance.ledger.collections import CurrentItem
from provenance.ledger.database import Database
from provenance.ledger.registry import Declared, NewItem, register, retire_absent
from provenance.model import Reading, Signal
from provenance.run import gather
from provenance.run.examine import Seen, examined
from provenance.run.lacking import held_up_items, lacking_fingerprints, without_lack
from provenance.run.people import LOOKED, Lookout
from provenance.run.progress import Progress
from provenance.run.sources import Sources
from provenance.run.staging import Staged, Staging
from provenance.run.told import told as rows_told
from provenance.run.told import with_capture
from provenance.sources.interface import Source, most_of

_CHUNK: Final = 1_000
_COMMIT_SECONDS: Final = 2.0
_COMMIT_ITEMS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan did, in images: how many there are, were read, have no readable bytes, and were gone.

    `notes` are what people should know beside, a sentence each.
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
    """How many threads or processes read images, who looks for people in them, if anybody is to, and what is taken."""

    workers: int
    processes: bool = False
    lookout: Lookout | None = None
    wanted: Wanted = field(default_factory=Wanted)


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


@dataclass(frozen=True, slots=True)
class _Job:
    """One image that is new or changed; `before` is the row that the ledger holds for its key.

    `declared` are the rows that speak of it now. `kept` is what the ledger knows of its bytes, where only what is
    declared about them has changed; `signals` is what the file and its sidecars said when they were last read, and
    `attested_pairs` the bytes and rows that went together before. `lacking` names the fingerprints that known bytes are
    read again for; `held_up` says that by the row's facts a part of them was not compared.
    """

    staged: Staged
    declared: tuple[Declared, ...]
    before: CurrentItem | None = None
    before_declared: tuple[Declared, ...] = ()
    kept: Seen | None = None
    signals: tuple[Signal, ...] = ()
    attested_pairs: frozenset[tuple[bytes, bytes]] = frozenset()
    lacking: tuple[str, ...] = ()
    held_up: bool = False


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of a job: a new row, or only a new identity for the row that is there.

    `again` is the reading of bytes that the row has already.
    """

    new: NewItem | None
    touched: int | None = None
    identity: str = ""
    read: bool = False
    again: Reading | None = None


def scan_images(
    database: Database, source: Source, staging: Staging, target: Target, reading: HowToRead, progress: Progress
) -> Scanned:
    """Register every staged image that is new or changed, and retire those that are gone.

    Raises LedgerError where the ledger cannot be written; everything committed until then stays.
    """
    total = staging.count(target.ordinal)
    progress.begin("reading images", total)
    read = unreadable = 0
    jobs = _changed(database, staging, target, progress, reading)
    for batch in _timed_batches(_done(source, jobs, reading, target.sources)):
        with database.writing() as connection:
            new = _not_overtaken(connection, target.collection, [d.new for d in batch if d.new is not None])
            register(connection, target.collection, target.scan, new)
            fingerprints.supplement(connection, [d.again for d in batch if d.again is not None])
            collections.touch(connection, [(d.touched, d.identity) for d in batch if d.touched is not None])
        read += sum(d.read for d in batch)
        unreadable += sum(_unreadable(d.new) for d in batch if d.new is not None)
        progress.advance(len(batch))
    gone = _retire_gone(database, staging, target)
    progress.end()
    return Scanned(images=total, read=read, unreadable=unreadable, gone=gone)


def _done(source: Source, jobs: Iterable[_Job], how: HowToRead, sources: Sources) -> Iterator[_Done]:
    """Decoding runs beside this thread and without its lock; what is left of an image's work holds the lock anyway."""
    fetches = (_Fetch(source, job, how.lookout) for job in jobs)
    pairs = ((fetch, fetch.bytes) for fetch in fetches)
    readings = read_many(pairs, workers=how.workers, processes=how.processes, wanted=how.wanted)
    for fetch, reading in readings:
        yield _finish(fetch.job, fetch.seen(reading), sources)


class _Fetch:
    """The bytes of one image, read once and let go when its signals have been read too."""

    def __init__(self, source: Source, job: _Job, lookout: Lookout | None) -> None:
        self.job = job
        self._source = source
        self._lookout = lookout
        self._data = b""

    def bytes(self) -> bytes:
        """The original bytes; none where there is nothing to read. Raises OSError."""
        listed = self.job.staged.listed
        if self.job.kept is None and listed.problem is None:
            self._data = self._source.read(listed.key, most_of(listed.size))
        return self._data

    def seen(self, reading: Reading) -> Seen:
        """What the bytes say, now that they were decoded."""
        if self.job.kept is not None:
            return self.job.kept
        listed = self.job.staged.listed
        problem = listed.problem or (reading.problem if not reading.sha256 else None)
        if problem is not None:
            return Seen(problem=problem, role=listed.role)
        sidecars, lost = _sidecars(self._source, listed.key)
        people = self._lookout.signals(self._data, reading.sha256) if self._lookout is not None else ()
        signals = (*gather.from_file(self._data, display(listed.key), sidecars), *lost, *people)
        self._data = b""
        return Seen(
            reading=reading,
            sha256=reading.sha256,
            damaged=reading.problem is not None,
            signals=signals,
            part_not_compared=bool(reading.not_compared),
        )


def _changed(
    database: Database, staging: Staging, target: Target, progress: Progress, how: HowToRead
) -> Iterator[_Job]:
    """The images that need work. Those that only moved within the manifest are put right on the way."""
    sources = target.sources
    for chunk in batched(staging.in_order(target.ordinal), _CHUNK):
        keys = [staged.listed.key for staged in chunk]
        with database.reading() as connection:
            known = collections.current(connection, target.collection, keys)
            numbers = [before.id for before in known.values()]
            unseen = set(numbers) - collections.with_signal(connection, numbers, LOOKED) if how.lookout else set()
            declared_before = collections.declarations(connection, numbers)
            settled = [b for s in chunk if (b := known.get(s.listed.key)) and not s.listed.problem and _same(s, b)]
            lacking = lacking_fingerprints(connection, settled, how.wanted)
            again = unseen | lacking.keys()
            held_up = held_up_items(connection, again)
            left_out = fingerprints.not_compared(connection, [b.content for b in known.values() if b.content])
            stale = [
                before.id
                for staged in chunk
                if (before := known.get(staged.listed.key))
                and (
                    before.id in again
                    or not _same(staged, before)
                    or sources.differ(staged.rows, declared_before.get(before.id, ()))
                )
            ]
            signals = collections.file_signals(connection, stale)
            attested_pairs = collections.attested_pairs(connection, target.collection, keys)
        work = set(stale)
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
            job = _Job(
                staged,
                sources.declared(staged.rows, told),
                before,
                told,
                attested_pairs=frozenset(attested_pairs.get(staged.listed.key, ())),
            )
            if before is not None:
                found = signals.get(before.id, ())
                kept = None
                if _same(staged, before) and before.id not in again:
                    kept = replace(_kept(before, staged, found), part_not_compared=before.content in left_out)
                job = replace(
                    job,
                    kept=kept,
                    signals=found,
                    lacking=lacking.get(before.id, ()),
                    held_up=before.id in held_up,
                )
            yield job
        if moved:
            with database.writing() as connection:
                collections.move(connection, moved)


def _kept(before: CurrentItem, staged: Staged, signals: tuple[Signal, ...]) -> Seen:
    listed = staged.listed
    damaged = before.damage is not None
    return Seen(sha256=before.sha256, damaged=damaged, problem=listed.problem, role=listed.role, signals=signals)


def _same(staged: Staged, before: CurrentItem) -> bool:
    """Whether nothing about a file, what lies beside it and its captured page can have changed."""
    listed = staged.listed
    if listed.problem is not None:
        return before.problem == listed.problem.kind.value
    if before.problem is not None or not listed.identity:
        return False
    return with_capture(listed.identity, before.capture) == before.identity


def _finish(job: _Job, seen: Seen, sources: Sources) -> _Done:
    """The ledger's new row for one image. Whatever is wrong with it becomes a finding."""
    listed, before = job.staged.listed, job.before
    same_bytes = before is not None and seen.sha256 is not None and seen.sha256 == before.sha256
    if same_bytes:
        seen = _still_seen(without_lack(seen, job.lacking), job.signals)
    name = display(listed.key)
    told = rows_told(sources.stated(job.declared), name)
    identity = with_capture(listed.identity, told.capture)
    if before is not None and same_bytes and _untouched(job, before, seen, told.capture):
        again = seen.reading
        return _Done(None, before.id, identity, again is not None, again)
    bytes_match = _bytes_match(told.row.sha256 if told.row else None, job, seen)
    found = examined(told, seen, bytes_match=bytes_match)
    position = sources.position(job.staged.rows)
    new = NewItem(
        key=listed.key,
        size=listed.size,
        identity=identity,
        facts=found.facts,
        bytes_match=bytes_match,
        reading=seen.reading,
        content=before.content if before and job.kept else None,
        problem=seen.problem,
        declared=job.declared,
        capture=told.capture,
        source_url=found.source_url,
        acquired_on=found.acquired_on,
        dates=found.dates,
        people=found.people,
        signals=seen.signals,
        told=told.signals,
        position=before.position if position is None and before is not None else position,
        replaces=before.id if before else None,
    )
    return _Done(new, read=seen.reading is not None)


def _sidecars(source: Source, key: bytes) -> tuple[dict[str, bytes], tuple[Signal, ...]]:
    """The sidecars of an image, and a signal for what is there and cannot be read."""
    found: dict[str, bytes] = {}
    try:
        for name, data in source.sidecars(key):
            found[display(name)] = data
    except OSError as error:
        return found, (gather.unreadable("XMP", "sidecar", error.strerror or type(error).__name__),)
    return found, ()


def _bytes_match(pinned: bytes | None, job: _Job, seen: Seen) -> bool:
    """Whether what is declared was declared for these bytes.

    Declarations belong to the bytes they were made for. Other bytes under the same name are not covered until a row
    says something new of them, or names their digest.
    """
    if not job.declared or seen.sha256 is None:
        return True
    if pinned is not None:
        return pinned == seen.sha256
    # Every version counts, so that removing a file for a while does not free its row for other bytes.
    covered = {sha256 for sha256, digest in job.attested_pairs if digest == job.declared[0].digest}
    return not covered or seen.sha256 in covered


def _untouched(job: _Job, before: CurrentItem, seen: Seen, capture: str | None) -> bool:
    """The same bytes under a new identity: nothing else declared, nothing else in the file or beside it."""
    same = _digests(job.declared) == _digests(job.before_declared) and capture == before.capture
    same = same and seen.part_not_compared == job.held_up
    return same and capture is None and before.problem is None and seen.signals == job.signals


def _digests(declared: Sequence[Declared]) -> list[bytes]:
    return [one.digest for one in declared]


def _still_seen(seen: Seen, before: tuple[Signal, ...]) -> Seen:
    """What detectors saw in the same bytes earlier still counts where nobody has looked again."""
    if any(signal.name == LOOKED for signal in seen.signals):
        return seen
    sightings = tuple(s for s in before if s.name.startswith("detector:") and s not in seen.signals)
    return replace(seen, signals=(*seen.signals, *sightings))


def _unreadable(new: NewItem) -> bool:
    return new.problem is not None or (new.reading is not None and new.reading.problem is not None)


def _not_overtaken(connection: Connection, collection: int, batch: Sequence[NewItem]) -> list[NewItem]:
    """Without what another scan has registered alike meanwhile. What it registered otherwise is succeeded."""
    known = collections.current(connection, collection, [new.key for new in batch])
    declared = collections.declarations(connection, [now.id for now in known.values()])
    kept = []
    for new in batch:
        now = known.get(new.key)
        if now is None or now.id == new.replaces:
            kept.append(new)
        elif not _alike(new, now, declared):
            kept.append(replace(new, replaces=now.id))
    return kept


def _alike(new: NewItem, now: CurrentItem, declared: Mapping[int, Sequence[Declared]]) -> bool:
    if any(signal.name == LOOKED for signal in new.signals):
        return False
    same_bytes = new.reading.sha256 == now.sha256 if new.reading else new.content == now.content
    problem = new.problem.kind.value if new.problem else None
    return same_bytes and problem == now.problem and _digests(new.declared) == _digests(declared.get(now.id, ()))


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


def _timed_batches(done: Iterable[_Done]) -> Iterator[list[_Done]]:
    """Batches small enough that a kill loses seconds of work, large enough that commits cost little."""
    batch: list[_Done] = []
    started = time.monotonic()
    for one in done:
        batch.append(one)
        if len(batch) >= _COMMIT_ITEMS or time.monotonic() - started >= _COMMIT_SECONDS:
            yield batch
            batch, started = [], time.monotonic()
    if batch:
        yield batch
