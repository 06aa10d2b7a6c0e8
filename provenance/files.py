"""Opening a file that the user names as input. A pipe, a device or a socket in its place is refused at once."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from provenance import open_flags


def open_regular(path: str | os.PathLike[str], *, buffering: int = -1) -> BinaryIO:
    """Open a regular file for reading its bytes.

    Raises OSError where it cannot be opened, also for a folder, a pipe, a device and a socket; its `strerror` says so.

    >>> open_regular("/dev/zero")
    Traceback (most recent call last):
    ...
    OSError: [Errno 22] it is a device, not a file: '/dev/zero'
    """
    # Not blocking, so that a pipe that nobody writes to cannot hold the run up.
    descriptor = os.open(path, os.O_RDONLY | open_flags.CLOEXEC | open_flags.NONBLOCK)
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(descriptor, "rb", buffering=buffering)
    os.close(descriptor)
    raise OSError(errno.EINVAL, f"it is {_kind(mode)}, not a file", os.fspath(path))


def read_bounded(path: str | os.PathLike[str], most: int) -> bytes | None:
    """The bytes of a regular file; None where there are more than `most`. Raises OSError as `open_regular`."""
    with open_regular(Path(path)) as file:
        data = file.read(most + 1)
    return data if len(data) <= most else None


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    if stat.S_ISFIFO(mode):
        return "a pipe"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"
