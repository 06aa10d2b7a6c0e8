"""Folders with hostile names, links and depths: every file is listed once, by a key that reads it back.

python tests/fuzz/walks.py [--cases 100000] [--seed 1]
"""

# Paths are bytes here, which pathlib cannot hold.
# ruff: noqa: PTH102, PTH123, PTH211
from __future__ import annotations

import os
import random
import shutil
import tempfile
from contextlib import suppress

from _cases import main

from provenance.keys import display, key_of
from provenance.sources import FolderSource, Role

_PNG = b"\x89PNG\r\n\x1a\n"
_PIECES = (
    b"a",
    b"\xff",
    b"\xc3\xa9",
    b"\\",
    b"\n",
    b"::",
    b" ",
    b".",
    b"..",
    b"-",
    b"\x1b[2J",
    b"%2e",
    b"\xe2\x80\xae",
    b"'",
    b"x" * 60,
)
_ENDS = (b".png", b".JPG", b".xmp", b".XMP", b".txt", b"", b".tar", b".zip", b".npy")


def name(chance: random.Random) -> bytes:
    """One name that a file system takes."""
    found = b"".join(chance.choice(_PIECES) for _ in range(chance.randrange(1, 4))) + chance.choice(_ENDS)
    return found if found not in (b".", b"..") else b"x"


def case(chance: random.Random) -> None:
    """One small tree."""
    root = os.fsencode(tempfile.mkdtemp(prefix="walk-"))
    try:
        pictures = set()
        folders = [b""]
        for _ in range(chance.randrange(1, 6)):
            key = b"/".join(part for part in (chance.choice(folders), name(chance)) if part)
            path = root + b"/" + key
            if os.path.lexists(path):
                continue
            what = chance.randrange(8)
            if what == 0:
                os.mkdir(path)
                folders.append(key)
            elif what == 1:
                os.symlink(chance.choice((b".", b"..", b"gone", b"/dev/zero", b"a.png", key)), path)
            elif what == 2:
                os.mkfifo(path)
            else:
                with open(path, "wb") as file:
                    file.write(_PNG + bytes(40))
                pictures.add(key)
        source = FolderSource(root)
        entries = list(source.entries())
        keys = [entry.key for entry in entries]
        assert len(set(keys)) == len(keys)
        for entry in entries:
            assert key_of(display(entry.key)).rstrip(b"/") == entry.key.rstrip(b"/")
            if entry.problem is None and entry.role is Role.IMAGE:
                assert source.read(entry.key, entry.size) == _PNG + bytes(40)
            if entry.problem is None:
                with suppress(OSError):  # a sidecar that is a pipe, or a link that leads nowhere
                    list(source.sidecars(entry.key))
        assert pictures <= set(keys), pictures - set(keys)
    finally:
        shutil.rmtree(root)


if __name__ == "__main__":
    main(case, "folders")
