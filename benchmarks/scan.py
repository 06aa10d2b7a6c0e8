"""How fast a whole scan fills a ledger, beside the floor and beside plain ImageHash over the same files.

    python -m benchmarks scan [--quick] --json

A scan lists the folder, reads each file, takes SHA-256, fingerprints, quality and every signal in the file, and keeps
it all in SQLite. The floor reads the file, takes its SHA-256 and decodes it in grey at the decoder's own scale; it
keeps nothing. ImageHash keeps nothing either. Pictures are photographs of 2 megapixels as JPEG, each file with a tail
of its own after the picture, so that all digests differ. Methods take turns, each with as many workers as it is given
cores, and each ratio is the median over the turns. In a quick run the start of the processes, a second
or two, weighs more than what they do.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.fingerprint import floor, generated, on_cores, plain_imagehash
from benchmarks.report import Figure, Ratio, Report
from provenance.api import Ledger

_SIZE = "2MP JPEG"
_FLOOR, _PLAIN = "floor", "imagehash"


def run(quick: bool) -> Report:  # noqa: FBT001 - the command's own interface
    """One and two cores, threads and processes, with and without windows. `quick` takes fewer files, the same keys."""
    images, turns = (150, 1) if quick else (2_000, 3)
    figures: list[Figure] = []
    ratios: list[Ratio] = []
    with TemporaryDirectory() as folder:
        paths = _photos(Path(folder, "photos"), images)
        for cores in (1, 2):
            methods = _methods(Path(folder), paths, cores)
            with on_cores(cores):
                seconds = _in_turns(methods, turns)
            named = f"{cores} core{'s' if cores > 1 else ''}"
            figures += [
                Figure(f"{name}, {named}", images, images / statistics.median(taken), "images/s")
                for name, taken in seconds.items()
            ]
            for name in methods:
                if name not in (_FLOOR, _PLAIN):
                    ratios.append(
                        Ratio(f"time of {name} over the floor, {named}", _over(seconds, name, _FLOOR), None, "lower")
                    )
                    ratios.append(Ratio(f"{name} against imagehash, {named}", _over(seconds, _PLAIN, name)))
    return Report("scan", figures, ratios, ("pillow", "imagehash", "numpy", "scipy", "sqlalchemy"))


def _methods(folder: Path, paths: Sequence[Path], cores: int) -> dict[str, Callable[[], object]]:
    def scan(*, windows: bool, processes: bool) -> Callable[[], object]:
        return lambda: _scan(folder / "photos", cores, windows=windows, processes=processes)

    return {
        _FLOOR: lambda: _each(floor, paths, cores),
        _PLAIN: lambda: _each(plain_imagehash, paths, cores),
        "scan": scan(windows=True, processes=False),
        "scan without windows": scan(windows=False, processes=False),
        "scan in processes": scan(windows=True, processes=True),
        "scan in processes without windows": scan(windows=False, processes=True),
    }


def _scan(photos: Path, workers: int, *, windows: bool, processes: bool) -> None:
    with TemporaryDirectory() as folder, Ledger.open(Path(folder, "ledger.db")) as ledger:
        ledger.scan(photos, workers=workers, windows=windows, engine="processes" if processes else "threads")


def _each(method: Callable[[Path], object], paths: Sequence[Path], workers: int) -> None:
    with ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(method, paths):
            pass


def _in_turns(methods: dict[str, Callable[[], object]], turns: int) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {name: [] for name in methods}
    for _ in range(turns):
        for name, method in methods.items():
            started = time.perf_counter()
            method()
            seconds[name].append(time.perf_counter() - started)
    return seconds


def _over(seconds: dict[str, list[float]], over: str, under: str) -> float:
    return statistics.median(a / b for a, b in zip(seconds[over], seconds[under], strict=True))


def _photos(folder: Path, count: int) -> list[Path]:
    """That many files of the photographs in turn, ten folders of them."""
    (originals,) = (group.paths for group in generated(4) if group.name == _SIZE)
    data = [path.read_bytes() for path in originals]
    paths = [folder / str(number % 10) / f"{number:05}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data[number % len(data)] + number.to_bytes(4, "big"))
    return paths
