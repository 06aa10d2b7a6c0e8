"""Which of the five languages a short text is in, by its small words. A guess, used only to read the text itself."""

from __future__ import annotations

from typing import Final

from provenance.signals.text.lexicon import PhraseKind, lexicon
from provenance.signals.text.tokens import Tokens, tokenise

_LEAST: Final = 0.9
_LEAD: Final = 1.3
_WORDS: Final = 200


def language_of(text: str) -> str | None:
    """`en`, `fr`, `es`, `pt` or `de`, or None where the words do not tell.

    >>> language_of("Deux enfants jouent dans la rue"), language_of("IMG_0001.jpg")
    ('fr', None)
    """
    return language_of_tokens(tokenise(text))


def language_of_tokens(tokens: Tokens) -> str | None:
    """The same for a text that is split already."""
    book = lexicon()
    scores = dict.fromkeys(book.stopwords, 0.0)
    for token in tokens.words[:_WORDS]:
        small = {name for name, words in book.stopwords.items() if token.word in words}
        known = {
            phrase.language
            for phrase in book.phrases.get(token.word, ())
            if len(phrase.words) == 1 and phrase.kind in (PhraseKind.MINOR, PhraseKind.PERSON) and not phrase.gated
        }
        for names in (small, known):
            for name in names:
                # A word that several languages share tells little.
                scores[name] += 1 / len(names)
    (best, most), (_, second) = sorted(scores.items(), key=lambda pair: -pair[1])[:2]
    return best if most >= _LEAST and most >= _LEAD * second else None
