"""Taking the parts of a collection: all of its shards, each once, all made alike, and nothing that no receipt names.

What they say is put aside on disk, so that memory stays flat, and asked for by a scan that lists the collection itself.
So a part decides nothing but what need not be read again, and what it does not speak of is read.
"""

from __future__ import annotations

import os
import pickle
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from provenance.chunks import IN_LIST, batched
from provenance.errors import InputError
from provenance.fingerprint.wanted import Wanted
from provenance.run.parts.columns import Looked
from provenance.run.parts.receipt import Made, Receipt, read_receipt
from provenance.run.parts.rows import read_part, require
from provenance.run.progress import Progress
from provenance.run.working_database import working_database
from provenance.sources.share import Share

_BATCH: Final = 2_000
_TOLD: Final = 10
"""Shards that are named where more are missing."""

Receipts = Mapping[Path, Receipt]


class Parts:
    """What parts say of the images of collections. It lives in a private, temporary file, as long as a scan."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._db.execute(
            "CREATE TABLE looked (collection TEXT, key BLOB, looked BLOB, PRIMARY KEY (collection, key)) WITHOUT ROWID"
        )

    def add(self, collection: str, looked: Iterable[Looked]) -> int:
        """Put aside what was seen of so many images. Raises InputError where something was said of one already."""
        count = 0
        for some in batched(looked, _BATCH):
            count += len(some)
            rows = [(collection, one.key, pickle.dumps(one, pickle.HIGHEST_PROTOCOL)) for one in some]
            try:
                self._db.execute("BEGIN")
                self._db.executemany("INSERT INTO looked VALUES (?, ?, ?)", rows)
                self._db.execute("COMMIT")
            except sqlite3.IntegrityError as error:
                raise InputError("two parts speak of one image", remedy="scan all shards again") from error
        return count

    def of_keys(self, collection: str, keys: Sequence[bytes]) -> dict[bytes, Looked]:
        """What was seen of these images of a collection."""
        found: dict[bytes, Looked] = {}
        for some in batched(keys, IN_LIST):
            marks = ",".join("?" * len(some))
            query = f"SELECT key, looked FROM looked WHERE collection = ? AND key IN ({marks})"  # noqa: S608 - marks
            for key, looked in self._db.execute(query, (collection, *some)):
                found[key] = pickle.loads(looked)  # noqa: S301 - from the private file that `add` wrote
        return found


@contextmanager
def taken(
    folders: Iterable[str | os.PathLike[str]], collections: Sequence[str], wanted: Wanted, progress: Progress
) -> Iterator[Parts]:
    """What the parts in some folders say of the images of these collections, given by their addresses.

    Raises InputError where a shard is missing or there twice, where one was made of another collection or otherwise
    than asked for, or where a part is not what its receipt says; UntrustedFile, MissingExtra.
    """
    require()
    receipts = read_receipts(folders)
    _refuse_unfit(receipts, collections, wanted)
    with working_database() as connection:
        parts = Parts(connection)
        progress.begin("taking parts", sum(receipt.images for receipt in receipts.values()))
        for path, receipt in receipts.items():
            for part in receipt.parts:
                place = path.parent / part.name
                rows = read_part(place, receipt.made, wanted, part.sha256)
                if parts.add(receipt.made.collection, rows) != part.images:
                    raise InputError(f"{place} has not the images that {path} counts", remedy="scan it again")
                progress.advance(part.images)
        progress.end()
        yield parts


def read_receipts(folders: Iterable[str | os.PathLike[str]]) -> dict[Path, Receipt]:
    """The receipts in some folders, those of one collection together, in the order of their numbers.

    Raises InputError for a folder without any, and for what is no receipt; UntrustedFile.
    """
    found: dict[Path, Receipt] = {}
    for folder in dict.fromkeys(Path(folder).resolve() for folder in folders):
        here = {path: read_receipt(path) for path in sorted(folder.glob("shard-*.json"))}
        if not here:
            raise InputError(f"{folder} holds no receipt of a shard", remedy="name the folder that `--part-out` named")
        found |= here
    return dict(sorted(found.items(), key=lambda one: (one[1].made.collection, one[1].made.shard)))


def collections_of(receipts: Receipts) -> list[str]:
    """The addresses of the collections that receipts speak of."""
    return list(dict.fromkeys(receipt.made.collection for receipt in receipts.values()))


def _refuse_unfit(receipts: Receipts, collections: Sequence[str], wanted: Wanted) -> None:
    for collection in collections_of(receipts):
        if collection not in collections:
            raise InputError(f"there are parts of {collection}, which is not scanned", remedy="name it, or leave them")
    for collection in collections:
        own = {path: receipt for path, receipt in receipts.items() if receipt.made.collection == collection}
        if not own:
            raise InputError(f"there is no part of {collection}", remedy="scan its shards first")
        first = next(iter(own.values())).made
        for path, receipt in own.items():
            _refuse_other(path, receipt, first, wanted)
        _refuse_uneven(own, first)


def _refuse_other(path: Path, receipt: Receipt, first: Made, wanted: Wanted) -> None:
    """Refuse a shard that was made otherwise than the others, or than is asked for here."""
    made = receipt.made
    differs = made.differs(first) or made.differs(Made.now(made.collection, Share(made.shard, made.of), wanted))
    if differs is not None:
        raise InputError(
            f"shard {made.shard} of {made.of} in {path.parent} was made with {differs}",
            remedy="scan it again as the others, or give the options that it was made with",
        )


def _refuse_uneven(own: Receipts, first: Made) -> None:
    places: dict[int, Path] = {}
    for path, receipt in own.items():
        number = receipt.made.shard
        if number in places:
            raise InputError(
                f"shard {number} of {first.of} of {first.collection} is there twice: in {places[number].parent} and in "
                f"{path.parent}",
                remedy="leave one out",
            )
        places[number] = path
    missing = [number for number in range(1, first.of + 1) if number not in places]
    if missing:
        named = ", ".join(map(str, missing[:_TOLD])) + (" and so on" if len(missing) > _TOLD else "")
        raise InputError(
            f"of {first.collection} {len(missing)} of {first.of} shards are missing or unfinished: {named}",
            remedy="scan them, then take all of them",
        )
