"""img2dataset's own output, downloaded from a server of ours on this machine, through the gate in all three forms.

It runs where the command `img2dataset` is on the PATH, or where `IMG2DATASET` names it: its needs are too heavy for the
extra `test`, and it may live in an environment of its own.
"""

from __future__ import annotations

import csv
import http.server
import io
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from PIL import Image

import provenance as pv
from provenance.ml.img2dataset import accounts

pytest.importorskip("pyarrow")
COMMAND = os.environ.get("IMG2DATASET") or shutil.which("img2dataset")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(COMMAND is None, reason="img2dataset is not installed"),
    pytest.mark.filterwarnings("ignore"),
]


class Served(NamedTuple):
    """What the server answers under a name, and what is said of it in the list of addresses."""

    caption: str
    data: bytes
    headers: dict[str, str]
    status: int = 200


def reserved(image: Any) -> bytes:
    """A picture whose EXIF reserves all rights."""
    exif = Image.Exif()
    exif[0x8298] = "(c) 2020 J. Roe, all rights reserved"
    out = io.BytesIO()
    with Image.open(io.BytesIO(image(2, (320, 240)))) as picture:
        picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.fixture
def served(image: Any) -> Iterator[tuple[str, dict[str, Served]]]:
    """The address of a server with pictures that come, that are refused, that are none and that are too small."""
    pictures = {
        "sea.jpg": Served("a sea", image(1, (320, 240), kind="JPEG"), {}),
        "reserved.jpg": Served("a hill", reserved(image), {}),
        "noai.jpg": Served("not for training", image(3, (320, 240), kind="JPEG"), {"X-Robots-Tag": "noai"}),
        "text.jpg": Served("no picture", b"<html>", {}),
        "small.jpg": Served("a stamp", image(4, (40, 30), kind="JPEG"), {}),
        "gone.jpg": Served("nothing", b"", {}, 404),
    }

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = pictures[self.path.strip("/")]
            self.send_response(found.status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(found.data)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", pictures
        server.shutdown()
        thread.join()


def download(folder: Path, address: str, pictures: dict[str, Served], form: str) -> Path:
    """What img2dataset writes of the server's pictures in one of its forms."""
    with (folder / "urls.csv").open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["url", "caption", "license"])
        rows.writerows([f"{address}/{name}", one.caption, "CC-BY-4.0"] for name, one in pictures.items())
    given = {
        "url_list": "urls.csv", "input_format": "csv", "url_col": "url", "caption_col": "caption",
        "save_additional_columns": "['license']", "output_folder": "out", "output_format": form, "image_size": 256,
        "min_image_size": 50, "number_sample_per_shard": 4, "processes_count": 1, "thread_count": 2, "retries": 0,
    }  # fmt: skip
    assert COMMAND is not None
    done = subprocess.run(
        [COMMAND, *(f"--{name}={value}" for name, value in given.items())],
        cwd=folder, capture_output=True, text=True, timeout=250, env={**os.environ, "NO_ALBUMENTATIONS_UPDATE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2_000:]
    shutil.rmtree(folder / "out" / "_tmp", ignore_errors=True)
    return folder / "out"


@pytest.mark.parametrize("form", ["webdataset", "files", "parquet"])
def test_the_whole_output_is_gated(workspace: Any, served: Any, form: str) -> None:
    out = download(workspace.root, *served, form)
    told = accounts(out)
    assert all(account.sound for account in told), told
    assert sum(account.rows for account in told) == len(served[1])
    assert sum(account.refused for account in told) == 1
    assert sum(account.by_status.get("success", 0) for account in told) == 2

    manifest = ()
    if form == "files":  # whose rows lie in the tables beside the folders
        converted = [workspace.run("convert", "img2dataset", table).out for table in sorted(out.glob("*.parquet"))]
        workspace.manifest.write_text("".join(converted))
        manifest = ("--manifest", workspace.manifest)
    ledger = ("--ledger", workspace.ledger, "--purpose", "MODEL_TRAINING", "--format", "jsonl", "--no-windows")
    ran = workspace.run("gate", out, *ledger, *manifest)
    assert ran.status == 1
    assert len(ran.verdicts) == 2  # nothing that was refused, too small or no picture has become an item
    reasons = {}
    with pv.open(workspace.ledger) as opened:
        for item, verdict in ran.by_item.items():
            declared = json.dumps(opened.explain(item, opened.context(None, purpose="MODEL_TRAINING")).declared)
            assert "original_sha256" in declared  # of the download, which nothing holds any more
            (name,) = [name for name in served[1] if f"{served[0]}/{name}" in declared]
            reasons[name] = {reason["code"] for reason in verdict["reasons"]}
    assert reasons.keys() == {"sea.jpg", "reserved.jpg"}
    assert "LICENCE_GRANTS_NOTHING" in reasons["reserved.jpg"]  # the file's EXIF is gone; the column still says so
    assert "LICENCE_GRANTS_NOTHING" not in reasons["sea.jpg"]
