"""Columns of whole numbers: read from a query, taken apart, numbered, and brought together. Pure but for `read`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from provenance.gate.facts_query import Widths

Ints: TypeAlias = NDArray[np.int64]
Places: TypeAlias = NDArray[np.intp]
Flags: TypeAlias = NDArray[np.bool_]

_ROOM = 2**62
"""How large a number of mixed columns may become."""


def read(connection: Connection, query: sa.Select[Any]) -> list[Ints]:
    """The columns of a query that gives nothing but whole numbers."""
    found = rows(connection, query)
    width = len(query.selected_columns)
    flat = np.fromiter(chain.from_iterable(found), np.int64, count=len(found) * width)
    return list(np.ascontiguousarray(flat.reshape(len(found), width).T))


def rows(connection: Connection, query: sa.Select[Any]) -> list[tuple[Any, ...]]:
    """The rows of a query as the driver gives them: SQLAlchemy's cost more than the query."""
    cursor: Any = connection.execute(query).cursor
    found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def unpacked(widths: Widths, packed: Ints) -> list[Ints]:
    """The columns of a packed number (`facts_query.packed`).

    >>> [column.tolist() for column in unpacked({"a": 8, "b": 2}, np.array([9]))]
    [[2], [1]]
    """
    found = []
    for bits in reversed(list(widths.values())[1:]):
        found.append(packed & ((1 << bits) - 1))
        packed = packed >> bits
    return [packed, *reversed(found)]


def numbered(*columns: Ints) -> tuple[Places, Places]:
    """Number the distinct rows of some columns: where each first stands, and the number of every row.

    >>> first, numbers = numbered(np.array([7, 5, 7]), np.array([1, 1, 1]))
    >>> first.tolist(), numbers.tolist()
    ([1, 0], [1, 0, 1])
    """
    mixed, room = np.zeros(len(columns[0]), np.int64), 1
    for column in columns:
        lowest = int(column.min(initial=0))
        span = int(column.max(initial=0)) - lowest + 1
        part = column - lowest if span < _ROOM else column
        if room * span >= _ROOM:
            mixed, room = _narrow(mixed)
            part, span = _narrow(part)
        mixed = mixed * span + part
        room *= span
    _, first, numbers = np.unique(mixed, return_index=True, return_inverse=True)
    return first, numbers


def _narrow(column: Ints) -> tuple[Ints, int]:
    known, numbers = np.unique(column, return_inverse=True)
    return numbers.astype(np.int64), max(1, len(known))


def numbered_sequences(heads: Places, counts: Ints, parts: Ints) -> tuple[Places, Places]:
    """Number distinct sequences: a head each, followed by `counts` of the `parts`, which lie one after another.

    >>> first, numbers = numbered_sequences(np.array([0, 0, 0]), np.array([2, 1, 2]), np.array([4, 5, 4, 4, 5]))
    >>> first.tolist(), numbers.tolist()
    ([1, 0], [1, 0, 1])
    """
    starts = np.cumsum(counts) - counts
    numbers = heads.astype(np.int64)
    known = int(numbers.max(initial=-1)) + 1
    span = int(parts.max(initial=0)) + 1
    for step in range(int(counts.max(initial=0))):
        going = np.flatnonzero(counts > step)
        met, fresh = np.unique(numbers[going] * span + parts[starts[going] + step], return_inverse=True)
        numbers[going] = known + fresh
        known += len(met)
    return numbered(numbers)


def expanded(starts: Ints | Places, counts: Ints | Places) -> tuple[Places, Places]:
    """For each of some ranges its own place, and the places that it spans, one after another.

    >>> [column.tolist() for column in expanded(np.array([5, 0, 9]), np.array([2, 0, 1]))]
    [[0, 0, 2], [5, 6, 9]]
    """
    owners = np.repeat(np.arange(len(counts)), counts)
    within = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
    return owners, np.repeat(starts, counts) + within


def matching(known: Ints, wanted: Ints) -> tuple[Places, Places]:
    """Where in a sorted column the rows that equal each wanted value begin, and how many there are."""
    starts = np.searchsorted(known, wanted, "left")
    return starts, np.searchsorted(known, wanted, "right") - starts


def among(pairs: tuple[Ints, Ints], known: tuple[Ints, Ints]) -> Flags:
    """Which pairs of numbers are among the known ones."""
    both = tuple(np.concatenate((left, right)) for left, right in zip(pairs, known, strict=True))
    _, numbers = numbered(*both)
    size = len(pairs[0])
    return np.isin(numbers[:size], numbers[size:])


def largest(into: Ints, owners: Places, values: Ints) -> None:
    """Raise each owner's value to the largest of its own."""
    np.maximum.at(into, owners, values)


def smallest(into: Ints, owners: Places, values: Ints) -> None:
    """Lower each owner's value to the smallest of its own."""
    np.minimum.at(into, owners, values)


def constant(value: int, size: int) -> Ints:
    """A column that holds one value."""
    return np.full(size, value, np.int64)


def listed(columns: Sequence[Ints], places: Places) -> list[tuple[int, ...]]:
    """Some rows of some columns as tuples."""
    return list(zip(*(column[places].tolist() for column in columns), strict=True))
