"""Images as the columns of an Arrow table store them: bytes, a path, `struct<bytes, path>`, or lists of those."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa


class StoredImages(NamedTuple):
    """The images of some rows in order: the bytes of their files and their paths, null where a row has none.

    `counts` is how many images each row has, where rows hold lists; None where each has one.
    """

    data: pa.Array
    paths: pa.Array
    counts: NDArray[np.int64] | None = None


def stored_images(chunk: pa.Array) -> StoredImages:
    """The images of one chunk of a column. What is neither bytes nor a path, such as pixels, is null and null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = chunk.type
    nothing = pa.nulls(len(chunk))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        inner = stored_images(chunk.flatten())
        if inner.counts is None:
            return inner._replace(counts=pc.list_value_length(chunk).fill_null(0).to_numpy().astype(np.int64))
    elif pa.types.is_struct(kind) and {"bytes", "path"} <= {field.name for field in kind}:
        fields = dict(zip((field.name for field in kind), chunk.flatten(), strict=True))
        return StoredImages(stored_images(fields["bytes"]).data, stored_images(fields["path"]).paths)
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return StoredImages(nothing, chunk)
    elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return StoredImages(chunk, nothing)
    return StoredImages(nothing, nothing)


def buffers(data: pa.Array) -> Iterable[Any]:
    """The bytes of each image of an array, not copied; None where there are none."""
    return (scalar.as_buffer() if scalar.is_valid else None for scalar in data)
