"""Scanning a collection into the ledger: what is new or changed is read once, the rest is left alone.

Records come first, then images in the order of their keys, in batches that are each kept whole or not at all. A scan
that is killed goes on where it stopped, and the ledger then holds what an undisturbed scan would have written.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeVar

from provenance.fingerprint.read import read_image
from provenance.keys import display
from provenance.ledger import collections as held
from provenance.ledger.collections import Held
from provenance.ledger.database import Database
from provenance.ledger.registry import NewItem, register, retire_absent
from provenance.model import Problem, ProblemKind, Reading, Signal
from provenance.run import gather
from provenance.run.declared import manifest_row
from provenance.run.examine import examine
from provenance.run.pool import ordered
from provenance.run.progress import Progress
from provenance.run.staging import Staged, Staging
from provenance.sources.interface import Source

_CHUNK: Final = 1_000
_COMMIT_SECONDS: Final = 2.0
_COMMIT_ITEMS: Final = 2_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan did, in images: how many there are, were read, have no readable bytes, and were gone."""

    images: int
    read: int
    unreadable: int
    gone: int

    def __add__(self, other: Scanned) -> Scanned:
        return Scanned(
            self.images + other.images,
            self.read + other.read,
            self.unreadable + other.unreadable,
            self.gone + other.gone,
        )


@dataclass(frozen=True, slots=True)
class _Job:
    """One image that is new or changed; `before` is the row that the ledger holds for its key."""

    staged: Staged
    before: Held | None


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of a job: a new row, or only a new modification time for the row that is there."""

    new: NewItem | None
    touched: Held | None = None
    size: int = 0
    modified_ns: int = 0


def scan_images(
    database: Database,
    source: Source,
    staging: Staging,
    *,
    collection: int,
    scan: int,
    workers: int,
    progress: Progress,
) -> Scanned:
    """Register every staged image that is new or changed, and retire those that are gone.

    Raises LedgerError where the ledger cannot be written; everything committed until then stays.
    """
    total = staging.count()
    progress.begin("reading images", total)
    read = unreadable = 0
    jobs = _changed(database, staging, collection, progress)
    done = ordered(lambda job: _work(source, job), jobs, workers=workers)
    for batch in _timed_batches(done):
        with database.writing() as connection:
            register(connection, collection, scan, [d.new for d in batch if d.new is not None])
            held.touch(connection, [(d.touched.id, d.size, d.modified_ns) for d in batch if d.touched is not None])
        read += len(batch)
        unreadable += sum(_unreadable(d.new) for d in batch if d.new is not None)
        progress.advance(len(batch))
    gone = _retire_gone(database, staging, collection)
    progress.end()
    return Scanned(images=total, read=read, unreadable=unreadable, gone=gone)


def _changed(database: Database, staging: Staging, collection: int, progress: Progress) -> Iterator[_Job]:
    """The images that need work. Those that only moved within the manifest are put right on the way."""
    for chunk in _chunks(staging.in_order(), _CHUNK):
        with database.reading() as connection:
            known = held.current(connection, collection, [staged.key for staged in chunk])
        moved = []
        for staged in chunk:
            before = known.get(staged.key)
            if before is None or not _same(staged, before):
                yield _Job(staged, before)
                continue
            if staged.position is not None and staged.position != before.position:
                moved.append((before.id, staged.position))
            progress.advance()
        if moved:
            with database.writing() as connection:
                held.move(connection, moved)


def _same(staged: Staged, before: Held) -> bool:
    return _same_bytes(staged, before) and (staged.declared is None or staged.declared.digest == before.declared)


def _same_bytes(staged: Staged, before: Held) -> bool:
    if staged.problem is not None:
        return before.problem == staged.problem.kind.value
    return before.problem is None and (staged.size, staged.modified_ns) == (before.size, before.modified_ns)


def _work(source: Source, job: _Job) -> _Done:
    """Everything that one image needs, on a worker. Whatever is wrong with it becomes a finding."""
    staged, before = job.staged, job.before
    name = display(staged.key)
    row = manifest_row(staged.declared) if staged.declared else None
    problem = staged.problem
    reading: Reading | None = None
    signals: tuple[Signal, ...] = ()
    if problem is None:
        try:
            data = source.read(staged.key)
        except OSError as error:
            problem = Problem(ProblemKind.IO_ERROR, f"it cannot be read: {error.strerror or type(error).__name__}")
        else:
            reading = read_image(data)
            signals = gather.from_file(data, name, {})
    if before is not None and _untouched(staged, before, reading):
        return _Done(None, before, staged.size, staged.modified_ns)
    # Claims belong to the bytes they were made for: other bytes under the same name have none until somebody says so.
    bytes_match = row is not None or before is None or before.declared is None or _content_of(before, reading)
    told = gather.from_declaration(row, name)
    found = gather.sum_up((*signals, *told), row)
    examined = examine(row, reading, problem, found, bytes_match=bytes_match)
    new = NewItem(
        key=staged.key,
        file_name=name,
        size=staged.size,
        modified_ns=staged.modified_ns,
        facts=examined.facts,
        reading=reading,
        problem=problem,
        declared=staged.declared,
        source_url=examined.source_url,
        acquired_at=examined.acquired_at,
        acquired_on=examined.acquired_on,
        licence_ends_at=examined.licence_ends_at,
        people=examined.people,
        signals=(*signals, *told),
        position=staged.position,
        replaces=before.id if before else None,
    )
    return _Done(new)


def _content_of(before: Held, reading: Reading | None) -> bool:
    return reading is not None and reading.sha256 == before.sha256


def _untouched(staged: Staged, before: Held, reading: Reading | None) -> bool:
    """The same bytes under a new modification time, and nothing else declared."""
    same_claims = staged.declared is None or staged.declared.digest == before.declared
    return same_claims and before.problem is None and _content_of(before, reading)


def _unreadable(new: NewItem) -> bool:
    return new.problem is not None or (new.reading is not None and new.reading.problem is not None)


def _retire_gone(database: Database, staging: Staging, collection: int) -> int:
    gone = 0
    last = b""
    while True:
        with database.reading() as connection:
            page = held.page(connection, collection, after=last, size=_CHUNK)
        if not page:
            return gone
        absent = staging.absent_from([key for _, key in page])
        if absent:
            with database.writing() as connection:
                retire_absent(connection, [number for number, key in page if key in absent])
            gone += len(absent)
        last = page[-1][1]


def _chunks(things: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(things)
    while chunk := list(islice(iterator, size)):
        yield chunk


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
