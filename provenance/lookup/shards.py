"""Several segments behind one interface, and the folder that holds them.

The folder's `index.json` names its segments with their seals and says up to where they go. Segments never change; an
update, one at a time (`lock`), writes new ones, then replaces `index.json` in one step, so that whoever reads meanwhile
has the old state or the new one. All of it is bound to its ledger by the ledger's secret.
"""

from __future__ import annotations

import hmac
import json
import os
import re
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from provenance.lookup import files
from provenance.lookup.files import Damaged, Key
from provenance.lookup.interface import BITS, Bytes, Hits, check_radius
from provenance.lookup.segment import Segment
from provenance.private_files import create

_NAME: Final = "index.json"
_MOST_BYTES: Final = 1 << 20
_SEGMENT: Final = re.compile(r"segment-[0-9a-f]{16}\.hashes")


@dataclass(frozen=True, slots=True)
class Shards:
    """Segments that are searched as one. An `Index`."""

    segments: tuple[Segment, ...]

    @property
    def count(self) -> int:
        """How many hashes there are."""
        return sum(segment.count for segment in self.segments)

    @property
    def exact_within(self) -> int:
        """The least of the segments'."""
        return min((segment.exact_within for segment in self.segments), default=BITS)

    def search(self, queries: Bytes, radius: int) -> Hits:
        """Every hash of any segment within the radius of each (n, 32) query.

        Raises ValueError, Damaged for a block that was changed since it was written.
        """
        check_radius(radius, self.exact_within)
        return Hits.joined([segment.search(queries, radius) for segment in self.segments])


@dataclass(frozen=True, slots=True)
class Contents:
    """What `index.json` says: the segments' file names with their seals, and `source`, the caller's to compare."""

    segments: tuple[tuple[str, str], ...]
    source: dict[str, Any]


def load(folder: Path, key: Key) -> tuple[Contents, Shards]:
    """The contents and the mapped segments of a folder. Blocks are checked when they are used.

    Raises Damaged for anything that is not what was written, FileNotFoundError where there is no index.
    """
    for attempt in range(3):
        contents = _contents(folder, key)
        try:
            segments = tuple(files.read(folder / name, key, bytes.fromhex(seal)) for name, seal in contents.segments)
        except FileNotFoundError as error:
            if attempt < 2 and _contents(folder, key) != contents:  # an update has just replaced it
                continue
            raise Damaged(folder / _NAME, f"{Path(str(error.filename)).name} is missing") from error
        return contents, Shards(segments)
    raise Damaged(folder / _NAME, "it changes faster than it can be read")


def source_of(folder: Path, key: Key) -> dict[str, Any]:
    """What an index was built from, without looking at its segments. Raises as `load` does."""
    return _contents(folder, key).source


def save(folder: Path, contents: Contents, key: Key) -> None:
    """Replace `index.json`, and remove segments that it does not name. The caller holds the lock. Raises OSError."""
    body = json.dumps(asdict(contents), sort_keys=True)
    partial = folder / f"{_NAME}.{secrets.token_hex(4)}.partial"
    try:
        with os.fdopen(create(partial), "w", encoding="ascii") as file:
            file.write(json.dumps({"body": body, "seal": _seal(body, key)}))
        partial.replace(folder / _NAME)
    finally:
        partial.unlink(missing_ok=True)
    _sweep(folder, {name for name, _ in contents.segments})


def _sweep(folder: Path, kept: set[str]) -> None:
    """Remove what was replaced, and what killed updates left half-written: a day later nobody still writes it."""
    left = time.time() - 86_400
    for path in folder.glob("segment-*"):
        # Another process may have it mapped, on a system where that holds a file in place.
        with suppress(OSError):
            if path.name not in kept and (_SEGMENT.fullmatch(path.name) or path.stat().st_mtime < left):
                path.unlink(missing_ok=True)


def add(folder: Path, segment: Segment, key: Key) -> tuple[str, str]:
    """Write a segment into the folder; gives its file's name and its seal. Nobody sees it before `save`.

    Raises OSError.
    """
    name = f"segment-{secrets.token_hex(8)}.hashes"
    return name, files.write(folder / name, segment, key).hex()


def to_merge(counts: Sequence[int], most: int) -> int:
    """How many of the last segments should become one, so that there are few and each row is rewritten seldom.

    The last two are merged while the last is at least half as large as the one before, and together they are no more
    than `most` rows. 1 means none.

    >>> to_merge([1000, 10, 6], 10_000), to_merge([1000, 10, 3], 10_000)
    (2, 1)
    """
    if not counts:
        return 1
    taken, rows = 1, counts[-1]
    while taken < len(counts) and 2 * rows >= counts[-taken - 1] and rows + counts[-taken - 1] <= most:
        rows += counts[-taken - 1]
        taken += 1
    return taken


def _contents(folder: Path, key: Key) -> Contents:
    path = folder / _NAME
    with path.open("rb") as file:
        data = file.read(_MOST_BYTES)
    try:
        outer = json.loads(data)
        if not hmac.compare_digest(_seal(outer["body"], key), outer["seal"]):
            raise Damaged(path, "this ledger did not write it, or it was changed since")
        body = json.loads(outer["body"])
        contents = Contents(tuple((str(name), str(seal)) for name, seal in body["segments"]), dict(body["source"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged(path, "it cannot be read") from error
    if not all(_SEGMENT.fullmatch(name) for name, _ in contents.segments):
        raise Damaged(path, "it names something that is no segment")
    return contents


def _seal(body: str, key: Key) -> str:
    return hmac.digest(key.secret, f"{key.algorithm}\n{body}".encode(), "sha256").hex()
