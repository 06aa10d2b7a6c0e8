"""Taking things some at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, TypeVar

T = TypeVar("T")

IN_LIST: Final = 500
"""Values in one IN list: SQLite allows 32,766, and short statements are cached better."""


def batched(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """The things in lists of `size`, the last one perhaps shorter.

    >>> list(batched("abc", 2))
    [['a', 'b'], ['c']]
    """
    iterator = iter(things)
    while batch := list(islice(iterator, size)):
        yield batch
