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
from provenance.gate import derive, rulings
from provenance.gate.rulings import RulingSet
from provenance.ledger.database import Database
from provenance.model import instant
from provenance.run.progress import Progress

_ATTEMPTS: Final = 20


@contextmanager
def settled(
    database: Database, ruling_set: RulingSet, collections: Sequence[int], progress: Progress
) -> Iterator[Connection]:
    """A connection that sees every image of these collections derived at the clock, and judged.

    Derives and judges once more where somebody else was quicker. Raises LedgerLocked if that happens again and again.
    """
    at = instant(ruling_set.context.as_of)
    for _ in range(_ATTEMPTS):
        derive.refresh(database, collections, at, progress)
        rulings.decide(database, ruling_set, collections, progress)
        with database.reading() as connection:
            if derive.holds(connection, collections, at) and rulings.decided(connection, ruling_set, collections):
                yield connection
                return
    raise LedgerLocked(
        f"the ledger {database.name} keeps changing while it is judged", remedy="gate again when nothing else runs"
    )
