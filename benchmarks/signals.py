"""What reading a file's metadata costs: milliseconds and memory a file, beside the tools that people use for it.

    python -m benchmarks signals [--quick] --json

Reads the corpus of real files where it lies beside the project, generated JPEGs elsewhere. Peers that are not
installed are left out, with a note.
"""

from __future__ import annotations

import contextlib
import io
import logging
import shutil
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.report import Figure, Ratio, Report
from provenance.signals.embedded import read_embedded

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"
_VOCABULARY = "http://ns.useplus.org/ldf/vocab/"
_PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    f'plus:DataMining="{_VOCABULARY}DMI-PROHIBITED"><dc:rights><rdf:Alt><rdf:li xml:lang="x-default">ACME</rdf:li>'
    "</rdf:Alt></dc:rights></rdf:Description></rdf:RDF></x:xmpmeta>"
)
_CHILD = """
import sys
from pathlib import Path
from provenance.signals.embedded import read_embedded

def peak():
    # Not ru_maxrss: a child starts with its parent's.
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))

paths = sys.stdin.read().splitlines()
before = peak()
for path in paths:
    read_embedded(Path(path).read_bytes())
print(before, peak())
"""


def run(quick: bool) -> Report:  # noqa: FBT001 - the command's own interface
    """Every peer over the same files; `quick` takes every fourth file and fewer repetitions."""
    # The peers log every file without metadata as an error.
    logging.disable(logging.CRITICAL)
    try:
        with TemporaryDirectory() as folder:
            paths = list(_files(Path(folder)))[:: 4 if quick else 1]
            return _report(paths, repeat=3 if quick else 7)
    finally:
        logging.disable(logging.NOTSET)


def _report(paths: Sequence[Path], repeat: int) -> Report:
    contents = {path: path.read_bytes() for path in paths}
    plain = {path: data for path, data in contents.items() if b"jumb" not in data}
    jpegs = {path: data for path, data in plain.items() if data[:2] == b"\xff\xd8"}
    ours = _times(read_embedded, jpegs, repeat)
    everything = _times(read_embedded, contents, repeat)
    before, after = _memory(paths)
    figures = [
        Figure("signals of a JPEG, median", len(jpegs), statistics.median(ours), "ms/file"),
        Figure("signals of a JPEG, mean", len(jpegs), statistics.fmean(ours), "ms/file"),
        Figure("slowest file", len(contents), max(everything), "ms/file"),
        Figure("memory before the first file", 1, before, "MB"),
        Figure("memory after the last file", len(paths), after, "MB"),
        Figure("entity bomb", 1, _once(_jpeg(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + _bomb())), "ms"),
        Figure("maker note that claims 4,294,967,295 values", 1, _once(_maker_note()), "ms"),
    ]
    ratios = [
        Ratio("milliseconds for a typical JPEG", figures[0].value, aim=2.0, better="lower"),
        Ratio("milliseconds for the slowest file", figures[2].value, aim=1_000.0, better="lower"),
        Ratio("MB of memory for any file", figures[4].value, aim=200.0, better="lower"),
        Ratio("milliseconds for an entity bomb", figures[5].value, aim=100.0, better="lower"),
        Ratio("milliseconds for a maker-note trap", figures[6].value, aim=100.0, better="lower"),
    ]
    peers = dict(_peers(jpegs, repeat))
    for name, value in peers.items():
        note = "" if value is not None else "not installed"
        figures.append(Figure(f"{name}, mean", len(jpegs), value or 0.0, "ms/file", note))
    exiv2 = peers["pyexiv2"]
    for name in ("exifread", "exifread without maker notes"):
        if exiv2 is not None:
            value = (exiv2 + (peers[name] or 0.0)) / figures[1].value
            ratios.append(Ratio(f"pyexiv2 and {name} against ours", value, aim=1.0))
    if peers["exiftool"] is not None:
        ratios.append(Ratio("exiftool, one process for all files, against ours", peers["exiftool"] / figures[1].value))
    return Report("signals", figures, ratios, ("exifread", "pillow", "defusedxml", "pyexiv2", "datadiligence"))


def _files(folder: Path) -> Iterator[Path]:
    if CORPUS.is_dir():
        yield from sorted(path for path in CORPUS.rglob("*") if path.is_file() and path.suffix not in {".md", ".xmp"})
        return
    from PIL import Image

    for number in range(100):
        exif = Image.Exif()
        exif[0x8298], exif[0x013B], exif[0x010E] = "ACME", f"Photographer {number}", "A caption"
        path = folder / f"{number}.jpg"
        Image.effect_noise((640, 480), 40 + number).save(path, exif=exif, xmp=_PACKET.encode())
        yield path


def _times(read: Callable[[bytes], object], contents: dict[Path, bytes], repeat: int) -> list[float]:
    """The best of `repeat` runs for each file, in milliseconds, after one run that pays for the imports."""
    found = []
    for data in contents.values():
        best = float("inf")
        for _ in range(repeat + 1):
            began = time.perf_counter()
            # What a peer makes of a damaged file is its own affair here; only its time counts.
            with contextlib.suppress(Exception):
                read(data)
            best = min(best, time.perf_counter() - began)
        found.append(best * 1e3)
    return found


def _once(data: bytes) -> float:
    return _times(read_embedded, {Path("one"): data}, 3)[0]


def _memory(paths: Sequence[Path]) -> tuple[float, float]:
    """Peak resident memory of a fresh process, before and after it has read every file, in MB (Linux)."""
    child = subprocess.run(
        [sys.executable, "-c", _CHILD],
        input="\n".join(map(str, paths)),
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[1],
    )
    before, after = child.stdout.split()
    return int(before) / 1024, int(after) / 1024


def _peers(contents: dict[Path, bytes], repeat: int) -> Iterator[tuple[str, float | None]]:
    """Mean milliseconds a file of each peer; None for one that is not installed."""
    peers = {
        "exifread": _exifread,
        "exifread without maker notes": _short_exifread,
        "pyexiv2": _pyexiv2,
        "datadiligence": _datadiligence,
    }
    for name, measure in peers.items():
        try:
            yield name, measure(contents, repeat)
        except ImportError:
            yield name, None
    yield "exiftool", _exiftool(contents) if shutil.which("exiftool") else None


def _exifread(contents: dict[Path, bytes], repeat: int) -> float:
    import exifread

    return statistics.fmean(_times(lambda data: exifread.process_file(io.BytesIO(data)), contents, repeat))


def _short_exifread(contents: dict[Path, bytes], repeat: int) -> float:
    import exifread

    def read(data: bytes) -> None:
        exifread.process_file(io.BytesIO(data), details=False, extract_thumbnail=False)

    return statistics.fmean(_times(read, contents, repeat))


def _pyexiv2(contents: dict[Path, bytes], repeat: int) -> float:
    import pyexiv2

    pyexiv2.set_log_level(4)

    def read(data: bytes) -> None:
        with pyexiv2.ImageData(data) as image:
            image.read_exif()
            image.read_iptc()
            image.read_xmp()

    return statistics.fmean(_times(read, contents, repeat))


def _datadiligence(contents: dict[Path, bytes], repeat: int) -> float:
    """Its file evaluator, which reads the C2PA training-mining assertion and nothing else of a file."""
    import datadiligence

    named = {data: str(path) for path, data in contents.items()}
    with contextlib.redirect_stdout(io.StringIO()):
        return statistics.fmean(_times(lambda data: datadiligence.is_allowed(path=named[data]), contents, repeat))


def _exiftool(contents: dict[Path, bytes]) -> float:
    began = time.perf_counter()
    subprocess.run(["exiftool", "-j", "-G1", "-struct", *map(str, contents)], capture_output=True, check=False)
    return (time.perf_counter() - began) * 1e3 / len(contents)


def _jpeg(marker: int, body: bytes) -> bytes:
    return b"\xff\xd8" + bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body + b"\xff\xda\0\2\xff\xd9"


def _bomb() -> bytes:
    entities = '<!ENTITY e0 "aaaaaaaaaa">' + "".join(
        f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 11)
    )
    return f"<!DOCTYPE x [{entities}]><x>&e10;</x>".encode()


def _maker_note() -> bytes:
    main = struct.pack("<HHHIIHHII", 2, 0x010F, 2, 4, 0x00636261, 0x8769, 4, 1, 38) + bytes(4)
    note = struct.pack("<HHHII", 1, 0x927C, 7, 0xFFFFFFFF, 60) + bytes(4)
    return _jpeg(0xE1, b"Exif\0\0II*\0\x08\0\0\0" + main + note + bytes(40))
