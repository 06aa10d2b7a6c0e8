"""Refusals in words: of AI training and of text and data mining, of any use at all, and conditions of a licence.

A refusal is a word that refuses and a topic that is refused, in one sentence and in one language: "may not be used to
train artificial intelligence". Word lists and what turns a word round ("no restrictions on", "was involved") are data
(`lexicons/refusals/*.toml`), and `refusals.md` beside the tests says how well they do. Whether words bind a machine is
unsettled, so a refusal in words is SUSPECTED and for a person to look at. A permission in words is none.

>>> [(each.kind.value, each.span) for each in find_refusals("Not for AI training.", TextKind.RIGHTS)]
[('RESERVATION', 'Not for AI training')]
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import chain, islice
from typing import Final

from provenance.signals.text.refusal_lexicon import (
    LONGEST,
    Match,
    Role,
    leading_on,
    lexicon,
    other_languages,
    phrases_in,
    respelt,
    words_of_all,
)
from provenance.signals.text.tokens import MAX_TEXT, Tokens, tokenise

_NEAR: Final = 3
"""Words between a refusal and its topic where the refusal is a bare `no`."""
_FAR: Final = 30
_BEHIND: Final = 15
_NEGATED: Final = 3
_PERMISSION: Final = 5
_MAX_SPAN: Final = 160
_SENTENCE_END: Final = re.compile(r"[.!?](?=\s|$)|[;|\u2022]|\n\s*\n")
_OTHER_SENTENCE_END: Final = re.compile(r"[.!?](?=\s|$)|[;|\u2022\u3002\uff01\uff0c\uff1f]|\n\s*\n")
_CLAUSE_END: Final = re.compile(r"[,:\u2013\u2014/()\n]|\s-\s")
_KEPT: Final = 1_000
"""Texts whose answer is kept, as a collection's pictures carry the same notice; and the characters of such a text."""


class TextKind(StrEnum):
    """What kind of field a text stands in."""

    RIGHTS = "RIGHTS"
    """Copyright, usage terms, instructions: every word is about use."""
    PROSE = "PROSE"
    """Captions, titles, comments: words may be about anything."""
    KEYWORDS = "KEYWORDS"
    """Keywords, parted by commas or semicolons."""


class RefusalKind(StrEnum):
    """What is refused."""

    RESERVATION = "RESERVATION"
    """AI training or text and data mining."""
    NOTHING_GRANTED = "NOTHING_GRANTED"
    """Any use."""
    NON_COMMERCIAL = "NON_COMMERCIAL"
    NO_DERIVATIVES = "NO_DERIVATIVES"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal found: what is refused, the words, and their language."""

    kind: RefusalKind
    span: str
    language: str


_REFUSING: Final = (Role.NEAR, Role.EXCEPTION, Role.DENIAL, Role.BAN, Role.NOTHING, Role.AFTER)
_CONDITIONS: Final = {
    Role.NON_COMMERCIAL: RefusalKind.NON_COMMERCIAL,
    Role.NO_DERIVATIVES: RefusalKind.NO_DERIVATIVES,
}


def find_refusals(text: str, kind: TextKind) -> tuple[Refusal, ...]:
    """The refusals in one text, the first of each kind. Reads no more of it than `tokens.MAX_TEXT` characters."""
    return _kept(text, kind) if len(text) <= _KEPT else _found(text, kind)


def _found(text: str, kind: TextKind) -> tuple[Refusal, ...]:
    tokens = tokenise(text)
    matches = phrases_in(tokens, lexicon())
    found: dict[RefusalKind, Refusal] = {}
    if matches:
        reading = _Reading(tokens, kind, _sentences(tokens), matches, [match.first for match in matches])
        for refusal in reading.refusals():
            found.setdefault(refusal.kind, refusal)
    for refusal in _in_other_languages(text):
        found.setdefault(refusal.kind, refusal)
    return tuple(found.values())


_kept: Final = lru_cache(maxsize=_KEPT)(_found)


def _in_other_languages(text: str) -> Iterator[Refusal]:
    """The commonest refusals in languages without a lexicon of their own."""
    lowered = text[:MAX_TEXT].lower()
    # A long text may have thousands of sentences, and hardly any has words of these languages.
    spoken = [one for one in other_languages() if _first_in(lowered, one.speaks)]
    for sentence in _OTHER_SENTENCE_END.split(lowered) if spoken else ():
        for other in spoken:
            topic = _first_in(sentence, other.topics)
            refusal = _first_in(sentence, other.refusals) if topic else None
            if topic and refusal:
                begin = min(sentence.index(topic), sentence.index(refusal))
                end = max(sentence.index(topic) + len(topic), sentence.index(refusal) + len(refusal))
                yield Refusal(RefusalKind.RESERVATION, sentence[begin:end].strip()[:_MAX_SPAN], other.language)
            nothing = _first_in(sentence, other.nothing)
            if nothing:
                yield Refusal(RefusalKind.NOTHING_GRANTED, nothing, other.language)


def _first_in(sentence: str, phrases: Iterable[str]) -> str | None:
    return next((phrase for phrase in phrases if phrase in sentence), None)


def _sentences(tokens: Tokens) -> tuple[int, ...]:
    """The number of the sentence that each word stands in."""
    numbers: list[int] = []
    for index in range(len(tokens.words)):
        ended = index > 0 and _ends_before(tokens, index)
        numbers.append(numbers[-1] + ended if numbers else 0)
    return tuple(numbers)


def _ends_before(tokens: Tokens, index: int) -> bool:
    """Whether a sentence ends between a word and the one before it. A line that was only broken goes on."""
    between = tokens.between(index - 1, index)
    if _SENTENCE_END.search(between):
        return True
    return "\n" in between and tokens.words[index].capital and tokens.words[index - 1].word not in leading_on()


@dataclass(frozen=True, slots=True)
class _Reading:
    """A text with the sentences of its words and the phrases found in it."""

    tokens: Tokens
    kind: TextKind
    sentences: tuple[int, ...]
    matches: tuple[Match, ...]
    starts: list[int]
    """The first word of each match, in ascending order."""

    def refusals(self) -> Iterator[Refusal]:
        """Phrases that refuse by themselves, then topics that are refused, then use that is refused without consent.

        The first of each suffices.
        """
        for match in self.matches:
            yield from self._alone(match)
        longer = {at for m in self.matches if m.phrase.role is Role.TOPIC for at in range(m.first, m.last + 1)}
        topics = [
            match
            for match in self.matches
            if match.phrase.role in self._topics() and not self._is_thing(match, longer) and not self._is_granted(match)
        ]
        yield from self._first(self._of_topic(match) for match in topics)
        pleas = [m for m in self.matches if m.phrase.role in (Role.WITHOUT, Role.REQUIRES)]
        yield from self._first(self._of_permission(match) for match in pleas)

    def _first(self, found: Iterable[Iterator[Refusal]]) -> Iterator[Refusal]:
        yield from islice(chain.from_iterable(found), 1)

    def _around(self, first: int, last: int) -> tuple[Match, ...]:
        """The phrases near enough to some words to bear on them."""
        low = bisect_left(self.starts, first - _FAR - LONGEST)
        return self.matches[low : bisect_right(self.starts, last + _BEHIND)]

    def _topics(self) -> tuple[Role, ...]:
        if self.kind is TextKind.PROSE:
            return (Role.TOPIC, Role.SHORT)
        return (Role.TOPIC, Role.TOPIC_OF_RIGHTS, Role.SHORT)

    def _alone(self, match: Match) -> Iterator[Refusal]:
        """A phrase that refuses by itself."""
        role, prose = match.phrase.role, self.kind is TextKind.PROSE
        if self._is_granted(match):
            return
        if role is Role.ALONE or (role is Role.WHOLE and self._is_whole(match)):
            yield self._refusal(RefusalKind.RESERVATION, match.first, match.last, match.phrase.language)
        elif role in _CONDITIONS:
            yield self._refusal(_CONDITIONS[role], match.first, match.last, match.phrase.language)
        elif (role is Role.NOTHING and not (prose and self._is(match.last + 1, self._words(match, "continued")))) or (
            role is Role.NOTHING_OF_RIGHTS and not prose and self._ends_clause(match) and not self._is_of_topic(match)
        ):
            yield self._refusal(RefusalKind.NOTHING_GRANTED, match.first, match.last, match.phrase.language)

    def _is_of_topic(self, match: Match) -> bool:
        """Whether what is refused is one use among others, told by its own name: "mining rights reserved"."""
        return any(any(self._of_topic(topic)) for topic in self._beside(match, self._topics()))

    def _is_granted(self, match: Match) -> bool:
        """Whether a phrase is part of one that grants: "no rights reserved"."""
        around = self._around(match.first, match.last)
        return any(other.phrase.role is Role.GRANT and _overlap(other, match) for other in around)

    def _of_topic(self, topic: Match) -> Iterator[Refusal]:
        """The refusals of a topic: a word of refusal before it or behind it, not turned round."""
        for match in self._beside(topic, _REFUSING):
            before = match.last < topic.first
            if before and match.phrase.role is not Role.AFTER and self._refuses_before(match, topic):
                yield self._refusal(RefusalKind.RESERVATION, match.first, topic.last, topic.phrase.language)
            elif not before and match.phrase.role is Role.AFTER and self._refuses_behind(match, topic):
                yield self._refusal(RefusalKind.RESERVATION, topic.first, match.last, topic.phrase.language)

    def _refuses_before(self, match: Match, topic: Match) -> bool:
        near = match.phrase.role in (Role.NEAR, Role.EXCEPTION)
        if match.phrase.role is Role.EXCEPTION and self.kind is TextKind.PROSE and not self._grants_before(match):
            return False
        between = range(match.last + 1, topic.first)
        if near and self.kind is TextKind.KEYWORDS and any(map(self._parted, range(match.last, topic.first))):
            return False  # "no people, artificial intelligence" is two keywords
        if (
            len(between) > (_NEAR if near else _FAR)
            or self._any(between, words_of_all("undone"))
            or self._is_told(topic)
            or self._is_granted(match)
        ):
            return False
        if (near and self._any(between, words_of_all("told"))) or (
            match.phrase.role is Role.BAN and self._negated(match)
        ):
            return False
        return topic.phrase.role is not Role.SHORT or self._is_used(topic)

    def _grants_before(self, match: Match) -> bool:
        """Whether a sentence speaks of use before a phrase: "free to use except for", not "all but data mining"."""
        start = bisect_left(self.sentences, self.sentences[match.first])
        return self._any(range(start, match.first), self._words(match, "granted"))

    def _refuses_behind(self, match: Match, topic: Match) -> bool:
        if match.first - topic.last - 1 > _BEHIND or (topic.phrase.role is Role.SHORT and not self._is_used(topic)):
            return False
        if match.phrase.words[-1] in self._words(match, "negations"):
            # "AI training: no" is an answer; "no" before more words is not.
            return self._ends_clause(match) and match.first == topic.last + 1
        if self.kind is TextKind.PROSE and self._elsewhere(topic, match):
            return False
        return not self._negated(match)

    def _elsewhere(self, topic: Match, match: Match) -> bool:
        """Whether what is refused behind a topic is another thing: "on artificial intelligence, no entry allowed"."""
        return any(self._parted(at) for at in range(topic.last, match.first - 1))

    def _of_permission(self, match: Match) -> Iterator[Refusal]:
        """Use that is refused without permission, or that needs it."""
        permissions = self._words(match, "permission")
        place = next(
            (at for at in range(match.last + 1, match.last + 1 + _PERMISSION) if self._is(at, permissions)), None
        )
        if place is None or not self._same_sentence(match.first, place):
            return
        if match.phrase.role is Role.REQUIRES:
            if self.kind is not TextKind.PROSE and not self._negated(match):
                yield self._refusal(RefusalKind.NOTHING_GRANTED, match.first, place, match.phrase.language)
            return
        roles = (Role.NEAR, Role.DENIAL, Role.BAN, Role.NOTHING_OF_RIGHTS, Role.AFTER)
        for refusal in self._beside(match, roles):
            before, behind = range(refusal.last + 1, match.first), range(place + 1, refusal.first)
            if refusal.phrase.role is Role.AFTER:
                negated = self._any(behind, self._words(match, "negations"))
                refused = refusal.first > place and len(behind) <= _PERMISSION and not negated
            else:
                refused = refusal.last < match.first and not self._any(before, words_of_all("undone"))
            if refused and not self._is_of_topic(match):
                first, last = min(refusal.first, match.first), max(refusal.last, place)
                yield self._refusal(RefusalKind.NOTHING_GRANTED, first, last, match.phrase.language)
                return

    def _beside(self, match: Match, roles: tuple[Role, ...]) -> Iterator[Match]:
        """The phrases of some roles in the same sentence and language that do not overlap a match."""
        for other in self._around(match.first, match.last):
            if (
                other.phrase.role in roles
                and other.phrase.language == match.phrase.language
                and not _overlap(other, match)
                and self._same_sentence(other.first, match.first)
            ):
                yield other

    def _is_thing(self, topic: Match, longer: set[int]) -> bool:
        """Whether an abbreviation is a word of its own ("Ai Weiwei", "j'ai"), or part of a `longer` topic."""
        if topic.phrase.role is not Role.SHORT:
            return False
        written = self.tokens.span(topic.first, topic.last)
        return topic.first in longer or not written.removesuffix("s").isupper()

    def _is_used(self, topic: Match) -> bool:
        """Whether a word of use stands before a topic, or one word earlier: "for AI", "in generative AI"."""
        return any(
            match.phrase.role is Role.USE
            and match.phrase.language == topic.phrase.language
            and 0 <= topic.first - match.last - 1 <= 1
            for match in self._around(topic.first, topic.first)
        )

    def _is_told(self, topic: Match) -> bool:
        after = topic.last + 1
        told = self._same_sentence(topic.last, after) and self._is(after, words_of_all("told"))
        return told and not self._is(after + 1, words_of_all("to_come"))

    def _negated(self, match: Match) -> bool:
        first = max(0, match.first - _NEGATED)
        start = next((at for at in range(first, match.first) if self._same_sentence(at, match.first)), match.first)
        return self._any(range(start, match.first), self._words(match, "negations"))

    def _is_whole(self, match: Match) -> bool:
        """Whether a phrase is a hashtag, or all of a keyword, of a caption, or of a notice's clause."""
        start = self.tokens.words[match.first].start
        if self.tokens.text[max(0, start - 1) : start] == "#":
            return True
        if self.kind is TextKind.PROSE:
            return len(self.tokens.words) == match.last - match.first + 1
        return (match.first == 0 or self._parted(match.first - 1)) and self._ends_clause(match)

    def _ends_clause(self, match: Match) -> bool:
        return match.last == len(self.tokens.words) - 1 or self._parted(match.last)

    def _parted(self, index: int) -> bool:
        between = self.tokens.between(index, index + 1)
        return bool(_SENTENCE_END.search(between) or _CLAUSE_END.search(between))

    def _same_sentence(self, one: int, other: int) -> bool:
        last = len(self.sentences) - 1
        return one <= last and other <= last and self.sentences[one] == self.sentences[other]

    def _word(self, index: int) -> str:
        return self.tokens.words[index].word if 0 <= index < len(self.tokens.words) else ""

    def _is(self, index: int, words: frozenset[str]) -> bool:
        word = self._word(index)
        return word in words or respelt(word) in words

    def _any(self, places: range, words: frozenset[str]) -> bool:
        return any(self._is(at, words) for at in places)

    def _words(self, match: Match, name: str) -> frozenset[str]:
        return lexicon().words[match.phrase.language, name]

    def _refusal(self, kind: RefusalKind, first: int, last: int, language: str) -> Refusal:
        return Refusal(kind, " ".join(self.tokens.span(first, last).split())[:_MAX_SPAN], language)


def _overlap(one: Match, other: Match) -> bool:
    return one.first <= other.last and other.first <= one.last
