"""Disks that fill up, pages that are torn, and a write-ahead log that is lost.

    python tests/faults/disks.py [N]

N times (default 200) each. `verify` has to tell of a torn page, or every recorded row has to be what it was; a full
disk has to end in one error, after which the ledger proves itself and the same write comes to its end; a ledger whose
write-ahead log is lost has to be one that was acknowledged earlier, and to fail against a checkpoint of a later one.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import provenance as pv
from provenance.errors import InputError, LedgerError, ProvenanceError
from provenance.ledger import schema
from provenance.ledger.database import Database
from provenance.proofs.notes import Signer

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from faults.writes import WRITES, count, lay_out

_PAGE = 4_096


def recorded(ledger: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every recorded row."""
    database = Database.open(ledger, create=False)
    with database.reading() as connection:
        found = {
            table.name: [tuple(row) for row in connection.execute(sa.select(table).order_by(table.c.id))]
            for table in schema.RECORDED
        }
    database.close()
    return found


def torn(folder: Path, base: Path, times: int, rng: random.Random) -> Counter[str]:
    """Half of a page is what was there before, or zeros: `untold` has to stay 0."""
    told, wanted = Counter[str](), recorded(base)
    ledger = folder / "torn.db"
    for _ in range(times):
        shutil.copy(base, ledger)
        data = bytearray(base.read_bytes())
        start = rng.randrange(len(data) // _PAGE) * _PAGE + rng.choice((0, _PAGE // 2))
        filling = rng.choice((bytes(_PAGE // 2), rng.randbytes(_PAGE // 2)))
        if data[start : start + _PAGE // 2] == filling:
            continue
        data[start : start + _PAGE // 2] = filling
        ledger.write_bytes(data)
        told["torn"] += 1
        try:
            with pv.open(ledger) as opened:
                noticed = opened.verify() != ()
            told["untold"] += not noticed and recorded(ledger) != wanted
            told["named"] += noticed
            told["nothing recorded was in it"] += not noticed
        except ProvenanceError:
            told["refused"] += 1
    return told


def full(folder: Path, base: Path, times: int, rng: random.Random) -> Counter[str]:
    """No file may grow beyond a size: `untrue`, `half` and `stuck` have to stay 0."""
    told = Counter[str]()
    ledger = folder / "ledger.db"
    for _ in range(times):
        write = rng.choice(WRITES)
        for left in folder.glob("ledger.db*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        if not write.fresh:
            shutil.copy(base, ledger)
        before = 0 if write.fresh else count(base, write.table)
        size = ledger.stat().st_size if ledger.exists() else 0
        status = limited(folder, ledger, WRITES.index(write), rng.randrange(max(size, 4_096), size + (1 << 18)))
        told["full" if status else "enough room"] += 1
        told["uncaught"] += status not in (0, 2)
        if not ledger.exists() or not ledger.stat().st_size:
            continue
        try:
            with pv.open(ledger) as opened:
                told["untrue"] += opened.verify() != ()
            rows = count(ledger, write.table) - before
            told["half"] += rows not in (0, write.rows)
            told["lost acknowledged"] += status == 0 and rows != write.rows
        except LedgerError:
            told["stuck"] += 1
    return told


def limited(folder: Path, ledger: Path, number: int, limit: int) -> int:
    """Do a write in a process whose files may not grow beyond a size: 0 done, 2 one of our errors, 1 another."""
    process = os.fork()
    if process == 0:
        status = 1
        try:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            try:
                with pv.open(ledger) as opened:
                    WRITES[number].act(opened, folder)
                status = 0
            except ProvenanceError:
                status = 2
        except Exception:  # noqa: BLE001 - whatever it is, it is told and counted
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def lost(folder: Path, base: Path, times: int, rng: random.Random) -> Counter[str]:
    """The write-ahead log goes with a crash: `untold` and `another` have to stay 0."""
    told = Counter[str]()
    ledger, signer = folder / "lost.db", Signer.load(folder / "log.key", "example.org/log")
    for _ in range(times):
        for left in folder.glob("lost.db*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        shutil.copy(base, ledger)
        states, writes = [recorded(ledger)], rng.randrange(1, 8)
        copy = folder / "crashed.db"
        with pv.open(ledger) as opened:
            for number in range(writes):
                opened.rights.open_account(f"a{number}", "person", by="AB")
                states.append(recorded(ledger))
                if rng.random() < 0.3:
                    # What SQLite does by itself once 1,000 pages are in the log.
                    with opened._database.engine.connect() as connection:
                        connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")
            note = opened.rights.checkpoint(signer)
            shutil.copy(ledger, copy)  # and not what lies beside it
        told["lost"] += 1
        with pv.open(copy) as opened:
            sound = opened.verify() == ()
            found = recorded(copy)
            told["untold"] += not sound and found in states
            told["another"] += sound and found not in states
            try:
                opened.rights.extends(note, [signer.verifier.text])
                told["not missed"] += found != states[-1]
            except InputError:
                told["missed by a checkpoint"] += 1
    return told


def run(times: int, seed: int | None = None) -> dict[str, Counter[str]]:
    """So many faults of each kind."""
    rng = random.Random(time.time_ns() if seed is None else seed)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        base = folder / "base.db"
        lay_out(folder).rename(base)
        return {
            "a torn page": torn(folder, base, times, rng),
            "a full disk": full(folder, base, times, rng),
            "a lost write-ahead log": lost(folder, base, times, rng),
        }


BAD = ("untold", "untrue", "half", "lost acknowledged", "stuck", "uncaught", "another", "not missed")


def sound(found: Counter[str]) -> bool:
    """Whether verify told the truth, and nothing was half-written or stuck."""
    return not any(found[name] for name in BAD)


if __name__ == "__main__":
    told = run(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    raise SystemExit(0 if all(map(sound, told.values())) else 1)
