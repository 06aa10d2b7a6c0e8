"""Taking things some at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final, TypeVar

T = TypeVar("T")

IN_LIST: Final = 500
"""Values in one IN list: SQLite allows 32,766, and short statements are cached better."""

TEXT_AT_ONCE: Final = 16 << 20
"""Characters of strangers' texts that are held at once: some thousand rows of a manifest, or the longest there is."""


def batched(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """The things in lists of `size`, the last one perhaps shorter.

    >>> list(batched("abc", 2))
    [['a', 'b'], ['c']]
    """
    iterator = iter(things)
    while batch := list(islice(iterator, size)):
        yield batch


def bounded(things: Iterable[T], size: int, length: Callable[[T], int]) -> Iterator[list[T]]:
    """The things in lists of at most `size`, and of no more text together than is held at once, or a single thing.

    >>> list(bounded(["a", "b" * TEXT_AT_ONCE, "c"], 2, len))[0]
    ['a']
    """
    batch: list[T] = []
    held = 0
    for thing in things:
        more = length(thing)
        if batch and (len(batch) >= size or held + more > TEXT_AT_ONCE):
            yield batch
            batch, held = [], 0
        batch.append(thing)
        held += more
    if batch:
        yield batch
