"""Archives, shards, tables and compressed files, damaged: nothing raises but what is said to, and nothing is invented.

python tests/fuzz/containers.py [--cases 100000] [--seed 1]
"""

from __future__ import annotations

import gzip
import io
import lzma
import random
import tarfile
import warnings
import zipfile
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from _cases import damaged, main
from PIL import Image

from provenance.sources.collection import Collection
from provenance.sources.identity import Identity, Stamp
from provenance.sources.interface import Role, StoredFile


@cache
def pictures() -> tuple[bytes, ...]:
    found = []
    for seed in range(3):
        stream = io.BytesIO()
        Image.frombytes("RGB", (8, 8), random.Random(seed).randbytes(192)).save(stream, "PNG")
        found.append(stream.getvalue())
    return tuple(found)


@cache
def seeds() -> tuple[tuple[bytes, bytes], ...]:
    one, two, three = pictures()
    tar, archive, table, stream, array = (io.BytesIO() for _ in range(5))
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.PAX_FORMAT) as made:
        for name, data in (
            ("0.png", one),
            ("0.json", b'{"url": "x"}'),
            ("caf\u00e9.png", two),
            ("0.txt", b"x"),
            ("b.bin", bytes(200)),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            made.addfile(info, io.BytesIO(data))
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in (("a/0.png", one), ("1.png", two), ("t.txt", b"x" * 900), ("a/0.xmp", b"<x/>")):
            zipped.writestr(name, data)
    rows = pa.table({"image": [one, two, three], "n": [1, 2, 3]})
    pq.write_table(rows, table)
    with pa.ipc.new_stream(stream, rows.schema) as writer:
        writer.write_table(rows)
    np.save(array, np.arange(90))
    return (
        (b"s.tar", tar.getvalue()), (b"z.zip", archive.getvalue()), (b"p.parquet", table.getvalue()),
        (b"d.arrow", stream.getvalue()), (b"l.npy", array.getvalue()), (b"1.png.gz", gzip.compress(one * 40)),
        (b"1.png.xz", lzma.compress(one * 40)),
    )  # fmt: skip


class _OneFile:
    """A storage of one file that lies in memory."""

    uri = root = location = "memory:"

    def __init__(self, name: bytes, data: bytes) -> None:
        self._name, self._data = name, data

    def files(self):
        yield StoredFile(self._name, len(self._data), Identity(Stamp(0, 1, len(self._data), 1, 1)))

    def open(self, key: bytes) -> io.BytesIO:
        if key != self._name:
            raise FileNotFoundError(2, "no such file")
        return io.BytesIO(self._data)

    def beside(self, key: bytes) -> tuple[bytes, ...]:
        return ()


def case(chance: random.Random) -> None:
    """One damaged container, listed and read."""
    name, data = chance.choice(seeds())
    data = damaged(chance, data) if chance.random() < 0.95 else data
    source = Collection(_OneFile(name, data))
    keys = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for entry in source.entries():
            keys.append(entry.key)
            assert (entry.role is Role.CONTAINER) == (entry.problem is not None and entry.problem.kind == "NOT_OPENED")
            if entry.role is Role.IMAGE:
                try:
                    assert len(source.read(entry.key, 1 << 20)) == entry.size or entry.problem is not None
                    list(source.sidecars(entry.key))
                except OSError:
                    continue
    assert len(set(keys)) == len(keys)
    # A value of a table may lawfully become nothing; whatever else holds a picture still gives an item.
    if name not in (b"l.npy", b"d.arrow", b"p.parquet") and any(part in data for part in pictures()):
        assert keys, "passed over"


if __name__ == "__main__":
    main(case, "containers")
