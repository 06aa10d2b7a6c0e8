"""Text into folded words with their places: captions, paths and URLs alike, in linear time.

Words end at punctuation, `_`, `-`, `/`, `.`, between letters and digits, and at a capital after a small letter.
Strings that look like hashes are left out, since some hash somewhere spells every short word.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from html import unescape
from typing import Final
from urllib.parse import unquote

MAX_TEXT: Final = 20_000
MAX_TOKENS: Final = 4_000
_MAX_RUN: Final = 48
"""Longer unbroken strings are data, not words."""

_RUN: Final = re.compile(r"[^\W_]+")
_PIECE: Final = re.compile(r"\d+|[^\W\d_]+")
_MARKUP: Final = re.compile(
    r"</?(?:a|abbr|b|blockquote|br|center|div|em|font|h[1-6]|hr|i|img|li|ol|p|q|s|small|span|strong|sub|sup|u|ul)\b"
    r"[^<>]{0,500}>",
    re.IGNORECASE,
)
"""Tags of a page's text. Others may be somebody's words, so that they stay."""
_INVISIBLE: Final = dict.fromkeys([0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF])


@dataclass(frozen=True, slots=True)
class Token:
    """A word: its folded form, where it stands in the prepared text, and whether it began with a capital."""

    word: str
    start: int
    end: int
    capital: bool


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text's words. `whole` is False where a bound cut it short."""

    text: str
    words: tuple[Token, ...]
    whole: bool

    def between(self, first: int, second: int) -> str:
        """What stands between two words, such as ", "."""
        return self.text[self.words[first].end : self.words[second].start]

    def span(self, first: int, last: int) -> str:
        """The text from the first word to the end of the last."""
        return self.text[self.words[first].start : self.words[last].end]


def tokenise(text: str) -> Tokens:
    """The words of a text, as a page would show it.

    >>> [t.word for t in tokenise("<b>No</b>&nbsp;AI").words]
    ['no', 'ai']
    >>> [t.word for t in tokenise("kids/LittleGirl_16yo.JPG").words]
    ['kids', 'little', 'girl', '16', 'yo', 'jpg']
    """
    cut = text[:MAX_TEXT]
    # Percent signs are codes only in what has no spaces: a path or a URL.
    decoded = cut if " " in cut else unquote(cut)
    bare = _without_markup(decoded)
    normal = bare if bare.isascii() else unicodedata.normalize("NFKC", bare.translate(_INVISIBLE))
    prepared = normal[:MAX_TEXT]
    words: list[Token] = []
    for run in _RUN.finditer(prepared):
        if len(words) >= MAX_TOKENS:
            return Tokens(prepared, tuple(words), whole=False)
        words.extend(_words(run.group(), run.start()))
    return Tokens(prepared, tuple(words), whole=len(text) <= MAX_TEXT and len(normal) <= MAX_TEXT)


def _without_markup(text: str) -> str:
    """What a page shows of a text: captions and notices are often copied with the entities and tags of one."""
    shown = unescape(text) if "&" in text else text
    return _MARKUP.sub(" ", shown) if "<" in shown else shown


def fold(word: str) -> str:
    """Lower case without accents; ß becomes ss.

    >>> fold("Mädchen"), fold("Straße")
    ('madchen', 'strasse')
    """
    low = word.casefold()
    if low.isascii():
        return low
    return "".join(char for char in unicodedata.normalize("NFD", low) if not unicodedata.combining(char))


def _words(run: str, at: int) -> list[Token]:
    if len(run) > _MAX_RUN:
        return []
    pieces = list(_PIECE.finditer(run))
    words = [
        Token(fold(run[start:end]), at + start, at + end, run[start].isupper())
        for piece in pieces
        for start, end in _humps(run, piece.start(), piece.end())
    ]
    # Two changes between letters and digits may be `IMG2dataset1`; more, or crumbs of letters, are a hash.
    hashlike = len(pieces) > 3 or (len(words) > 3 and len(run) < 3 * len(words))
    return [] if hashlike else words


def _humps(run: str, start: int, end: int) -> list[tuple[int, int]]:
    """The parts of camelCase: a new one begins at a capital after a small letter, or before the small one after it."""
    if run[start:end].islower() or run[start:end].isupper() or run[start].isdigit():
        return [(start, end)]
    cuts = [start]
    for at in range(start + 1, end):
        if not run[at].isupper():
            continue
        after_small = run[at - 1].islower()
        before_small = at + 1 < end and run[at - 1].isupper() and run[at + 1].islower()
        if after_small or before_small:
            cuts.append(at)
    return list(zip(cuts, [*cuts[1:], end], strict=True))
