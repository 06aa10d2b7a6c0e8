"""How quickly a no counts, what is found out about an image, and what the log costs.

    python -m benchmarks rights [--quick] --json

Over a ledger of a million images (20,000 with --quick; PROVENANCE_BENCH_IMAGES=10000000 for ten million), with a hash
of each picture as a whole, 100 releases of half of them, and 1,000 withdrawals (100 with --quick). A withdrawal ends
where a gate would count it; an erasure ends where nothing is left in the files. While eight processes trace one person
after another, one goes on withdrawing; its processor time says how much of that is waiting for a core. The log's cost
is the processor time of appended rows beside that of the same rows without digests, and with digests of anything.
The verification of a proof is compared with one written as RFC 6962 tells it.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Final

import imagehash
import sqlalchemy as sa
from PIL import Image

from benchmarks._ledgers import NOW, Shape, build
from benchmarks.report import Figure, Ratio, Report
from provenance.chunks import batched
from provenance.copies.index import COMPARABLE
from provenance.fingerprint.image_hash import from_image_hash
from provenance.gate.decide import context_text
from provenance.ledger import releases, schema
from provenance.ledger.append import SALT_BYTES, append
from provenance.ledger.bulk import bulk
from provenance.ledger.database import Database
from provenance.ledger.gates import NewGate, PolicyText, record_gate
from provenance.ledger.registry import item_parts
from provenance.model import Context
from provenance.policy.packs import load_packs
from provenance.proofs import merkle
from provenance.rights.about import About
from provenance.rights.desk import Rights
from provenance.vocabulary import Purpose

_IMAGES: Final = int(os.environ.get("PROVENANCE_BENCH_IMAGES", "1000000"))
_TIMES: Final = 5
_TURNS: Final = 3
_READERS: Final = 8
_READING_SECONDS: Final = 10
_CHAINED: Final = ("salt", "row_digest")
_ROW: Final = '{"file_name":"%06d.jpg","licence":"CC-BY-4.0","source_url":"https://photos.example/%06d"}'
_BATCH: Final = 1_000


def run(quick: bool) -> Report:  # noqa: FBT001 - the command's own interface
    """Measure all of it in a folder that is then removed."""
    size = _Size(20_000, 100, 20_000, 1 << 14) if quick else _Size(_IMAGES, 1_000, 200_000, 1 << 20)
    images, rows, leaves = size.images, size.rows, size.leaves
    with tempfile.TemporaryDirectory() as folder:
        database = build(Path(folder) / "ledger.db", Shape(images, pictures=True))
        figures = list(_requests(database, size, Path(folder)))
        database.close()
        logged, stored, unlogged = _appending(Path(folder), rows)
    ours, plain, proof_bytes = _proofs(leaves)
    figures += [
        Figure("rows appended with digests and log", rows, rows / logged, "rows/s"),
        Figure("the same rows with 48 bytes in place of salt and digest", rows, rows / stored, "rows/s"),
        Figure("the same rows without", rows, rows / unlogged, "rows/s"),
        Figure("proof of inclusion", leaves, proof_bytes, "bytes"),
        Figure("its verification", leaves, ours * 1e6, "us"),
        Figure("its verification as RFC 6962 tells it", leaves, plain * 1e6, "us"),
    ]
    taken = {figure.name: figure.value for figure in figures}
    ratios = [
        Ratio("withdrawal of a person, seconds", taken["withdrawal of a person"], 1.0, "lower"),
        Ratio(
            "the slowest while eight processes read, seconds",
            taken["slowest withdrawal beside 8 readers"],
            1.0,
            "lower",
        ),
        Ratio("rows with digests and log beside without, processor time", logged / unlogged, 1.2, "lower"),
        Ratio("verification of a proof beside RFC 6962's words, time", ours / plain, 1.0, "lower"),
    ]
    return Report("rights", figures, ratios, ("sqlalchemy", "cryptography"))


@dataclass(frozen=True, slots=True)
class _Size:
    """How much of everything there is."""

    images: int
    requests: int
    rows: int
    leaves: int


def _requests(database: Database, size: _Size, folder: Path) -> Iterator[Figure]:
    rights, images = Rights(database, load_packs()), size.images
    people = iter(range(images // 2, images))
    photo = _photo(database, folder, images)
    _release(database, images)

    def withdraw() -> None:
        rights.file("withdraw", About(persons=(f"p{next(people)}",)), requester="bench", by="bench")

    def trace() -> None:
        rights.trace(About(persons=(f"p{next(people)}",)))

    def erase() -> None:
        filed = rights.file("erase", About(photos=(photo,)), requester="bench", by="bench")
        assert filed.images == (images + 1,)
        rights.erase(filed.request.ref, by="bench")

    yield Figure("index for photos, built once", images, _seconds(lambda: rights.trace(About(photos=(photo,))), 1), "s")
    yield Figure("withdrawal of a person, the first", images, _seconds(withdraw, times=1), "s")
    began = perf_counter()
    for _ in range(size.requests):
        withdraw()
    yield Figure(
        "withdrawals, one after another", size.requests, size.requests / (perf_counter() - began), "requests/s"
    )
    yield Figure("withdrawal of a person", images, _seconds(withdraw), "s", f"after {size.requests:,}, 100 releases")
    yield Figure("trace of a person", images, _seconds(trace), "s")
    yield Figure("trace of a photo", images, _seconds(lambda: rights.trace(About(photos=(photo,)))), "s")
    yield from _beside_readers(database, withdraw, images)
    yield Figure("erasure by a photo, files written anew", images, _seconds(erase, times=1), "s")


def _photo(database: Database, folder: Path, images: int) -> Path:
    """One more image of the ledger, of which the photo is at hand, re-encoded since."""
    coarse = Image.frombytes("RGB", (16, 12), random.Random(1).randbytes(16 * 12 * 3))
    picture = coarse.resize((640, 480), Image.Resampling.BICUBIC)
    held, path = io.BytesIO(), folder / "photo.jpg"
    picture.save(held, "PNG")
    picture.resize((600, 450)).save(path, quality=80)
    number, value = images + 1, from_image_hash(imagehash.phash(picture, hash_size=16))
    with database.writing() as connection:
        content = (number, sha256(held.getvalue()).digest(), len(held.getvalue()))
        append(connection, schema.content, ("id", "sha256", "size"), [content])
        columns = ("id", "content_id", "algorithm", "place", "value", "quality", "decoder", "decode_mode")
        append(connection, schema.fingerprint, columns, [(number, number, COMPARABLE[0], "", value, 90, "", "full")])
        item, names = schema.item.c, [column.name for column in schema.item.columns if column.name not in _CHAINED]
        row = connection.execute(sa.select(*(item[name] for name in names)).where(item.id == images)).mappings().one()
        more = {**row, "id": number, "key": b"img/photo.png", "content_id": number, "persons": 0}
        append(connection, schema.item, names, [tuple(more[name] for name in names)], parts=[item_parts((), (), ())])
    return path


def _release(database: Database, images: int) -> None:
    """A hundred releases of half of the images each."""
    context = context_text(Context(as_of=NOW, purpose=Purpose.MODEL_TRAINING))
    new = NewGate(PolicyText(b"bench", context, "{}", "bench", {}), context, NOW, "", NOW, {1: 1}, {}, [], [])
    with database.writing() as connection:
        gate = record_gate(connection, new)
        for number in range(100):
            items = range(1 + number % 2, images + 1, 2)
            one = releases.NewRelease(f"bench-{number}", gate, b"", b"", "{}", "bench")
            releases.add(connection, one, items, datetime.now(UTC))


def _beside_readers(database: Database, withdraw: Callable[[], None], images: int) -> Iterator[Figure]:
    """One process withdraws while eight read; none waits for another."""
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(_READERS, mp_context=fork) as pool:
        reading = [pool.submit(_read, str(database.name), images, number) for number in range(_READERS)]
        taken: list[float] = []
        worked: list[float] = []
        while not all(one.done() for one in reading) or not taken:
            began, begun = perf_counter(), process_time()
            withdraw()
            taken.append(perf_counter() - began)
            worked.append(process_time() - begun)
        traced = sum(one.result() for one in reading)
    yield Figure(f"slowest withdrawal beside {_READERS} readers", len(taken), max(taken), "s")
    yield Figure(f"median withdrawal beside {_READERS} readers", len(taken), median(taken), "s")
    yield Figure("its processor time", len(taken), median(worked), "s")
    yield Figure(f"traces of {_READERS} readers beside a writer", images, traced / _READING_SECONDS, "traces/s")


def _read(ledger: str, images: int, reader: int) -> int:
    """Trace one person after another for some seconds; gives how many."""
    database = Database.open(ledger, create=False)
    rights, traced, until = Rights(database, load_packs()), 0, perf_counter() + _READING_SECONDS
    while perf_counter() < until:
        rights.trace(About(persons=(f"p{(traced * _READERS + reader) % (images // 2) + 1}",)))
        traced += 1
    database.close()
    return traced


def _seconds(work: Callable[[], object], times: int = _TIMES) -> float:
    taken = []
    for _ in range(times):
        began = perf_counter()
        work()
        taken.append(perf_counter() - began)
    return median(taken)


def _appending(folder: Path, rows: int) -> list[float]:
    """Seconds of a processor for rows appended, stored with as many bytes, and only inserted: medians, in turns."""
    kinds = ("logged", "stored", "unlogged")
    taken = [[_appends(folder / f"{kind}{turn}.db", rows, kind) for kind in kinds] for turn in range(_TURNS)]
    return [median(several) for several in zip(*taken, strict=True)]


def _appends(path: Path, rows: int, kind: str) -> float:
    """Seconds of a processor for rows of a manifest in transactions of a thousand."""
    database = Database.open(path)
    with database.writing() as connection:
        source = (1, "manifest", "bench")
        append(connection, schema.statement_source, ("id", "kind", "name"), [source])
        version = (1, 1, b"", "bench", rows, 0, "")
        named = ("id", "source_id", "digest", "path", "rows", "at", "identity")
        append(connection, schema.statement_version, named, [version])
    columns = ("id", "digest", "version_id", "line", "row")
    salt, digest = bytes(SALT_BYTES), sha256().digest()
    began = process_time()
    for some in batched(range(1, rows + 1), _BATCH):
        made = [(n, sha256(b"%d" % n).digest(), 1, n, _ROW % (n, n)) for n in some]
        with database.writing() as connection:
            if kind == "logged":
                append(connection, schema.declaration, columns, made)
            elif kind == "stored":
                bulk(connection, schema.declaration, (*columns, *_CHAINED), ((*row, salt, digest) for row in made))
            else:
                bulk(connection, schema.declaration, (*columns, "row_digest"), ((*row, b"") for row in made))
    taken = process_time() - began
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
