"""Reading a gate's facts and rulings while other gates and scans change the ledger.

What is derived is kept for one clock at a time. A gate at another clock, or a scan, may put other facts in their
place at any moment, so whoever reads them must see that they are still its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from sqlalchemy.engine import Connection

from provenance.errors import LedgerLocked
from provenance.gate import decide, facts
from provenance.gate.decide import PolicyVersion
from provenance.ledger.database import Database
from provenance.model import to_micros
from provenance.run.progress import Progress

_ATTEMPTS: Final = 20


@contextmanager
def settled(
    database: Database, policy_version: PolicyVersion, collections: Sequence[int], progress: Progress
) -> Iterator[Connection]:
    """A connection that sees every image of these collections derived at the clock, and judged.

    Derives and judges once more where somebody else was quicker. Raises LedgerLocked if that happens again and again.
    """
    at = to_micros(policy_version.context.as_of)
    for _ in range(_ATTEMPTS):
        facts.refresh(database, collections, at, progress)
        decide.decide(database, policy_version, collections, progress)
        with database.reading() as connection:
            if facts.holds(connection, collections, at) and decide.decided(connection, policy_version, collections):
                yield connection
                return
    raise LedgerLocked(
        f"the ledger {database.name} keeps changing while it is judged", remedy="gate again when nothing else runs"
    )
