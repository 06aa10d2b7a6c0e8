"""A collection of more images needs no more memory, once batches are full."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

_ROOT = Path(__file__).resolve().parents[2]

MEASURE = """
import json, pathlib, sys
import provenance as pv
from provenance.ledger import database
from provenance.report import machine
from provenance.report.gate_report import GateReport
from provenance.run import staging
# SQLite's own caches grow to their bounds, which say nothing about ours.
database._PRAGMAS = ("PRAGMA foreign_keys=ON", "PRAGMA cache_size=-1000", "PRAGMA mmap_size=0")
staging._SCHEMA = staging._SCHEMA.replace("cache_size=-8192", "cache_size=-1000")
folder, manifest, ledger = sys.argv[1:]
with pv.open(ledger) as opened:
    opened.scan(folder, manifest=manifest, workers=2, engine="threads")
    verdicts = opened.gate(folder, purpose="MODEL_TRAINING")
    with open("/dev/null", "w", encoding="utf-8") as out:
        machine.write_jsonl(GateReport(verdicts), out)
peak = pathlib.Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]  # ru_maxrss is inherited
print(json.dumps([len(verdicts), int(peak)]))
"""


LARGE = """
import json, pathlib, sys
import provenance as pv
folder, ledger, memory = sys.argv[1:]
with pv.open(ledger) as opened:
    found = opened.scan(folder, workers=16, engine="threads", memory=int(memory))
peak = pathlib.Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
print(json.dumps([found.images, found.unreadable, int(peak)]))
"""


LONG_ROWS = """
import json, pathlib, sys
import provenance as pv
folder, manifest, ledger = sys.argv[1:]
with pv.open(ledger) as opened:
    opened.scan(folder, manifest=manifest, workers=1)
peak = pathlib.Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
print(json.dumps(int(peak)))
"""


def peak(workspace, images: int) -> int:
    """The most memory in KiB that a scan and a gate of so many images need."""
    data = workspace.add("seed.png").read_bytes()
    folder = workspace.root / f"collection-{images}"
    folder.mkdir()
    first = folder / "0.png"
    first.write_bytes(data)
    # One image under many names: what grows is the number of rows, not the work of decoding them.
    for number in range(1, images):
        os.link(first, folder / f"{number}.png") if number % 30_000 else (folder / f"{number}.png").write_bytes(data)
    manifest = workspace.root / f"{images}.jsonl"
    with manifest.open("w") as file:
        file.writelines(
            json.dumps({"file_name": f"{number}.png", "caption": f"picture {number}"}) + "\n"
            for number in range(images)
        )
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, folder, manifest, workspace.root / f"{images}.db"],
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    judged, kib = json.loads(done.stdout)
    assert judged == images
    return int(kib)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_three_times_the_images_need_no_more_memory(workspace):
    few, many = peak(workspace, 4_000), peak(workspace, 12_000)
    # 1 KB for each further image, which a list of their rows or verdicts would not keep within.
    assert many - few < 8_000, (few, many)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_sixteen_workers_hold_no_more_than_they_may(workspace, image):
    """Twenty-four files of 24 MB; sixteen at once would be 384 MB."""
    size, files = 24 << 20, 24
    data = image(kind="JPEG")
    for number in range(files):
        path = workspace.add(f"{number:02}.jpg", data + number.to_bytes(2, "big"))
        os.truncate(path, size)

    def peak_within(memory: int) -> int:
        done = subprocess.run(
            [sys.executable, "-c", LARGE, workspace.photos, workspace.root / f"{memory}.db", str(memory)],
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
        images, unreadable, kib = json.loads(done.stdout)
        assert (images, unreadable) == (files, 0 if memory > size else files)
        return int(kib) << 10

    nothing = peak_within(1 << 20)
    # Two at once, each there twice for a moment while its pieces are joined, and what decodes.
    assert peak_within(2 * size) - nothing < 8 * size


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_rows_of_a_mebibyte_each_are_not_all_held_at_once(workspace):
    workspace.add("seed.png")

    def peak_of(rows: int) -> int:
        caption = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * (1 << 20)]))
        manifest = workspace.root / f"{rows}.parquet"
        names = [f"{number}.png" for number in range(rows)]
        pq.write_table(pa.table({"file_name": names, "caption": caption}), manifest, store_schema=False)
        done = subprocess.run(
            [sys.executable, "-c", LONG_ROWS, workspace.photos, manifest, workspace.root / f"{rows}.db"],
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
        return int(json.loads(done.stdout)) >> 10

    # Twice as many are 150 MiB more in every step that holds them all, and there are several.
    assert peak_of(300) - peak_of(150) < 100
