"""Building and extending an index folder from rows that come in order of their ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np

from provenance.lookup import files, shards
from provenance.lookup.interface import bytes_of
from provenance.lookup.segment import BANDS_FROM, Segment, build, merged
from provenance.lookup.shards import Contents, Shards
from provenance.private_files import create_folder

SEGMENT_ROWS: Final = 1 << 22
"""The most rows of a segment: 400 MB on disk, and twice as much in memory while it is built."""

_BATCH: Final = 100_000

Row = tuple[int, int, bytes]
"""The id, which part of it was hashed (0 the whole picture), and the hash of 32 bytes."""


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
    return bytes_of(values), np.array(ids, np.int64), np.array(parts, np.uint8)


def update(
    folder: Path,
    algorithm: str,
    source: Mapping[str, Any],
    rows: Iterable[Row],
    *,
    extend: bool,
    onto: tuple[Contents, Shards] | None = None,
) -> Shards:
    """Write an index of these rows, or with `extend` add them to the one that is there; gives what can be searched.

    `source` is kept with it for the caller to compare. `onto` is the state that the caller chose the rows for: another
    process may have extended the one on disk by the same rows since. Small segments at the end are merged into one.

    Raises OSError where the folder cannot be written, Damaged where what is there cannot be extended.
    """
    create_folder(folder)
    names: list[str] = []
    held: list[Segment] = []
    if extend:
        contents, index = onto or shards.load(folder, algorithm)
        names, held = list(contents.segments), list(index.segments)
    for segment in segments_of(rows):
        held.append(segment)
        count = shards.to_merge([one.count for one in held], SEGMENT_ROWS)
        if count > 1:
            held[-count:] = [merged(held[-count:])]
        del names[len(held) - 1 :]
        names.append(shards.add(folder, held[-1], algorithm))
        held[-1] = files.read(folder / names[-1], algorithm)
    shards.save(folder, Contents(tuple(names), dict(source)))
    return Shards(tuple(held))
