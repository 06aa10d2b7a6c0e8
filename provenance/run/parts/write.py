"""Looking at one share of a collection where no ledger is: what was seen is written as parts, and a receipt last.

Every part is there whole or not at all. A scan that is killed, or run again, takes each part as it stands in which
every image is as it was, and looks at the rest.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from provenance.chunks import batched
from provenance.errors import InputError, UsageError
from provenance.fingerprint.wanted import Wanted
from provenance.private_files import create_folder, require_own
from provenance.run.engines import Engine, Means, run_tasks
from provenance.run.parts.columns import Looked
from provenance.run.parts.receipt import Made, Part, Receipt, name_of, read_receipt, remove_left, write_receipt
from provenance.run.parts.rows import PartWriter, digest_in, read_part, require
from provenance.run.progress import Progress
from provenance.run.shard import Outcome, Task, Work
from provenance.run.sources import Sources
from provenance.run.staging import Staging
from provenance.run.watching import Watching, observer
from provenance.sources.exclusions import exclusion
from provenance.sources.interface import Source
from provenance.sources.open import open_collection
from provenance.sources.share import Share
from provenance.urls import path_of

_PART_IMAGES: Final = 5_000
_PART_BYTES: Final = 32 << 20
_PART_SECONDS: float = 30.0
"""A part is written after so many images, bytes or seconds: what is lost where a scan is killed."""

_CHUNK: Final = 500


def scan_shard(
    collection: str | os.PathLike[str],
    shard: str,
    out: str | os.PathLike[str],
    *,
    workers: int | None = None,
    engine: Engine | str = Engine.AUTO,
    address: str | None = None,
    memory: int | None = None,
    exact: bool = False,
    windows: bool = True,
    pdq: bool = False,
    exclude: Iterable[str] = (),
    all_frames: bool = False,
    progress: Watching = None,
) -> Receipt:
    """Look at one share of a collection, without a ledger, and write what was seen into the folder `out`.

    `shard` is its number and how many there are, such as `3/8`; machines that are given the numbers 1 to 8 look at each
    file once. `Ledger.scan` takes the folder as `parts`. The other arguments are those of `Ledger.scan`.

    Raises UsageError, SourceError, MissingExtra, InputError where the folder holds parts of something else.

    >>> scan_shard("demo/photos", "2/2", "parts").made.shard
    2
    """
    require()
    share, folder = Share.parse(shard), Path(out)
    wanted = Wanted(exact=exact, windows=windows, pdq=pdq, all_frames=all_frames)
    wanted.check()
    means = Means.asked(engine, workers, memory, address)
    source = open_collection(collection, [exclusion(text) for text in exclude]).shared(share)
    made = Made.now(source.uri, share, wanted)
    _prepare(folder, source, share, made)
    work = Work(source, wanted, Sources([], {}), means.memory)
    with observer(progress) as watcher, Staging.temporary() as staging:
        watcher.begin("listing images", None)
        staging.take(_ONLY, source.entries())
        watcher.end()
        kept = list(_kept(folder, made, wanted, staging))
        tasks = (Task(staged, ()) for staged in staging.in_order(_ONLY))
        watcher.begin("reading images", staging.count(_ONLY))
        written = list(_written(run_tasks(work, tasks, means), folder, made, watcher))
        watcher.end()
    parts = sorted(kept + written, key=lambda one: one.part.name)
    receipt = Receipt(
        made,
        made.settings_sha256,
        sum(one.part.images for one in parts),
        sum(one.unreadable for one in parts),
        tuple(one.part for one in parts),
    )
    write_receipt(folder, share, receipt)
    return receipt


_ONLY: Final = 0
"""The number of the one collection in the staging area."""


@dataclass(frozen=True, slots=True)
class _Counted:
    """A part, and how many of its images could not be read."""

    part: Part
    unreadable: int


def _prepare(folder: Path, source: Source, share: Share, made: Made) -> None:
    """Make the folder, or see that it is ours, holds nothing else and is no part of the collection."""
    if folder.resolve().is_relative_to(os.fsdecode(path_of(source.uri))):
        raise UsageError(f"{folder} lies in the collection", remedy="name a folder outside of it")
    create_folder(folder)
    require_own(folder, "the folder of parts")
    earlier = folder / f"{name_of(share)}.json"
    differs = read_receipt(earlier).made.differs(made) if earlier.exists() else None
    if differs is not None:
        raise InputError(f"{earlier} was made otherwise: {differs}", remedy="name another folder")
    remove_left(folder, share)


def _kept(folder: Path, made: Made, wanted: Wanted, staging: Staging) -> Iterator[_Counted]:
    """The parts in which every image is as it is listed now; these images are then taken off the list."""
    for path in sorted(folder.glob(f"{name_of(Share(made.shard, made.of))}-*.parquet")):
        try:
            found = [_without_content(one) for one in read_part(path, made, wanted, digest_in(path))]
        except InputError:
            continue  # what is in it is looked at anew
        seen = [looked for looked, _ in found]
        keys = {looked.key for looked in seen}
        if len(keys) == len(seen) and all(_as_listed(staging, some) for some in batched(seen, _CHUNK)):
            staging.take_off(_ONLY, keys)
            yield _Counted(Part(path.name, digest_in(path), len(seen)), sum(unreadable for _, unreadable in found))


def _without_content(looked: Looked) -> tuple[Looked, bool]:
    """What tells whether an image is as it was, and whether it could not be read."""
    return replace(looked, reading=None, signals=()), _is_unreadable(looked)


def _as_listed(staging: Staging, seen: Sequence[Looked]) -> bool:
    """Whether images are listed as they were when they were looked at."""
    here = {listed.key: listed for listed in staging.of_keys(_ONLY, [looked.key for looked in seen])}
    return all(looked.key in here and looked.is_of(here[looked.key]) for looked in seen)


def _written(outcomes: Iterator[Outcome], folder: Path, made: Made, progress: Progress) -> Iterator[_Counted]:
    """The parts that come of looking at the rest, each once it lies in its folder."""
    part, unreadable, started = PartWriter(made), 0, time.monotonic()
    for outcome in outcomes:
        looked = Looked.of(outcome)
        part.add(looked)
        unreadable += _is_unreadable(looked)
        progress.advance()
        if part.images >= _PART_IMAGES or part.size >= _PART_BYTES or time.monotonic() - started >= _PART_SECONDS:
            yield _Counted(part.put(folder), unreadable)
            part, unreadable, started = PartWriter(made), 0, time.monotonic()
    if part.images:
        yield _Counted(part.put(folder), unreadable)


def _is_unreadable(looked: Looked) -> bool:
    return looked.reading is None or looked.reading.problem is not None
