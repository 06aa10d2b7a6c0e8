"""Pseudonyms: what may stand for a person. A name, an e-mail address or a face vector may not.

No rule can tell every name from every code, so the shape is narrow instead: a pseudonym is ASCII letters and digits
with `-`, `_`, `.` and `:` between them, and what is neither a digit nor a known role word may hold one word at most,
beside a number.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache, lru_cache
from typing import Final

from provenance.records.values.personal import kind_of
from provenance.tables import table

MAX_LENGTH: Final = 128

_SHAPE: Final = re.compile(r"[A-Za-z0-9]+(?:[-_.:]+[A-Za-z0-9]+)*")
_HEXADECIMAL: Final = re.compile(r"(?=[^0-9]*[0-9])[0-9a-fA-F]{8,}(?:-[0-9a-fA-F]{4,})*")
_DECIMAL_FRACTION: Final = re.compile(r"(?:^|[-_:])[0-9]+\.[0-9]+(?:$|[-_:eE])")
_DATES: Final = (
    re.compile(r"[A-Za-z]{0,6}[-_.:]?(?P<year>(?:19|20)\d\d)[-_.]?(?P<month>\d\d)[-_.]?(?P<day>\d\d)"),
    re.compile(r"[A-Za-z]{0,6}[-_.:]?(?P<day>\d\d)[-_.](?P<month>\d\d)[-_.](?P<year>(?:19|20)\d\d)"),
)
_HUMPS: Final = re.compile(r"[A-Z]?[a-z]+(?:[A-Z][a-z]+)+")
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


@lru_cache(maxsize=1 << 16)
def ref_problem(ref: str) -> str | None:
    """Why a text may not stand for a person, or None where it may.

    >>> [ref_problem(ref) for ref in ("p1", "subj-0042", "participant_17", "6f9619ff-8b86-d011-b42d-00c04fc964ff")]
    [None, None, None, None]
    >>> ref_problem("jane_doe")
    'it looks like a name'
    """
    if not ref or len(ref) > MAX_LENGTH:
        return f"a pseudonym has 1 to {MAX_LENGTH} characters"
    if "@" in ref:
        return "it looks like an e-mail address"
    if _is_date(ref):
        return "it looks like a date of birth"
    if kind_of(ref) is not None:
        return f"it looks like {kind_of(ref)}"
    if ref[0] in "[({" or "," in ref or _DECIMAL_FRACTION.search(ref):
        return "it looks like a face vector"
    if any(character.isspace() for character in ref):
        return "it looks like a name: a pseudonym has no spaces"
    if not _SHAPE.fullmatch(ref):
        return "a pseudonym is ASCII letters and digits with - _ . : between them"
    if _HEXADECIMAL.fullmatch(ref):
        return None
    words = [word for token in re.split(r"[-_.:]+", ref) for word in _words(token)]
    has_digit = any(character.isdigit() for character in ref)
    if len(words) > 1:
        return "it looks like a name"
    if words and not has_digit:
        return "it may be a given name: a pseudonym holds a number, such as p1"
    return None


def _is_date(ref: str) -> bool:
    """Whether a whole pseudonym is a day, with a short word before it at most."""
    for pattern in _DATES:
        match = pattern.fullmatch(ref)
        if match is not None:
            try:
                date(int(match["year"]), int(match["month"]), int(match["day"]))
            except ValueError:
                continue
            return True
    return False


def _words(token: str) -> list[str]:
    """The words of a token that could be part of a name: three letters or more, not known, not part of a code."""
    letters = token.strip("0123456789")
    if not letters.isalpha():
        return []  # letters and digits by turns, as in 01ARZ3NDEKTSV4: a code
    parts = _WORD.findall(letters) if _HUMPS.fullmatch(letters) else [letters]
    return [part for part in parts if len(part) >= 3 and part.lower() not in _role_words()]


@cache
def _role_words() -> frozenset[str]:
    words = frozenset(table("provenance.records.values", "pseudonym_words.toml")["words"])
    return words | {f"{word}s" for word in words}
