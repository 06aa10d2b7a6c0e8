"""Whether the file or its row marks what it shows as adult, violent or otherwise sensitive.

>>> [s.value for s in read_sensitive([Field("dc:subject", "beach, NSFW", "jpeg:APP1/xmp")])]
['nsfw']
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from provenance.model import Signal, SignalSubject, SignalVerdict, Trust
from provenance.signals.fields import Field, names, table
from provenance.signals.text.tokens import fold, tokenise

_KEYWORD_END: Final = re.compile(r"[,;|\n]")
_MAX_TEXT: Final = 20_000


def read_sensitive(fields: Iterable[Field]) -> Iterator[Signal]:
    """The SENSITIVE signals of an image's texts and keywords."""
    for field in fields:
        if field.name in names("texts") or field.name in names("keywords") or field.name in names("rights"):
            mark = mark_in(field.text, keywords=field.name in names("keywords"))
            if mark is not None:
                yield marked(field.name, field.location, mark)


def marked(name: str, location: str, mark: str) -> Signal:
    """The signal of a mark that was found."""
    return Signal(SignalSubject.SENSITIVE, SignalVerdict.DENY, name, location, mark, mark, Trust.SUSPECTED)


def mark_in(text: str, *, keywords: bool) -> str | None:
    """The mark of sensitive content in a text, None where there is none.

    >>> mark_in("Content warning: blood", keywords=False), mark_in("akt; studio", keywords=True)
    ('content warning', 'akt')
    """
    if keywords:
        for part in _KEYWORD_END.split(text[:_MAX_TEXT]):
            keyword = fold(part.strip().lstrip("#"))
            if keyword in table("sensitive.toml")["keywords"]:
                return keyword
    lowered = fold(text[:_MAX_TEXT])
    if not any(first in lowered for first in _firsts()):
        return None
    words = f" {' '.join(token.word for token in tokenise(text).words)} "
    return next((mark for mark in table("sensitive.toml")["marks"] if f" {mark} " in words), None)


@cache
def _firsts() -> frozenset[str]:
    """The first words of the marks, for a quick look."""
    return frozenset(mark.split()[0] for mark in table("sensitive.toml")["marks"])
