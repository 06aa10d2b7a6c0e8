"""Building and extending an index folder from rows that come in order of their ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np

from provenance.lookup import files, shards
from provenance.lookup.files import Damaged, Key
from provenance.lookup.interface import bytes_of
from provenance.lookup.lock import locked
from provenance.lookup.segment import BANDS_FROM, Segment, build, merged
from provenance.lookup.shards import Contents, Shards

SEGMENT_ROWS: Final = 1 << 22
"""The most rows of a segment: 400 MB on disk, and twice as much in memory while it is built."""

_BATCH: Final = 100_000

Row = tuple[int, int, bytes]
"""The id, which part of it was hashed (0 the whole first picture), and the hash of 32 bytes."""


def segments_of(rows: Iterable[Row], *, most: int = SEGMENT_ROWS) -> Iterator[Segment]:
    """Segments of at most that many rows. Raises ValueError for a hash of another length."""
    iterator = iter(rows)
    while batch := list(islice(iterator, min(most, _BATCH))):
        parts = [_arrays(batch)]
        held = len(batch)
        while held < most and (batch := list(islice(iterator, min(most - held, _BATCH)))):
            parts.append(_arrays(batch))
            held += len(batch)
        hashes, ids, which = (np.concatenate([part[i] for part in parts]) for i in range(3))
        yield build(hashes, ids, which, with_bands=len(ids) >= BANDS_FROM)


def _arrays(batch: list[Row]) -> tuple[Any, Any, Any]:
    ids, parts, values = zip(*batch, strict=True)
    return bytes_of(values), np.array(ids, np.int64), np.array(parts, np.int64)


@dataclass(frozen=True, slots=True)
class Update:
    """What an index lacks: rows to add to it, or with `anew` those to build it of; then it is built from `source`."""

    source: Mapping[str, Any]
    rows: Iterable[Row]
    anew: bool = False


Plan: TypeAlias = Callable[[Mapping[str, Any] | None], Update | None]
"""Says what an index that was built from this source lacks, None for an index that there is none of; None: nothing."""


@dataclass(frozen=True, slots=True)
class Brought:
    """An index that is up to date, and what was wrong with the one on disk, if anything was."""

    index: Shards
    note: str | None = None


def bring_up(folder: Path, key: Key, plan: Plan) -> Brought:
    """Bring an index folder to where the plan wants it; gives what can be searched.

    Whoever else does the same waits, and then plans from what this one has left. What cannot be believed is built anew.
    Small segments at the end are merged into one. Raises OSError where the folder cannot be written, and whatever the
    plan and its rows raise.
    """
    with suppress(Damaged, OSError):
        contents, index = shards.load(folder, key)
        if plan(contents.source) is None:
            return Brought(index)
    with locked(folder):
        note = None
        try:
            contents, index = shards.load(folder, key)
            lacking = plan(contents.source)
            if lacking is None:
                return Brought(index)
            if not lacking.anew:
                return Brought(_extended(folder, key, lacking, contents, index))
        except FileNotFoundError:
            lacking = None
        except (Damaged, OSError) as error:
            lacking, note = None, str(error)
        lacking = lacking or plan(None)
        assert lacking is not None
        return Brought(_extended(folder, key, lacking, Contents((), {}), Shards(())), note)


def _extended(folder: Path, key: Key, lacking: Update, contents: Contents, index: Shards) -> Shards:
    names, held = list(contents.segments), list(index.segments)
    for segment in segments_of(lacking.rows):
        held.append(segment)
        count = shards.to_merge([one.count for one in held], SEGMENT_ROWS)
        if count > 1:
            held[-count:] = [merged(held[-count:])]
        del names[len(held) - 1 :]
        names.append(shards.add(folder, held[-1], key))
        name, seal = names[-1]
        held[-1] = files.read(folder / name, key, bytes.fromhex(seal))
    shards.save(folder, Contents(tuple(names), dict(lacking.source)), key)
    return Shards(tuple(held))
