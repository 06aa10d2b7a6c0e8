"""Scanning a collection into the ledger: what is new or changed is read once, the rest is left alone.

Records come first, then images in the order of their keys, in batches that are each kept whole or not at all. A scan
that is killed goes on where it stopped, and the ledger then holds what an undisturbed scan would have written.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy.engine import Connection

from provenance.fingerprint.pool import read_many
from provenance.fingerprint.wanted import Wanted
from provenance.keys import display
from provenance.ledger import collections as held
from provenance.ledger import fingerprints
from provenance.ledger.collections import CurrentItem
from provenance.ledger.database import Database
from provenance.ledger.registry import Declared, NewItem, register, retire_absent
from provenance.model import ManifestRow, Reading, Signal
from provenance.run import gather
from provenance.run.declared import manifest_row
from provenance.run.examine import Seen, examine
from provenance.run.hidden import NOT_COMPARED, claims_anonymity
from provenance.run.lacking import lacking_fingerprints, without_lack
from provenance.run.people import LOOKED, Lookout
from provenance.run.progress import Progress
from provenance.run.staging import Staged, Staging
from provenance.sources.interface import Source

_CHUNK: Final = 1_000
_MAX_CAPTURE: Final = 32 << 20
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
class HowToRead:
    """How many threads or processes read images, who looks for people in them, if anybody is to, and what is taken."""

    workers: int
    processes: bool = False
    lookout: Lookout | None = None
    wanted: Wanted = field(default_factory=Wanted)


@dataclass(frozen=True, slots=True)
class _Job:
    """One image that is new or changed; `before` is the row that the ledger holds for its key.

    `kept` is what the ledger knows of its bytes, where only what is declared about them has changed; `signals` is what
    the file and its sidecars said when they were last read, `claims` the manifest row that was last given for it, and
    `attested_pairs` the bytes and rows that went together before. `lacking` names the fingerprints that known bytes are
    read again for.
    """

    staged: Staged
    before: CurrentItem | None
    kept: Seen | None = None
    signals: tuple[Signal, ...] = ()
    claims: Declared | None = None
    attested_pairs: frozenset[tuple[bytes, bytes]] = frozenset()
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of a job: a new row, or only a new modification time for the row that is there.

    `again` is the reading of bytes that the row has already.
    """

    new: NewItem | None
    touched: CurrentItem | None = None
    size: int = 0
    modified_ns: int = 0
    read: bool = False
    again: Reading | None = None


def scan_images(
    database: Database,
    source: Source,
    staging: Staging,
    *,
    collection: int,
    scan: int,
    newest: int,
    reading: HowToRead,
    progress: Progress,
) -> Scanned:
    """Register every staged image that is new or changed, and retire those that are gone.

    `newest` is the last item that the ledger held when the images were listed: what another scan has registered since
    is not gone.

    Raises LedgerError where the ledger cannot be written; everything committed until then stays.
    """
    total = staging.count()
    progress.begin("reading images", total)
    read = unreadable = 0
    jobs = _changed(database, staging, collection, progress, reading)
    for batch in _timed_batches(_done(source, jobs, reading)):
        with database.writing() as connection:
            new = _not_overtaken(connection, collection, [d.new for d in batch if d.new is not None])
            register(connection, collection, scan, new)
            fingerprints.supplement(connection, [d.again for d in batch if d.again is not None])
            held.touch(connection, [(d.touched.id, d.size, d.modified_ns) for d in batch if d.touched is not None])
        read += sum(d.read for d in batch)
        unreadable += sum(_unreadable(d.new) for d in batch if d.new is not None)
        progress.advance(len(batch))
    gone = _retire_gone(database, staging, collection, newest)
    progress.end()
    return Scanned(images=total, read=read, unreadable=unreadable, gone=gone)


def _done(source: Source, jobs: Iterable[_Job], how: HowToRead) -> Iterator[_Done]:
    """Decoding runs beside this thread and without its lock; what is left of an image's work holds the lock anyway."""
    fetches = (_Fetch(source, job, how.lookout) for job in jobs)
    pairs = ((fetch, fetch.bytes) for fetch in fetches)
    readings = read_many(pairs, workers=how.workers, processes=how.processes, wanted=how.wanted)
    for fetch, reading in readings:
        yield _finish(fetch.job, fetch.seen(reading))


class _Fetch:
    """The bytes of one image, read once and let go when its signals have been read too."""

    def __init__(self, source: Source, job: _Job, lookout: Lookout | None) -> None:
        self.job = job
        self._source = source
        self._lookout = lookout
        self._data = b""

    def bytes(self) -> bytes:
        """The original bytes; none where there is nothing to read. Raises OSError."""
        if self.job.kept is None and self.job.staged.problem is None:
            self._data = self._source.read(self.job.staged.key)
        return self._data

    def seen(self, reading: Reading) -> Seen:
        """What the bytes say, now that they were decoded."""
        if self.job.kept is not None:
            return self.job.kept
        problem = self.job.staged.problem or (reading.problem if not reading.sha256 else None)
        if problem is not None:
            return Seen(problem=problem)
        key = self.job.staged.key
        sidecars, lost = _sidecars(self._source, key)
        people = self._lookout.signals(self._data, reading.sha256) if self._lookout is not None else ()
        claims = self.job.staged.declared or self.job.claims
        row = manifest_row(claims) if claims else None
        signals = (*gather.from_file(self._data, display(key), sidecars, row), *lost, *people)
        return Seen(reading=reading, sha256=reading.sha256, damaged=reading.problem is not None, signals=signals)


def _changed(
    database: Database, staging: Staging, collection: int, progress: Progress, how: HowToRead
) -> Iterator[_Job]:
    """The images that need work. Those that only moved within the manifest are put right on the way."""
    for chunk in _chunks(staging.in_order(), _CHUNK):
        with database.reading() as connection:
            known = held.current(connection, collection, [staged.key for staged in chunk])
            numbers = [before.id for before in known.values()]
            unseen = set(numbers) - held.with_signal(connection, numbers, LOOKED) if how.lookout else set()
            settled = [b for s in chunk if (b := known.get(s.key)) and not s.problem and _same_bytes(s, b)]
            lacking = lacking_fingerprints(connection, settled, how.wanted)
            claiming = [b.id for s in chunk if (b := known.get(s.key)) and _newly_claims_anonymity(s, b)]
            again = unseen | lacking.keys() | held.with_signal(connection, claiming, NOT_COMPARED)
            stale = [b.id for s in chunk if (b := known.get(s.key)) and (b.id in again or not _same(s, b))]
            signals = held.file_signals(connection, stale)
            claims = held.declarations(connection, stale)
            attested_pairs = held.attested_pairs(connection, collection, [s.key for s in chunk])
        moved = []
        for staged in chunk:
            before = known.get(staged.key)
            pairs = frozenset(attested_pairs.get(staged.key, ()))
            if before is None:
                yield _Job(staged, None, attested_pairs=pairs)
                continue
            told = signals.get(before.id, ())
            if not _same_bytes(staged, before) or before.id in again:
                yield _Job(staged, before, None, told, claims.get(before.id), pairs, lacking.get(before.id, ()))
                continue
            if not _same(staged, before):
                yield _Job(staged, before, _kept(before, staged, told), told, attested_pairs=pairs)
                continue
            if staged.position is not None and staged.position != before.position:
                moved.append((before.id, staged.position))
            progress.advance()
        if moved:
            with database.writing() as connection:
                held.move(connection, moved)


def _kept(before: CurrentItem, staged: Staged, signals: tuple[Signal, ...]) -> Seen:
    return Seen(sha256=before.sha256, damaged=before.damage is not None, problem=staged.problem, signals=signals)


def _same(staged: Staged, before: CurrentItem) -> bool:
    return _same_bytes(staged, before) and (staged.declared is None or staged.declared.digest == before.declared)


def _same_bytes(staged: Staged, before: CurrentItem) -> bool:
    if staged.problem is not None:
        return before.problem == staged.problem.kind.value
    return before.problem is None and (staged.size, staged.modified_ns) == (before.size, before.modified_ns)


def _newly_claims_anonymity(staged: Staged, before: CurrentItem) -> bool:
    """Whether another row than before says that people were made unrecognisable, so that the file is looked into."""
    if staged.declared is None or staged.declared.digest == before.declared:
        return False
    return claims_anonymity(manifest_row(staged.declared).persons)


def _finish(job: _Job, seen: Seen) -> _Done:
    """The ledger's new row for one image. Whatever is wrong with it becomes a finding."""
    staged, before = job.staged, job.before
    same_bytes = before is not None and seen.sha256 is not None and seen.sha256 == before.sha256
    if same_bytes:
        seen = _still_seen(without_lack(seen, job.lacking), job.signals)
    if before is not None and same_bytes and _untouched(job, before, seen):
        return _Done(None, before, staged.size, staged.modified_ns, seen.reading is not None, seen.reading)
    claims = staged.declared or job.claims
    name = display(staged.key)
    row = manifest_row(claims) if claims else None
    bytes_match = _bytes_match(row, claims, job, seen)
    told = _told(row, name, claims)
    examined = examine(row, seen, gather.sum_up((*seen.signals, *told), row), bytes_match=bytes_match)
    new = NewItem(
        key=staged.key,
        file_name=name,
        size=staged.size,
        modified_ns=staged.modified_ns,
        facts=examined.facts,
        bytes_match=bytes_match,
        reading=seen.reading,
        content=before.content if before and job.kept else None,
        problem=seen.problem,
        declared=claims,
        source_url=examined.source_url,
        acquired_at=examined.acquired_at,
        acquired_on=examined.acquired_on,
        licence_ends_at=examined.licence_ends_at,
        people=examined.people,
        signals=seen.signals,
        told=told,
        position=staged.position if staged.declared or before is None else before.position,
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


def _told(row: ManifestRow | None, name: str, claims: Declared | None) -> tuple[Signal, ...]:
    """What the path and the manifest row say, with its web evidence read where the row names a file."""
    evidence = row.web_evidence if row else None
    if not isinstance(evidence, str):
        return gather.from_declaration(row, name, evidence)
    assert claims is not None
    try:
        return gather.from_declaration(row, name, read_capture(Path(claims.file).parent / evidence))
    except (OSError, ValueError, RecursionError) as error:
        lost = gather.unreadable("web_evidence", evidence[:200], str(error))
        return (*gather.from_declaration(row, name, None), lost)


def read_capture(path: Path) -> dict[str, object]:
    """A captured page as a JSON file holds it. Raises OSError or ValueError for what cannot be used."""
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    with path.open("rb") as file:
        data = file.read(_MAX_CAPTURE + 1)
    found = json.loads(data) if len(data) <= _MAX_CAPTURE else None
    if isinstance(found, dict):
        return found
    raise ValueError(f"not a JSON object of at most {_MAX_CAPTURE} bytes")


def _bytes_match(row: ManifestRow | None, claims: Declared | None, job: _Job, seen: Seen) -> bool:
    """Whether what is declared was declared for these bytes.

    Claims belong to the bytes they were made for. Other bytes under the same name are not covered until a row says
    something new of them, or names their digest.
    """
    if row is None or claims is None or seen.sha256 is None:
        return True
    if row.sha256 is not None:
        return row.sha256 == seen.sha256
    # Every version counts, so that removing a file for a while does not free its row for other bytes.
    covered = {sha256 for sha256, digest in job.attested_pairs if digest == claims.digest}
    return not covered or seen.sha256 in covered


def _untouched(job: _Job, before: CurrentItem, seen: Seen) -> bool:
    """The same bytes under a new modification time: nothing else declared, nothing else in the file or beside it."""
    same_claims = job.staged.declared is None or job.staged.declared.digest == before.declared
    return same_claims and before.problem is None and seen.signals == job.signals


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
    known = held.current(connection, collection, [new.key for new in batch])
    kept = []
    for new in batch:
        now = known.get(new.key)
        if now is None or now.id == new.replaces:
            kept.append(new)
        elif not _alike(new, now):
            kept.append(replace(new, replaces=now.id))
    return kept


def _alike(new: NewItem, now: CurrentItem) -> bool:
    if any(signal.name == LOOKED for signal in new.signals):
        return False
    same_bytes = new.reading.sha256 == now.sha256 if new.reading else new.content == now.content
    problem = new.problem.kind.value if new.problem else None
    declared = new.declared.digest if new.declared else None
    return same_bytes and (problem, declared) == (now.problem, now.declared)


def _retire_gone(database: Database, staging: Staging, collection: int, newest: int) -> int:
    gone = 0
    last = b""
    while True:
        with database.reading() as connection:
            page = held.page(connection, collection, after=last, size=_CHUNK)
        if not page:
            return gone
        absent = staging.absent_from([key for number, key in page if number <= newest])
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
