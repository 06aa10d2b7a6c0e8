"""A folder, or a single file, on a local disk."""

from __future__ import annotations

import os
from collections.abc import Iterable

from provenance.sources.collection import Collection
from provenance.sources.exclusions import Exclusion
from provenance.sources.imagefolder import MetadataFile, metadata_files
from provenance.sources.local import LocalFiles


class FolderSource(Collection):
    """Every image below a local folder at any depth, and in the containers that lie there.

    A single file is a collection too: of one image whatever its name, or of what lies in it if it is a container.
    What cannot be looked at is listed with a `Problem` or as a container, never left out.

    Raises SourceError where `path` does not exist, cannot be read, or is neither a folder nor a regular file.

    >>> FolderSource("/etc/hostname").uri
    'file:///etc/hostname'
    """

    def __init__(
        self, path: str | bytes | os.PathLike[str] | os.PathLike[bytes], exclusions: Iterable[Exclusion] = ()
    ) -> None:
        files = LocalFiles(path)
        super().__init__(files, exclusions, single=files.single)
        self._files = files

    def metadata_files(self) -> tuple[MetadataFile, ...]:
        """The `metadata.csv`, `.jsonl` or `.parquet` of this folder and of those below it (none for a single file)."""
        files = self._files
        return () if files.single else tuple(metadata_files(files.path))
