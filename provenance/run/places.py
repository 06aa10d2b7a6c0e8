"""Recognising a collection, wherever it lies now.

A collection is the folder, not its path: under another name, another mount point, through a link or in a container it
is the same, and what is known of it counts. It is recognised

1. by its path, as long as nothing says otherwise;
2. by its folder: the device and inode that it had under its last path;
3. where the last path leads nowhere any more, by its images: the first thousand in the order of their names are all
   here, of the same sizes and times.

A copy beside the original is a collection of its own, of which nothing is known. Where part of the images are those of
a collection that is gone, it is a new one as well, and a note says of which collection it may be the rest.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from sqlalchemy.engine import Connection

from provenance.keys import collection_name
from provenance.ledger import collections
from provenance.ledger.collections import Known
from provenance.run.staging import Staging
from provenance.sources.interface import Source

_SAMPLE: Final = 1_000
_DOUBT: Final = 0.5


def recognised(
    connection: Connection, source: Source, staging: Staging, ordinal: int, at: int
) -> tuple[int, str | None]:
    """The number of a collection, stored where it is new, and what people should know of how it was recognised."""
    if collections.find(connection, source.uri) is not None:
        return collections.register(connection, source.uri, source.root, at), None
    known = collections.known(connection)
    moved = [one for one in known if one.root == source.root and not _lies_at(one)]
    if not moved:
        shares = [(_share(connection, staging, ordinal, one), one) for one in known if not _path(one).exists()]
        moved = [one for share, one in shares if share == 1]
        doubtful = [one for share, one in shares if _DOUBT <= share < 1]
        if not moved and doubtful:
            number = collections.register(connection, source.uri, source.root, at)
            gone = ", ".join(one.uri for one in doubtful)
            return number, (
                f"{collection_name(source.uri)} holds much of what lay at {gone}, but not all of it: it is taken as a "
                "new collection; `provenance collections moved` joins the two"
            )
    if len(moved) == 1:
        collections.place(connection, moved[0].id, source.uri, source.root, at)
        return moved[0].id, f"{collection_name(source.uri)} is the collection that lay at {moved[0].uri}"
    return collections.register(connection, source.uri, source.root, at), None


def held_at(connection: Connection, source: Source) -> int | None:
    """The number of the collection that lies at a source, by its path or its folder; None where it is not held."""
    found = collections.find(connection, source.uri)
    if found is not None:
        return found
    moved = [one for one in collections.known(connection) if one.root == source.root and not _lies_at(one)]
    return moved[0].id if len(moved) == 1 else None


def _path(one: Known) -> Path:
    return Path(unquote(urlsplit(one.uri).path))


def _lies_at(one: Known) -> bool:
    """Whether the folder that a collection was is still at its last path."""
    try:
        found = _path(one).stat()
    except OSError:
        return False
    return f"{found.st_dev}:{found.st_ino}" == one.root


def _share(connection: Connection, staging: Staging, ordinal: int, one: Known) -> float:
    """How much of a sample of a collection's images lies here, by name, size and time."""
    sample = collections.sample(connection, one.id, _SAMPLE)
    if not sample:
        return 0
    here = {
        listed.key: _mark(listed.size, listed.identity) for listed in staging.of_keys(ordinal, [s[0] for s in sample])
    }
    return sum(here.get(key) == _mark(size, identity) for key, size, identity in sample) / len(sample)


def _mark(size: int, identity: str) -> tuple[int, str]:
    """Size and time of modification: what moving to another disk leaves as it is."""
    stamp = identity.partition("|")[0].partition(";")[0].split(":")
    return size, stamp[3] if len(stamp) == 5 else ""
