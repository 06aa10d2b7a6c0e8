"""Which files lie beside an image and speak of it: `photo.xmp` and `photo.jpg.xmp` beside `photo.jpg`.

Programs differ in letter case and in the Unicode form of a name, and a file system may tell neither apart. So a name
counts where it is the same without regard to both.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from typing import Final

SUFFIX: Final = ".xmp"


class Sidecars:
    """The sidecars of one folder, by the names that they speak of. It is given every name in the folder.

    >>> Sidecars(["a01.JPG.xmp", "a02.Xmp"]).of("a01.jpg")
    ('a01.JPG.xmp',)
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names: dict[str, list[str]] = {}
        for name in sorted(filter(is_sidecar, names)):
            self._names.setdefault(folded(name[: -len(SUFFIX)]), []).append(name)

    def __bool__(self) -> bool:
        return bool(self._names)

    def of(self, name: str) -> tuple[str, ...]:
        """The sidecars of a file, the more specific name first; none for a sidecar itself."""
        plain = folded(name)
        if plain.endswith(SUFFIX):
            return ()
        stem, dot, _ = plain.rpartition(".")
        found = self._names.get(plain, [])
        return tuple(found + self._names.get(stem, [])) if dot and stem else tuple(found)


def is_sidecar(name: str) -> bool:
    """Whether a file may be the sidecar of another, by its name.

    >>> is_sidecar("a/b.JPG.Xmp")
    True
    """
    return name[-len(SUFFIX) :].lower() == SUFFIX


def sidecars_in(folder: int) -> Sidecars:
    """The sidecars of an open folder, by one pass over its names. Raises OSError."""
    with os.scandir(folder) as names:
        return Sidecars(name.name for name in names)


def folded(name: str) -> str:
    """A name without regard to letter case and Unicode form."""
    return (
        name.lower() if name.isascii() else unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())
    )
