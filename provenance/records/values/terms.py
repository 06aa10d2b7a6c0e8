"""Values of our enums as people write them: in any letter case, with other words between, or by a certain alias.

An alias never means more than was said, and an error never proposes a value that lets more through: the valid values
are listed instead. The aliases are data (`aliases.toml`).

>>> term_of("Legal Guardian", GiverRole), term_of("model training", Purpose), term_of("mother", GiverRole)
(<GiverRole.GUARDIAN: 'GUARDIAN'>, <Purpose.MODEL_TRAINING: 'MODEL_TRAINING'>, None)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from provenance.placeholders import folded
from provenance.tables import parted, table
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
)  # fmt: skip

_FILE: Final = ("provenance.records.values", "aliases.toml")
_DOUBTED: Final = re.compile(
    "[?\u00bf\u2260\u00ac\u2610\u2612\u2715-\u2718\u274c\u274e\u0335-\u0338]|^\\s*(?:[!~\u2212\u2013-]|[\\[(]\\s*[\\])])"
)
"""A question, a negation, a minus, an empty or crossed box, a stroke through the letters: it was not said."""

_MAX: Final = 100
"""Characters of a word; a longer one is no value."""

NEVER_ANY: Final = frozenset({Purpose.SEXUALISED_IMAGERY})
"""Purposes that "any" does not cover: they are named in order to be refused."""

ENUMS: Final[Mapping[str, type[Term]]] = {
    kind.__name__: kind
    for kind in (
        AccessState, AcquisitionMethod, AgeStatus, ConsentForm, ConsentStatus, ContentCategory, Decision, EvidenceKind,
        GiverRole, LawfulBasis, NonBasis, PersonsStatus, ProtectedGroup, Purpose,
    )
}  # fmt: skip
"""The enums that stand in files, by name."""


def term_of(text: str, *kinds: type[Term]) -> Term | None:
    """The value of one of `kinds` that a text names, or None."""
    for kind in kinds:
        exact = _exact(kind).get(text)
        if exact is not None:
            return exact
    if len(text) > _MAX or is_doubted(text):
        return None
    plain = folded(text)
    found = (_aliases(kind).get(plain) for kind in kinds)
    return next((term for term in found if term is not None), None)


def is_doubted(text: str) -> bool:
    """Whether a word is followed by a question, negated or crossed out, so that it is not said.

    >>> is_doubted("MODEL_TRAINING?"), is_doubted("\u2610 model training"), is_doubted("model training")
    (True, True, False)
    """
    return _DOUBTED.search(text) is not None


def wide_terms(*kinds: type[Term]) -> frozenset[str]:
    """The values that let more through than others of their enum."""
    return frozenset(value for kind in kinds for value in parted(_data(kind).get("wide", "")))


def said_of(text: str, *kinds: type[Term]) -> str | None:
    """What to tell whoever wrote a word that is near one of the values and is none."""
    plain = folded(text[:_MAX])
    sentences = (one for kind in kinds for one in _data(kind).get("says", ()))
    return next((one["sentence"] for one in sentences if plain in parted(one["words"])), None)


def flag_of(text: str) -> bool | None:
    """Yes or no in the languages of the lexicons; None where a text is neither.

    >>> flag_of("Oui"), flag_of("nein"), flag_of("maybe")
    (True, False, None)
    """
    if is_doubted(text):
        return None
    plain = folded(text[:_MAX])
    data = table(*_FILE)["flags"]
    return True if plain in parted(data["true"]) else False if plain in parted(data["false"]) else None


def is_any_purpose(text: str) -> bool:
    """Whether a purpose says that any will do."""
    return not is_doubted(text) and folded(text[:_MAX]) in parted(table(*_FILE)["any_purpose"]["words"])


def _data(kind: type[Term]) -> dict[str, Any]:
    data: dict[str, Any] = table(*_FILE).get(kind.__name__, {})
    return data


@cache
def _exact(kind: type[Term]) -> dict[str, Term]:
    return {str(term): term for term in kind}


@cache
def _aliases(kind: type[Term]) -> dict[str, Term]:
    """Term by folded word: the values' own spellings with blanks or nothing between their words, then the aliases."""
    found = {spelling: term for term in kind for spelling in (folded(term), folded(term).replace(" ", ""))}
    for value, words in _data(kind).get("aliases", {}).items():
        found |= dict.fromkeys(parted(words), kind(value))
    return found
