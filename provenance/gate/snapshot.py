"""Reading a gate's facts and decisions while other gates and scans change the ledger.

What is derived is kept for one clock at a time. A gate at another clock, or a scan, may put other facts in their
place at any moment, so whoever reads them must see that they are still its own.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from sqlalchemy.engine import Connection

from provenance.errors import LedgerLocked
from provenance.gate import facts, tallies
from provenance.gate.decide import PolicyVersion
from provenance.gate.near_duplicates import neighbours
from provenance.ledger.database import Database
from provenance.model import to_micros
from provenance.run.progress import Progress

ATTEMPTS: Final = 20
"""How often something is tried again that another process was quicker with."""

_FIRST_WAIT: Final = 0.05
_LONGEST_WAIT: Final = 3.0
"""Seconds."""


def attempts() -> Iterator[int]:
    """The attempts at something that another process may be quicker with.

    Before each but the first there is a wait of a random length, longer each time: gates at different clocks would
    otherwise go on undoing each other's work.
    """
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(random.SystemRandom().uniform(0, min(_LONGEST_WAIT, _FIRST_WAIT * 2**attempt)))
        yield attempt


@contextmanager
def snapshot(
    database: Database, policy: PolicyVersion, collections: Sequence[int], progress: Progress
) -> Iterator[Connection]:
    """A connection that sees every image of these collections derived at the clock, and judged.

    So are those of the collections whose copies count here. Derives and judges once more where somebody else was
    quicker; raises LedgerLocked if that happens again and again. Of a ledger that may only be read all has to be
    derived already; what is not judged yet is left to whoever asks (`Judging.judgements`).
    """
    at = to_micros(policy.context.as_of)
    for _ in attempts():
        with database.reading() as connection:
            beside = neighbours(connection, collections)
        facts.refresh(database, [*collections, *beside], at, progress)
        if not database.read_only:
            tallies.bring_up(database, policy, collections, progress)
        with database.reading() as connection:
            if stands(connection, policy, collections, beside, judged=not database.read_only):
                yield connection
                return
    raise LedgerLocked(
        f"the ledger {database.name} keeps changing while it is judged", remedy="gate again when nothing else runs"
    )


def stands(
    connection: Connection,
    policy: PolicyVersion,
    collections: Sequence[int],
    beside: tuple[int, ...],
    *,
    judged: bool = True,
) -> bool:
    """Whether all facts that count here are derived at the policy's clock, and `judged`: decided and counted."""
    at = to_micros(policy.context.as_of)
    return (
        facts.holds(connection, [*collections, *beside], at)
        and (not judged or tallies.stand(connection, policy, collections))
        and neighbours(connection, collections) == beside
    )
