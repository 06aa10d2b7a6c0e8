"""What stands in a cell where a fact is missing: nan, N/A, TBD, an invisible character, a program's name as reviewer.

What is not said is not granted: such a text is unknown wherever a fact belongs. The words are in `placeholders.toml`.

>>> [is_placeholder(text) for text in ("N/A", "nan", "\\u200b", "https://photos.example/na/none.jpg", "v0")]
[True, True, True, False, False]
>>> [names_somebody(text) for text in ("retinaface-resnet50", "reviewer-17", "AB")]
[False, True, True]
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from provenance.tables import parted, table

_IGNORABLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Default_Ignorable_Code_Point of Unicode 16 (DerivedCoreProperties): drawn as nothing although some are letters."""

_ASCII_FOLDED: Final = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}

_ALIKE: Final = str.maketrans(
    "АВЕКМНОРСТУХЅІЈԌҺԚԜаеорсухѕіјԁһԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧανορυιıɑɡ",
    "ABEKMHOPCTYXSIJGHQWaeopcyxsijdhqwABEZHIKMNOPTYXavopuiiag",
)
"""Letters that are drawn as a Latin one (Unicode Technical Standard 39, section 4, confusables)."""
_LETTERS: Final = re.compile(r"[^\W\d_]{3,}")

_FACT: Final = re.compile(r"(?<![/#])[0-9]|[A-Za-z]{24}")
"""What no placeholder holds, looked for first since most texts hold it; #DIV/0! is the one that has a digit."""

_NO_PLACE: Final = re.compile(
    r"\s*+(?:(?:about|blob|data|javascript):\S"
    r"|(?:[a-z]++:)?//(?:[^/@]*+@)?(?:localhost|127(?:\.\d++){3}|0\.0\.0\.0|\[::1\])(?![\w.-]))",
    re.IGNORECASE,
)
"""How an address begins that holds what it names itself, or means whichever machine reads it."""

_YEAR: Final = re.compile(r"(?:19|20)\d\d")

_MAX: Final = 200
"""Characters of a text that are looked at: a longer one is no placeholder and no program's name."""

_MAX_PHRASE: Final = 4


def is_placeholder(text: str) -> bool:
    """Whether a text says that nothing was entered, or that it is not known. So does one without anything to see."""
    if _FACT.search(text):
        return False
    words = folded(text)
    return not words or words in _phrases("empty") or words in _phrases("unknown")


def is_absence(text: str) -> bool:
    """Whether nothing was entered: an empty cell, however a program or a person writes one.

    >>> is_absence("#N/A"), is_absence("TBD")
    (True, False)
    """
    if _FACT.search(text):
        return False
    words = folded(text)
    return words in _phrases("empty") if words else "?" not in text


def says_unknown(text: str) -> bool:
    """Whether somebody says that it is not known or still to come, which is no absence where a limit belongs.

    >>> says_unknown("to be determined"), says_unknown("???"), says_unknown("-")
    (True, True, False)
    """
    if _FACT.search(text):
        return False
    words = folded(text)
    return words in _phrases("unknown") if words else "?" in text


def is_reference(text: str) -> bool:
    """Whether a text can name something, such as a document or an address: no placeholder, no bare yes, no nought.

    >>> [is_reference(text) for text in ("evidence/p1.pdf", "yes", "0")]
    [True, False, False]
    """
    if len(text) > _MAX:
        return bool(folded(text))
    return not (is_placeholder(text) or folded(text) in _phrases("answers") or not folded(text).strip("0 "))


def leads_somewhere(text: str) -> bool:
    """Whether a text can say where something was taken from: an address, a name, an archive.

    >>> leads_somewhere("our own studio"), leads_somewhere("the internet"), leads_somewhere("http://localhost/a.jpg")
    (True, False, False)
    """
    if not is_reference(text) or _NO_PLACE.match(text):
        return False
    if len(text) > _MAX or "://" in text:
        return folded(text) not in _phrases("nowhere")
    doubted = text.rstrip(" )").endswith("?")  # elsewhere it begins the query of an address
    words = [word for word in folded(text).split() if not _YEAR.fullmatch(word)]
    return not doubted and not _is_made_of(words, "nowhere", "nowhere_words")


@lru_cache(maxsize=1 << 12)
def is_program(text: str) -> bool:
    """Whether a text names a program or says that no person acted: a detector, a model, a script.

    Two letters are read as they are known best: AI is a program, and a reviewer with these initials writes `A.I.`.

    >>> [is_program(text) for text in ("YOLOv8n", "auto-check v2", "Claude Dupont", "claude-3", "A.I.")]
    [True, True, False, True, False]
    """
    if len(text) > _MAX:
        return False
    words = folded(text).split()
    letters = [word.strip("0123456789") for word in words]
    if any(
        " ".join(part[start : start + length]) in _phrases("programs") or _is_version_of(part[start])
        for part in (words, letters)
        for start in range(len(part))
        for length in range(1, _MAX_PHRASE)
    ):
        return True
    if any(_is_numbered(*pair) for pair in zip(words, [*words[1:], ""], strict=True)):
        return True
    said = [word for word in letters if len(word) > 1]
    return bool(said) and all(word in _phrases("program_words") for word in said) and not _is_role_and_mark(words)


def names_somebody(text: str) -> bool:
    """Whether a text can name the person who looked, decided or vouches: by name, initials or number."""
    if len(text) > _MAX:
        return False
    if not is_reference(text) or "?" in text or is_program(text):
        return False
    words = folded(text).split()
    if not _phrases("unlooked").isdisjoint(_runs(words)):
        return False
    return not _is_made_of(words, "nobody", "nobody_words")


def is_no_time(text: str) -> bool:
    """Whether a text is what programs write for no time: a placeholder, or the start of their count.

    >>> is_no_time("0000-00-00"), is_no_time("2026-06-01T10:00:00Z")
    (True, False)
    """
    return text.strip() in table("provenance", "placeholders.toml")["no_time"] or is_absence(text)


def folded(text: str) -> str:
    """The letters and digits of a text in lower case without accents, with one blank for what stands between them.

    Empty where there is nothing to see: marks, spaces and invisible letters alone. A word in which letters of another
    script pass for Latin ones is read as it looks.

    >>> folded(" N./A. "), folded("Québec"), folded("\\u3164"), folded("n\\u043ene")
    ('n a', 'quebec', '', 'none')
    """
    return _folded_short(text) if len(text) <= _MAX else _folded(text)


def _folded(text: str) -> str:
    if text.isascii():  # most texts, in a tenth of the time
        return " ".join(text.translate(_ASCII_FOLDED).split())
    plain = _LETTERS.sub(_unmasked, _IGNORABLE.sub("", unicodedata.normalize("NFKD", text))).casefold()
    kept = "".join(one if one.isalnum() else "" if unicodedata.category(one) == "Mn" else " " for one in plain)
    return " ".join(kept.split()) if any(unicodedata.category(one) != "Lm" for one in kept if one != " ") else ""


def _unmasked(word: re.Match[str]) -> str:
    """A word of two scripts, or of nothing but letters that look alike, in Latin ones; any other as it is."""
    looks = word[0].translate(_ALIKE)
    mixed = not word[0].isascii() and any(letter.isascii() for letter in word[0])
    return looks if mixed or looks.isascii() else word[0]


_folded_short = lru_cache(maxsize=1 << 14)(_folded)


@lru_cache(maxsize=8)
def _phrases(name: str) -> frozenset[str]:
    return parted(table("provenance", "placeholders.toml")[name])


def _is_version_of(word: str) -> bool:
    """`yolov8n` and `gpt4o`: a program's name with its version run into it."""
    stem = re.match(r"([a-z]+?)v?\d", word)
    return stem is not None and stem[1] in _phrases("programs")


def _is_numbered(word: str, following: str) -> bool:
    name = word.rstrip("0123456789")
    return name in _phrases("numbered_programs") and (name != word or following.isdigit())


def _runs(words: Sequence[str]) -> dict[str, range]:
    """Every run of words that a phrase may have, with its places."""
    return {
        " ".join(words[start:end]): range(start, end)
        for start in range(len(words))
        for end in range(start + 1, min(start + _MAX_PHRASE, len(words)) + 1)
    }


def _is_made_of(words: Sequence[str], kind: str, small: str) -> bool:
    """Whether every word belongs to a list or is one of the small ones beside it, and one at least to the list."""
    covered = {words[place] for phrase, places in _runs(words).items() if phrase in _phrases(kind) for place in places}
    return bool(covered) and all(word in covered or word in _phrases(small) for word in words)


def _is_role_and_mark(words: list[str]) -> bool:
    """`reviewer-17`, `person B`: somebody known by a number or a letter."""
    return len(words) == 2 and words[0] in _phrases("nobody") and (words[1].isdigit() or len(words[1]) == 1)
