"""Which reader opens which container."""

from __future__ import annotations

from typing import BinaryIO, Final

from provenance.sources.members import Container, ContainerError

COMPRESSED: Final = frozenset({"gzip", "bzip2", "xz"})


def open_container(reader: str, file: BinaryIO, name: bytes, *, addresses: bool = False) -> Container | None:
    """Open a container by the reader that `containers.toml` names; None for what turns out to hold no picture.

    The file is closed with it, also where it cannot be opened. Raises ContainerError.
    """
    opened: Container | None = None
    try:
        if reader == "tar":
            from provenance.sources.tar import TarContainer

            opened = TarContainer(file)
        elif reader == "zip":
            from provenance.sources.zip import ZipContainer

            opened = ZipContainer(file)
        elif reader in ("parquet", "arrow"):
            from provenance.sources.tables import TableContainer

            opened = TableContainer(file, reader, addresses=addresses)
        elif reader in COMPRESSED:
            from provenance.sources.compressed import CompressedFile

            opened = CompressedFile(file, reader, name)
        elif reader == "npy":
            from provenance.sources.arrays import labels_only

            if not labels_only(file):
                raise ContainerError("its shape is one that pictures have")
        else:
            raise ContainerError("nothing here opens files of its kind")
    finally:
        if opened is None:
            file.close()
    return opened
