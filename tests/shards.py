"""What the tests of containers are made of."""

from __future__ import annotations

import io
import random
import tarfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from PIL import Image

from provenance.sources import Entry, FolderSource


@cache
def jpeg(seed: int, form: str = "JPEG") -> bytes:
    """A picture that is another for every seed."""
    stream = io.BytesIO()
    Image.frombytes("RGB", (16, 16), random.Random(seed).randbytes(768)).save(stream, form)
    return stream.getvalue()


def tar(path: Path, members: Iterable[tuple[str, bytes]], **header: object) -> Path:
    """A tar archive of some members."""
    with tarfile.open(path, "w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            for field, value in header.items():
                setattr(info, field, value)
            archive.addfile(info, io.BytesIO(data))
    return path


def listed(folder: Path) -> dict[str, Entry]:
    """What lies in a folder, by key."""
    found = list(FolderSource(folder).entries())
    by_key = {entry.key.decode("utf-8", "backslashreplace"): entry for entry in found}
    assert len(by_key) == len(found)
    return by_key


def sound(folder: Path) -> dict[str, bytes]:
    """The bytes of every image that can be read, by key."""
    source = FolderSource(folder)
    return {key: source.read(entry.key, entry.size) for key, entry in listed(folder).items() if entry.problem is None}


def trouble(folder: Path) -> dict[str, str]:
    """What is wrong with the rest, by key."""
    return {
        key: f"{entry.problem.kind}: {entry.problem.detail}" for key, entry in listed(folder).items() if entry.problem
    }
