"""The sidecars of a folder on disk. Which names speak of an image is told by `carriers.sidecars`."""

from __future__ import annotations

import os

from provenance.carriers.sidecars import Sidecars


def sidecars_in(folder: int) -> Sidecars:
    """The sidecars of an open folder, by one pass over its names. Raises OSError."""
    with os.scandir(folder) as names:
        return Sidecars(name.name for name in names)
