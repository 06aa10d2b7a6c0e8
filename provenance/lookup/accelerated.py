"""The plain search by FAISS's flat index, where FAISS is installed: the same answers, in a third of the time."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np

from provenance.lookup.interface import BITS, HASH_BYTES, Columns, Words
from provenance.lookup.scan import Found, joined

QUERIES: Final = 32
"""Queries from which copying a block of hashes costs little beside searching it."""

_BLOCK: Final = 32_768
"""Rows (1 MB) that stay in the cache while every query passes over them: over all rows at once FAISS is no quicker."""


@cache
def faiss() -> Any | None:
    """FAISS, or None where it is not installed."""
    try:
        import faiss as found
    except ImportError:
        return None
    return found


def scan(columns: Columns, queries: Words, radius: int) -> Found:
    """What `lookup.scan.scan` gives, by FAISS, which must be installed. It uses threads of its own."""
    library = faiss()
    assert library is not None
    wanted = np.ascontiguousarray(queries).view(np.uint8).reshape(-1, HASH_BYTES)
    found: list[Found] = []
    total = len(columns[0])
    for start in range(0, total, _BLOCK):
        index = library.IndexBinaryFlat(BITS)
        block = np.stack([column.part(start, min(start + _BLOCK, total)) for column in columns], axis=1)
        index.add(block.view(np.uint8).reshape(-1, HASH_BYTES))
        limits, distances, rows = index.range_search(wanted, radius + 1)  # FAISS leaves the radius itself out
        query = np.repeat(np.arange(len(queries)), np.diff(limits.astype(np.int64)))
        found.append((query, rows.astype(np.int64) + start, distances.astype(np.int64)))
    return joined(found)
