"""What a cell of a column that is no field of ours says of what is permitted: a state, a remark, an answer.

A manifest keeps such columns, so that a limit in them would be lost. The words are data (`answers.toml`).

>>> is_state("Withdrawn"), speaks_of_refusal("Only until Dec 2027"), answers_no("OK for AI?", "nein")
(True, True, True)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Final

from provenance.placeholders import folded, says_unknown
from provenance.records.column_names import folded_name, words_of
from provenance.records.values.terms import flag_of
from provenance.tables import parted, table

_FILE: Final = ("provenance.records.columns", "answers.toml")
_LONGEST: Final = 4
"""Words of the longest phrase in a list."""

_SHORT: Final = 80
_YEAR: Final = re.compile(r"20[2-9]\d")


def is_state(text: str) -> bool:
    """Whether the whole of a cell says that something was withdrawn, refused, ended or is forbidden.

    >>> is_state("Withdrawn"), is_state("Nicht freigegeben"), is_state("success")
    (True, True, False)
    """
    return len(text) <= _SHORT and folded_name(text) in _joined("states")


@lru_cache(maxsize=1 << 13)
def speaks_of_refusal(text: str) -> bool:
    """Whether a sentence or two say that a person's or an owner's yes ended, was never given or has a limit.

    >>> speaks_of_refusal("By phone: consent withdrawn on 3 May"), speaks_of_refusal("Troops withdrawn from the city")
    (True, False)
    """
    words = folded(text).split()
    plain = f" {' '.join(words)} "
    return any(remark in plain for remark in _remarks()) or _stand_near([_YEAR.sub("YEAR", word) for word in words])


def answers_no(name: str, value: object) -> bool:
    """Whether a column asks whether the picture may be used, and its cell grants nothing or not everything.

    >>> answers_no("commercial_use", False), answers_no("third parties", "on request"), answers_no("print width", 0)
    (True, True, False)
    """
    words = words_of(name)
    asked = _is_made_of(words, "questions") or (isinstance(value, str | bool) and _asks_leave(words))
    return (asked and _is_no(value)) or (_is_made_of(words, "takings") and _is_yes(value))


def _is_no(value: object) -> bool:
    if not isinstance(value, str):
        return isinstance(value, int | float) and value == 0
    if len(value) > _SHORT:
        return False
    if flag_of(value) is False or says_unknown(value):
        return True
    words = _without_grants(folded(value).split())
    denied = bool(words) and words[0] in _phrases("denying")
    return denied or any(phrase in _phrases("refusing") for phrase, _ in _runs(words))


def _without_grants(words: Sequence[str]) -> list[str]:
    """The words of an answer without those that grant although they deny: "no rights reserved"."""
    granting = {place for phrase, places in _runs(words) if phrase in _phrases("granting") for place in places}
    return [word for place, word in enumerate(words) if place not in granting]


def _is_yes(value: object) -> bool:
    return flag_of(value) is True if isinstance(value, str) else isinstance(value, int | float) and value == 1


def _asks_leave(words: tuple[str, ...]) -> bool:
    """`can be sold`, `subject ok`."""
    return len(words) > 1 and not _phrases("modals").isdisjoint(words)


@lru_cache(maxsize=1 << 13)
def _is_made_of(words: tuple[str, ...], kind: str) -> bool:
    """Whether every word of a name belongs to a list or is a small one, and one at least to the list."""
    covered = {place for phrase, places in _runs(words) if phrase in _phrases(kind) for place in places}
    small = _phrases("small")
    return bool(covered) and all(place in covered or word in small for place, word in enumerate(words))


def _stand_near(words: Sequence[str]) -> bool:
    """Whether phrases of the two lists of a pair stand near one another."""
    found: dict[int, tuple[list[range], list[range]]] = {}
    for phrase, place in _runs(words):
        for number, side in _sides().get(phrase, ()):
            found.setdefault(number, ([], []))[side].append(place)
    return any(
        0 <= other.start - one.stop <= pair["between"]
        or (not pair.get("forwards") and 0 <= one.start - other.stop <= pair["between"])
        for number, (ones, others) in found.items()
        for pair in [table(*_FILE)["pairs"][number]]
        for one in ones
        for other in others
    )


def _runs(words: Sequence[str]) -> Iterator[tuple[str, range]]:
    """Every run of words that a phrase may have, and where it stands."""
    for start in range(len(words)):
        for end in range(start + 1, min(start + _LONGEST, len(words)) + 1):
            yield " ".join(words[start:end]), range(start, end)


@cache
def _phrases(kind: str) -> frozenset[str]:
    return parted(table(*_FILE)[kind])


@cache
def _joined(kind: str) -> frozenset[str]:
    return frozenset(phrase.replace(" ", "") for phrase in _phrases(kind))


@cache
def _remarks() -> tuple[str, ...]:
    """Each remark between the blanks that part it from other words."""
    return tuple(f" {remark} " for remark in _phrases("remarks"))


@cache
def _sides() -> dict[str, list[tuple[int, int]]]:
    """Of which pairs a phrase is, by number, and on which side: 0 or 1."""
    sides: dict[str, list[tuple[int, int]]] = {}
    for number, pair in enumerate(table(*_FILE)["pairs"]):
        for side, name in enumerate(("one", "other")):
            for phrase in parted(pair[name]):
                sides.setdefault(phrase, []).append((number, side))
    return sides
