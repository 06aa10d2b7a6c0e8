"""Opening a collection by its path or address."""

from __future__ import annotations

import os
from collections.abc import Iterable

from provenance.errors import SourceError
from provenance.sources.collection import Collection
from provenance.sources.exclusions import Exclusion
from provenance.sources.folder import FolderSource
from provenance.sources.remote import RemoteFiles, is_address
from provenance.urls import path_of


def open_collection(where: str | os.PathLike[str], exclusions: Iterable[Exclusion] = ()) -> Collection:
    """A folder, a container or a single file, on a local disk or at an address that fsspec knows.

    Raises SourceError where it cannot be read or reached, MissingExtra where an address needs the extra `cloud`.

    >>> open_collection("/etc/hostname").uri
    'file:///etc/hostname'
    """
    name = os.fspath(where)
    path = path_of(name)
    if isinstance(path, bytes) or not is_address(path):
        return FolderSource(path, exclusions)
    if "::" in name:
        raise SourceError(
            f"{name.partition('://')[0]}: addresses in one another are not taken", remedy="name the archive"
        )
    files = RemoteFiles(name)
    return Collection(files, exclusions, single=files.single)
