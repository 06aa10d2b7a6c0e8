"""The word lists of `lexicons/*.toml`, compiled into one table of phrases by their first word.

All languages are looked for at once, since a caption mixes them and a file name has none.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final

LANGUAGES: Final = ("de", "en", "es", "fr", "pt")


class PhraseKind(StrEnum):
    """What a phrase means where it is found."""

    MINOR = "MINOR"
    PERSON = "PERSON"
    FRIEND = "FRIEND"
    """A false friend: the words in it are no child."""
    AGED = "AGED"
    """Stands before a bare age."""
    TURNS = "TURNS"
    """Stands before the age that somebody reaches."""
    BIRTHDAY = "BIRTHDAY"


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of a lexicon; a gated one counts only in a text of its own language."""

    words: tuple[str, ...]
    kind: PhraseKind
    language: str
    gated: bool = False


@dataclass(frozen=True, slots=True)
class Near:
    """Words that stop counting within so many words of others."""

    words: frozenset[str]
    beside: frozenset[str]
    within: int
    across: bool


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Every list of every language, merged. Numbers are whole years or ordinals from 1 to 17."""

    phrases: Mapping[str, tuple[Phrase, ...]]
    suffixes: tuple[str, ...]
    year_endings: tuple[str, ...]
    nouns: frozenset[str]
    near: Mapping[str, tuple[Near, ...]]
    stopwords: Mapping[str, frozenset[str]]
    numbers: Mapping[str, int]
    words: Mapping[str, frozenset[str]]
    """The plain word lists by name: things, years, months, old, ordinals, grades, school, under …"""


_WORD_LISTS: Final = (
    "things",
    "years",
    "months",
    "weeks",
    "old",
    "ordinals",
    "before_number_not",
    "after_years_not",
    "grades",
    "school_years",
    "school",
    "under",
    "youth_classes",
)
_PHRASE_LISTS: Final = {
    "minors": PhraseKind.MINOR,
    "persons": PhraseKind.PERSON,
    "false_friends": PhraseKind.FRIEND,
    "aged": PhraseKind.AGED,
    "turns": PhraseKind.TURNS,
    "birthdays": PhraseKind.BIRTHDAY,
}


@cache
def lexicon() -> Lexicon:
    """The compiled lists, read once.

    >>> lexicon().numbers["seven"]
    7
    """
    tables = [_table(language) for language in LANGUAGES]
    phrases: dict[str, list[Phrase]] = {}
    for table in tables:
        for phrase in _phrases(table):
            phrases.setdefault(phrase.words[0], []).append(phrase)
    near: dict[str, list[Near]] = {}
    for table in tables:
        for rule in table.get("near", []):
            made = Near(_set(rule["words"]), _set(rule["beside"]), rule["within"], rule["across"])
            for word in made.words:
                near.setdefault(word, []).append(made)
    return Lexicon(
        phrases={first: tuple(sorted(some, key=lambda p: -len(p.words))) for first, some in phrases.items()},
        suffixes=tuple(sorted(_union(tables, "suffixes"))),
        year_endings=tuple(sorted(_union(tables, "year_endings"))),
        nouns=_union(tables, "nouns"),
        near={word: tuple(rules) for word, rules in near.items()},
        stopwords={table["language"]: _set(table["stopwords"]) for table in tables},
        numbers={word: number for table in tables for word, number in table["numbers"].items()},
        words={name: _union(tables, name) for name in _WORD_LISTS},
    )


def _table(language: str) -> dict[str, Any]:
    text = files("provenance.signals.text").joinpath("lexicons", f"{language}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _phrases(table: Mapping[str, Any]) -> Iterable[Phrase]:
    gated = set(items(table.get("gated", "")))
    for name, kind in _PHRASE_LISTS.items():
        for item in dict.fromkeys(items(table[name])):
            only_here = kind is PhraseKind.MINOR and item in gated
            yield Phrase(tuple(item.split()), kind, table["language"], gated=only_here)


def items(text: str) -> list[str]:
    """The phrases of a list: between bars; a line's end ends one too.

    >>> items("not for | never for\nagainst")
    ['not for', 'never for', 'against']
    """
    return [item.strip() for line in text.splitlines() for item in line.split("|") if item.strip()]


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _union(tables: Iterable[Mapping[str, Any]], name: str) -> frozenset[str]:
    return frozenset(word for table in tables for word in table.get(name, "").split())
