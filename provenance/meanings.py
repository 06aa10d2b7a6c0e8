"""What the words of the vocabulary mean, one sentence each, and in which fields they are written.

>>> meaning(AccessState.LOGIN)
'Only who had signed in.'
>>> [kind.__name__ for kind in enums_named("basis")]
['LawfulBasis', 'NonBasis']
"""

from __future__ import annotations

from typing import Any, Final

from provenance.tables import table
from provenance.vocabulary import (
    AccessState,
    AcquisitionMethod,
    AgeStatus,
    ConsentForm,
    ConsentStatus,
    ContentCategory,
    Decision,
    EvidenceKind,
    GiverRole,
    LawfulBasis,
    NonBasis,
    PersonsStatus,
    ProtectedGroup,
    Purpose,
    Term,
)

ENUMS: Final[tuple[type[Term], ...]] = (
    LawfulBasis, NonBasis, ConsentStatus, Purpose, ProtectedGroup, ContentCategory, AgeStatus, EvidenceKind, Decision,
    AcquisitionMethod, AccessState, PersonsStatus, ConsentForm, GiverRole,
)  # fmt: skip
"""Every enum of the vocabulary."""


def about(kind: type[Term]) -> str:
    """What an enum is for."""
    return str(_of(kind)["about"])


def meaning(term: Term) -> str:
    """What one of its words means."""
    return str(_of(type(term))[term.value])


def fields_of(kind: type[Term]) -> tuple[str, ...]:
    """The fields in which words of an enum are written."""
    return tuple(_of(kind)["fields"])


def enums_named(name: str) -> tuple[type[Term], ...]:
    """The enums that a name stands for: an enum's own, or that of a field. Letter case, `-` and `_` do not matter."""
    wanted = _bare(name)
    return tuple(kind for kind in ENUMS if wanted in map(_bare, (kind.__name__, *fields_of(kind))))


def _of(kind: type[Term]) -> dict[str, Any]:
    found: dict[str, Any] = table("provenance", "meanings.toml")[kind.__name__]
    return found


def _bare(name: str) -> str:
    return name.replace("_", "").replace("-", "").casefold()
