"""Knows where every image of a dataset came from, and lets nothing through that nobody can account for.

>>> import provenance as pv
>>> ledger = pv.open("ledger.db")  # doctest: +SKIP
>>> ledger.scan("photos/", manifest="sources.csv", records="consents.jsonl")  # doctest: +SKIP
>>> verdict = ledger.gate("photos/", purpose="MODEL_TRAINING")  # doctest: +SKIP
>>> verdict.raise_for_status()  # doctest: +SKIP
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from provenance.errors import GateFailed, NothingToCheck, ProvenanceError

if TYPE_CHECKING:
    from provenance.api import Ledger

__version__ = "0.1.0"

__all__ = ["GateFailed", "NothingToCheck", "ProvenanceError", "__version__", "open"]


def open(  # noqa: A001 - `pv.open` is how one opens a ledger, as `gzip.open` opens an archive
    target: str | os.PathLike[str] = "provenance.db", *, packs: str | os.PathLike[str] | None = None
) -> Ledger:
    """Open the ledger at a path or a SQLAlchemy URL, creating it if there is none.

    `packs` is a folder of jurisdiction packs of your own. Raises LedgerError, PackError.

    >>> ledger = open("ledger.db")  # doctest: +SKIP
    """
    from provenance.api import Ledger

    return Ledger.open(target, packs=packs)
