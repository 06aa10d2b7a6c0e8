"""Whether an array file (`.npy`) may hold pictures, told from its header alone."""

from __future__ import annotations

from typing import IO, Final

_FEW: Final = 16
"""Numbers in a row of a table of boxes, points or scores; a picture is wider."""


def labels_only(file: IO[bytes]) -> bool:
    """Whether an array is a list of labels or a narrow table of numbers, which no picture can be.

    >>> import io, numpy
    >>> kept = io.BytesIO()
    >>> numpy.save(kept, numpy.zeros((1000, 4)))
    >>> kept.seek(0)
    0
    >>> labels_only(kept)
    True
    """
    from numpy.lib import format as npy

    try:
        file.seek(0)
        major, _ = npy.read_magic(file)
        read = {1: npy.read_array_header_1_0, 2: npy.read_array_header_2_0}[major]
        shape, _, kind = read(file, max_header_size=10_000)
    except Exception:  # noqa: BLE001 - what cannot be told is not passed over
        return False
    if kind.hasobject or kind.kind in "SVU":  # objects, and bytes or text of any length
        return kind.kind == "U" and len(shape) <= 1
    if len(shape) <= 1:
        return kind.itemsize > 1 or kind.kind == "b"  # a run of bytes may be a file
    return len(shape) == 2 and shape[1] <= _FEW
