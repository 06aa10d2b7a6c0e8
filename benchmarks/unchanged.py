"""How long a scan takes that finds every file as it was, which is what most scans of a large collection are.

    python -m benchmarks unchanged [--quick] --json

Three times: files alone, with the manifest that was given before, with the register of consents besides. The files are
tiny, so that only listing, comparing and reading the tables is measured. Time is that of the processor, which other
jobs on the machine change least; each figure is a median of scans that read no file.
"""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from PIL import Image

from benchmarks.report import Figure, Report
from provenance.api import Ledger

IMAGES: Final = (100_000, 2_000)
"""Files in a full run and in a quick one."""

TURNS: Final = 3


def run(quick: bool) -> Report:  # noqa: FBT001 - the command's own interface
    """The microseconds of one unchanged file, by what is given beside."""
    count = IMAGES[quick]
    figures = []
    with TemporaryDirectory() as folder:
        root = Path(folder)
        laid_out(root, count)
        for name, given in (
            ("files alone", {}),
            ("with a manifest", {"manifest": root / "manifest.jsonl"}),
            ("with manifest and register", {"manifest": root / "manifest.jsonl", "records": root / "records.jsonl"}),
        ):
            seconds = list(_scans(root, name, given))
            figures.append(Figure(name, count, statistics.median(seconds) / count * 1e6, "us/file"))
    return Report("unchanged", figures, [], ("sqlalchemy", "pydantic"))


def laid_out(root: Path, count: int) -> None:
    """That many small pictures, each with a row that shows one adult, and that person's consent."""
    coarse = Image.frombytes("RGB", (4, 4), random.Random(5).randbytes(48))
    coarse.resize((16, 16), Image.Resampling.BICUBIC).save(root / "one.bmp")
    body = (root / "one.bmp").read_bytes()
    (root / "release.pdf").write_bytes(b"%PDF signed")
    with (root / "manifest.jsonl").open("w") as rows, (root / "records.jsonl").open("w") as records:
        for number in range(count):
            path = root / "photos" / f"{number % 100:02}" / f"{number:06}.bmp"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body + b"%d" % number)
            person = {"ref": f"p{number}", "identifiable": True, "age": 35, "age_status": "ADULT_VERIFIED"}
            row = {
                "file_name": str(path.relative_to(root / "photos")),
                "source_url": f"https://photos.example/{number}",
                "acquired_at": "2026-06-01T10:00:00Z",
                "acquisition_method": "LICENSED",
                "licence": "CC0-1.0",
                "persons_status": "PRESENT",
                "persons": [person],
                "jurisdictions": ["CA"],
            }
            record = {
                "record_id": f"r{number}",
                "person": f"p{number}",
                "basis": "EXPLICIT_CONSENT",
                "purposes": ["MODEL_TRAINING"],
                "form": "EXPRESS",
                "notice_version": "v3",
                "evidence": {"kind": "MODEL_RELEASE", "uri": "release.pdf"},
                "given_by": {"role": "SELF"},
                "events": [{"state": "GIVEN", "at": "2026-05-01T00:00:00Z"}],
            }
            rows.write(json.dumps(row) + "\n")
            records.write(json.dumps(record) + "\n")


def _scans(root: Path, name: str, given: dict[str, Any]) -> Iterator[float]:
    """The processor seconds of each scan behind the first."""
    with Ledger.open(root / f"{name}.db") as ledger:
        ledger.scan(root / "photos", windows=False, **given)
        for _ in range(TURNS):
            started = time.process_time()
            scanned = ledger.scan(root / "photos", windows=False, **given)
            taken = time.process_time() - started
            assert scanned.read == 0, "what was just written counts as settled by now"
            yield taken
