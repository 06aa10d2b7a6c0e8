"""What every fuzz script does: so many cases from a seed, what was not caught told with its case."""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections.abc import Callable

Case = Callable[[random.Random], None]
"""Makes one input from chance and tries it; raises where what must hold does not."""


def run(case: Case, cases: int, seed: int = 1) -> int:
    """Try that many cases; gives how many raised, the first three of them told on standard error."""
    uncaught = 0
    for number in range(cases):
        chance = random.Random(f"{seed}/{number}")
        try:
            case(chance)
        except Exception:  # noqa: BLE001 - what is looked for
            uncaught += 1
            if uncaught <= 3:
                sys.stderr.write(f"case {number} of seed {seed}:\n")
                traceback.print_exc()
    return uncaught


def main(case: Case, what: str) -> None:
    """Run as a script: `--cases N --seed S`; exit status 1 where anything was not caught."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    started = time.monotonic()
    uncaught = run(case, given.cases, given.seed)
    sys.stdout.write(f"{what}: {given.cases} cases, {uncaught} uncaught, {time.monotonic() - started:.0f} s\n")
    sys.exit(1 if uncaught else 0)


def damaged(chance: random.Random, data: bytes) -> bytes:
    """The data with some bytes changed, put in, taken out, doubled or cut."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 40))):
        at = chance.randrange(len(changed) + 1)
        length = chance.choice((1, 1, 2, 4, 16, 300))
        what = chance.randrange(6)
        if what == 0:
            changed[at : at + length] = chance.randbytes(length)
        elif what == 1:
            changed[at:at] = chance.randbytes(length)
        elif what == 2:
            del changed[at : at + length]
        elif what == 3:
            changed[at:at] = changed[at : at + length]
        elif what == 4:
            changed[at : at + length] = chance.choice((b"\0", b"\xff", b" ", b"9", b"\x7f")) * length
        elif chance.random() < 0.1:
            del changed[at:]
    return bytes(changed)
