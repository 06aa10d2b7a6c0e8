"""Whether a file is the one that was read before: told from what the file system says of it, without reading it.

A file counts as unchanged where device, inode, size, time of modification and time of change of the inode are all as
they were, for itself and for each file that speaks beside it. No single one is enough: a copying tool sets times back,
a rename brings another inode under the old name, and bytes are replaced in place under the same size.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote_from_bytes

_SECOND: Final = 1_000_000_000

_FINE: Final = 10_000_000
"""10 ms: the coarsest tick by which Linux stamps inodes (100 Hz) where the file system keeps nanoseconds."""

_COARSE: Final = 2 * _SECOND
"""FAT keeps two seconds, HFS+ and some network file systems one."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the file system says of one file. `device` is 0 on the device of the collection's own root.

    So a device that gets another number at the next start, or a disk that is mounted elsewhere, changes nothing, while
    a file on another device inside the collection, which somebody mounted there, does.
    """

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int

    @classmethod
    def of(cls, status: os.stat_result, root_device: int) -> Stamp:
        """The stamp of a file in a collection whose root lies on `root_device`."""
        device = 0 if status.st_dev == root_device else status.st_dev
        return cls(device, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)

    def is_settled(self, now_ns: int) -> bool:
        """Whether a later change would show: no time lies ahead of the clock, and the last tick is over.

        Under a time in the future other bytes can take the file's place and keep it. Within one tick of the file
        system's clock a file can be written twice and carry one time.
        """
        tick = _FINE if self.changed_ns % _SECOND else _COARSE
        return self.modified_ns <= now_ns and self.changed_ns + tick <= now_ns

    @property
    def text(self) -> str:
        """Five numbers with `:` between them."""
        return f"{self.device}:{self.inode}:{self.size}:{self.modified_ns}:{self.changed_ns}"


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity of a file: its stamp, those of the files beside it by name, and its place in a container.

    Two identities are compared as equal or not, never by one of their parts. `part` is "" for a file of its own.

    >>> Identity(Stamp(0, 7, 100, 5, 6), ((b"a.xmp", Stamp(0, 8, 20, 5, 6)),)).text
    '0:7:100:5:6;a.xmp=0:8:20:5:6'
    """

    file: Stamp
    beside: tuple[tuple[bytes, Stamp], ...] = ()
    part: str = ""

    @property
    def text(self) -> str:
        """The form in which a ledger keeps it; two identities never share one."""
        beside = "".join(f";{quote_from_bytes(name)}={stamp.text}" for name, stamp in sorted(self.beside))
        return f"{self.file.text}{beside}{'@' + self.part if self.part else ''}"


def identity_of(
    file: Stamp, beside: tuple[tuple[bytes, Stamp], ...] = (), *, now_ns: int, part: str = ""
) -> Identity | None:
    """The identity by which the file will be known as unchanged, or None where it cannot be told from another.

    None never equals what was stored, so the file is read again.
    """
    if file.is_settled(now_ns) and all(stamp.is_settled(now_ns) for _, stamp in beside):
        return Identity(file, beside, part)
    return None


def identity_of_path(path: str | os.PathLike[str], *, now_ns: int) -> Identity | None:
    """The identity of a file outside any collection, such as a captured page. None also where there is no file.

    >>> identity_of_path("/no/such/file", now_ns=0) is None
    True
    """
    try:
        status = os.stat(path)  # noqa: PTH116 - its raw form is what a stamp takes
    except OSError:
        return None
    return identity_of(Stamp.of(status, -1), now_ns=now_ns)
