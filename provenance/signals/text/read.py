"""Signals of minors and of people in captions, keywords, file names, paths and URLs.

Text can only raise a suspicion: trust is SUSPECTED, and a text without a signal says nothing about who is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from provenance.model import Signal, SignalSubject, SignalVerdict, Trust
from provenance.signals.text.ages import AgeMention, Reader, find_ages
from provenance.signals.text.counts import people_counted
from provenance.signals.text.language import language_of_tokens
from provenance.signals.text.lexicon import Lexicon, Phrase, PhraseKind, lexicon
from provenance.signals.text.tokens import Tokens, tokenise

MAX_SIGNALS: Final = 8
"""Of each subject and field: the first suffice for a review."""
MAX_TOTAL: Final = 200_000
"""Characters read of all texts of one image."""
IN_PATH: Final = " in path"
_PARTED: Final = re.compile(r"[/\\]")
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_NUMBERED: Final = re.compile(r"[0-9][0-9/_.-]{0,200}\.(?:avif|bmp|gif|heic|jpe?g|jxl|png|tiff?|webp)", re.IGNORECASE)
_STATEMENT: Final = 3
"""Words of a folder's name that may be a statement."""
_CONTEXT: Final = 200
_ADDRESSES: Final = frozenset({"file_name", "url", "source_url", "page_url"})
"""Fields of a manifest that hold no prose, where commas and capitals mean nothing."""


def read_text(field: str, text: str) -> tuple[Signal, ...]:
    """The signals of one text that stands beside an image; `field` says where, such as `caption` or `file_name`.

    MINOR and PERSON carry DENY (the text points to one), the matched span as `raw` and the field as `location`.
    A text longer than its bound is read as far as it goes and is UNREADABLE beyond.

    >>> [(s.subject.value, s.raw, s.value) for s in read_text("caption", "Girl, 9, wins the spelling bee")][:1]
    [('MINOR', 'Girl', 'girl')]
    """
    return _read(field, text, prose=field.lower() not in _ADDRESSES)


def _read(field: str, text: str, *, prose: bool) -> tuple[Signal, ...]:
    tokens = tokenise(text)
    book = lexicon()
    matches = tuple(_matches(tokens, book))
    covered = _covered(matches) | _beside(tokens, book)
    gated = any(phrase.gated for _, _, phrase in matches)
    language = language_of_tokens(tokens) if gated else None
    minors = [match for match in matches if _is_minor(match, tokens, language, covered)]
    minors += [
        (index, index, Phrase((word,), PhraseKind.MINOR, "")) for index, word in _compounds(tokens, book, covered)
    ]
    persons = [m for m in matches if m[2].kind is PhraseKind.PERSON and covered.isdisjoint(range(m[0], m[1] + 1))]
    ages = tuple(find_ages(_reader(tokens, book, matches, covered, [*minors, *persons], prose=prose)))
    people = sorted([*minors, *persons], key=lambda match: match[:2])
    return (
        *_minor_signals(field, tokens, minors, ages),
        *_person_signals(field, tokens, people, ages),
        *(() if tokens.whole else (_unread(field, tokens.text),)),
    )


def read_path(field: str, path: str) -> tuple[Signal, ...]:
    """The signals of a file's path or an address: signs of a minor alone, named so that a reason can say it.

    A folder called `person` is a class of a dataset as often as a statement on who is shown, so that words for people
    count for nothing here.

    >>> [(s.subject.value, s.name) for s in read_path("file_name", "kids/person/LittleGirl.jpg")][:1]
    [('MINOR', 'minor in path')]
    """
    found = (signal for signal in _read(field, path, prose=False) if signal.subject is not SignalSubject.PERSON)
    return tuple(replace(signal, name=signal.name.replace(" in text", IN_PATH)) for signal in found)


def is_numbered(path: str) -> bool:
    """Whether a path is nothing but numbers and the ending of a picture, as many datasets call theirs.

    No rule finds anything in one, and to look costs 26 us.

    >>> is_numbered("00012/000120034.jpg"), is_numbered("kids/16.jpg"), is_numbered("16.kid")
    (True, False, False)
    """
    return _NUMBERED.fullmatch(path) is not None


def statements_in_path(path: str) -> Iterator[str]:
    """The folders and the file name of a path that may be a statement on rights: those of three words or more.

    Shorter ones are classes of a dataset as often (`no_ai`, `rights`).

    >>> list(statements_in_path("no_ai/do-not-train/0001.jpg"))
    ['do-not-train']
    """
    for part in _PARTED.split(path):
        if len(_WORD.findall(part)) >= _STATEMENT:
            yield part


def is_from_path(signal: Signal) -> bool:
    """Whether a signal was read from a path or an address."""
    return signal.name.endswith(IN_PATH)


def read_texts(texts: Iterable[tuple[str, str]]) -> tuple[Signal, ...]:
    """The signals of all the (field, text) of one image, within one bound for them together.

    A file can hold thousands of fields; what lies beyond the bound is UNREADABLE, once.

    >>> [s.location for s in read_texts([("caption", "A hill"), ("alt_text", "A toddler")])]
    ['alt_text', 'alt_text']
    """
    found: list[Signal] = []
    left = MAX_TOTAL
    for field, text in texts:
        if len(text) > left:
            found.append(_unread(field, text))
            break
        # A short text costs its call too.
        left -= max(len(text), _CONTEXT)
        found.extend(read_text(field, text))
    return tuple(dict.fromkeys(found))


_Match = tuple[int, int, Phrase]
"""First and last word of a phrase that was found."""


def _matches(tokens: Tokens, book: Lexicon) -> Iterator[_Match]:
    """Every phrase found. The longest of a kind at a place hides the shorter ones."""
    words = tuple(token.word for token in tokens.words)
    for index, word in enumerate(words):
        taken: set[tuple[PhraseKind, str]] = set()
        for phrase in book.phrases.get(word, ()):
            key = (phrase.kind, phrase.language)
            size = len(phrase.words)
            if key not in taken and (size == 1 or words[index : index + size] == phrase.words):
                taken.add(key)
                yield index, index + size - 1, phrase


def _covered(matches: tuple[_Match, ...]) -> frozenset[int]:
    return frozenset(
        index for first, last, phrase in matches if phrase.kind is PhraseKind.FRIEND for index in range(first, last + 1)
    )


def _beside(tokens: Tokens, book: Lexicon) -> frozenset[int]:
    """Words that other words close by turn into something else, such as a baby beside an elephant."""
    return frozenset(index for index in range(len(tokens.words)) if _turned(tokens, book, index))


def _turned(tokens: Tokens, book: Lexicon, index: int) -> bool:
    for rule in book.near.get(tokens.words[index].word, ()):
        low, high = max(0, index - rule.within), min(len(tokens.words) - 1, index + rule.within)
        for other in range(low, high + 1):
            if tokens.words[other].word in rule.beside and (rule.across or _unbroken(tokens, index, other)):
                return True
    return False


def _unbroken(tokens: Tokens, one: int, other: int) -> bool:
    between = tokens.between(min(one, other), max(one, other))
    return not any(mark in between for mark in ",;:.()|")


def _is_minor(match: _Match, tokens: Tokens, language: str | None, covered: frozenset[int]) -> bool:
    first, last, phrase = match
    if phrase.kind is not PhraseKind.MINOR or not covered.isdisjoint(range(first, last + 1)):
        return False
    if not phrase.gated:
        return True
    # Where the language cannot be told, a German noun in a sentence needs its capital: "kind words" is English.
    written_small = phrase.language == "de" and " " in tokens.text and not tokens.words[first].capital
    return language == phrase.language or (language is None and not written_small)


def _compounds(tokens: Tokens, book: Lexicon, covered: frozenset[int]) -> Iterator[tuple[int, str]]:
    """Compound words by their ending, and German nouns that are adjectives unless they stand alone."""
    for index, token in enumerate(tokens.words):
        compound = token.word not in book.phrases and len(token.word) > 5 and token.word.endswith(book.suffixes)
        noun = token.word in book.nouns and token.capital and not _noun_follows(tokens, index)
        youth = token.word in book.words["youth_classes"] and _is_class_letter(tokens, index - 1)
        if index not in covered and (compound or noun or youth):
            yield index, token.word


def _noun_follows(tokens: Tokens, index: int) -> bool:
    after = index + 1
    return after < len(tokens.words) and tokens.words[after].capital and tokens.between(index, after).isspace()


def _is_class_letter(tokens: Tokens, index: int) -> bool:
    return index >= 0 and tokens.words[index].word in "abcdefg" and len(tokens.words[index].word) == 1


def _reader(
    tokens: Tokens,
    book: Lexicon,
    matches: tuple[_Match, ...],
    covered: frozenset[int],
    people: list[_Match],
    *,
    prose: bool,
) -> Reader:
    ends: dict[int, set[PhraseKind]] = {}
    for _, last, phrase in matches:
        if phrase.kind in (PhraseKind.AGED, PhraseKind.TURNS, PhraseKind.BIRTHDAY):
            ends.setdefault(last, set()).add(phrase.kind)
    indices = frozenset(index for first, last, _ in people for index in range(first, last + 1))
    return Reader(tokens, book, ends, indices, covered, prose)


def _minor_signals(field: str, tokens: Tokens, minors: list[_Match], ages: tuple[AgeMention, ...]) -> Iterator[Signal]:
    spans = [(first, last, "minor in text", " ".join(phrase.words)) for first, last, phrase in minors]
    spans += [(found.first, found.last, f"{found.rule} in text", f"age {max(found.years, 0)}") for found in ages]
    for first, last, name, value in sorted(spans)[:MAX_SIGNALS]:
        yield _signal(SignalSubject.MINOR, name, field, tokens.span(max(first, 0), last), value)


def _person_signals(field: str, tokens: Tokens, people: list[_Match], ages: tuple[AgeMention, ...]) -> Iterator[Signal]:
    for first, last, phrase in people[:1]:
        yield _signal(SignalSubject.PERSON, "person in text", field, tokens.span(first, last), " ".join(phrase.words))
    if not people and ages:
        yield _signal(SignalSubject.PERSON, "person in text", field, tokens.span(ages[0].first, ages[0].last), "age")
    counted = people_counted(tokens, [(first, last) for first, last, _ in people])
    if counted:
        yield _signal(SignalSubject.PERSON, "people counted in text", field, str(counted), str(counted))


def _unread(field: str, text: str) -> Signal:
    raw, why = _storable(text[:_CONTEXT]), "longer than what is read"
    return Signal(SignalSubject.UNREADABLE, SignalVerdict.UNKNOWN, "text", field, raw, why)


def _signal(subject: SignalSubject, name: str, field: str, raw: str, value: str) -> Signal:
    return Signal(subject, SignalVerdict.DENY, name, field, _storable(raw[:_CONTEXT]), value, Trust.SUSPECTED)


def _storable(text: str) -> str:
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
