"""A picture as callers have it, as the bytes of a file: bytes, a path, an open file, a PIL image, a numpy array."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeAlias

from provenance.errors import InputError, UsageError
from provenance.files import read_bounded
from provenance.fingerprint.limits import MAX_BYTES
from provenance.keys import display

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

Picture: TypeAlias = "bytes | bytearray | memoryview | str | os.PathLike[str] | BinaryIO | Image.Image | NDArray[Any]"
"""Whatever stands for one picture."""

_REMEDY: Final = "give bytes, a path, an open file, a PIL image, or an array of H x W, H x W x 3 or H x W x 4 of uint8"
_KEPT: Final = frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I;16"})
"""Modes that PNG keeps as they are."""


def bytes_of(picture: Picture) -> bytes:
    """The original bytes where they are at hand. What is held as pixels is saved as PNG, which loses none of them.

    Raises InputError for a file that cannot be read or is too large, UsageError for what is no picture.

    >>> bytes_of(b"GIF89a")
    b'GIF89a'
    """
    if isinstance(picture, bytes | bytearray | memoryview):
        return bytes(picture)
    if isinstance(picture, str | os.PathLike):
        return read_photo(picture)
    other: Any = picture
    if hasattr(other, "read"):
        return _of_file(other)
    if hasattr(other, "save") and hasattr(other, "mode"):
        return _of_image(other)
    if hasattr(other, "__array_interface__") and hasattr(other, "dtype"):
        return _of_array(other)
    raise UsageError(f"a {type(picture).__name__} is no picture", remedy=_REMEDY)


def read_photo(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a photo. Raises InputError for what is no regular file, cannot be read, or is too large."""
    name = display(os.fsencode(path))
    try:
        data = read_bounded(path, MAX_BYTES)
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"{name} cannot be read: {said}", remedy="check the path") from error
    if data is None:
        raise InputError(
            f"{name} is larger than {MAX_BYTES:,} bytes", remedy="make it smaller; the search does not mind"
        )
    return data


def _of_file(file: BinaryIO) -> bytes:
    data = file.read(MAX_BYTES + 1)
    if not isinstance(data, bytes):
        raise UsageError("the file is open as text", remedy="open it with mode 'rb'")
    if len(data) > MAX_BYTES:
        raise InputError(f"the file is larger than {MAX_BYTES:,} bytes", remedy="give a picture")
    return data


def _of_image(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    (image if image.mode in _KEPT else image.convert("RGB")).save(stream, "PNG")
    return stream.getvalue()


def _of_array(array: NDArray[np.uint8]) -> bytes:
    from PIL import Image

    shape: tuple[int, ...] = array.shape
    fits = len(shape) == 2 or (len(shape) == 3 and shape[2] in (3, 4))
    if array.dtype != "uint8" or not fits or not all(shape):
        told = "x".join(map(str, shape))
        raise UsageError(f"an array of {told} of {array.dtype} is no picture", remedy=_REMEDY)
    return _of_image(Image.fromarray(array))
