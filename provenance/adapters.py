"""Frozen records out of plain values and back, by pydantic: each kind's adapter is made once, when needed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_T = TypeVar("_T")


def adapter(kind: type[_T]) -> TypeAdapter[_T]:
    """What checks, reads and writes one kind of record.

    >>> from provenance.model import Death
    >>> adapter(Death).validate_python({"died_on": "1931-04-02"}).died_on.year
    1931
    """
    named: Any = kind
    made: TypeAdapter[_T] = _made(named)
    return made


@cache
def _made(kind: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
