"""Telling images from other files, by extension first and by the first bytes where the extension says nothing."""

from __future__ import annotations

import tomllib
from enum import Enum
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

HEAD_BYTES: Final = 32
"""How much of a file with an unknown extension is read."""


class FileKind(Enum):
    """What an extension says."""

    IMAGE = "image"
    OTHER = "other"
    UNKNOWN = "unknown"


class _Lists(NamedTuple):
    image: frozenset[bytes]
    other: frozenset[bytes]
    magic: tuple[tuple[tuple[int, bytes], ...], ...]


@cache
def _lists() -> _Lists:
    data = tomllib.loads(files("provenance.sources").joinpath("images.toml").read_text(encoding="utf-8"))
    return _Lists(
        image=frozenset(extension.encode() for extension in data["image"]),
        other=frozenset(extension.encode() for extension in data["other"]),
        magic=tuple(
            tuple((part["at"], bytes.fromhex(part["hex"])) for part in entry["parts"]) for entry in data["magic"]
        ),
    )


def kind_of_name(name: bytes) -> FileKind:
    """What the last extension of a file name says.

    >>> kind_of_name(b"IMG_0001.JPG").name, kind_of_name(b"IMG_0001").name
    ('IMAGE', 'UNKNOWN')
    """
    _, dot, extension = name.rpartition(b".")
    if not dot:
        return FileKind.UNKNOWN
    lists = _lists()
    extension = extension.lower()
    if extension in lists.image:
        return FileKind.IMAGE
    return FileKind.OTHER if extension in lists.other else FileKind.UNKNOWN


def looks_like_image(head: bytes) -> bool:
    """Whether the first `HEAD_BYTES` of a file are those of an image format.

    >>> looks_like_image(b"\\xff\\xd8\\xff\\xe0\\x00\\x10JFIF")
    True
    """
    return any(all(head[at : at + len(part)] == part for at, part in parts) for parts in _lists().magic)
