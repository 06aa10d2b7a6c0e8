"""Every script under docs/examples runs, and says what it shows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "docs" / "examples"

FOUR = "['chelsea.png', 'china.jpg', 'coffee.png', 'rocket.jpg']"
SAYS = {
    "pytorch.py": ("torch", ["4 allowed", f"subset: {FOUR}", f"sampled: {FOUR}", f"watched: {FOUR}"]),
    "hf_datasets.py": ("datasets", ["4 of 11 rows", "saved: 4", "streamed: 4", "marked: ['ALLOW', 'BLOCK', 'REVIEW']"]),
    "webdataset_shards.py": (
        "webdataset",
        ["4 allowed", "selected: ['chelsea', 'china', 'coffee', 'rocket']", "00000.tar: 4 kept, 6 refused"],
    ),
    "known_tables.py": ("ijson", ["2 rows; without a licence: 1", "coffee.png BLOCK", "rocket.jpg BLOCK"]),
    "release.py": ("", ["4 images in allowed.txt", "licences: CC0-1.0", 'license: ["cc0-1.0", "other"]']),
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the demo was run."""
    pytest.importorskip("skimage")
    folder = tmp_path_factory.mktemp("examples")
    command = "from provenance.cli.main import main; main()"
    done = subprocess.run([sys.executable, "-c", command, "demo", "demo"], cwd=folder, capture_output=True, text=True)
    assert (folder / "demo" / "ledger.db").is_file(), done.stderr
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", SAYS)
def test_the_example_runs_and_says_what_may_be_used(name: str, demo: Path, shell_env: dict[str, str]) -> None:
    package, said = SAYS[name]
    if package:
        pytest.importorskip(package)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(EXAMPLES / name)], cwd=demo, env=shell_env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert [line for line in said if line not in done.stdout] == []


def test_every_example_is_run() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(SAYS)
