"""What a scan does to images, a shard of them at a time: from where their bytes lie to rows that the ledger takes.

`run_shard` is the whole of it. It opens no ledger, keeps nothing and depends on nothing but what it is given, so that
any worker on any machine gives the same rows. What it takes and gives can be pickled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from provenance.carriers import walk
from provenance.fingerprint.containers import identify
from provenance.fingerprint.decode import line_of
from provenance.fingerprint.read import read_image
from provenance.fingerprint.wanted import Wanted
from provenance.keys import display
from provenance.ledger.collections import CurrentItem
from provenance.ledger.registry import Declared, NewItem
from provenance.model import Problem, ProblemKind, Reading, Signal
from provenance.run import gather
from provenance.run.examine import Seen, examined
from provenance.run.item_identity import ItemIdentity, digest_of_sidecars, pages_of
from provenance.run.lacking import without_lack
from provenance.run.people import LOOKED, Lookout
from provenance.run.sources import Sources
from provenance.run.staging import Listed, Staged
from provenance.run.told import StatedIn, anonymised_by
from provenance.run.told import told as rows_told
from provenance.sources.interface import Source, most_of


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes of one image and of the files beside it; `problem` says why there are none, `lost` what is missing."""

    data: bytes = b""
    sidecars: tuple[tuple[str, bytes], ...] = ()
    problem: Problem | None = None
    lost: tuple[Signal, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """One image that is new or changed; `before` is the row that the ledger holds for its key.

    `declared` are the rows that speak of it now. `kept` is what the ledger knows of its bytes, where only what is
    declared about them has changed; `signals` is what the file and its sidecars said when they were last read, and
    `attested_pairs` the bytes and rows that went together before. `lacking` names the fingerprints that known bytes are
    read again for; `held_up` says that by the row's facts a part of them was not compared. `fetched` are the bytes
    where whoever made the task has read them already, `looked` is what was seen in them where somebody has looked.
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
    fetched: Fetched | None = None
    looked: Seen | None = None

    @property
    def is_read(self) -> bool:
        """Whether there are bytes to be read for it."""
        return self.kept is None and self.looked is None and self.staged.listed.problem is None

    @property
    def length(self) -> int:
        """Characters of the rows that speak of it now and spoke of it before."""
        return self.staged.length + sum(len(one.row) for one in (*self.declared, *self.before_declared))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a task: a new row, or only a new identity for the row that is there.

    `read` says that the bytes were read for it; `again` is the reading of bytes that the row has already. `given_up`
    says that every machine failed that tried.
    """

    new: NewItem | None
    touched: int | None = None
    identity: str = ""
    read: bool = False
    again: Reading | None = None
    given_up: bool = False

    @property
    def length(self) -> int:
        """Characters of the rows that are to be stored with it."""
        return sum(len(one.row) for one in self.new.declared) if self.new is not None else 0


@dataclass(frozen=True, slots=True)
class Work:
    """What all tasks of a scan share: where bytes lie, what is taken of them, whose rows speak, who looks for people.

    A file of more than `memory` bytes is not read.
    """

    source: Source
    wanted: Wanted
    sources: Sources
    memory: int
    lookout: Lookout | None = None


NOT_READ: Final = "not read"
"""Stands for the digest of sidecars of which one could not be read: no digest ever equals it."""


def run_shard(work: Work, tasks: Sequence[Task]) -> list[Outcome]:
    """The outcome of each task, in their order. The bytes of one image at a time are held."""
    return [_run(work, task) for task in tasks]


def _run(work: Work, task: Task) -> Outcome:
    stated = work.sources.stated(task.declared)
    return _finish(task, _seen(work, task, stated), stated, work.sources.position(task.staged.rows))


def fetch(work: Work, listed: Listed) -> Fetched:
    """Read an image and what lies beside it. Whatever goes wrong is what the image's row will say."""
    if listed.size > work.memory:
        detail = f"{listed.size} bytes, and a scan may hold {work.memory} at once"
        return Fetched(problem=Problem(ProblemKind.TOO_LARGE, detail))
    try:
        data = work.source.read(listed.key, most_of(listed.size))
    except FileNotFoundError as error:
        return Fetched(problem=Problem(ProblemKind.MISSING, line_of(error)))
    except IsADirectoryError as error:
        return Fetched(problem=Problem(ProblemKind.NOT_A_FILE, line_of(error)))
    except Exception as error:  # noqa: BLE001 - archives and object stores have errors of their own
        return Fetched(problem=Problem(ProblemKind.IO_ERROR, line_of(error)))
    beside: list[tuple[str, bytes]] = []
    try:
        beside += ((display(name), text) for name, text in work.source.sidecars(listed.key))
    except OSError as error:
        lost = gather.unreadable("sidecar", "sidecar", error.strerror or type(error).__name__)
        return Fetched(data, tuple(beside), lost=(lost,))
    return Fetched(data, tuple(beside))


def crashed(work: Work, task: Task) -> Outcome:
    """The outcome of a task that ended the process which tried it. Nothing that decodes is tried again."""
    listed = task.staged.listed
    fetched = task.fetched or fetch(work, listed)
    problem = Problem(ProblemKind.DAMAGED, "decoding it ended the process that tried")
    data = fetched.data
    reading = Reading(sha256=sha256(data).digest(), size=len(data), format=identify(data), problem=problem)
    seen = Seen(reading=reading, sha256=reading.sha256, damaged=True)
    if fetched.problem is not None:
        seen = Seen(problem=fetched.problem, role=listed.role)
    stated = work.sources.stated(task.declared)
    return _finish(task, seen, stated, work.sources.position(task.staged.rows))


def given_up(work: Work, task: Task, why: str) -> Outcome:
    """The outcome of a task that no machine could finish: an image that could not be read, which a later scan tries."""
    stated = work.sources.stated(task.declared)
    seen = Seen(problem=Problem(ProblemKind.IO_ERROR, why), role=task.staged.listed.role)
    return replace(_finish(task, seen, stated, work.sources.position(task.staged.rows)), given_up=True)


def _seen(work: Work, task: Task, stated: Sequence[StatedIn]) -> Seen:
    """What is known of an image's bytes, read now unless the ledger knows it."""
    known = task.kept or task.looked
    if known is not None:
        return known
    listed = task.staged.listed
    fetched = task.fetched or (fetch(work, listed) if task.is_read else Fetched(problem=listed.problem))
    if fetched.problem is not None:
        return Seen(problem=fetched.problem, role=listed.role)
    data = fetched.data
    walked = walk(data)
    reading = read_image(data, work.wanted, walked)
    people = work.lookout.signals(data, reading.sha256) if work.lookout is not None else ()
    of_file = gather.from_file(data, dict(fetched.sidecars), anonymised=anonymised_by(stated), walked=walked)
    beside = digest_of_sidecars(fetched.sidecars) if not fetched.lost else NOT_READ
    return Seen.of(reading, (*of_file, *fetched.lost, *people), beside)


def _finish(task: Task, seen: Seen, stated: Sequence[StatedIn], position: int | None) -> Outcome:
    """The ledger's new row for one image. Whatever is wrong with it becomes a finding."""
    listed, before = task.staged.listed, task.before
    same_bytes = before is not None and seen.sha256 is not None and seen.sha256 == before.sha256
    if same_bytes:
        seen = _still_seen(without_lack(seen, task.lacking), task.signals)
    name = display(listed.key)
    told = rows_told(stated, name)
    identity = ItemIdentity(listed.identity, pages_of(told.captures), seen.beside).text
    if before is not None and same_bytes and _untouched(task, before, seen, told.captures):
        return Outcome(None, before.id, identity, _is_fresh(task, seen), seen.reading)
    bytes_match = _bytes_match(told.row.sha256 if told.row else None, task, seen)
    found = examined(told, seen, bytes_match=bytes_match)
    new = NewItem(
        key=listed.key,
        size=listed.size,
        identity=identity,
        facts=found.facts,
        bytes_match=bytes_match,
        reading=seen.reading,
        content=before.content if before and task.kept else None,
        problem=seen.problem,
        declared=task.declared,
        captures=told.captures,
        source_url=found.source_url,
        acquired_on=found.acquired_on,
        dates=found.dates,
        people=found.people,
        signals=seen.signals,
        told=told.signals,
        position=before.position if position is None and before is not None else position,
        replaces=before.id if before else None,
    )
    return Outcome(new, read=_is_fresh(task, seen))


def _is_fresh(task: Task, seen: Seen) -> bool:
    """Whether the bytes were read just now."""
    return seen.reading is not None and task.looked is None


def _bytes_match(pinned: bytes | None, task: Task, seen: Seen) -> bool:
    """Whether what is declared was declared for these bytes.

    Declarations belong to the bytes they were made for. Other bytes under the same name are not covered until a row
    says something new of them, or names their digest.
    """
    if not task.declared or seen.sha256 is None:
        return True
    if pinned is not None:
        return pinned == seen.sha256
    # Every version counts, so that removing a file for a while does not free its row for other bytes.
    covered = {sha256 for sha256, digest in task.attested_pairs if digest == task.declared[0].digest}
    return not covered or seen.sha256 in covered


def _untouched(task: Task, before: CurrentItem, seen: Seen, captures: str | None) -> bool:
    """The same bytes under a new identity: nothing else declared, nothing else in the file or beside it."""
    same = digests(task.declared) == digests(task.before_declared) and captures == before.captures
    same = same and seen.part_not_compared == task.held_up
    return same and captures is None and before.problem is None and seen.signals == task.signals


def digests(declared: Sequence[Declared]) -> list[bytes]:
    """The digests of rows, in their order."""
    return [one.digest for one in declared]


def _still_seen(seen: Seen, before: tuple[Signal, ...]) -> Seen:
    """What detectors saw in the same bytes earlier still counts where nobody has looked again."""
    if any(signal.name == LOOKED for signal in seen.signals):
        return seen
    sightings = tuple(s for s in before if s.name.startswith("detector:") and s not in seen.signals)
    return replace(seen, signals=(*seen.signals, *sightings))
