"""How fast an image becomes SHA-256, 256-bit hash and quality, beside ImageHash, four more libraries and the floor.

    python -m benchmarks fingerprint [--quick] --json

The floor is what no method can avoid: read the file, take its SHA-256, decode it in grey at the decoder's own scale.
Methods are interleaved file by file in a changing order, and each ratio is the median over files of the median over
repetitions, so that a slow moment of the machine hits all of them alike. Pictures come from the photographs that ship
with scikit-image and scikit-learn, scaled up with noise; `PROVENANCE_PHOTOS=DIR` measures your own instead. A library
whose pins conflict runs in its own environment under the cache folder; one that cannot be had is named, not guessed.
"""

from __future__ import annotations

import hashlib
import io
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from benchmarks._parts import costs
from benchmarks.report import Figure, Ratio, Report
from provenance.fingerprint.perceptual import DRAFT_SIDE
from provenance.fingerprint.read import read_image
from provenance.fingerprint.wanted import Wanted

SIZES = {"0.2MP": (520, 390), "2MP": (1632, 1224), "8MP": (3264, 2448), "15MP": (4480, 3360)}
FORMATS = {"JPEG": {"quality": 88}, "PNG": {"compress_level": 3}, "WebP": {"quality": 80, "method": 2}}
PEER_PACKAGES = {
    "imagededup": "--no-deps imagededup pillow numpy scipy PyWavelets tqdm matplotlib cycler kiwisolver pyparsing "
    "python-dateutil six packaging contourpy fonttools scikit-learn joblib threadpoolctl cloudpickle loky narwhals",
    "perception": "perception",
    "imgdd": "imgdd",
}
"""What pip installs for a library that needs an environment of its own. torch is left out: no hash uses it."""

AIMS = {"2MP": 2.5, "8MP": 2.5}
AIM_ON_TWO_CORES = 5.0
AIM_OF_FLOOR = 1.25
AIM_BESIDE_DECODE = 0.35
AIM_OF_WINDOWS = 0.5
"""Milliseconds of one core an image, whatever its size."""

_QUICK = Wanted(windows=False)
_FULL = Wanted(exact=True, windows=False)

Seconds = Callable[[Path], float]


@dataclass(frozen=True, slots=True)
class Photos:
    """Files of one size and format, as `8MP JPEG`."""

    name: str
    paths: tuple[Path, ...]


def run(quick: bool) -> Report:  # noqa: FBT001 - the command's own interface
    """All sizes and formats on one core, JPEG on two. `quick` takes fewer files and repetitions, the same keys."""
    files, repetitions = (1, 2) if quick else (4, 5)
    groups = _own_photos(os.environ.get("PROVENANCE_PHOTOS")) or generated(files)
    figures: list[Figure] = []
    ratios: list[Ratio] = []
    versions: dict[str, str] = {}
    with ExitStack() as stack:
        methods: dict[str, Seconds] = {
            "provenance": _timed(_draft),
            "provenance exact": _timed(_exact),
            "imagehash": _timed(plain_imagehash),
            "floor": _timed(floor),
        }
        for name in ("imagededup", "perception", "imgdd", "pdqhash"):
            peer, said = start_peer(name, stack)
            versions[name] = said
            if peer is not None:
                methods[name] = peer
        _interleaved(methods | _EXTRAS, groups[0].paths[:1], 2)  # imports and caches, not counted
        for group in groups:
            is_jpeg = group.name.endswith("JPEG")
            slow = quick and group.name.startswith("15MP" if is_jpeg else ("8MP", "15MP"))
            with on_cores(1):
                measured = methods | _EXTRAS if is_jpeg else methods
                seconds = _interleaved(measured, group.paths, 1 if slow else repetitions)
            figures += _figures(group, seconds)
            ratios += _ratios(group, seconds)
            if is_jpeg:
                ratios += _beside_the_decode(group, seconds)
        with on_cores(1):
            cost, times = costs(_photographs()[0], 20 if quick else 200)
            figures += cost
            ratios += times
    for group in groups:
        if group.name.endswith("JPEG"):
            speed, ratio = _two_cores(group, 1 if quick and group.name.startswith("15MP") else repetitions)
            figures.append(speed)
            ratios.append(ratio)
    packages = ("pillow", "imagehash", "numpy", "scipy")
    return Report("fingerprint", figures, ratios, packages, {"libjpeg-turbo": _turbo(), **versions})


# --- what is measured --------------------------------------------------------------------------------------------


def _draft(path: Path) -> object:
    return read_image(path.read_bytes(), _QUICK)


def _with_windows(path: Path) -> object:
    return read_image(path.read_bytes(), Wanted())


def _with_pdq(path: Path) -> object:
    return read_image(path.read_bytes(), Wanted(windows=False, pdq=True))


def _exact(path: Path) -> object:
    return read_image(path.read_bytes(), _FULL)


def plain_imagehash(path: Path) -> object:
    import imagehash
    from PIL import Image

    with Image.open(path) as image:
        return imagehash.phash(image, hash_size=16)


def floor(path: Path) -> object:
    from PIL import Image

    data = path.read_bytes()
    hashlib.sha256(data).digest()
    with Image.open(io.BytesIO(data)) as image:
        image.draft("L", (DRAFT_SIDE, DRAFT_SIDE))
        return image.load()


def _timed(method: Callable[[Path], object]) -> Seconds:
    def seconds(path: Path) -> float:
        started = time.perf_counter()
        method(path)
        return time.perf_counter() - started

    return seconds


_EXTRAS: dict[str, Seconds] = {
    "provenance with windows": _timed(_with_windows),
    **({"provenance with pdq": _timed(_with_pdq)} if find_spec("pdqhash") else {}),
}
"""What a scan can take beside the hash of the whole picture; measured on JPEG, where it makes the difference."""


def _interleaved(
    methods: Mapping[str, Seconds], paths: Sequence[Path], repetitions: int
) -> dict[str, dict[Path, list[float]]]:
    """Seconds by method and file, in a changing order."""
    seconds: dict[str, dict[Path, list[float]]] = {name: {path: [] for path in paths} for name in methods}
    order = list(methods)
    shuffle = random.Random(1).shuffle
    for _ in range(repetitions):
        for path in paths:
            shuffle(order)
            for name in order:
                seconds[name][path].append(methods[name](path))
    return seconds


def _two_cores(group: Photos, repetitions: int) -> tuple[Figure, Ratio]:
    """Two threads over the group against plain ImageHash on one, in turns of half a second or more."""
    once = sum(_timed(plain_imagehash)(path) for path in group.paths)
    paths = [*group.paths] * max(2, round(0.5 / once))
    plain, ours = [], []
    for _ in range(repetitions):
        started = time.perf_counter()
        for path in paths:
            plain_imagehash(path)
        plain.append(time.perf_counter() - started)
        with on_cores(2):
            started = time.perf_counter()
            with ThreadPoolExecutor(2) as pool:
                for _ in pool.map(lambda path: read_image(path.read_bytes(), _QUICK), paths):
                    pass
            ours.append(time.perf_counter() - started)
    ratio = statistics.median(a / b for a, b in zip(plain, ours, strict=True))
    aim = AIM_ON_TWO_CORES if group.name.split()[0] in AIMS else None
    return (
        Figure(f"provenance, {group.name}, 2 cores", len(paths), len(paths) / statistics.median(ours), "images/s"),
        Ratio(f"provenance on 2 cores against imagehash on 1, {group.name}", ratio, aim),
    )


def _figures(group: Photos, seconds: Mapping[str, Mapping[Path, Sequence[float]]]) -> Iterator[Figure]:
    for name, by_path in seconds.items():
        total = sum(statistics.median(taken) for taken in by_path.values())
        yield Figure(f"{name}, {group.name}", len(by_path), len(by_path) / total, "images/s")


def _ratios(group: Photos, seconds: Mapping[str, Mapping[Path, Sequence[float]]]) -> Iterator[Ratio]:
    def median_ratio(over: str, under: str) -> float:
        return statistics.median(
            statistics.median(a / b for a, b in zip(taken, seconds[under][path], strict=True))
            for path, taken in seconds[over].items()
        )

    size, format_ = group.name.split()
    for name in seconds:
        if name not in ("provenance", "floor", "provenance exact", *_EXTRAS):
            aim = AIMS.get(size) if name == "imagehash" and format_ == "JPEG" else None
            yield Ratio(f"provenance against {name}, {group.name}", median_ratio(name, "provenance"), aim)
    yield Ratio(f"provenance exact against imagehash, {group.name}", median_ratio("imagehash", "provenance exact"))
    for name in (name for name in _EXTRAS if name in seconds):
        yield Ratio(f"{name} against imagehash, {group.name}", median_ratio("imagehash", name))
        yield Ratio(f"time of {name} over the floor, {group.name}", median_ratio(name, "floor"), None, "lower")
    floor_aim = AIM_OF_FLOOR if size in AIMS else None
    yield Ratio(f"time over the floor, {group.name}", median_ratio("provenance", "floor"), floor_aim, "lower")


def _beside_the_decode(group: Photos, seconds: Mapping[str, Mapping[Path, Sequence[float]]]) -> Iterator[Ratio]:
    """What the hash and the windows take beside what no method can avoid, where the decode itself is short."""

    def milliseconds(name: str) -> float:
        return statistics.median(statistics.median(taken) for taken in seconds[name].values()) * 1e3

    small = group.name.startswith("0.2MP")
    beside = milliseconds("provenance") - milliseconds("floor")
    yield Ratio(f"ms beside the floor, {group.name}", beside, AIM_BESIDE_DECODE if small else None, "lower")
    windows = milliseconds("provenance with windows") - milliseconds("provenance")
    yield Ratio(f"ms of 27 windows, {group.name}", windows, AIM_OF_WINDOWS if small else None, "lower")


@contextmanager
def on_cores(count: int) -> Iterator[None]:
    """Holds this process to that many cores, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


# --- other libraries ---------------------------------------------------------------------------------------------


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "provenance-benchmarks"


def start_peer(name: str, stack: ExitStack) -> tuple[Seconds | None, str]:
    """A function that times the library on a file, and its version; or None and why it cannot be had."""
    try:
        python = _environment(name) if name in PEER_PACKAGES else Path(sys.executable)
        process = subprocess.Popen(
            [python, Path(__file__).with_name("_fingerprint_peer.py"), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "RAYON_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": ""},
        )
    except (OSError, subprocess.SubprocessError) as error:
        return None, f"not installed: {error}"[:200]
    stack.callback(process.kill)
    asked, answers = process.stdin, process.stdout
    assert asked is not None
    assert answers is not None
    greeting = answers.readline().split()
    if greeting[:1] != ["ready"]:
        return None, "installed, but it does not start"
    return partial(_ask, asked, answers), greeting[1]


def _ask(asked: IO[str], answers: IO[str], path: Path) -> float:
    asked.write(f"{path}\n")
    asked.flush()
    return float(answers.readline())


def _environment(name: str) -> Path:
    """The Python of the library's own environment, made on first use."""
    folder = _cache() / name
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not (folder / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True, capture_output=True)
        packages = PEER_PACKAGES[name].split()
        subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True, capture_output=True, timeout=600)
        (folder / "complete").touch()
    return python


def _turbo() -> str:
    from PIL import features

    return features.version("libjpeg_turbo") or "absent"


# --- pictures ----------------------------------------------------------------------------------------------------


def _own_photos(folder: str | None) -> list[Photos]:
    """The JPEG, PNG and WebP files of a folder, each with the class of size it is nearest to."""
    if not folder:
        return []
    from PIL import Image

    groups: dict[str, list[Path]] = {}
    for path in sorted(Path(folder).rglob("*")):
        if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp"):
            with Image.open(path) as image:
                pixels, format_ = image.width * image.height, {"WEBP": "WebP"}.get(image.format or "", image.format)
            size = min(SIZES, key=lambda size: abs(SIZES[size][0] * SIZES[size][1] - pixels))
            groups.setdefault(f"{size} {format_}", []).append(path)
    return [Photos(name, tuple(paths)) for name, paths in sorted(groups.items())]


def generated(files: int) -> list[Photos]:
    """The same pictures on every machine with these versions, kept in the cache folder."""
    folder = _cache() / "photos"
    folder.mkdir(parents=True, exist_ok=True)
    sources = _photographs()[:files]
    groups = []
    for size, pixels in SIZES.items():
        for format_, options in FORMATS.items():
            paths = []
            for number, source in enumerate(sources):
                path = folder / f"{size}-{number}.{format_.lower()}"
                if not path.exists():
                    path.write_bytes(_enlarged(source, pixels, number, format_, options))
                paths.append(path)
            groups.append(Photos(f"{size} {format_}", tuple(paths)))
    return groups


def _photographs() -> list[Path]:
    import skimage
    import sklearn.datasets

    first = Path(sklearn.datasets.__file__).parent / "images"
    second = Path(skimage.__file__).parent / "data"
    return [first / "china.jpg", second / "coffee.png", first / "flower.jpg", second / "astronaut.png"]


def _enlarged(source: Path, size: tuple[int, int], seed: int, format_: str, options: Mapping[str, int]) -> bytes:
    """A photograph scaled up, with the grain of a sensor: without it the enlargement would decode too easily."""
    import numpy as np
    from PIL import Image, ImageOps

    with Image.open(source) as image:
        large = np.asarray(ImageOps.fit(image.convert("RGB"), size, Image.Resampling.BICUBIC)).astype(np.int16)
    grain = np.random.default_rng(seed).normal(0, 4, (*large.shape[:2], 1)).astype(np.int16)
    stream = io.BytesIO()
    picture = Image.fromarray(np.clip(large + grain, 0, 255).astype(np.uint8))
    picture.save(stream, format_, **options)
    return stream.getvalue()
