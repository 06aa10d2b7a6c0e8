"""Pseudonyms without what people change in them, for finding whom a misspelt refusal means. Pure."""

from __future__ import annotations

import re
import unicodedata


def loose_ref(ref: str) -> str:
    """A pseudonym without letter case, spaces and punctuation.

    >>> loose_ref("P-1 ") == loose_ref("p1")
    True
    """
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", ref).casefold())
