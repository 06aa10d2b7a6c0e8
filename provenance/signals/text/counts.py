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

from provenance.signals.text.lexicon import lexicon
from provenance.signals.text.tokens import Tokens

_MOST: Final = 50
"""A larger number beside people is as often a distance or a house number."""
_REACH: Final = 2
"""Words between a number and the people: "three of my young colleagues" is beyond it, "three young women" is not."""
_BREAKS: Final = frozenset(".,;:!?()|\n")
_SIGNS: Final = frozenset("%\u00b0$\u20ac\u00a3#\u2116")
"""Beside a number these say that it is a share, a price, or the number of something."""
_WITHIN: Final = frozenset((":", ".", ",", "/"))
"""Between two numbers these make one of them: a time, a date, a result."""
_RANGES: Final = frozenset(("-", "\u2013"))
_MEASURES: Final = ("years", "months", "weeks", "old", "ordinals", "grades")
"""Lists of the lexicons whose words stand behind the number of an age, a time or a school year."""


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
    groups = tuple(_groups(tokens))
    # "A family of four" is four, and not one family.
    alone = (one for one in _beside(tokens, people) if not any(_overlap(one, group) for group in groups))
    counts = sorted({*alone, *groups}, key=lambda count: (count.first, -count.people))
    best = total = 0
    before: _Count | None = None
    for count in counts:
        if before is not None and count.first <= before.last:
            continue
        joined = before is not None and _joined(tokens, before, count)
        total = count.people + (total if joined else _is_with_its_own(tokens, count))
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
        count = _before(tokens, first, last)
        if count is not None:
            yield count


def _before(tokens: Tokens, first: int, last: int) -> _Count | None:
    """The number or article that stands before people. An age says how old they are: "two 9-year-old girls" are two."""
    reach, measured = _REACH, False
    own: _Count | None = None
    for at in range(first - 1, -1, -1):
        word = tokens.words[at].word
        if reach < 0 or not _BREAKS.isdisjoint(tokens.between(at, at + 1)) or word in _words("apart"):
            return own
        number = _number(tokens, at)
        if number is not None and not measured:
            return _Count(at, last, number)
        if word in _words("one"):
            return _Count(at, last, 1)
        if word in _words("own"):
            own = own or _Count(at, last, 1)  # but "two of my friends" are two
        if number is not None:
            measured = False
        measured |= word in _words("streets")
        reach -= not (word.isdecimal() or _is_measure(word))
    return own


def _groups(tokens: Tokens) -> Iterable[_Count]:
    for index in range(len(tokens.words) - 2):
        if tokens.words[index].word in _words("groups") and tokens.words[index + 1].word in _of():
            number = _number(tokens, index + 2)
            if number is not None:
                yield _Count(index, index + 2, number)


def _number(tokens: Tokens, at: int) -> int | None:
    """The number that a word counts with; None where it is part of an age, a time, a size, an address or a name."""
    word = tokens.words[at].word
    if at > 0 and (_is_named(tokens.words[at - 1].word) or _makes_one(tokens, at - 1)):
        return None
    if at + 1 < len(tokens.words) and (_is_measure(tokens.words[at + 1].word) or _makes_one(tokens, at)):
        return None
    if not _SIGNS.isdisjoint(_around(tokens, at)):
        return None
    if word.isdecimal() and len(word) <= 2:
        return int(word) if 2 <= int(word) <= _MOST else None
    return _cardinals().get(word)


def _is_named(word: str) -> bool:
    """Whether a word before a number makes it the number of something: "room 12", "under 12"."""
    return word in _words("not_counts") or word in lexicon().words["under"]


def _is_measure(word: str) -> bool:
    """Whether a word behind a number says what it measures."""
    lists = lexicon().words
    return (
        word in _words("measures")
        or word in _words("streets")
        or any(word in lists[name] for name in _MEASURES)
        or word.endswith(lexicon().year_endings)
    )


def _around(tokens: Tokens, at: int) -> str:
    """The signs on both sides of a word."""
    token = tokens.words[at]
    return tokens.text[max(0, token.start - 1) : token.start] + tokens.text[token.end : token.end + 1]


def _makes_one(tokens: Tokens, at: int) -> bool:
    """Whether a word and the next are two numbers of one time, date or result. "2-3 women" may be three."""
    low, high = tokens.words[at].word, tokens.words[at + 1].word
    if not (low.isdecimal() and high.isdecimal()):
        return False
    between = tokens.between(at, at + 1)
    return between in _WITHIN or (between in _RANGES and int(low) >= int(high))


def _overlap(one: _Count, other: _Count) -> bool:
    return one.first <= other.last and other.first <= one.last


def _joined(tokens: Tokens, before: _Count, count: _Count) -> bool:
    """Whether two counts are of one company: "two men and a woman", "two men, a woman"."""
    between = [token.word for token in tokens.words[before.last + 1 : count.first]]
    return not between or (len(between) == 1 and between[0] in _words("joined"))


def _is_with_its_own(tokens: Tokens, count: _Count) -> bool:
    """Whether somebody unnamed is there as well: "with her sister"."""
    at = count.first
    return at > 0 and tokens.words[at].word in _words("own") and tokens.words[at - 1].word in _words("joined")


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
