"""One writer at a time in an index folder, whatever processes and threads there are. Readers wait for nobody."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final

from provenance.private_files import create, create_folder

_NAME: Final = "index.lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, which ends with the process if nothing else does. Raises OSError.

    >>> with locked(Path("ledger.db.index")):  # doctest: +SKIP
    ...     pass
    """
    create_folder(folder)
    with suppress(FileExistsError):
        os.close(create(folder / _NAME))
    with (folder / _NAME).open("ab") as file:
        _take(file)
        yield  # closing the file gives the lock back


def _take(file: IO[Any]) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]
    else:
        fcntl.flock(file, fcntl.LOCK_EX)
