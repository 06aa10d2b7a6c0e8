"""Keeps the chatter of C libraries off the terminal: libtiff writes a line a fault straight to file descriptor 2."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


@contextmanager
def c_stderr_discarded() -> Iterator[None]:
    """Sends what C code writes to file descriptor 2 nowhere; Python's `sys.stderr` still reaches its reader.

    For a process that is one's own, once, around a whole scan and before a console or a log handler takes hold of
    `sys.stderr`: a descriptor belongs to the whole process, so doing this around each image would take away and
    give back other threads' output at random. Worker processes of a scan do it by themselves.

    >>> with c_stderr_discarded():
    ...     pass
    """
    own = sys.stderr
    replacement = _on_a_copy(own)
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    sys.stderr = replacement or own
    try:
        yield
    finally:
        sys.stderr = own
        os.dup2(kept, 2)
        os.close(kept)
        if replacement:
            replacement.close()


def _on_a_copy(stream: TextIO | None) -> TextIO | None:
    """A stream like this one on a copy of descriptor 2, or None where it does not write to that descriptor."""
    try:
        if stream is None or stream.fileno() != 2:
            return None
    except (AttributeError, OSError, ValueError):  # a notebook's or a test's own stream
        return None
    stream.flush()
    raw = open(os.dup(2), "wb", buffering=0)  # noqa: SIM115, PTH123 - a descriptor, closed by the caller
    return io.TextIOWrapper(raw, encoding=stream.encoding, errors=stream.errors, line_buffering=True)
