"""The evidence behind basis records: registered once, and held against the disk at every gate.

A local file is hashed and compared with the digest that its record holds (`formats.md` section 2). A file whose size,
inode, modification and change times are all as they were is not read again: none of its bytes can have changed.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.ledger import schema
from provenance.ledger.database import bulk
from provenance.ledger.interning import items_showing, mark_pending, next_id

STATES: Final = (
    "MISSING",
    "MATCHES",
    "MISMATCH",
    "REMOTE",
    "UNPINNED",
    "EMPTY",
    "POINTER",
    "ERROR_PAGE",
    "CLAIM_ITSELF",
    "COLLECTION_IMAGE",
    "OUTSIDE",
)
"""What was found, in the order of the stored numbers. Append only. MISSING is also what no evidence at all is."""

_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a record says its evidence lies. `path` is empty for a URL or another identifier, never fetched."""

    uri: str
    path: str
    sha256: bytes

    @classmethod
    def of(cls, uri: str, sha256: bytes | None, folder: Path) -> Reference:
        """A reference as a records file in `folder` gives it.

        >>> Reference.of("https://a.example/r.pdf", None, Path("/x")).path
        ''
        """
        scheme = urlsplit(uri).scheme if ":" in uri else ""
        if len(scheme) > 1 and scheme != "file":
            return cls(uri, "", sha256 or b"")
        local = urlsplit(uri).path if scheme == "file" else uri
        return cls(uri, os.path.normpath(folder.absolute() / local), sha256 or b"")


def register(connection: Connection, references: Sequence[Reference]) -> dict[Reference, int]:
    """The number of each reference, stored and checked now where it is new."""
    table = schema.evidence.c
    distinct = list(dict.fromkeys(references))
    known: dict[Reference, int] = {}
    for start in range(0, len(distinct), 500):
        rows = connection.execute(
            sa.select(table.id, table.uri, table.path, table.sha256).where(
                table.uri.in_([r.uri for r in distinct[start : start + 500]])
            )
        )
        known |= {Reference(uri, path, digest): number for number, uri, path, digest in rows}
    fresh = [reference for reference in distinct if reference not in known]
    first = next_id(connection, schema.evidence) if fresh else 0
    rows_to_add = []
    for number, reference in enumerate(fresh, start=first):
        seen = _seen(reference)
        state = _state(reference)
        rows_to_add.append((number, reference.uri, reference.path, reference.sha256, state, seen))
        known[reference] = number
    bulk(connection, schema.evidence, ("id", "uri", "path", "sha256", "state", "seen"), rows_to_add)
    return known


def changed(connection: Connection) -> list[tuple[int, str, str]]:
    """Evidence whose files are not as they were last seen: number, state now, and what identifies that file.

    Reads the disk; writes nothing. Pass the result to `record_states`.
    """
    table = schema.evidence.c
    found = []
    query = sa.select(table.id, table.uri, table.path, table.sha256, table.state, table.seen).where(table.path != "")
    for number, uri, path, digest, state, seen in connection.execute(query.order_by(table.id)):
        reference = Reference(uri, path, digest)
        now_seen = _seen(reference)
        if now_seen != seen or not seen:
            now = _state(reference)
            if now != state or now_seen != seen:
                found.append((number, now, now_seen))
    return found


def record_states(connection: Connection, states: Sequence[tuple[int, str, str]]) -> None:
    """Store what `changed` found, and mark the images whose persons' records rest on it."""
    evidence, record, consent_state = schema.evidence, schema.record, schema.consent_state
    for number, state, seen in states:
        before = connection.execute(sa.select(evidence.c.state).where(evidence.c.id == number)).scalar()
        connection.execute(sa.update(evidence).where(evidence.c.id == number).values(state=state, seen=seen))
        if before == state:
            continue
        resting = sa.select(record.c.id).where(record.c.evidence_id == number)
        connection.execute(
            sa.update(consent_state).where(consent_state.c.record.in_(resting)).values(evidence=STATES.index(state))
        )
        people = connection.execute(
            sa.select(record.c.person_id).where(record.c.evidence_id == number, record.c.current).distinct()
        ).scalars()
        affected = list(people)
        for start in range(0, len(affected), 500):
            mark_pending(connection, items_showing(affected[start : start + 500]))


def _seen(reference: Reference) -> str:
    """What tells one state of a file from another; empty where there is no such file."""
    if not reference.path:
        return ""
    try:
        found = Path(reference.path).stat()
    except (OSError, ValueError):
        return ""
    return f"{found.st_dev}:{found.st_ino}:{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}"


def _state(reference: Reference) -> str:
    if not reference.path:
        return "REMOTE"
    digest = _digest(reference.path)
    if digest is None:
        return "MISSING"
    if not reference.sha256:
        return "UNPINNED"
    return "MATCHES" if digest == reference.sha256 else "MISMATCH"


def _digest(path: str) -> bytes | None:
    """The SHA-256 of a regular file; None if there is none that can be read."""
    try:
        # Not blocking, so that a named pipe in the file's place cannot hold up the gate.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError):
        return None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        hasher = hashlib.sha256()
        try:
            while chunk := file.read(_CHUNK):
                hasher.update(chunk)
        except OSError:
            return None
        return hasher.digest()
