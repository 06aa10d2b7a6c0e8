"""Which image of a gate a name means: its key, COLLECTION/NAME, or the path under which it lies. Pure."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from provenance.gate.gated import Gated
from provenance.keys import key_of, same_spelling

Name: TypeAlias = str | bytes | os.PathLike[str]
"""How an image is named: as its manifest does, or by its path; bytes are its key as it is."""


def meanings(collections: Sequence[Gated], name: Name) -> Iterator[list[tuple[Gated, bytes]]]:
    """What a name may mean, the plainest meaning first: images of the collections by their keys.

    A list holds what one way of reading it gives; the first list in which there is an image counts.
    """
    if isinstance(name, bytes):
        yield [(gated, name) for gated in collections]
        return
    text = os.fspath(name)
    try:
        key = key_of(text)
    except UnicodeEncodeError:  # a path whose bytes are no UTF-8, as `os.listdir` gives it
        key = os.fsencode(text)
    if not text.startswith("/"):
        yield [(gated, key) for gated in collections]
        prefixes = [(gated, os.fsencode(gated.name) + b"/") for gated in collections]
        yield [(gated, key.removeprefix(prefix)) for gated, prefix in prefixes if key.startswith(prefix)]
    path = same_spelling(text)
    roots = [(gated, gated.root.rstrip("/") + "/") for gated in collections]
    yield [(gated, os.fsencode(path.removeprefix(root))) for gated, root in roots if path.startswith(root)]
