"""Where tools for versions keep their own copies of a collection's files: `.git`, `.dvc`, git-annex, Git LFS.

What is checked out, or linked to, is listed under its own name. The store holds the same bytes under a digest, and
older ones: it is told as one item that is no part of the collection.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from provenance.sources.kinds import stores


class Store(NamedTuple):
    """A folder that a tool keeps for itself, ending in `/`, and why it is no part of the collection."""

    folder: bytes
    reason: str


def store_of(key: bytes) -> Store | None:
    """The store that a file lies in under a name that the tool gives, or None: nothing else hides in such a folder.

    >>> store_of(b".git/objects/ab/" + b"0" * 38).folder
    b'.git/objects/'
    >>> store_of(b".git/photo.jpg") is None
    True
    """
    for mark, pattern, reason in _patterns():
        if mark in key and (found := pattern.fullmatch(key)):
            return Store(found[1], reason)
    return None


@cache
def _patterns() -> tuple[tuple[bytes, re.Pattern[bytes], str], ...]:
    """For each store a mark that every path in it has, the expression for such a path, and the reason."""
    return tuple(
        (
            one["mark"].encode(),
            re.compile(rb"((?:.*/)?" + one["folder"].encode() + rb")" + one["name"].encode(), re.DOTALL),
            one["tool"],
        )
        for one in stores()
    )
