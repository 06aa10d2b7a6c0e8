"""The evidence behind basis records: registered once, and compared with the disk at every gate.

A local file is hashed and compared with the digest that its record holds, or with the first that was found where the
record holds none: what was put in its place later is not what was recorded. A file whose device,
inode, size, modification and change times are all as they were is not read again: none of its bytes can have changed.
A file that shows nothing (an empty one, a note that it is to come, a pointer in place of the file, an error page, the
claim itself, a picture of the collection, a file outside the folders that were allowed) is no evidence, and what it is
instead is kept.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.ledger import schema
from provenance.ledger.append import append, next_id
from provenance.ledger.checks import changing
from provenance.ledger.files import digest_of_file, identity_of
from provenance.ledger.interning import items_showing, mark_pending
from provenance.placeholders import is_placeholder

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

_HEAD: Final = 4_096
_NOTE: Final = 200
"""Bytes of a file that may hold nothing but a note such as `to be scanned`."""

_NO_PROOF: Final = ("CLAIM_ITSELF", "COLLECTION_IMAGE")
_READ: Final = ("MATCHES", "UNPINNED", *_NO_PROOF)
_POINTERS: Final = (
    b"version https://git-lfs.github.com/spec/",
    b"/annex/objects/",
    b"../.git/annex/",
    b"outs:\n- md5:",
    b"[InternetShortcut]",
    b"[Desktop Entry]",
    b"L\x00\x00\x00\x01\x14\x02\x00",
    b'{"url": "https://docs.google.com/',
    b'{"url":"https://docs.google.com/',
)
"""How files begin that stand for a file that was not fetched: Git LFS, git-annex, DVC, shortcuts."""

_STAND_INS: Final = re.compile(
    r"\..*\.icloud|~\$.*|\.~lock\..*#|\.ds_store|thumbs\.db|desktop\.ini|.*\.(?:webloc|gdoc|gsheet|gslides|crdownload|part|partial|filepart|download|tmp)",
    re.IGNORECASE,
)
"""What programs call a file that stands for one not fetched yet or that somebody has open, and what systems leave."""

_TO_COME: Final = re.compile(rb"\s*(?:todo|tbd|tbc|tba|fixme|placeholder)\b", re.IGNORECASE)
"""How a note begins that says what is to come: `TODO: add the release`."""

_LEDGER: Final = b"SQLite format 3\x00"

_HTML: Final = re.compile(rb"\s*(<!doctype html|<html|<head)", re.IGNORECASE)
_HEADING: Final = re.compile(rb"<(title|h1)[^>]*>(.*?)</\1>", re.IGNORECASE | re.DOTALL)
_FAILED: Final = re.compile(
    rb"\b(40\d|410|429|50\d)\b|not found|forbidden|access ?denied|unauthori[sz]ed|error|log ?in|sign ?in|"
    rb"introuvable|nicht gefunden|no encontrad|n\S{1,2}o encontrad",
    re.IGNORECASE,
)
_ANSWER: Final = re.compile(
    rb"\s*(<\?xml[^>]*>\s*)?<error\b|\s*\{\s*\"(errors?|fault|message\"\s*:\s*\"[^\"]*(not found|forbidden|denied))\b",
    re.IGNORECASE,
)
"""How a store's answer in XML or JSON begins when it could not give the file."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a record says its evidence lies. `path` is empty for a URL or another identifier, never fetched.

    `folders` are those that the file may lie in: the register's own, and further ones that somebody allowed.
    """

    uri: str
    path: str
    sha256: bytes
    folders: tuple[str, ...] = ()

    @classmethod
    def of(cls, uri: str, digest: bytes | None, folder: Path, allowed: Sequence[Path] = ()) -> Reference:
        """A reference as a records file in `folder` gives it.

        >>> Reference.of("https://a.example/r.pdf", None, Path("/x")).path
        ''
        """
        scheme = urlsplit(uri).scheme if ":" in uri else ""
        if len(scheme) > 1 and scheme != "file":
            return cls(uri, "", digest or b"")
        local = urlsplit(uri).path if scheme == "file" else uri
        folders = tuple(sorted({os.path.realpath(one) for one in (folder, *allowed)}))
        return cls(uri, os.path.normpath(folder.absolute() / local), digest or b"", folders)


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at an evidence file found: its state, what identifies the file, and its digest."""

    state: str
    identity: str = ""
    found: bytes = b""


def register(connection: Connection, references: Sequence[Reference], at: int) -> dict[Reference, int]:
    """The number of each reference, stored and looked at now where it is new."""
    table = schema.evidence.c
    distinct = list(dict.fromkeys(references))
    known: dict[Reference, int] = {}
    for start in range(0, len(distinct), 500):
        rows = connection.execute(
            sa.select(table.id, table.uri, table.path, table.sha256, table.folders).where(
                table.uri.in_([r.uri for r in distinct[start : start + 500]])
            )
        )
        known |= {_reference(uri, path, digest, folders): number for number, uri, path, digest, folders in rows}
    fresh = [reference for reference in distinct if reference not in known]
    first = next_id(connection, schema.evidence)
    numbered = list(enumerate(fresh, start=first))
    columns = ("id", "uri", "path", "folders", "sha256")
    append(
        connection,
        schema.evidence,
        columns,
        [(number, r.uri, r.path, "\n".join(r.folders), r.sha256) for number, r in numbered],
    )
    _append_checks(connection, [(number, _look(r)) for number, r in numbered], at)
    return known | {reference: number for number, reference in numbered}


def changed(connection: Connection, collections: Sequence[int]) -> list[tuple[int, Look]]:
    """What is not as it was last seen of the evidence that these collections rest on. Writes nothing.

    Pass the result to `record_looks`.
    """
    evidence, check = schema.evidence.c, schema.evidence_check.c
    rows = connection.execute(
        sa.select(evidence.id, evidence.uri, evidence.path, evidence.sha256, evidence.folders)
        .add_columns(check.state, check.identity, check.found)
        .join(schema.evidence_check, sa.and_(check.evidence_id == evidence.id, check.current))
        .where(evidence.path != "", _rested_on(evidence.id, collections))
        .order_by(evidence.id)
    ).all()
    held = _claims(connection, collections)
    suspect = []
    for number, uri, path, digest, folders, state, identity, last in rows:
        settled = state != "OUTSIDE" and (state != "COLLECTION_IMAGE" or number in held)
        if not (settled and identity and identity_of(path) == identity):
            suspect.append((number, _reference(uri, path, digest, folders), Look(state, identity, bytes(last))))
    recorded = _first_found(connection, [number for number, reference, _ in suspect if not reference.sha256])
    looks = [(number, _look(reference, recorded.get(number, b"")), before) for number, reference, before in suspect]
    return [(number, now) for number, now, before in looks if now != before]


def claims(connection: Connection, collections: Sequence[int]) -> list[tuple[int, Look]]:
    """The evidence of these collections that is no proof: a register or manifest itself, or a picture that is held.

    To be asked once `changed` was stored; what it gives goes to `record_looks` as well.
    """
    check = schema.evidence_check.c
    states = _claims(connection, collections)
    looks = []
    for some in batched(sorted(states), IN_LIST):
        rows = connection.execute(
            sa.select(check.evidence_id, check.state, check.identity, check.found).where(
                check.current, check.evidence_id.in_(some)
            )
        )
        looks += [
            (number, Look(states[number], identity, bytes(found)))
            for number, state, identity, found in rows
            if state != states[number]
        ]
    return looks


def record_looks(connection: Connection, looks: Sequence[tuple[int, Look]], at: int) -> None:
    """Store what `changed` found, and mark the images whose persons' records rest on it."""
    check, record, state = schema.evidence_check, schema.record, schema.consent_state
    for number, look in looks:
        before = connection.execute(
            sa.select(check.c.state).where(check.c.evidence_id == number, check.c.current)
        ).scalar()
        connection.execute(sa.update(check).where(check.c.evidence_id == number).values(current=False))
        _append_checks(connection, [(number, look)], at)
        if before == look.state:
            continue
        rows = connection.execute(
            sa.select(record.c.id, record.c.person_id, record.c.source_id).where(
                record.c.evidence_id == number, record.c.current
            )
        ).all()
        for start in range(0, len(rows), 500):
            part = rows[start : start + 500]
            where = state.c.record.in_([row.id for row in part])
            with changing(connection, state, where):
                connection.execute(sa.update(state).where(where).values(evidence=STATES.index(look.state)))
            for source in {row.source_id for row in part}:
                people = [row.person_id for row in part if row.source_id == source]
                mark_pending(connection, items_showing(people, source))


def _rested_on(evidence: sa.Column[int], collections: Sequence[int]) -> sa.ColumnElement[bool]:
    """Whether a current record that speaks for any of these collections rests on a piece of evidence."""
    record, link = schema.record.c, schema.source_of_collection.c
    speaking = sa.select(link.source_id).where(link.collection_id.in_(collections))
    return sa.exists().where(record.evidence_id == evidence, record.current, record.source_id.in_(speaking))


def _append_checks(connection: Connection, looks: Sequence[tuple[int, Look]], at: int) -> None:
    first = next_id(connection, schema.evidence_check)
    rows = [
        (first + place, number, at, look.state, look.identity, look.found, True)
        for place, (number, look) in enumerate(looks)
    ]
    columns = ("id", "evidence_id", "at", "state", "identity", "found", "current")
    append(connection, schema.evidence_check, columns, rows)


def _reference(uri: str, path: str, digest: bytes, folders: str) -> Reference:
    return Reference(uri, path, bytes(digest), tuple(folders.split("\n")) if folders else ())


def _first_found(connection: Connection, numbers: Sequence[int]) -> dict[int, bytes]:
    """The digest that was first found of each of these files, those that turned out to be no proof left out."""
    check = schema.evidence_check.c
    found: dict[int, list[tuple[bytes, str]]] = {}
    for some in batched(numbers, IN_LIST):
        for number, digest, state in connection.execute(
            sa.select(check.evidence_id, check.found, check.state)
            .where(check.evidence_id.in_(some), check.state.in_(("UNPINNED", *_NO_PROOF)))
            .order_by(check.id)
        ):
            found.setdefault(number, []).append((bytes(digest), state))
    first: dict[int, bytes] = {}
    for number, looks in found.items():
        no_proof = {digest for digest, state in looks if state in _NO_PROOF}
        for digest, _ in looks:
            if digest not in no_proof:
                first.setdefault(number, digest)
    return first


def _look(reference: Reference, recorded: bytes = b"") -> Look:
    """What lies at a reference. `recorded` is the digest that was first found there, where it holds none itself."""
    if not reference.path:
        return Look("REMOTE")
    real = os.path.realpath(reference.path)
    if not any(real == folder or real.startswith(folder.rstrip("/") + "/") for folder in reference.folders):
        return Look("OUTSIDE")
    # Before the bytes: a file that changes while it is read is looked at again.
    identity = identity_of(reference.path)
    digest = digest_of_file(reference.path)
    if digest is None:
        return Look("MISSING")
    instead = _instead(reference.path)
    if instead is not None:
        return Look(instead, identity, digest)
    if reference.sha256:
        return Look("MATCHES" if digest == reference.sha256 else "MISMATCH", identity, digest)
    return Look("UNPINNED" if recorded in (b"", digest) else "MISMATCH", identity, digest)


def _instead(path: str) -> str | None:
    """What a file is instead of evidence, by its first bytes."""
    try:
        with Path(path).open("rb") as file:
            head = file.read(_HEAD).removeprefix(b"\xef\xbb\xbf")
    except OSError:
        return "MISSING"
    if not head.strip(b"\0 \t\r\n"):
        return "EMPTY"
    if head.startswith(_POINTERS) or _STAND_INS.fullmatch(Path(path).name):
        return "POINTER"
    if head.startswith(_LEDGER):
        return "CLAIM_ITSELF"
    if len(head) < _NOTE and (is_placeholder(head.decode("utf-8", "replace")) or _TO_COME.match(head)):
        return "EMPTY"
    # A page without a heading says what it is in its text.
    headings = (b" ".join(text for _, text in _HEADING.findall(head)) or head) if _HTML.match(head) else b""
    return "ERROR_PAGE" if _ANSWER.match(head) or _FAILED.search(headings) else None


def _claims(connection: Connection, collections: Sequence[int]) -> dict[int, str]:
    """Evidence that these collections rest on whose bytes are a register's or manifest's own or a picture's."""
    check, version, content, item = (
        schema.evidence_check.c,
        schema.statement_version.c,
        schema.content.c,
        schema.item.c,
    )
    resting = sa.select(check.evidence_id).where(
        check.current, check.state.in_(_READ), _rested_on(check.evidence_id, collections)
    )
    pictures = (
        resting.join(schema.content, content.sha256 == check.found)
        .join(schema.item, sa.and_(item.content_id == content.id, item.current))
        .distinct()
    )
    tables = resting.join(schema.statement_version, version.digest == check.found).distinct()
    found = dict.fromkeys(connection.execute(pictures).scalars(), "COLLECTION_IMAGE")
    return found | dict.fromkeys(connection.execute(tables).scalars(), "CLAIM_ITSELF")
