"""Knows where every image of a dataset came from, and lets nothing through that nobody can account for.

What is named here is imported when it is first used.

>>> import provenance as pv
>>> with pv.open("demo/ledger.db") as ledger:
...     verdicts = ledger.gate("demo/photos", context="demo/context.toml")
>>> verdicts.summary()
'11 images: 4 allowed, 3 need review, 4 blocked'
"""

from __future__ import annotations

import logging
import os
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from provenance.api import Ledger as Ledger
    from provenance.copies.find import Match as Match
    from provenance.copies.find import SearchResult as SearchResult
    from provenance.errors import ContextError as ContextError
    from provenance.errors import GateFailed as GateFailed
    from provenance.errors import ImageRefused as ImageRefused
    from provenance.errors import InputError as InputError
    from provenance.errors import LedgerError as LedgerError
    from provenance.errors import LedgerLocked as LedgerLocked
    from provenance.errors import LedgerTooNew as LedgerTooNew
    from provenance.errors import MissingExtra as MissingExtra
    from provenance.errors import NothingToCheck as NothingToCheck
    from provenance.errors import PackError as PackError
    from provenance.errors import ProvenanceError as ProvenanceError
    from provenance.errors import RowError as RowError
    from provenance.errors import RowErrors as RowErrors
    from provenance.errors import SourceError as SourceError
    from provenance.errors import UntrustedFile as UntrustedFile
    from provenance.errors import UsageError as UsageError
    from provenance.errors import VerdictsStale as VerdictsStale
    from provenance.gate.explain import Explanation as Explanation
    from provenance.gate.verdicts import Verdicts as Verdicts
    from provenance.model import Assessment as Assessment
    from provenance.model import Context as Context
    from provenance.model import Declaration as Declaration
    from provenance.model import FaceTemplates as FaceTemplates
    from provenance.model import Reason as Reason
    from provenance.model import RunFinding as RunFinding
    from provenance.model import Verdict as Verdict
    from provenance.run.parts.receipt import Receipt as Receipt
    from provenance.run.parts.write import scan_shard as scan_shard
    from provenance.run.progress import Progress as Progress
    from provenance.run.scan import Scanned as Scanned
    from provenance.vocabulary import AccessState as AccessState
    from provenance.vocabulary import AcquisitionMethod as AcquisitionMethod
    from provenance.vocabulary import AgeStatus as AgeStatus
    from provenance.vocabulary import ConsentForm as ConsentForm
    from provenance.vocabulary import ConsentStatus as ConsentStatus
    from provenance.vocabulary import ContentCategory as ContentCategory
    from provenance.vocabulary import Decision as Decision
    from provenance.vocabulary import EvidenceKind as EvidenceKind
    from provenance.vocabulary import GiverRole as GiverRole
    from provenance.vocabulary import LawfulBasis as LawfulBasis
    from provenance.vocabulary import NonBasis as NonBasis
    from provenance.vocabulary import PersonsStatus as PersonsStatus
    from provenance.vocabulary import ProtectedGroup as ProtectedGroup
    from provenance.vocabulary import Purpose as Purpose

__version__ = "0.1.0"

_WHERE: Final = {
    "api": ("Ledger",),
    "copies.find": ("Match", "SearchResult"),
    "errors": (
        "ContextError", "GateFailed", "ImageRefused", "InputError", "LedgerError", "LedgerLocked", "LedgerTooNew",
        "MissingExtra", "NothingToCheck", "PackError", "ProvenanceError", "RowError", "RowErrors", "SourceError",
        "UntrustedFile", "UsageError", "VerdictsStale",
    ),
    "gate.explain": ("Explanation",),
    "gate.verdicts": ("Verdicts",),
    "model": ("Assessment", "Context", "Declaration", "FaceTemplates", "Reason", "RunFinding", "Verdict"),
    "run.parts.receipt": ("Receipt",),
    "run.parts.write": ("scan_shard",),
    "run.progress": ("Progress",),
    "run.scan": ("Scanned",),
    "vocabulary": (
        "AccessState", "AcquisitionMethod", "AgeStatus", "ConsentForm", "ConsentStatus", "ContentCategory", "Decision",
        "EvidenceKind", "GiverRole", "LawfulBasis", "NonBasis", "PersonsStatus", "ProtectedGroup", "Purpose",
    ),
}  # fmt: skip
"""The names of the front door, by the module that each is imported from when it is first asked for."""

_MODULE_OF: Final = {name: module for module, names in _WHERE.items() for name in names}

__all__ = ["__version__", "open", *_MODULE_OF]  # noqa: PLE0604 - the names are texts

logging.getLogger(__name__).addHandler(logging.NullHandler())


def open(  # noqa: A001 - `pv.open` is how one opens a ledger, as `gzip.open` opens an archive
    target: str | os.PathLike[str] = "provenance.db", *, packs: str | os.PathLike[str] | None = None
) -> Ledger:
    """Open the ledger at a path or a SQLAlchemy URL, creating it if there is none.

    `packs` is a folder of jurisdiction packs of your own. Raises LedgerError, PackError.

    >>> open("demo/ledger.db")
    <Ledger demo/ledger.db>
    """
    from provenance.api import Ledger

    return Ledger.open(target, packs=packs)


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
