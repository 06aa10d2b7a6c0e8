"""The contents that images hold now, numbered in order, and the hashes of their whole pictures, some at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from provenance.copies.index import PARTS
from provenance.errors import LedgerError
from provenance.ledger import schema
from provenance.lookup.join import Block
from provenance.lookup.shards import Shards

_STEP: Final = 1 << 17
_PAGE: Final = 10_000

MOST: Final = 3_000_000_000
"""Contents up to which two numbers fit into 64 bits."""


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """Content number i is `base + offsets[i]`, in rising order; `several[i]` says that more than one image holds it.

    5 bytes a content, or 9 where they lie 2^32 or more apart.
    """

    base: int
    offsets: NDArray[Any]
    several: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.offsets)

    def contents(self, numbers: NDArray[np.int64]) -> list[int]:
        """The contents with these numbers."""
        found: list[int] = (self.offsets[numbers].astype(np.int64) + self.base).tolist()
        return found

    def numbered(self, contents: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The numbers of those contents that are held, and which these are."""
        offsets = contents - self.base
        kept = (offsets >= 0) & (offsets <= (int(self.offsets[-1]) if len(self) else -1))
        # In their own type: numpy would make a wider copy of all offsets for another.
        wanted = offsets[kept].astype(self.offsets.dtype)
        numbers = np.searchsorted(self.offsets, wanted)
        there = self.offsets[numbers] == wanted
        kept[kept] = there
        return numbers[there], kept


def held_now(connection: Connection) -> Held:
    """Every content that an image holds. Raises LedgerError for more than `MOST`."""
    item = schema.item.c
    holds = sa.and_(item.current, item.content_id.is_not(None))
    extent = sa.select(
        sa.func.count(item.content_id.distinct()), sa.func.min(item.content_id), sa.func.max(item.content_id)
    )
    count, least, greatest = connection.execute(extent.where(holds)).one()
    if count > MOST:
        raise LedgerError(f"{count} pictures cannot be compared at once", remedy="keep collections in several ledgers")
    base = least or 0
    offsets = np.empty(count, np.uint32 if (greatest or 0) - base < 2**32 else np.int64)
    several = np.zeros(count, np.bool_)
    query = (
        sa.select(item.content_id, sa.func.count() > 1)
        .where(holds)
        .group_by(item.content_id)
        .order_by(item.content_id)
        .execution_options(yield_per=_PAGE)
    )
    done = 0
    for page in connection.execute(query).partitions():
        contents, shared = zip(*page, strict=True)
        offsets[done : done + len(page)] = np.array(contents, np.int64) - base
        several[done : done + len(page)] = shared
        done += len(page)
    return Held(base, offsets, several)


@dataclass(frozen=True, slots=True, eq=False)
class WholePictures:
    """The hashes in an index of the whole pictures that are held, with their numbers, as often as they are iterated.

    A file of several pictures is there with each of them.
    """

    index: Shards
    held: Held

    def __iter__(self) -> Iterator[Block]:
        for segment in self.index.segments:
            for start in range(0, segment.count, _STEP):
                stop = min(start + _STEP, segment.count)
                rows = np.arange(start, stop)
                if segment.parts is not None:
                    rows = rows[segment.parts.part(start, stop) % PARTS == 0]
                numbers, kept = self.held.numbered(segment.ids.take(rows).astype(np.int64) + segment.base)
                words = np.stack([column.take(rows[kept]) for column in segment.columns], axis=1)
                yield numbers, words.view(np.uint8).reshape(-1, 32)
