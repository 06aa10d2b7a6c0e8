"""SIGKILL at random moments of every kind of write: nothing acknowledged is lost, nothing half-written is seen.

    python tests/faults/kills.py [N]

N kills (default 200) for each kind. After each the ledger has to prove itself, hold what was acknowledged, hold the
rows of a write all or not at all, and take the same write to its end.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

import provenance as pv
from provenance.api import Ledger

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from faults.writes import WRITES, Write, count, lay_out


def killed(write: Write, folder: Path, base: Path, kills: int, seed: int) -> Counter[str]:
    """What came of so many kills during one kind of write: `sound` says which have to stay 0."""
    rng, told = random.Random(seed), Counter[str]()
    ledger = folder / "ledger.db"
    before = 0 if write.fresh else count(base, write.table)
    lasted = _undisturbed(write, folder, base)
    for _ in range(kills * 3):
        if told["kills"] >= kills:
            break
        _lay(base, ledger, fresh=write.fresh)
        acknowledged, status = _cut_off(write, folder, ledger, rng.uniform(0, 1.1) * lasted)
        if status != -signal.SIGKILL:
            told["failed"] += 1
            continue
        told["kills"] += 1
        told["acknowledged"] += acknowledged
        if not ledger.exists():
            continue
        with pv.open(ledger) as opened:
            told["untrue"] += opened.verify() != ()
        rows = count(ledger, write.table) - before
        told["nothing yet"] += rows == 0
        told["lost"] += acknowledged and rows < write.rows
        told["half"] += rows not in (0, write.rows)
        told["stuck"] += not _ends(write, folder, ledger, before, rows)
    return told


def _lay(base: Path, ledger: Path, *, fresh: bool) -> None:
    """Put the ledger there as it was before the write, with its index."""
    for left in ledger.parent.glob("ledger.db*"):
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    if not fresh:
        shutil.copy(base, ledger)


def _undisturbed(write: Write, folder: Path, base: Path) -> float:
    """How many seconds the write takes where nobody kills it, at the median of three."""
    taken = []
    for _ in range(3):
        _lay(base, folder / "ledger.db", fresh=write.fresh)
        began = time.monotonic()
        process, told = _forked(write, folder, folder / "ledger.db", stays=0)
        assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0, write.name
        os.close(told)
        taken.append(time.monotonic() - began)
    return sorted(taken)[1]


def _cut_off(write: Write, folder: Path, ledger: Path, after: float) -> tuple[bool, int]:
    """Begin the write and kill it; gives whether its end had been told before, and how it ended."""
    process, told = _forked(write, folder, ledger, stays=60)
    time.sleep(after)
    os.kill(process, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    with os.fdopen(told, "rb") as pipe:
        return pipe.read() == b"done", status


def _forked(write: Write, folder: Path, ledger: Path, *, stays: float) -> tuple[int, int]:
    """Do the write in a process that has everything imported; gives it, and the pipe in which it tells its end.

    It stays for some seconds with the ledger open, so that it can be killed after it was told, too.
    """
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # 3.12 warns of forks beside threads
        process = os.fork()
    if process == 0:
        status = 1
        try:
            os.close(reading)
            with pv.open(ledger) as opened:
                write.act(opened, folder)
                os.write(writing, b"done")
                time.sleep(stays)
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    return process, reading


def _ends(write: Write, folder: Path, ledger: Path, before: int, rows: int) -> bool:
    """Whether the write can be done, or done again, after it was cut off."""
    with pv.open(ledger) as opened:
        if rows == 0:
            _again(write, opened, folder)
        opened.gate(folder / "photos", purpose="MODEL_TRAINING")
        sound = opened.verify() == ()
    return sound and count(ledger, write.table) - before >= write.rows


def _again(write: Write, opened: Ledger, folder: Path) -> None:
    from provenance.errors import UsageError

    try:
        write.act(opened, folder)
    except UsageError:
        # A step of it was done before; what is left of a disclosure is done by itself.
        if write.name != "disclosure":
            raise
        rights = opened.rights
        rights.disclose("one", account="lab", recipient="Lab", purpose="MODEL_TRAINING", jurisdiction="CA", by="AB")


def run(kills: int, names: set[str] | None = None, seed: int | None = None) -> dict[str, Counter[str]]:
    """So many kills for each kind of write."""
    seed = time.time_ns() if seed is None else seed
    found = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        base = folder / "base.db"
        lay_out(folder).rename(base)
        for write in WRITES:
            if names is None or write.name in names:
                found[write.name] = killed(write, folder, base, kills, seed)
                sys.stderr.write(f"{write.name}: {json.dumps(found[write.name])}\n")
    return found


def sound(found: Counter[str]) -> bool:
    """Whether nothing was lost, half-written, unprovable or stuck."""
    return not any(found[name] for name in ("lost", "half", "untrue", "stuck", "failed"))


if __name__ == "__main__":
    told = run(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    raise SystemExit(0 if all(map(sound, told.values())) else 1)
