"""A set of hashes in memory or in a mapped file, with the search that suits its size."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from provenance.lookup import accelerated
from provenance.lookup import bands as banded
from provenance.lookup.bands import Bands
from provenance.lookup.column import Column
from provenance.lookup.interface import Bytes, Columns, Hits, Words, check_radius, columns_of, words_of
from provenance.lookup.scan import EXACT_WITHIN, Found, joined, scan

BANDS_FROM: Final = 100_000
"""Rows from which bands are worth their room and their offsets (4 MB): below, a scan takes under a millisecond."""

_WORTH_THREADS: Final = 20_000_000
"""Pairs of a query and a hash from which a search is shared among threads: NumPy works without the lock."""

_MOST: Final = 2**32 - 1


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Hashes with their ids. An `Index` of its own.

    `columns` are the words of its rows, sorted by band 0. The id of a row is `base` and what `ids` has for it. `parts`
    is None where every hash is of a whole first picture, `bands` where a scan is quicker.
    """

    columns: Columns
    base: int
    ids: Column
    parts: Column | None = None
    bands: Bands | None = None

    @property
    def count(self) -> int:
        """How many hashes there are."""
        return len(self.ids)

    @property
    def exact_within(self) -> int:
        """Any radius: where the bands do not reach, every row is looked at."""
        return EXACT_WITHIN

    def search(self, queries: Bytes, radius: int) -> Hits:
        """Every hash within the radius of each (n, 32) query. Raises ValueError for another shape."""
        check_radius(radius, self.exact_within)
        words = words_of(queries)
        large = len(words) * self.count >= _WORTH_THREADS
        banded_reach = self.bands is not None and radius <= banded.EXACT_WITHIN
        shares = min(cores(), len(words)) if large else 1
        if large and not banded_reach and len(words) >= accelerated.QUERIES and accelerated.faiss() is not None:
            query, row, distance = accelerated.scan(self.columns, words, radius)
        elif shares == 1:
            query, row, distance = self._found(words, radius)
        else:
            starts = np.linspace(0, len(words), shares + 1).astype(int).tolist()
            with ThreadPoolExecutor(shares) as pool:
                parts = list(pool.map(lambda a, b: self._found(words[a:b], radius), starts, starts[1:]))
            query, row, distance = joined([(q + a, r, d) for a, (q, r, d) in zip(starts, parts, strict=False)])
        part = np.zeros(len(row), np.int64) if self.parts is None else self.parts.take(row).astype(np.int64)
        return Hits.joined([Hits(query, self.ids.take(row).astype(np.int64) + self.base, distance, part)])

    def _found(self, words: Words, radius: int) -> Found:
        if self.bands is not None and radius <= banded.EXACT_WITHIN:
            return banded.search(self.columns, self.bands, words, radius)
        return scan(self.columns, words, radius)


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def build(hashes: Bytes, ids: NDArray[np.int64], parts: NDArray[Any] | None = None, *, with_bands: bool) -> Segment:
    """A segment of (n, 32) hashes with a non-negative id, and perhaps a part of 0 or more, for each.

    Raises ValueError for columns of different lengths, or ids or parts that lie 2^32 or more apart.

    >>> build(np.zeros((1, 32), np.uint8), np.array([7]), with_bands=False).search(np.zeros((1, 32), np.uint8), 0).id
    array([7])
    """
    words = words_of(hashes)
    if len(ids) != len(words) or (parts is not None and len(parts) != len(words)):
        raise ValueError("there must be one id, and one part, for each hash")
    base = int(ids.min()) if len(ids) else 0
    if len(words) > _MOST or (len(ids) and (base < 0 or int(ids.max()) - base > _MOST)):
        raise ValueError("the ids of a segment must be non-negative and less than 2^32 apart")
    order = np.argsort(banded.keys_of(words)[:, 0], kind="stable")
    words = words[order]
    return Segment(
        columns=columns_of(words),
        base=base,
        ids=Column((ids[order] - base).astype(np.uint32)),
        parts=None if parts is None or not parts.any() else Column(_narrow(parts[order])),
        bands=banded.build(words) if with_bands else None,
    )


def merged(several: list[Segment]) -> Segment:
    """One segment of all the rows of several, with bands where it has come to be large enough for them."""
    words = np.concatenate([np.stack([column.all() for column in segment.columns], axis=1) for segment in several])
    ids = np.concatenate([segment.ids.all().astype(np.int64) + segment.base for segment in several])
    parts = np.concatenate([np.zeros(s.count, np.uint8) if s.parts is None else s.parts.all() for s in several])
    hashes = words.view(np.uint8).reshape(-1, 32)
    return build(hashes, ids, parts, with_bands=len(words) >= BANDS_FROM)


def _narrow(parts: NDArray[Any]) -> NDArray[Any]:
    """Parts in as few bytes as hold them: of a still picture one."""
    if int(parts.min()) < 0 or int(parts.max()) > _MOST:
        raise ValueError("a part must be non-negative and less than 2^32")
    return parts.astype(np.min_scalar_type(int(parts.max())))
