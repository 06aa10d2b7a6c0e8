"""Finding a folder's own manifests: `metadata.csv`, `metadata.jsonl` or `metadata.parquet` beside the images.

Source: the `imagefolder` convention of Hugging Face `datasets`. A metadata file speaks for its own folder and the
folders below it, with `file_name` relative to where it stands; a folder further down with a metadata file of its own
speaks for itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from provenance.errors import InputError
from provenance.keys import display
from provenance.sources.walk import FileEntry, walk

NAMES: Final = ("metadata.csv", "metadata.jsonl", "metadata.parquet")


class MetadataFile(NamedTuple):
    """`prefix` is the key of the folder that the file stands in, ending in `/`, or empty for the collection itself."""

    prefix: bytes
    path: Path


def metadata_files(root: str | os.PathLike[str]) -> list[MetadataFile]:
    """Every metadata file below `root`, in key order. Folder links are not followed.

    Raises InputError where one folder holds two of them, since nothing says which one speaks.

    >>> metadata_files("/etc/cron.d")
    []
    """
    base = os.fsencode(root)
    found: dict[bytes, bytes] = {}
    for item in walk(base, only=NAMES):
        if not isinstance(item, FileEntry):
            continue
        folder, slash, name = item.key.rpartition(b"/")
        other = found.setdefault(folder + slash, name)
        if other != name:
            first, second = sorted((other, name))
            raise InputError(
                f"{display(folder) or 'the collection'} holds both {first.decode()} and {second.decode()}",
                remedy="keep one of them",
            )
    folder_path = Path(os.fsdecode(base))
    return [MetadataFile(prefix, folder_path / os.fsdecode(prefix + name)) for prefix, name in sorted(found.items())]


def nearest(key: bytes, prefixes: Iterable[bytes]) -> bytes | None:
    """The prefix of the metadata file that speaks for `key`, that of the nearest folder above it; None without one.

    >>> nearest(b"train/cats/1.jpg", [b"", b"train/"])
    b'train/'
    """
    return max((prefix for prefix in prefixes if key.startswith(prefix)), key=len, default=None)
