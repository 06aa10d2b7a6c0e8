"""How long one photo takes to be looked for, from its bytes to the answer.

    python -m benchmarks find [--quick] [--json]

A ledger holds so many images by random fingerprints, each whole picture with its 27 windows, and among them the
photographs that ship with scikit-image and scikit-learn. Each of those is cropped, mirrored or saved again, and looked
for as `Finder.find` does it: decoding, some four hundred views, the search, the check of what met. Times are medians
over the photographs with every core; an answer that misses a photograph is an error. An index opens without being
read, so the first search, which checks what it uses, is timed apart, as the views are.

Opening is also measured alone, over index files of 1 and 10 million random fingerprints that the system does not hold
in memory: processor time, bytes that came from the disk, what the system read ahead included, and beside it both for
checking every block.
"""

from __future__ import annotations

import io
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageOps

from benchmarks._edits import cropped, encoded
from benchmarks.fingerprint import on_cores
from benchmarks.recall import shipped
from benchmarks.report import Figure, Ratio, Report
from provenance.api import Ledger
from provenance.chunks import batched
from provenance.fingerprint.perceptual import DRAFT
from provenance.fingerprint.variants import query_of
from provenance.fingerprint.windows import WINDOW_BOXES, WINDOWS
from provenance.ledger import schema
from provenance.ledger.append import append
from provenance.ledger.database import Database
from provenance.lookup.build import Update, bring_up
from provenance.lookup.files import Key
from provenance.lookup.shards import load

RADII: Final = (15, 31, 60)
AIM_OF_VIEWS: Final = 15.0
"""Milliseconds for all views of one photo, from its bytes."""
_KEY: Final = Key(bytes(32), "benchmark")
_IO: Final = Path("/proc/self/io")
"""Where Linux counts what a process reads and writes."""
_FOUND_WITHIN: Final = 31
"""Bits within which each of these edits meets its original."""


def run(quick: bool) -> Report:  # noqa: FBT001 - every benchmark has this one flag
    """The time of an answer at each size and radius."""
    figures: list[Figure] = []
    for fingerprints in (20_000, 50_000) if quick else (1_000_000, 10_000_000):
        with tempfile.TemporaryDirectory() as folder:
            figures += _opened(fingerprints, Path(folder))
    for images in (1_000, 5_000) if quick else (10_000, 100_000, 300_000):
        with tempfile.TemporaryDirectory() as folder:
            figures += _measured(images, Path(folder))
    with on_cores(1):
        views = Ratio("ms for all views of a photo, 1 core", _views(5 if quick else 40), AIM_OF_VIEWS, "lower")
    return Report("find", figures, (views,), ("numpy", "pillow"))


def _opened(fingerprints: int, folder: Path) -> Iterator[Figure]:
    rng = np.random.default_rng(fingerprints)
    rows = ((number, 0, rng.bytes(32)) for number in range(fingerprints))
    bring_up(folder, _KEY, lambda _: Update({}, rows, anew=True))
    load(folder, _KEY)  # what is imported for it is not read again
    for name, whole in (("opened", False), ("opened and every block checked", True)):
        _forget(folder)
        started, before = time.process_time(), _read_from_disk()
        _, index = load(folder, _KEY)
        if whole:
            for segment in index.segments:
                bands = (segment.bands.offsets, *segment.bands.orders) if segment.bands else ()
                for column in (*segment.columns, segment.ids, *bands):
                    column.all()
        taken, read = (time.process_time() - started) * 1e3, (_read_from_disk() - before) / 1e6
        yield Figure(f"index files {name}", fingerprints, taken, "ms")
        if _IO.exists():
            yield Figure(f"index files {name}, read", fingerprints, read, "MB")


def _forget(folder: Path) -> None:
    """Let the system hold nothing of a folder's files in memory, where it can be asked to."""
    for path in folder.iterdir() if hasattr(os, "posix_fadvise") else ():
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _read_from_disk() -> int:
    """Bytes that this process had the disk read; 0 where the system does not tell."""
    lines = _IO.read_text(encoding="ascii").splitlines() if _IO.exists() else ["read_bytes: 0"]
    return int(next(line for line in lines if line.startswith("read_bytes")).split()[1])


def _photographs() -> list[Path]:
    return [path for path in shipped() if path.suffix == ".jpg" or path.stem in ("astronaut", "coffee", "chelsea")]


def _views(repetitions: int) -> float:
    """Milliseconds from a photo's bytes to its views."""
    taken = []
    for path in _photographs():
        data = path.read_bytes()
        for _ in range(repetitions):
            started = time.process_time()
            query_of(data)
            taken.append(time.process_time() - started)
    return statistics.median(taken) * 1e3


def _measured(images: int, folder: Path) -> Iterator[Figure]:
    photographs = _photographs()
    held = folder / "photos"
    held.mkdir()
    for path in photographs:
        (held / path.name).write_bytes(path.read_bytes())
    ledger = folder / "ledger.db"
    with Ledger.open(ledger) as opened:
        opened.scan(held)
    fill(ledger, images)
    with Ledger.open(ledger) as opened:
        started = time.perf_counter()
        opened.finder()
        yield Figure("index brought up to date", images, (time.perf_counter() - started) / images * 1e6, "us/image")
        started = time.perf_counter()
        finder = opened.finder()
        yield Figure("index opened", images, time.perf_counter() - started, "s")
        queries = [(path.name, edited) for path in photographs for edited in _edited(path)]
        started = time.perf_counter()
        finder.find(queries[0][1])
        yield Figure("first answer, radius 60", images, (time.perf_counter() - started) * 1e3, "ms/photo")
        for radius in RADII:
            seconds = []
            for name, data in queries:
                started = time.perf_counter()
                found = finder.find(data, radius=radius)
                seconds.append(time.perf_counter() - started)
                if radius >= _FOUND_WITHIN and name not in {match.item for match in found.matches}:
                    raise AssertionError(f"{name} was not found within {radius} bits")
            yield Figure(f"answer, radius {radius}", images, statistics.median(seconds) * 1e3, "ms/photo")
    size = sum(os.path.getsize(path) for path in Path(f"{ledger}.index").iterdir())  # noqa: PTH202 - one call a file
    yield Figure("index on disk", images, size / images, "bytes/image")


def fill(ledger: Path, images: int) -> None:
    """Contents with random fingerprints, as a scan would have stored them."""
    rng = np.random.default_rng(images)
    database = Database.open(ledger)
    rows = range(1_000, 1_000 + images)
    with database.writing() as connection:
        append(connection, schema.content, ("id", "sha256", "size"), [(row, rng.bytes(32), 1) for row in rows])
        columns = ("content_id", "algorithm", "place", "value", "quality", "decoder", "decode_mode")
        kinds = ((DRAFT, 32), (WINDOWS, 32 * len(WINDOW_BOXES)))
        for some in batched(rows, 10_000):
            filled = [(row, kind, "", rng.bytes(size), 90, "", "draft") for row in some for kind, size in kinds]
            append(connection, schema.fingerprint, columns, filled)
    database.close()


def _edited(path: Path) -> Iterator[bytes]:
    with Image.open(path) as image:
        picture = image.convert("RGB")
    for edited in (encoded(picture, "JPEG", 60), ImageOps.mirror(picture), cropped(picture, 0.2)):
        stream = io.BytesIO()
        edited.save(stream, "JPEG", quality=90)
        yield stream.getvalue()
