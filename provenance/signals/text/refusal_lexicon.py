"""The phrases that refuse, by language, as they stand in `lexicons/refusals/*.toml`, and where a text has them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Any, Final

from provenance.signals.text.lexicon import LANGUAGES, items
from provenance.signals.text.tokens import Tokens

LONGEST: Final = 8
"""Words of the longest phrase of the lexicons, or more."""
_SPOKEN: Final = (
    ("do not", "don t"),
    ("cannot", "can t"),
    ("must not", "mustn t"),
    ("are not", "aren t"),
    ("is not", "isn t"),
)
_TWO_LETTERS: Final = re.compile(r"([aou])e")
_WORDS: Final = ("negations", "undone", "told", "to_come", "continued", "permission", "granted")


class Role(StrEnum):
    """What a phrase of the lexicon does; the names are those of its lists."""

    TOPIC = "topics"
    TOPIC_OF_RIGHTS = "topics_of_rights"
    SHORT = "short"
    USE = "uses"
    NEAR = "near"
    EXCEPTION = "exceptions"
    DENIAL = "denials"
    BAN = "bans"
    AFTER = "after"
    ALONE = "alone"
    WHOLE = "whole"
    NOTHING = "nothing"
    NOTHING_OF_RIGHTS = "nothing_of_rights"
    GRANT = "grants"
    WITHOUT = "without"
    REQUIRES = "requires"
    NON_COMMERCIAL = "non_commercial"
    NO_DERIVATIVES = "no_derivatives"


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand side by side, and what they do in their language."""

    words: tuple[str, ...]
    role: Role
    language: str


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Every phrase by its first word, the longest first, and the plain word lists by language and name."""

    phrases: Mapping[str, tuple[Phrase, ...]]
    words: Mapping[tuple[str, str], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase in a text: its first and last word."""

    first: int
    last: int
    phrase: Phrase


@dataclass(frozen=True, slots=True)
class OtherLanguage:
    """What refuses in a language without a lexicon of its own."""

    language: str
    topics: tuple[str, ...]
    refusals: tuple[str, ...]
    nothing: tuple[str, ...]
    speaks: tuple[str, ...]
    """The topics and what grants nothing, one of which a text has that refuses."""


@cache
def lexicon() -> Lexicon:
    """The lexicons of all languages, read once.

    >>> "noai" in lexicon().phrases
    True
    """
    phrases: dict[str, list[Phrase]] = {}
    words: dict[tuple[str, str], frozenset[str]] = {}
    for table in (_table(language) for language in LANGUAGES):
        for role in Role:
            for item in dict.fromkeys(chain.from_iterable(map(_spellings, items(table[role.value])))):
                phrase = Phrase(tuple(item.split()), role, table["language"])
                phrases.setdefault(phrase.words[0], []).append(phrase)
        for name in _WORDS:
            words[table["language"], name] = frozenset(items(table[name]))
    ordered = {first: tuple(sorted(some, key=lambda each: -len(each.words))) for first, some in phrases.items()}
    return Lexicon(ordered, words)


@cache
def words_of_all(name: str) -> frozenset[str]:
    """The words of a list in every language, since topics are called by English names in all of them."""
    return frozenset().union(*(words for (_, listed), words in lexicon().words.items() if listed == name))


@cache
def leading_on() -> frozenset[str]:
    """The words of use in every language: no sentence ends with "for" or "durch"."""
    return frozenset(p.words[-1] for some in lexicon().phrases.values() for p in some if p.role is Role.USE)


def phrases_in(tokens: Tokens, book: Lexicon) -> tuple[Match, ...]:
    """Every phrase found. The longest of a role and language at a place hides the shorter ones."""
    words = tuple(token.word for token in tokens.words)
    german = tuple(map(respelt, words))
    found: list[Match] = []
    for index, word in enumerate(words):
        taken: set[tuple[Role, str]] = set()
        begun = book.phrases.get(word, ())
        if german[index] != word:
            begun += book.phrases.get(german[index], ())
        for phrase in begun:
            key, size = (phrase.role, phrase.language), len(phrase.words)
            spelt = german if phrase.language == "de" else words
            if key not in taken and spelt[index : index + size] == phrase.words:
                taken.add(key)
                found.append(Match(index, index + size - 1, phrase))
    return tuple(found)


def respelt(word: str) -> str:
    """A folded word with the umlauts that were written as two letters folded too: `fuer` as `fur`."""
    return _TWO_LETTERS.sub(r"\1", word) if "e" in word else word


@cache
def other_languages() -> tuple[OtherLanguage, ...]:
    """The languages without a lexicon of their own."""
    return tuple(
        OtherLanguage(
            one["language"],
            tuple(one["topics"]),
            tuple(one["refusals"]),
            tuple(one["nothing"]),
            speaks=(*one["topics"], *one["nothing"]),
        )
        for one in _table("others")["languages"]
    )


def _spellings(phrase: str) -> Iterator[str]:
    """A phrase, and as it is spoken: `do not use`, `don't use`."""
    yield phrase
    for written, spoken in _SPOKEN:
        if f"{phrase} ".startswith(f"{written} "):
            yield spoken + phrase.removeprefix(written)


def _table(language: str) -> dict[str, Any]:
    place = files("provenance.signals.text").joinpath("lexicons", "refusals", f"{language}.toml")
    return tomllib.loads(place.read_text(encoding="utf-8"))
