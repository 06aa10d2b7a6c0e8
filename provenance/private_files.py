"""Files that only their owner may write: made so, and refused where they are not.

What decides which images pass (a ledger, an index, a configuration) must be nobody else's to change, as `ssh` asks of
its keys and configuration. Systems without POSIX owners and modes are taken as they are.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from provenance import open_flags
from provenance.errors import UntrustedFile

try:
    import fcntl
    import grp
    import pwd
except ImportError:  # Windows has none of them
    POSIX = False
else:
    POSIX = True

FILE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700

_LIVE: Final = "provenance-run-"
_UNBORN: Final = "provenance-new-"
_UNBORN_SECONDS: Final = 3600
"""Between making a working folder and locking it lie microseconds; after an hour its maker is gone."""


def create(path: Path) -> int:
    """A descriptor of a new, empty file that its owner alone may read and write, whatever the umask.

    Raises FileExistsError where anything has that name, a link too; OSError.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | open_flags.CLOEXEC, FILE_MODE)
    if POSIX:
        os.fchmod(descriptor, FILE_MODE)
    return descriptor


def create_folder(folder: Path) -> None:
    """Make a folder, with what is missing above it, that its owner alone may enter; one that is there stays as it is.

    Raises OSError.
    """
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        with suppress(FileExistsError):
            one.mkdir(mode=FOLDER_MODE)
            one.chmod(FOLDER_MODE)


def require_own(path: Path, what: str) -> None:
    """Raise UntrustedFile where another user may write an existing file or folder, or put another in its place.

    Its owner has to be this user or root. A group may write where it is the user's own (`user:user`, as Debian and
    Fedora make them); in a folder that others may write, the sticky bit has to keep them from replacing it.

    >>> require_own(Path("ledger.db"), "the ledger")  # doctest: +SKIP
    """
    if not POSIX:
        return
    try:
        places = {path.parent.resolve(): True, path.resolve(): False, path.resolve().parent: True}
        for place, around in places.items():
            problem = _problem(place.stat(), around=around)
            if problem:
                told = f"{what} {path}" if not around else f"the folder of {what} {path}"
                raise UntrustedFile(f"{told} {problem}", remedy=f"run `chmod go-w` on {place}, or name another file")
    except FileNotFoundError:
        return


@contextmanager
def working_folder() -> Iterator[Path]:
    """A temporary folder for this user alone, removed at the end. What killed runs of this user left goes first."""
    place = Path(tempfile.gettempdir())
    _remove_left(place)
    folder = Path(tempfile.mkdtemp(prefix=_UNBORN, dir=place))
    lock = _locked(folder)
    live = folder.with_name(_LIVE + folder.name.removeprefix(_UNBORN))
    try:
        folder = folder.rename(live)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _problem(found: os.stat_result, *, around: bool) -> str | None:
    """Why others may change what was found, or replace what lies in it (`around`); None where they may not."""
    if found.st_uid not in (os.geteuid(), 0):
        return f"belongs to another user ({found.st_uid})"
    sticky = around and found.st_mode & stat.S_ISVTX
    if found.st_mode & stat.S_IWOTH and not sticky:
        return "may be written by everybody"
    if found.st_mode & stat.S_IWGRP and not sticky and not _own_group(found.st_gid):
        return f"may be written by the group {found.st_gid}"
    return None


def _own_group(number: int) -> bool:
    """Whether a group is the private one of this user. Root has none: others may be in its group."""
    try:
        user, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(number)
    except KeyError:
        return False
    own = user.pw_gid == number and group.gr_name == user.pw_name
    return user.pw_uid != 0 and own and set(group.gr_mem) <= {user.pw_name}


def _locked(folder: Path) -> int | None:
    """A descriptor that holds the lock of a folder of this user; None where that cannot be had."""
    if not POSIX:
        return None
    descriptor = -1
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | open_flags.DIRECTORY | open_flags.NOFOLLOW | open_flags.CLOEXEC)
        if os.fstat(descriptor).st_uid == os.geteuid():
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
    if descriptor >= 0:
        os.close(descriptor)
    return None


def _remove_left(place: Path) -> None:
    """Remove this user's working folders that no run holds any more."""
    with suppress(OSError):
        for folder in place.iterdir():
            young = folder.name.startswith(_UNBORN) and not _older(folder, _UNBORN_SECONDS)
            if young or not folder.name.startswith((_LIVE, _UNBORN)):
                continue
            lock = _locked(folder)
            if lock is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)


def _older(folder: Path, seconds: float) -> bool:
    try:
        return time.time() - folder.lstat().st_mtime > seconds
    except OSError:
        return False
