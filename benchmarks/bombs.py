"""The peak memory of a scan that meets files which ask for far more than they are.

    python -m benchmarks bombs [--quick] --json

Each kind lies in a collection of its own or is given as the manifest. A scan of it runs in one process with the default
budget, and what counts is the peak that the system has kept of that process (`VmHWM`); interpreter and libraries take
some 75 MiB of it. A quick run makes each a tenth of its size.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import os
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.report import Figure, Report

_MIB: Final = 1 << 20
_SECONDS: Final = 120

_SCAN: Final = """
import pathlib, sys
from provenance.api import Ledger
manifest = sys.argv[2] or None
with Ledger.open("ledger.db") as ledger:
    try:
        ledger.scan(sys.argv[1], manifest=manifest, workers=1)
    except Exception as error:
        print(type(error).__name__, file=sys.stderr)
print(pathlib.Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
"""

Bomb = Callable[[Path, int], None]
"""Writes a bomb of some MiB into a folder: into `photos`, or as `manifest.*` beside it."""


def run(quick: bool) -> Report:  # noqa: FBT001 - the command's own interface
    """The peak of a scan of each kind of bomb."""
    size = 100 if quick else 1_000
    figures = [_measured(name, bomb, size) for name, bomb in BOMBS.items()]
    return Report("bombs", figures, [], ("pillow", "pyarrow", "defusedxml"))


def _measured(name: str, bomb: Bomb, size: int) -> Figure:
    with TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "photos").mkdir()
        bomb(root, size)
        if not any((root / "photos").iterdir()):
            _picture(root / "photos" / "a.bmp")
        manifest = next((str(path) for path in root.glob("manifest.*")), "")
        command = [sys.executable, "-c", _SCAN, "photos", manifest]
        try:
            ran = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return Figure(name, size, float(_SECONDS), "s", "not ended")
        if ran.returncode:
            return Figure(
                name, size, 0.0, "MiB", f"the process ended with {ran.returncode}: {ran.stderr[-60:].strip()}"
            )
        return Figure(name, size, int(ran.stdout) / 1024, "MiB", ran.stderr.strip())


# --- the bombs ----------------------------------------------------------------------------------------------------


def _picture(path: Path) -> None:
    from PIL import Image

    Image.radial_gradient("L").save(path)


def _png(root: Path, size: int) -> None:
    """Its header says a square of `size` MiB in one colour; the data is there, compressed a thousandfold."""
    side = int((size * _MIB) ** 0.5)
    squeeze = zlib.compressobj(9)
    data = b"".join(squeeze.compress(bytes(side + 1)) for _ in range(side)) + squeeze.flush()
    parts = [(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)), (b"IDAT", data), (b"IEND", b"")]
    body = b"".join(struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in parts)
    (root / "photos" / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + body)


def _png_text(root: Path, size: int) -> None:
    """A small picture with a compressed text of `size` MiB."""
    _picture(root / "photos" / "a.png")
    data = (root / "photos" / "a.png").read_bytes()
    text = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b"<" + b"x" * (size * _MIB), 9)
    chunk = struct.pack(">I", len(text)) + b"iTXt" + text + struct.pack(">I", zlib.crc32(b"iTXt" + text))
    (root / "photos" / "a.png").write_bytes(data[:33] + chunk + data[33:])


def _tiff(root: Path, size: int) -> None:
    """One strip that says `size` MiB of pixels, compressed by Deflate."""
    from PIL import Image

    side = int((size * _MIB) ** 0.5)
    with (root / "photos" / "a.tif").open("wb") as file:
        Image.new("1", (side, side)).save(file, "TIFF", compression="group4")


def _tiff_pages(root: Path, _: int) -> None:
    """Page tables that follow each other in a ring."""
    table = struct.pack("<HHHII", 1, 256, 4, 1, 1) + struct.pack("<I", 8)
    (root / "photos" / "a.tif").write_bytes(b"II*\0\x08\0\0\0" + table)


def _gif(root: Path, size: int) -> None:
    """A tall pile of frames, each the size of the screen."""
    from PIL import Image

    frames = [Image.new("P", (4_000, 4_000), number % 250) for number in range(2)]
    stream = io.BytesIO()
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:], optimize=False)
    data = stream.getvalue()
    frame = data[data.rindex(b"\x2c\0\0\0\0") : -1]
    (root / "photos" / "a.gif").write_bytes(data[:-1] + frame * (size // 2) + b";")


def _ppm(root: Path, size: int) -> None:
    """Numbers in ASCII that say a square of far more pixels than there are."""
    (root / "photos" / "a.ppm").write_bytes(b"P3\n30000 30000\n255\n" + b"1 " * (size * _MIB // 20))


def _sparse(root: Path, size: int) -> None:
    for number in range(4):
        path = root / "photos" / f"{number}.jpg"
        path.write_bytes(b"\xff\xd8\xff\xe0")
        os.truncate(path, size * _MIB)


def _zip(root: Path, size: int) -> None:
    with (
        zipfile.ZipFile(root / "photos" / "a.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("a.png", "w", force_zip64=True) as member,
    ):
        for _ in range(size):
            member.write(bytes(_MIB))


def _tar(root: Path, size: int) -> None:
    with (
        gzip.open(root / "photos" / "a.tar.gz", "wb", compresslevel=9) as stream,
        tarfile.open(fileobj=stream, mode="w|") as archive,
    ):
        member = tarfile.TarInfo("a.png")
        member.size = size * _MIB
        with Path("/dev/zero").open("rb") as zero:
            archive.addfile(member, zero)


def _gz(root: Path, size: int) -> None:
    with gzip.open(root / "photos" / "a.jpg.gz", "wb", compresslevel=9) as stream:
        for _ in range(size):
            stream.write(bytes(_MIB))


def _bz2(root: Path, size: int) -> None:
    with bz2.open(root / "photos" / "a.jpg.bz2", "wb") as stream:
        for _ in range(size):
            stream.write(bytes(_MIB))


def _parquet_images(root: Path, size: int) -> None:
    """One value of a dictionary, repeated in every row: a column of image bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    blob = pa.DictionaryArray.from_arrays(pa.array([0] * size, pa.int32()), pa.array([bytes(_MIB)]))
    pq.write_table(pa.table({"image": blob}), root / "photos" / "a.parquet", store_schema=False)


def _parquet_manifest(root: Path, size: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    caption = pa.DictionaryArray.from_arrays(pa.array([0] * size, pa.int32()), pa.array(["x" * _MIB]))
    names = [f"{number}.jpg" for number in range(size)]
    pq.write_table(pa.table({"file_name": names, "caption": caption}), root / "manifest.parquet", store_schema=False)


def _json(root: Path, size: int) -> None:
    (root / "manifest.jsonl").write_text('{"file_name": "a.bmp", "extra": ' + "[" * (size * 1_000) + "\n")


def _json_line(root: Path, size: int) -> None:
    with (root / "manifest.jsonl").open("w") as file:
        file.write('{"file_name": "a.bmp", "caption": "')
        for _ in range(size):
            file.write("x" * _MIB)
        file.write('"}\n')


def _toml(root: Path, size: int) -> None:
    (root / "manifest.toml").write_text("a = " + "[" * (size * 1_000))


def _csv(root: Path, size: int) -> None:
    with (root / "manifest.csv").open("w") as file:
        file.write('file_name,caption\na.bmp,"')
        for _ in range(size):
            file.write("x" * _MIB)


def _xml(root: Path, _: int) -> None:
    """A sidecar whose entities come to a gigabyte."""
    names = "abcdefghij"
    entities = "".join(f'<!ENTITY {n} "{f"&{b};" * 10}">' for b, n in pairwise(names))
    text = f'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">{entities}]><x:xmpmeta xmlns:x="adobe:ns:meta/">&j;</x:xmpmeta>'
    _picture(root / "photos" / "a.bmp")
    (root / "photos" / "a.xmp").write_text(text)


def _capture(root: Path, size: int) -> None:
    (root / "page.json").write_text("[" * (size * 1_000))
    _picture(root / "photos" / "a.bmp")
    (root / "manifest.jsonl").write_text(json.dumps({"file_name": "a.bmp", "web_evidence": "page.json"}) + "\n")


BOMBS: Final[dict[str, Bomb]] = {
    "PNG of one colour": _png,
    "PNG with a compressed text": _png_text,
    "TIFF of one colour": _tiff,
    "TIFF, page tables in a ring": _tiff_pages,
    "GIF, many frames": _gif,
    "PPM in ASCII": _ppm,
    "four sparse files": _sparse,
    "zip": _zip,
    "tar, gzipped": _tar,
    "gzip": _gz,
    "bzip2": _bz2,
    "Parquet, image column": _parquet_images,
    "Parquet manifest": _parquet_manifest,
    "JSON manifest, nested": _json,
    "JSON manifest, one long line": _json_line,
    "TOML manifest, nested": _toml,
    "CSV manifest, one long cell": _csv,
    "XML entities in a sidecar": _xml,
    "captured page, nested": _capture,
}
"""The kinds of bombs, each a way to ask for more memory than the file has bytes."""
