"""Pictures that a table spells out in its texts, as base64 in a column of strings does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provenance.sources.kinds import TEXT_BYTES
from provenance.spelt_pictures import spelling_of

if TYPE_CHECKING:
    import pyarrow as pa


def spelt_in(value: object) -> str:
    """How a picture is spelt that stands in a value of a table, in words; "" where there is none.

    >>> spelt_in([{"note": "a hill"}, 7])
    ''
    """
    if isinstance(value, str):
        return spelling_of(value[:TEXT_BYTES])
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return next((how for one in inner if isinstance(one, str | dict | list | tuple) and (how := spelt_in(one))), "")


def holds_text(kind: pa.DataType) -> bool:
    """Whether values of a type hold text, at any depth."""
    import pyarrow as pa

    if isinstance(kind, pa.BaseExtensionType):
        return holds_text(kind.storage_type)
    types = pa.types
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return True
    inner: list[Any] = [kind.field(number).type for number in range(kind.num_fields)]
    if types.is_dictionary(kind) or types.is_run_end_encoded(kind):
        inner.append(kind.value_type)
    return any(map(holds_text, inner))
