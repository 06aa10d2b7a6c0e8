"""Beginnings of files, sound and damaged: nothing raises, and no binary file is passed over.

python tests/fuzz/heads.py [--cases 100000] [--seed 1]
"""

from __future__ import annotations

import random
from functools import cache

from _cases import damaged, main
from PIL import Image

from provenance.sources.heads import HEAD_BYTES, text_of
from provenance.sources.kinds import SMALLEST, FileKind, kind_of

_NAMES = (
    b"a.txt",
    b"b.csv",
    b"metadata.jsonl",
    b"x.xmp",
    b"notes",
    b"t.db",
    b"p.zip",
    b"q.pkl",
    b"r.tar",
    b".DS_Store",
)
_TEXTS = (
    b'<?xml version="1.0" encoding="utf-8"?><!--x--><!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="x"/>',
    b"P6 # c\n24 24 255\n" + bytes(range(256)),
    b"P3 2 2 255\n1 2 3 4 5 6 7 8 9 1 2 3\n",
    b"%!PS-Adobe-3.0 EPSF-3.0\n",
    b"file_name,caption\n1.jpg,a hill\n" * 9,
    "id\tcaption\n1\tun caf\xe9\n".encode("utf-16"),
    b'{"a": [1, 2, {"b": null}]}' * 9,
    b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 9\n",
    b"{\\rtf1 x}",
    b"%PDF-1.7\n",
)


@cache
def seeds() -> tuple[bytes, ...]:
    import io

    picture = Image.frombytes("RGB", (24, 24), random.Random(1).randbytes(1728))
    found = list(_TEXTS)
    for form in ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "ICO", "AVIF", "JPEG2000", "PPM", "PDF"):
        stream = io.BytesIO()
        picture.save(stream, form)
        found.append(stream.getvalue())
    heads = (
        b"PK\3\4",
        b"PAR1",
        b"ARROW1\0\0",
        b"\x1f\x8b\x08",
        b"\x93NUMPY",
        b"\0\0\0\x18ftypheic",
        b"\0\0\0\1Bud1",
        b"\x80\4",
    )
    return (*found, *(head + random.Random(2).randbytes(900) for head in heads))


def case(chance: random.Random) -> None:
    """One beginning, and what must hold of it."""
    data = chance.choice(seeds()) if chance.random() < 0.95 else chance.randbytes(chance.randrange(4_000))
    data = damaged(chance, data) if chance.random() < 0.9 else data
    name = chance.choice(_NAMES)
    found = kind_of(name, data[:HEAD_BYTES], len(data))
    assert found == kind_of(name, data[:HEAD_BYTES], len(data))
    assert bool(found.name) == (found.kind is FileKind.CONTAINER)
    if found.kind is FileKind.OTHER and len(data) >= SMALLEST and text_of(data[:HEAD_BYTES]) is None:
        assert kind_of(b"", data[:HEAD_BYTES], 1 << 40).kind is not FileKind.OTHER, "only what is small is harmless"


if __name__ == "__main__":
    main(case, "beginnings of files")
