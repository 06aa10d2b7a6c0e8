"""Files of results: written whole or not at all, through no link that somebody else has laid."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from provenance.errors import UsageError
from provenance.private_files import POSIX, create


@contextmanager
def whole_files(paths: Sequence[Path], *, binary: Sequence[bool]) -> Iterator[list[IO[Any]]]:
    """Streams for these files, in order; all of them take their places at the end, or none does.

    Each is written beside its place under a random name that was free, so that nobody can have laid a link there, and
    read by nobody else until it is whole. Then it has the mode of the file that it replaces, or what the umask grants.
    A pipe or a device is written to as it is. Raises UsageError that names the file.

    >>> with whole_files([Path("verdicts.jsonl")], binary=[False]) as (out,):  # doctest: +SKIP
    ...     out.write("{}")
    """
    opened: list[_Opened] = []
    try:
        for path, raw in zip(paths, binary, strict=True):
            with naming(path):
                opened.append(_open(path, raw=raw))
        yield [one.stream for one in opened]
        for one in opened:
            with naming(one.asked):
                one.close()
        for one in opened:
            with naming(one.asked):
                one.take_place()
    finally:
        for one in opened:
            one.discard()


class _Opened:
    """A stream with where it was asked for, where it is written, and where it belongs."""

    def __init__(self, asked: Path, partial: Path | None, target: Path, stream: IO[Any]) -> None:
        self.asked = asked
        self.stream = stream
        self._partial = partial
        self._target = target

    def close(self) -> None:
        self.stream.flush()
        if self._partial is not None:
            os.fsync(self.stream.fileno())
            if POSIX:
                os.fchmod(self.stream.fileno(), _mode(self._target))
        self.stream.close()

    def take_place(self) -> None:
        if self._partial is not None:
            self._partial.replace(self._target)

    def discard(self) -> None:
        with suppress(OSError):
            self.stream.close()
        if self._partial is not None:
            self._partial.unlink(missing_ok=True)


def _open(asked: Path, *, raw: bool) -> _Opened:
    if asked.is_symlink() and POSIX and asked.lstat().st_uid not in (os.geteuid(), 0):
        raise UsageError(f"{asked} is a link that another user has made", remedy="remove it, or name another file")
    target = asked.resolve()
    partial = None
    if target.exists() and not target.is_file():  # a pipe or a device
        descriptor = os.open(target, os.O_WRONLY)
    else:
        partial = target.with_name(f".provenance-{secrets.token_hex(8)}.partial")
        descriptor = create(partial)
    stream: IO[Any] = os.fdopen(descriptor, "wb") if raw else os.fdopen(descriptor, "w", encoding="utf-8", newline="")
    return _Opened(asked, partial, target, stream)


def _mode(target: Path) -> int:
    """The mode of the file that is there, or what the umask leaves of 0666."""
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except OSError:
        umask = os.umask(0o077)
        os.umask(umask)
        return 0o666 & ~umask


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Turn what the system says while a file is written into UsageError with the file's name."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}", remedy="check its folder") from error
