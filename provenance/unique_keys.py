"""JSON from others, in which an object that says one key twice is an error: of two, only the last would be heard.

RFC 8259, section 4, leaves open which of two counts, and most readers keep the last without a word. So a refusal could
be followed by its opposite and be lost.
"""

from __future__ import annotations

import json
from typing import Any


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object's keys and values, for `json`. Raises ValueError where a key stands twice: which one would count?"""
    row = dict(pairs)
    if len(row) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice[:80]!r} stands twice")
    return row


def json_value(text: str | bytes) -> Any:
    """The value of a JSON text, of which nothing was left out.

    Raises ValueError where it is not JSON or says a key twice, RecursionError where it is nested too deeply.

    >>> json_value('{"headers": {"X-Robots-Tag": "noai", "X-Robots-Tag": "all"}}')
    Traceback (most recent call last):
    ...
    ValueError: the key 'X-Robots-Tag' stands twice
    """
    return json.loads(text, object_pairs_hook=unique_keys)
