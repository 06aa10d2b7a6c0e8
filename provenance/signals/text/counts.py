"""How many people a text counts: "three colleagues", "a group of five", "two men and a woman".

>>> from provenance.signals.text.tokens import tokenise
>>> people_counted(tokenise("A group of five at the lake"), ())
5
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from provenance.signals.text.tokens import Tokens

_MOST: Final = 50
"""A larger number beside people is as often a distance or a house number."""
_REACH: Final = 2
"""Words between a number and the people: "three of my young colleagues" is beyond it, "three young women" is not."""
_BREAKS: Final = frozenset(".,;:!?()|\n")


@dataclass(frozen=True, slots=True)
class _Count:
    """A count of people: the first and last word that it takes up."""

    first: int
    last: int
    people: int


def people_counted(tokens: Tokens, people: Iterable[tuple[int, int]]) -> int:
    """The most people that the text counts in one breath, 0 where it counts nobody.

    `people` are the first and last word of each phrase that names people.
    """
    counts = sorted({*_beside(tokens, people), *_groups(tokens)}, key=lambda count: (count.first, -count.people))
    best = total = 0
    before: _Count | None = None
    for count in counts:
        if before is not None and count.first <= before.last:
            continue
        total = total + count.people if before is not None and _joined(tokens, before, count) else count.people
        best = max(best, total if total > 1 else 0)
        before = count
    return min(best, _MOST)


def _beside(tokens: Tokens, people: Iterable[tuple[int, int]]) -> Iterable[_Count]:
    """People with a number, an article or a number of their own: "five friends", "a woman", "twins"."""
    for first, last in people:
        fixed = _fixed().get(tokens.words[last].word)
        if fixed is not None:
            yield _Count(first, last, fixed)
            continue
        for at in range(first - 1, max(-1, first - 2 - _REACH), -1):
            if not _BREAKS.isdisjoint(tokens.between(at, at + 1)):
                break
            number = _number(tokens, at)
            if number is not None:
                yield _Count(at, last, number)
                break
            if tokens.words[at].word in _words("one"):
                yield _Count(at, last, 1)
                break


def _groups(tokens: Tokens) -> Iterable[_Count]:
    for index in range(len(tokens.words) - 2):
        if tokens.words[index].word in _words("groups") and tokens.words[index + 1].word in _of():
            number = _number(tokens, index + 2)
            if number is not None:
                yield _Count(index, index + 2, number)


def _number(tokens: Tokens, at: int) -> int | None:
    word = tokens.words[at].word
    if at > 0 and tokens.words[at - 1].word in _words("not_counts"):
        return None
    if word.isdecimal() and len(word) <= 2:
        return int(word) if 2 <= int(word) <= _MOST else None
    return _cardinals().get(word)


def _joined(tokens: Tokens, before: _Count, count: _Count) -> bool:
    """Whether two counts are of one company: "two men and a woman", "two men, a woman"."""
    between = [token.word for token in tokens.words[before.last + 1 : count.first]]
    return not between or (len(between) == 1 and between[0] in _words("joined"))


@cache
def _table() -> dict[str, Any]:
    place = files("provenance.signals.text").joinpath("lexicons", "counts.toml")
    return tomllib.loads(place.read_text(encoding="utf-8"))


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(_table()[name]["words"].split())


@cache
def _of() -> frozenset[str]:
    return frozenset(_table()["groups"]["of"].split())


@cache
def _cardinals() -> dict[str, int]:
    cardinals: dict[str, int] = _table()["cardinals"]
    return cardinals


@cache
def _fixed() -> dict[str, int]:
    fixed: dict[str, int] = _table()["fixed"]
    return fixed
