"""What the gate costs inside a training loop, and how long it takes to select what may be used.

    python -m benchmarks loader [--quick] [--json]

A folder of images is gated: small ones, so that the loader itself costs little and the gate shows. Each loader is run
with and without the gate in turn, and the difference of the medians is given for each sample. `Gated` of
`provenance.ml.torch` looks at the file at every read; WebDataset samples are asked by name, and by the SHA-256 of their
bytes; rows of `datasets` by the latter. Then the allowed tenth of a dataset of paths is selected by `gate`, by
`datasets.filter` in batches, and by `datasets.filter` row by row. Seconds are those of the processor, medians of runs
in turn.
"""

from __future__ import annotations

import io
import os
import random
import statistics
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from PIL import Image

from benchmarks.report import Figure, Ratio, Report
from provenance.api import Ledger
from provenance.gate.verdicts import Verdicts
from provenance.ml.answers import Answers
from provenance.ml.torch import Gated
from provenance.ml.webdataset import Allowed
from provenance.vocabulary import Decision

AIM: Final = 10.0
"""Microseconds a sample that the gate may add."""

_ROUNDS: Final = 5
_SELECTIONS: Final = 3


def run(quick: bool) -> Report:  # noqa: FBT001 - every benchmark has this one flag
    """The gate's cost a sample in each loader, and the time of a selection."""
    images, rows = (200, 20_000) if quick else (2_000, 1_000_000)
    os.environ["HF_HUB_OFFLINE"] = "1"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures, ratios = _loaders(folder, images)
        selected, compared = _selection(rows)
    return Report("loader", [*figures, *selected], [*ratios, *compared], ("datasets", "pyarrow", "torch", "webdataset"))


def _loaders(folder: Path, images: int) -> tuple[list[Figure], list[Ratio]]:
    data = [_picture(number) for number in range(images)]
    photos, shards = folder / "photos", folder / "shards"
    photos.mkdir()
    shards.mkdir()
    for number, picture in enumerate(data):
        (photos / f"{number:06}.jpg").write_bytes(picture)
    _shard(shards / "00000.tar", data)
    figures, ratios = [], []
    with Ledger.open(folder / "ledger.db") as ledger:
        ledger.scan(photos, shards, windows=False)
        verdicts = ledger.gate(photos, shards, purpose="MODEL_TRAINING")
        for name, gated, bare in _pairs(folder, verdicts, data):
            added = _added(gated, bare, images)
            figures.append(Figure(f"added by the gate: {name}", images, added, "us/sample"))
            if "bytes" not in name:
                ratios.append(Ratio(f"us a sample: {name}", added, AIM, "lower"))
    return figures, ratios


def _pairs(
    folder: Path, verdicts: Verdicts, data: Sequence[bytes]
) -> Iterator[tuple[str, Callable[[], object], Callable[[], object]]]:
    """Each loader with and without the gate. All images are refused alike, so refused ones are handed on too."""
    photos = _Photos(sorted((folder / "photos").iterdir()))
    gated = Gated(photos, verdicts, path_of=photos.path, refused=photos.__getitem__)
    yield "map-style dataset", lambda: _drain(gated), lambda: _drain(photos)
    import webdataset as wds

    shard = str(folder / "shards" / "00000.tar")
    for by in ("name", "bytes"):
        allowed = Allowed(verdicts, by=by)
        yield (
            f"WebDataset, by {by}",
            lambda allowed=allowed: _drain(  # type: ignore[misc]
                wds.WebDataset(shard, shardshuffle=False).map(lambda sample: (allowed(sample), sample)[1])
            ),
            lambda: _drain(wds.WebDataset(shard, shardshuffle=False).map(lambda sample: sample)),
        )
    import datasets

    from provenance.ml.datasets import verdict_columns

    features = datasets.Features({"image": datasets.Image(decode=False)})
    rows = datasets.Dataset.from_dict({"image": [{"bytes": one, "path": None} for one in data]}, features=features)
    stream = rows.to_iterable_dataset().with_format("arrow")
    answers = Answers.of(verdicts)
    marked = verdict_columns(stream, answers)
    plain = stream.map(lambda table: table, batched=True, batch_size=64)
    yield "datasets, streaming, by bytes", lambda: _drain(marked), lambda: _drain(plain)
    yield "datasets, selected rows", lambda: _drain(rows.select(range(len(rows)))), lambda: _drain(rows)


class _Photos:
    """A map-style dataset that reads its files and decodes nothing."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = list(map(str, paths))

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: int) -> bytes:
        if index >= len(self._paths):
            raise IndexError(index)
        with open(self._paths[index], "rb") as file:  # noqa: PTH123
            return file.read()

    def path(self, index: int) -> str:
        return self._paths[index]


def _drain(samples: Any) -> None:
    for _ in samples:
        pass


def _added(gated: Callable[[], object], bare: Callable[[], object], samples: int) -> float:
    """Microseconds a sample, by the medians of runs in turn."""
    taken: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(_ROUNDS):
        for is_gated, work in ((False, bare), (True, gated)):
            started = time.process_time()
            work()
            taken[is_gated].append(time.process_time() - started)
    return (statistics.median(taken[True]) - statistics.median(taken[False])) / samples * 1e6


class _Row(NamedTuple):
    """What `Answers` needs of an image."""

    path: str
    sha256: bytes | None
    decision: Decision
    reason: str


def _selection(rows: int) -> tuple[list[Figure], list[Ratio]]:
    """The allowed tenth of a dataset of paths, selected by the gate and by the library's own filter."""
    import datasets

    from provenance.ml.datasets import gate

    datasets.disable_progress_bars()
    datasets.disable_caching()
    paths = [f"/data/photos/{number // 1000:04}/{number:08}.jpg" for number in range(rows)]
    decided = [_Row(path, None, Decision.ALLOW if n % 10 == 0 else Decision.BLOCK, "X") for n, path in enumerate(paths)]
    answers = Answers(decided)  # type: ignore[arg-type]
    features = datasets.Features({"image": datasets.Image(decode=False)})
    stored = [{"bytes": None, "path": path} for path in paths]
    dataset = datasets.Dataset.from_dict({"image": stored}, features=features)
    allowed = frozenset(one.path for one in decided if one.decision is Decision.ALLOW)

    def by_batches() -> Any:
        return dataset.filter(
            lambda some: [one["path"] in allowed for one in some], input_columns=["image"], batched=True
        )

    ways = {
        "gate": lambda: gate(dataset, answers),
        "filter in batches": by_batches,
        "filter by row": lambda: dataset.filter(lambda one: one["path"] in allowed, input_columns=["image"]),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(_SELECTIONS):
        for name, work in ways.items():
            started = time.process_time()
            kept: Any = work()  # type: ignore[no-untyped-call]
            taken[name].append(time.process_time() - started)
            assert len(kept) == rows // 10
    medians = {name: statistics.median(seconds) for name, seconds in taken.items()}
    figures = [Figure(f"select the allowed tenth: {name}", rows, medians[name], "s") for name in ways]
    ratios = [
        Ratio(f"{name} : gate, to select a tenth", medians[name] / medians["gate"], 1)
        for name in ("filter by row", "filter in batches")
    ]
    return figures, ratios


def _picture(seed: int) -> bytes:
    coarse = Image.frombytes("RGB", (8, 8), random.Random(seed).randbytes(192))
    stream = io.BytesIO()
    coarse.resize((128, 128), Image.Resampling.BICUBIC).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def _shard(path: Path, pictures: Sequence[bytes]) -> None:
    with tarfile.open(path, "w") as out:
        for number, picture in enumerate(pictures):
            info = tarfile.TarInfo(f"{number:06}.jpg")
            info.size = len(picture)
            out.addfile(info, io.BytesIO(picture))
