"""Names of columns as people and programs spell them, compared without what does not matter.

Letter case, accents, blanks, hyphens, underscores and camel case say nothing: `Acquired_At` is `acquired_at`.

>>> folded_name("Acquired At"), words_of("dateOfBirth2"), words_of("e-mail")
('acquiredat', ('date', 'of', 'birth', '2'), ('e', 'mail'))
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from provenance.placeholders import folded

MAX_NAME: Final = 200
"""Characters of a column's name that are compared."""

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_]+")


@lru_cache(maxsize=1 << 13)
def folded_name(name: str) -> str:
    """The letters and digits of a name, in lower case and without accents."""
    return folded(name[:MAX_NAME]).replace(" ", "")


@lru_cache(maxsize=1 << 13)
def words_of(name: str) -> tuple[str, ...]:
    """The words of a name, folded; a change of letter case parts words, and so do digits."""
    plain = unicodedata.normalize("NFKD", name[:MAX_NAME]).replace("\u00df", "ss")
    bare = "".join(one for one in plain if unicodedata.category(one) != "Mn")
    words = (folded(word) for word in _WORD.findall(bare))
    return tuple(part for word in words for part in word.split())


def spans_of(words: tuple[str, ...], most: int = 4) -> frozenset[str]:
    """Every run of up to `most` words, written together: `date of birth` is also found in `dateofbirth`."""
    return frozenset(
        "".join(words[start:end])
        for start in range(len(words))
        for end in range(start + 1, min(start + most, len(words)) + 1)
    )
