"""How quickly a no counts, what is found out about an image, and what the log costs.

    python -m benchmarks rights [--quick] --json

Over a ledger of a million images (20,000 with --quick). A withdrawal ends where a gate would count it; an erasure ends
where nothing is left in the files. The log's cost is that of appended rows beside the same rows without digests. The
verification of a proof is compared with one written as RFC 6962 tells it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final

from benchmarks._ledgers import Shape, build
from benchmarks.report import Figure, Ratio, Report
from provenance.chunks import batched
from provenance.ledger import schema
from provenance.ledger.append import append
from provenance.ledger.bulk import bulk
from provenance.ledger.database import Database
from provenance.policy.packs import load_packs
from provenance.proofs import merkle
from provenance.rights.about import About
from provenance.rights.desk import Rights

_TIMES: Final = 5
_ROW: Final = '{"file_name":"%06d.jpg","licence":"CC-BY-4.0","source_url":"https://photos.example/%06d"}'
_BATCH: Final = 1_000


def run(quick: bool) -> Report:  # noqa: FBT001 - the command's own interface
    """Measure all of it in a folder that is then removed."""
    images, rows, leaves = (20_000, 20_000, 1 << 14) if quick else (1_000_000, 200_000, 1 << 20)
    with tempfile.TemporaryDirectory() as folder:
        database = build(Path(folder) / "ledger.db", Shape(images))
        figures = list(_requests(database, images))
        database.close()
        logged, unlogged = (_appends(Path(folder) / f"{name}.db", rows, name) for name in ("logged", "unlogged"))
    ours, plain, size = _proofs(leaves)
    figures += [
        Figure("rows appended with digests and log", rows, rows / logged, "rows/s"),
        Figure("the same rows without", rows, rows / unlogged, "rows/s"),
        Figure("proof of inclusion", leaves, size, "bytes"),
        Figure("its verification", leaves, ours * 1e6, "us"),
        Figure("its verification as RFC 6962 tells it", leaves, plain * 1e6, "us"),
    ]
    withdrawn = next(figure.value for figure in figures if figure.name == "withdrawal of a person")
    ratios = [
        Ratio("withdrawal of a person, seconds", withdrawn, 1.0, "lower"),
        Ratio("rows with digests and log beside without, time", logged / unlogged, 1.2, "lower"),
        Ratio("verification of a proof beside RFC 6962's words, time", ours / plain, 1.0, "lower"),
    ]
    return Report("rights", figures, ratios, ("sqlalchemy", "cryptography"))


def _requests(database: Database, images: int) -> Iterator[Figure]:
    rights = Rights(database, load_packs())
    people = iter(range(images // 2, images))

    def withdraw() -> None:
        rights.file("withdraw", About(persons=(f"p{next(people)}",)), requester="bench", by="bench")

    def trace() -> None:
        rights.trace(About(persons=(f"p{next(people)}",)))

    def erase() -> None:
        filed = rights.file("erase", About(persons=(f"p{next(people)}",)), requester="bench", by="bench")
        rights.erase(filed.request.ref, by="bench")

    yield Figure("withdrawal of a person", images, _seconds(withdraw), "s")
    yield Figure("trace of a person", images, _seconds(trace), "s")
    yield Figure("erasure of a person, files written anew", images, _seconds(erase, times=1), "s")


def _seconds(work: Callable[[], None], times: int = _TIMES) -> float:
    taken = []
    for _ in range(times):
        began = perf_counter()
        work()
        taken.append(perf_counter() - began)
    return median(taken)


def _appends(path: Path, rows: int, kind: str) -> float:
    """Seconds for rows of a manifest in transactions of a thousand: appended, or only inserted."""
    database = Database.open(path)
    with database.writing() as connection:
        source = (1, "manifest", "bench")
        append(connection, schema.statement_source, ("id", "kind", "name"), [source])
        version = (1, 1, b"", "bench", rows, 0, "")
        named = ("id", "source_id", "digest", "path", "rows", "at", "identity")
        append(connection, schema.statement_version, named, [version])
    columns = ("id", "digest", "version_id", "line", "row")
    began = perf_counter()
    for some in batched(range(1, rows + 1), _BATCH):
        made = [(n, sha256(b"%d" % n).digest(), 1, n, _ROW % (n, n)) for n in some]
        with database.writing() as connection:
            if kind == "logged":
                append(connection, schema.declaration, columns, made)
            else:
                bulk(connection, schema.declaration, (*columns, "row_digest"), ((*row, b"") for row in made))
    taken = perf_counter() - began
    database.close()
    return taken


def _proofs(count: int) -> tuple[float, float, int]:
    """Seconds to verify a proof of inclusion, by ours and by a plain one, and the bytes of the proof."""
    leaves = [merkle.leaf_hash(number.to_bytes(8)) for number in range(count)]
    root, index = merkle.root_of(leaves), count // 3
    proof = merkle.inclusion(leaves, index)
    assert merkle.is_included(leaves[index], index, count, proof, root)
    assert _root_from(leaves[index], index, count, proof) == root

    def ours() -> None:
        for _ in range(1_000):
            merkle.is_included(leaves[index], index, count, proof, root)

    def plain() -> None:
        for _ in range(1_000):
            _root_from(leaves[index], index, count, proof)

    return _seconds(ours) / 1_000, _seconds(plain) / 1_000, sum(map(len, proof))


def _root_from(leaf: bytes, index: int, count: int, proof: Sequence[bytes]) -> bytes:
    """The root that a proof leads to: the definition of PATH(m, D[n]) in RFC 6962, section 2.1.1, turned around."""
    if count == 1:
        return leaf
    middle = 1
    while middle * 2 < count:
        middle *= 2
    if index < middle:
        return sha256(b"\1" + _root_from(leaf, index, middle, proof[:-1]) + proof[-1]).digest()
    return sha256(b"\1" + proof[-1] + _root_from(leaf, index - middle, count - middle, proof[:-1])).digest()
