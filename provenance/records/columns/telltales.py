"""What a column that is no field of ours looks like, by its name: a limit, a consent, an age, a count, a person.

Losing such a column would widen what may be done, or keep what must not be kept. The words are data
(`telltales.toml`); letter case, accents, blanks, punctuation and camel case do not matter.

>>> [kind.name if (kind := look_of(name)) else "" for name in ("Expiry Date", "consentement", "surface", "n_faces")]
['LIMIT', 'CONSENT', '', 'COUNT']
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache, lru_cache
from typing import Any, Final

from provenance.records.column_names import folded_name, spans_of, words_of
from provenance.tables import parted, table


class Look(StrEnum):
    """What a column's name says that it holds. The values are the tables of `telltales.toml`."""

    VECTOR = "vector"
    IDENTITY = "identity"
    CONTACT = "contact"
    ADDRESS = "address"
    COUNT = "count"
    CREATOR = "creator"
    """Who made or owns the picture. That there is somebody is kept, the name is not."""
    NAME = "name"
    PERHAPS_NAME = "perhaps_name"
    """A name of a person or of a thing: the values tell."""
    LIMIT = "limit"
    CONSENT = "consent"
    AGE = "age"


PERSONAL: Final = frozenset({Look.VECTOR, Look.IDENTITY, Look.CONTACT, Look.ADDRESS, Look.NAME})
"""What is never kept, whoever else reads the column."""

_FILE: Final = ("provenance.records.columns", "telltales.toml")
_IN_ORDER: Final = tuple(look for look in Look if look not in (Look.CREATOR, Look.NAME, Look.PERHAPS_NAME, Look.COUNT))


@lru_cache(maxsize=1 << 13)
def look_of(name: str) -> Look | None:
    """What a column's name says that the column holds; None where it says nothing that matters here."""
    words = words_of(name)
    spans = spans_of(words)
    whole = folded_name(name)
    for look in Look:
        if look in _IN_ORDER:
            found = _looks_like(look.value, words, spans, whole)
        elif look is Look.COUNT:
            found = _counts_people(words, spans)
        elif look is Look.CREATOR:
            found = _names_a_maker(words, spans)
        else:
            found = _name_of(spans, whole) is look
        if found:
            return look
    return None


def says(look: Look) -> str:
    """Half a sentence for people: why the column cannot be taken as it is."""
    text: str = table(*_FILE)[Look.NAME if look is Look.PERHAPS_NAME else look]["says"]
    return text


def dates_the_making(name: str) -> bool:
    """Whether a column of dates says when its picture was made or kept, so that the dates end nothing.

    >>> dates_the_making("date_captured"), dates_the_making("eventDate"), dates_the_making("Enddatum")
    (True, True, False)
    """
    words = words_of(name)
    return folded_name(name) in _joined("dates", "making_whole") or bool(spans_of(words) & _joined("dates", "making"))


def _looks_like(kind: str, words: tuple[str, ...], spans: frozenset[str], whole: str) -> bool:
    if spans & _joined(kind, "passes"):
        return False
    if whole in _joined(kind, "whole") or spans & _joined(kind, "exact"):
        return True
    if any(part in whole for part in _joined(kind, "parts")):
        return True
    stems = tuple(_joined(kind, "stems"))
    return bool(stems) and (whole.startswith(stems) or any(word.startswith(stems) for word in words))


def _counts_people(words: tuple[str, ...], spans: frozenset[str]) -> bool:
    kind = Look.COUNT.value
    if spans & _joined(kind, "passes"):
        return False
    told = tuple(word for word in words if word not in _joined(kind, "small"))
    whole = "".join(words)
    plain = whole in _joined(kind, "whole") or bool(spans & _joined(kind, "exact"))
    plain = plain or any(part in whole for part in _joined(kind, "parts"))
    return plain or bool(spans_of(told, 3) & _counts())


def _names_a_maker(words: tuple[str, ...], spans: frozenset[str]) -> bool:
    makers, more = _joined(Look.NAME.value, "creators"), _joined(Look.NAME.value, "maker_words")
    if spans & _joined(Look.NAME.value, "passes") or not spans & makers:
        return False
    # Every word belongs to the maker: `photographer_first_name`, not `artist_style`.
    covered: set[int] = set()
    for start in range(len(words)):
        for end in range(start + 1, min(start + 4, len(words)) + 1):
            if "".join(words[start:end]) in makers:
                covered.update(range(start, end))
    return all(place in covered or word in more for place, word in enumerate(words))


def _name_of(spans: frozenset[str], whole: str) -> Look | None:
    kind = Look.NAME.value
    if spans & _joined(kind, "passes"):
        return None
    if spans & _joined(kind, "exact"):
        return Look.NAME
    names, roles = _joined(kind, "names"), _joined(kind, "roles")
    if whole in _name_of_somebody() or (spans & names and spans & roles):
        return Look.NAME
    return Look.PERHAPS_NAME if spans & names else None


@cache
def _joined(kind: str, entry: str) -> frozenset[str]:
    data: dict[str, Any] = table(*_FILE)[kind]
    return frozenset(phrase.replace(" ", "") for phrase in parted(data.get(entry, "")))


@cache
def _counts() -> frozenset[str]:
    """A word for count and one for people, written together in either order."""
    counts, people = _joined(Look.COUNT.value, "counts"), _joined(Look.COUNT.value, "people")
    return frozenset(one + other for count in counts for who in people for one, other in ((count, who), (who, count)))


@cache
def _name_of_somebody() -> frozenset[str]:
    """`subjectname`, written together."""
    names, roles = _joined(Look.NAME.value, "names"), _joined(Look.NAME.value, "roles")
    return frozenset(one + other for name in names for role in roles for one, other in ((name, role), (role, name)))
