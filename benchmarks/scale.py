"""What three billion images would take: hours, cores, bytes and money, from what one image takes here.

    python -m benchmarks scale [--quick] --json

Measured are the work on one image of 0.2 megapixels on one core, what the writer does for it, the bytes that it leaves
in the ledger and in the index, and its share of a full gate. The rest is arithmetic and was not run: work divides among
cores; a ledger has one writer, so there are as many ledgers as keep up with them, none of them of more than 200 million
images. Three billion is what the company of PIPEDA Findings #2021-001 had collected.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks._ledgers import NOW, Shape, build
from benchmarks.find import fill
from benchmarks.fingerprint import generated, on_cores
from benchmarks.report import Figure, Report
from benchmarks.scan import photos_in, tasks_of
from provenance.api import Ledger
from provenance.fingerprint.wanted import Wanted
from provenance.gate import facts, tallies
from provenance.gate.decide import PolicyVersion
from provenance.ledger.database import Database
from provenance.model import Context, to_micros
from provenance.policy.packs import load_packs
from provenance.policy.reasons import load_reasons
from provenance.run.progress import Silent
from provenance.run.shard import Work, run_shard
from provenance.run.sources import Sources
from provenance.sources.folder import FolderSource
from provenance.vocabulary import Purpose

IMAGES: Final = 3_000_000_000
CORES: Final = (64, 1_024, 16_384)
LARGEST: Final = 200_000_000
"""Images of one ledger: as many as one file of an index takes."""

DOLLARS: Final = 0.04
"""A core for an hour, on demand, at the list price of large cloud providers in 2026; bytes are not in it."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What one image takes: seconds of a worker, of the writer and of a gate, and bytes that stay."""

    work: float
    writing: float
    gate: float
    ledger: float
    index: float


def run(quick: bool) -> Report:  # noqa: FBT001 - every benchmark has this one flag
    """Measure one image's share over some thousand (quick: some hundred), then multiply."""
    with on_cores(1):
        unit = _measured(200 if quick else 2_000, 5_000 if quick else 100_000)
    figures = [
        Figure("work on an image", 1, unit.work * 1e3, "ms of a core"),
        Figure("writing an image", 1, unit.writing * 1e3, "ms of the writer"),
        Figure("a full gate", 1, unit.gate * 1e6, "us/image"),
        Figure("ledger", 1, unit.ledger, "bytes/image"),
        Figure("index", 1, unit.index, "bytes/image"),
        *(Figure(name, IMAGES, value, kind) for (name, kind), value in estimated(unit).items()),
    ]
    return Report("scale", figures, packages=("pillow", "numpy", "sqlalchemy"))


def estimated(unit: Unit) -> Mapping[tuple[str, str], float]:
    """What `IMAGES` take, by name and unit.

    >>> found = estimated(Unit(work=0.002, writing=0.0001, gate=1e-5, ledger=1000, index=1000))
    >>> round(found["work on all images", "core hours"])
    1667
    """
    core_hours = unit.work * IMAGES / 3600
    found: dict[tuple[str, str], float] = {
        ("work on all images", "core hours"): core_hours,
        ("work on all images, at list price", "dollars"): core_hours * DOLLARS,
        ("ledgers and their indexes", "TB"): (unit.ledger + unit.index) * IMAGES / 1e12,
        ("ledgers of at most 200 million images", "ledgers"): math.ceil(IMAGES / LARGEST),
        ("a full gate of all, ledgers side by side", "hours"): unit.gate * LARGEST / 3600,
    }
    for cores in CORES:
        # A writer keeps up with so many workers as take as long for an image as it does.
        writers = max(math.ceil(IMAGES / LARGEST), math.ceil(cores * unit.writing / unit.work))
        found[f"scan on {cores:,} cores", "hours"] = core_hours / cores
        found[f"ledgers that keep up with {cores:,} cores", "ledgers"] = writers
    return found


def _measured(images: int, gated: int) -> Unit:
    (group,) = (group for group in generated(4) if group.name == "0.2MP JPEG")
    with TemporaryDirectory() as folder:
        photos = Path(folder, "photos")
        tasks = tasks_of(photos, photos_in(photos, group.paths, images))
        work = Work(FolderSource(photos), Wanted(), Sources([], {}), 1 << 30)
        run_shard(work, tasks[:10])  # imports, not counted
        working = _seconds(lambda: run_shard(work, tasks))
        ledger = Path(folder, "ledger.db")
        with Ledger.open(ledger) as opened:
            empty = ledger.stat().st_size
            scanning = _seconds(lambda: opened.scan(photos, workers=1, engine="inline"))
        size = ledger.stat().st_size - empty
        return Unit(
            work=working / images,
            writing=max(0.0, scanning - working) / images,
            gate=_gate(Path(folder, "gate.db"), gated),
            ledger=size / images,
            index=_index(Path(folder, "index.db"), gated),
        )


def _index(path: Path, images: int) -> float:
    """Bytes of an index for each image, of random hashes: photographs that repeat would share theirs."""
    Database.open(path).close()
    fill(path, images)
    with Ledger.open(path) as opened:
        opened.finder()
    return sum(file.stat().st_size for file in Path(f"{path}.index").iterdir()) / images


def _gate(path: Path, images: int) -> float:
    """Seconds of a full gate for each image of a synthetic ledger."""
    database = build(path, Shape(images, per_record=200))
    policy = PolicyVersion.of(Context(as_of=NOW, purpose=Purpose.MODEL_TRAINING), load_packs(), load_reasons())

    def gate() -> None:
        facts.refresh(database, [1], to_micros(NOW), Silent())
        tallies.bring_up(database, policy, [1], Silent())

    seconds = _seconds(gate)
    database.close()
    return seconds / images


def _seconds(work: Callable[[], object]) -> float:
    """Processor time, which other programs disturb less."""
    started = time.process_time()
    work()
    return time.process_time() - started
