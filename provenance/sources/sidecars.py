"""The sidecars of a folder on disk. Which names speak of an image is told by `carriers.sidecars`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

from provenance import open_flags
from provenance.carriers.sidecars import FOLDERS, Sidecars, folded


def sidecars_in(folder: int) -> Sidecars:
    """The sidecars of an open folder and of the folders of sidecars in it, by one pass over the names. Raises OSError.

    Such a folder that cannot be listed is told by whoever walks it.
    """
    return Sidecars(_names(folder))


def _names(folder: int) -> Iterator[str]:
    below: list[str] = []
    with os.scandir(folder) as names:
        for name in names:
            if name.is_dir(follow_symlinks=False) and folded(name.name) in FOLDERS:
                below.append(name.name)
            else:
                yield name.name
    for inner in below:
        with suppress(OSError):
            yield from (f"{inner}/{each}" for each in _names_in(folder, inner))


def _names_in(folder: int, name: str) -> list[str]:
    descriptor = os.open(name, os.O_RDONLY | open_flags.DIRECTORY | open_flags.CLOEXEC, dir_fd=folder)
    try:
        return os.listdir(descriptor)  # noqa: PTH208 - pathlib knows no descriptors
    finally:
        os.close(descriptor)
