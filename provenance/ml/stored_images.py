"""Images as the columns of an Arrow table store them: bytes, a path, `struct<bytes, path>`, or lists of those."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pyarrow as pa


class StoredImages(NamedTuple):
    """The images of some rows in order: for each the bytes of its file, not copied, and its path, None where unknown.

    `counts` is how many images each row has, where rows hold lists; None where each has one.
    """

    data: Iterable[Any]
    paths: Sequence[str | None]
    counts: Sequence[int] | None = None


def stored_images(chunk: pa.Array) -> StoredImages:
    """The images of one chunk of a column. What is neither bytes nor a path, such as pixels, is None and None."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = chunk.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        inner = stored_images(chunk.flatten())
        if inner.counts is None:
            return inner._replace(counts=[count or 0 for count in pc.list_value_length(chunk).to_pylist()])
    elif pa.types.is_struct(kind) and {"bytes", "path"} <= {field.name for field in kind}:
        fields = dict(zip((field.name for field in kind), chunk.flatten(), strict=True))
        return StoredImages(_buffers(fields["bytes"]), stored_images(fields["path"]).paths)
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return StoredImages(repeat(None, len(chunk)), chunk.to_pylist())
    elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return StoredImages(_buffers(chunk), [None] * len(chunk))
    return StoredImages(repeat(None, len(chunk)), [None] * len(chunk))


def _buffers(chunk: pa.Array) -> Iterable[Any]:
    if chunk.null_count == len(chunk):
        return repeat(None, len(chunk))
    return (scalar.as_buffer() if scalar.is_valid else None for scalar in chunk)
