"""Ages under 18 in a text: "aged 7", "16yo", "zehnjährige", "cumple tres", "under-12", "5th grade", "Tom, 4".

Each rule looks at one number and a few words around it, so the work is linear. A number counts as a person's age
only with a sign that it is one, since most numbers beside "years" are the age of a house or a whisky.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Final

from provenance.signals.text.lexicon import Lexicon, PhraseKind
from provenance.signals.text.tokens import Tokens
from provenance.vocabulary import ADULT_AGE

_WINDOW: Final = 6


@dataclass(frozen=True, slots=True)
class AgeMention:
    """An age found between two words, in years; 0 where it is given in months or less."""

    first: int
    last: int
    years: int
    rule: str


@dataclass(frozen=True, slots=True)
class Reader:
    """A text with everything the rules look at: the phrases by the index of their last and first word."""

    tokens: Tokens
    book: Lexicon
    ends: dict[int, set[PhraseKind]]
    people: frozenset[int]
    """Indices of words that name a person or a child."""
    covered: frozenset[int]
    """Indices of words inside a false friend."""
    prose: bool
    """False for file names and URLs, where commas and capitals mean nothing."""

    def word(self, index: int) -> str:
        """The word at an index, or "" beyond the text."""
        return self.tokens.words[index].word if 0 <= index < len(self.tokens.words) else ""

    def within(self, index: int, words: Collection[str], reach: int = _WINDOW) -> bool:
        """Whether one of the words stands within reach."""
        return any(self.word(at) in words for at in range(index - reach, index + reach + 1))

    def beside_person(self, index: int) -> bool:
        """Whether a word for a person stands within reach."""
        return any(at in self.people for at in range(index - _WINDOW, index + _WINDOW + 1))

    def gap(self, index: int) -> str:
        """What stands between a word and the one after it."""
        last = len(self.tokens.words) - 1
        return self.tokens.between(index, index + 1) if 0 <= index < last else ""

    def follows(self, index: int, kind: PhraseKind) -> bool:
        """Whether a phrase of this kind ends just before the word."""
        return kind in self.ends.get(index - 1, ())


def find_ages(reader: Reader) -> Iterator[AgeMention]:
    """Every age under 18 that the rules see, in the order of the text."""
    for index, token in enumerate(reader.tokens.words):
        ending = _number_with_ending(reader, index)
        if ending is not None:
            yield ending
        number = _number(reader.book, token.word)
        if number is None or index in reader.covered:
            continue
        for rule in _RULES:
            found = rule(reader, index, number)
            if found is not None:
                yield found
                break


def _number(book: Lexicon, word: str) -> int | None:
    if word.isdecimal():
        return int(word) if len(word) <= 3 else None
    return book.numbers.get(word)


def _thing(reader: Reader, index: int) -> bool:
    return reader.within(index, reader.book.words["things"])


def _with_unit(reader: Reader, index: int, number: int) -> AgeMention | None:
    """ "7 years old", "6 months", "4 ans", "16yo"."""
    words = reader.book.words
    unit, after = reader.word(index + 1), reader.word(index + 2)
    if not any(unit in words[kind] for kind in ("years", "months", "weeks")):
        return None
    years = number if unit in words["years"] else 0
    if years >= ADULT_AGE or _thing(reader, index):
        return None
    strong = (
        unit in ("yo", "yos")
        or after in words["old"]
        or reader.follows(index, PhraseKind.AGED)
        or (reader.follows(index, PhraseKind.TURNS) and reader.prose)
    )
    span = unit in words["weeks"] or after in words["after_years_not"] or _time_ago(reader, index)
    if not strong and (span or not _cue(reader, index)):
        return None
    return AgeMention(index, index + 2 if after in words["old"] else index + 1, years, "age")


def _time_ago(reader: Reader, index: int) -> bool:
    """Whether the words before a number make it a stretch of time: "for 5 years", "il y a 5 ans", "vor 5 Jahren"."""
    return not reader.book.words["before_number_not"].isdisjoint((reader.word(index - 1), reader.word(index - 2)))


def _cue(reader: Reader, index: int) -> bool:
    """Whether somebody who could have an age stands close by: a person, a child or a birthday."""
    near = range(index - _WINDOW, index + _WINDOW + 1)
    return reader.beside_person(index) or any(PhraseKind.BIRTHDAY in reader.ends.get(at, ()) for at in near)


def _after_aged(reader: Reader, index: int, number: int) -> AgeMention | None:
    """ "aged 3", "ages 5 to 8", "is only thirteen", "turning one", "wird drei"."""
    unit, words = reader.word(index + 1), reader.book.words
    aged = reader.follows(index, PhraseKind.AGED)
    if number >= ADULT_AGE or not (aged or reader.follows(index, PhraseKind.TURNS)):
        return None
    if _thing(reader, index) or unit in words["months"] or unit in words["weeks"]:
        return None
    if aged:
        return AgeMention(index - 1, index, number, "age")
    return AgeMention(index - 1, index, number, "age reached") if unit not in words["ordinals"] else None


def _birthday(reader: Reader, index: int, number: int) -> AgeMention | None:
    """ "fifth birthday", "5th birthday", "18. Geburtstag", "birthday 4"."""
    ordinal = reader.word(index + 1) in reader.book.words["ordinals"]
    after = index + (2 if ordinal else 1)
    before = reader.follows(index, PhraseKind.BIRTHDAY) and not reader.word(index).isalpha()
    behind = PhraseKind.BIRTHDAY in reader.ends.get(after, ())
    if number >= ADULT_AGE or not (before or behind) or _thing(reader, index):
        return None
    return AgeMention(index, after, number, "birthday") if behind else AgeMention(index - 1, index, number, "birthday")


def _team(reader: Reader, index: int, number: int) -> AgeMention | None:
    """ "under-12", "U9", "sub-13": the age classes of youth sport."""
    joined = reader.gap(index - 1) in ("", "-", "_", " ") if reader.word(index - 1) == "sub" else None
    if joined is None:
        joined = reader.gap(index - 1) in ("", "-", "_")
    if reader.word(index - 1) not in reader.book.words["under"] or index == 0 or not joined:
        return None
    return AgeMention(index - 1, index, number - 1, "under an age") if 5 <= number <= ADULT_AGE else None


def _grade(reader: Reader, index: int, number: int) -> AgeMention | None:
    """ "5th grade", "grade 5", "CM2", "Klasse 3b"; "year 4" only near a word of school."""
    words = reader.book.words
    after = index + (2 if reader.word(index + 1) in words["ordinals"] else 1)
    before = reader.word(index - 1)
    named = reader.word(after) in words["grades"] or before in words["grades"] or before in words["school_years"]
    if not 1 <= number <= 13 or not named or _thing(reader, index):
        return None
    if reader.word(after) in words["grades"]:
        return AgeMention(index, after, number + 5, "school year")
    single_letter = len(reader.word(index - 2)) == 1 and reader.gap(index - 2) == "-"
    if before in words["grades"] and not single_letter:
        return AgeMention(index - 1, index, number + 5, "school year")
    if before in words["school_years"] and reader.within(index, words["school"] - {before}):
        return AgeMention(index - 1, index, number + 5, "school year")
    return None


def _name_comma(reader: Reader, index: int, number: int) -> AgeMention | None:
    """ "Tom, 4, and his dog" or "Tom (4)": how the news gives an age."""
    if not reader.prose or index == 0 or not 1 <= number < ADULT_AGE or not reader.word(index).isdecimal():
        return None
    before, gap = reader.tokens.words[index - 1], reader.gap(index - 1)
    end = reader.tokens.words[index].end
    closes = reader.tokens.text[end : end + 1] in ("", ",", ")", ";", ":") or reader.tokens.text[end:] == "."
    named = before.capital and not before.word.isdecimal() and len(before.word) > 1
    if named and closes and gap in (", ", " (") and not _thing(reader, index):
        return AgeMention(index - 1, index, number, "age after a name")
    return None


def _number_with_ending(reader: Reader, index: int) -> AgeMention | None:
    """German "zehnjähriger" and "15-jährige"."""
    word, endings = reader.word(index), reader.book.year_endings
    if not word.endswith(endings):
        return None
    ending = next(each for each in endings if word.endswith(each))
    before = reader.word(index - 1) if word == ending else word.removesuffix(ending)
    number = _number(reader.book, before)
    if number is None or number >= ADULT_AGE or _thing(reader, index):
        return None
    return AgeMention(index - 1 if word == ending else index, index, number, "age")


_RULES: Final[tuple[Callable[[Reader, int, int], AgeMention | None], ...]] = (
    _with_unit,
    _after_aged,
    _birthday,
    _team,
    _grade,
    _name_comma,
)
