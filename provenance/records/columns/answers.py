"""What a cell of a column that is no field of ours says of what is permitted: a state, a remark, an answer.

A manifest keeps such columns, so that a limit in them would be lost. The words are data (`answers.toml`).

>>> is_state("Withdrawn"), speaks_of_refusal("Only until Dec 2027"), answers_no("OK for AI?", "nein")
(True, True, True)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class _Pair:
    """Words of one list near words of the other say something; `forwards` where only in this order."""

    one: frozenset[str]
    other: frozenset[str]
    between: int
    forwards: bool


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
    plain = folded(text)
    words = [_YEAR.sub("YEAR", word) for word in plain.split()]
    return any(f" {phrase} " in f" {plain} " for phrase in _phrases("remarks")) or any(
        _stand_near(words, pair) for pair in _pairs()
    )


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
    words = folded(value).split()
    denied = bool(words) and words[0] in _phrases("denying")
    return denied or any(True for _ in _places(words, _phrases("refusing")))


def _is_yes(value: object) -> bool:
    return flag_of(value) is True if isinstance(value, str) else isinstance(value, int | float) and value == 1


def _asks_leave(words: tuple[str, ...]) -> bool:
    """`can be sold`, `subject ok`."""
    return len(words) > 1 and not _phrases("modals").isdisjoint(words)


@lru_cache(maxsize=1 << 13)
def _is_made_of(words: tuple[str, ...], kind: str) -> bool:
    """Whether every word of a name belongs to a list or is a small one, and one at least to the list."""
    told = set(_places(words, _phrases(kind)))
    covered = {place for start, end in told for place in range(start, end)}
    small = _phrases("small")
    return bool(told) and all(place in covered or word in small for place, word in enumerate(words))


def _stand_near(words: Sequence[str], pair: _Pair) -> bool:
    one = list(_places(words, pair.one))
    if not one:
        return False
    for start, end in _places(words, pair.other):
        for first, last in one:
            if 0 <= start - last <= pair.between or (not pair.forwards and 0 <= first - end <= pair.between):
                return True
    return False


def _places(words: Sequence[str], phrases: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Where in a text a phrase of the list begins and ends."""
    for start in range(len(words)):
        for end in range(start + 1, min(start + _LONGEST, len(words)) + 1):
            if " ".join(words[start:end]) in phrases:
                yield start, end


@cache
def _phrases(kind: str) -> frozenset[str]:
    return parted(table(*_FILE)[kind])


@cache
def _joined(kind: str) -> frozenset[str]:
    return frozenset(phrase.replace(" ", "") for phrase in _phrases(kind))


@cache
def _pairs() -> tuple[_Pair, ...]:
    return tuple(
        _Pair(parted(one["one"]), parted(one["other"]), one["between"], one.get("forwards", False))
        for one in table(*_FILE)["pairs"]
    )
