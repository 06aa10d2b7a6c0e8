"""What tells one state of a file from another, and the digest of one: for files that the ledger looks at again."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from pathlib import Path
from typing import Final

from provenance import open_flags

_CHUNK: Final = 1 << 20


def identity_of(path: str) -> str:
    """What identifies a file as it is now: device, inode, size, modification and change time.

    Empty where there is no such file, or a time of it lies ahead of the clock: then nothing says that it is unchanged.

    >>> identity_of("/no/such/file")
    ''
    """
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return ""
    if max(found.st_mtime_ns, found.st_ctime_ns) > time.time_ns():
        return ""
    return f"{found.st_dev}:{found.st_ino}:{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}"


def digest_of_file(path: str) -> bytes | None:
    """The SHA-256 of a regular file; None if there is none that can be read."""
    try:
        # Not blocking, so that a named pipe in the file's place cannot hold up the gate.
        descriptor = os.open(path, os.O_RDONLY | open_flags.NONBLOCK)
    except (OSError, ValueError):
        return None
    try:
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            hasher = hashlib.sha256()
            while chunk := file.read(_CHUNK):
                hasher.update(chunk)
            return hasher.digest()
    except OSError:  # a folder, or a disk that fails
        return None
