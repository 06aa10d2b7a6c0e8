"""Where images come from: listing a collection and reading the bytes of one image.

>>> for entry in FolderSource("photos").entries():  # doctest: +SKIP
...     print(display(entry.key), entry.size, entry.problem)
"""

from provenance.keys import display, key_of
from provenance.sources.folder import FolderSource
from provenance.sources.imagefolder import MetadataFile, metadata_files, nearest
from provenance.sources.interface import MAX_IMAGE_BYTES, Entry, Role, Source

__all__ = [
    "MAX_IMAGE_BYTES",
    "Entry",
    "FolderSource",
    "MetadataFile",
    "Role",
    "Source",
    "display",
    "key_of",
    "metadata_files",
    "nearest",
]
