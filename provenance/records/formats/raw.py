"""What the readers of the formats hand on: headers, rows and faults, with the bounds that hold for all of them.

Nothing is guessed or repaired. What cannot be read as a row is a `Fault`, so that all of a file's faults can be told
at once. Every length and depth is bounded: the files come from strangers.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

MAX_ROW_BYTES: Final = 16 << 20
"""16 MiB: room for a captured page in `web_evidence`. A longer row is a fault."""

MAX_FIELDS: Final = 1000
"""Columns of a row, and distinct unknown columns of a file."""

MAX_DEPTH: Final = 32
"""Lists and objects within one another."""

ROW: Final = "(row)"
"""Stands in for the field where a fault concerns the row as a whole."""


@dataclass(frozen=True, slots=True)
class Header:
    """The columns that a CSV or Parquet file names before its first row."""

    line: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as its file holds it. `line` counts from 1; in Parquet it is the row's number."""

    line: int
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a file that is no row, or a row that breaks its format."""

    line: int
    field: str
    value: object
    problem: str


Item: TypeAlias = Header | RawRow | Fault


class Hash(Protocol):
    """What the rows need of a `hashlib` object."""

    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


def too_deep(value: object) -> bool:
    """Whether lists and objects stand more than MAX_DEPTH deep in one another."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def text_problem(value: object) -> str | None:
    """Why a text in a value, however deep, cannot be stored: a NUL or half of a surrogate pair. None if all can."""
    todo = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, str):
            if "\0" in one:
                return "it holds a NUL character"
            if not one.isascii() and any("\ud800" <= character <= "\udfff" for character in one):
                return "it holds half of a surrogate pair"
        elif isinstance(one, dict):
            todo.extend(one)
            todo.extend(one.values())
        else:
            todo.extend(_inside(one))
    return None


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def storable(value: Any) -> Any:
    """A value of an unknown column with dates as ISO 8601 text and bytes as hexadecimal, so that JSON can hold it.

    >>> storable({"taken": dt.date(2026, 6, 1)})
    {'taken': '2026-06-01'}
    """
    if isinstance(value, dict):
        return {key: storable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [storable(inner) for inner in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if isinstance(value, float) and math.isinf(value) else value
