"""The file of a release, which can be verified by somebody who has nothing else.

It is JSON Lines in canonical JSON (RFC 8785): a header, then a line for each image. The header holds the root of the
Merkle tree (RFC 6962) whose leaves are the other lines, without their ends, so that one line can be proved to be in a
release without the others. Equal releases are equal bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from provenance.errors import InputError
from provenance.files import open_regular, read_bounded
from provenance.model import Verdict
from provenance.proofs import merkle, notes
from provenance.proofs.canonical import canonical
from provenance.proofs.checkpoints import Checkpoint

FORMAT: Final = "provenance-release/1"

_MEMBERS: Final = (
    ("context", dict), ("rulepacks", dict), ("counts", dict), ("waivers", list), ("clock", str), ("by", str),
    ("software", str),
)  # fmt: skip
"""Members of a header, beside its name, size and root, and what each is."""

_MOST_LINE: Final = 1 << 20
"""Bytes of a line. A verdict's takes some hundred."""


def line_of(verdict: Verdict) -> bytes:
    """The line of an image: its name, its bytes' digest, and what the gate found. No pseudonym and no address."""
    codes = [[reason.code, reason.jurisdiction or ""] for reason in verdict.reasons]
    return canonical(
        {
            "collection": verdict.collection,
            "item": verdict.item,
            "sha256": verdict.sha256.hex() if verdict.sha256 is not None else "",
            "decision": verdict.decision.value,
            "reason": verdict.reason,
            "reasons": codes,
        }
    )


class Writable(Protocol):
    """Takes bytes."""

    def write(self, data: bytes, /) -> int:
        """Write them; gives how many."""


def write(out: Writable, header: bytes, lines: Iterable[bytes]) -> None:
    """Write a header and the lines of images."""
    out.write(header + b"\n")
    for line in lines:
        out.write(line + b"\n")


@dataclass(frozen=True, slots=True)
class Read:
    """A release's file whose lines are those that its header was made for; `sha256` is of its bytes."""

    header: Mapping[str, Any]
    header_bytes: bytes
    root: bytes
    images: int
    sha256: bytes

    @property
    def name(self) -> str:
        """The release's name."""
        return str(self.header["name"])


def read(path: Path) -> Read:
    """Check the file of a release against its own header. Raises InputError for the first fault."""
    count, hasher = 0, hashlib.sha256()

    def leaves(lines: Iterator[bytes]) -> Iterator[bytes]:
        nonlocal count
        for line in lines:
            count += 1
            hasher.update(line + b"\n")
            yield merkle.leaf_hash(line)

    lines = _lines(path)
    first = next(lines, b"")
    header = _header(path, first)
    hasher.update(first + b"\n")
    root = merkle.root_of(leaves(lines))
    if count != header["images"] or root.hex() != header["root"]:
        raise InputError(
            f"{path} is not as it was released: its lines are not those that its header names",
            remedy="ask for the file again",
        )
    return Read(header, first, root, count, hasher.digest())


def statement(found: Read) -> Checkpoint:
    """What is signed of a release: its name, its size and root, and the digest of its header."""
    digest = hashlib.sha256(found.header_bytes).hexdigest()
    return Checkpoint(f"{FORMAT} {found.name}", found.images, found.root, (f"header {digest}",))


def signed_by(found: Read, note: Path | None, keys: Sequence[str]) -> tuple[str, ...]:
    """Who of those that are believed signed a release. Raises InputError where a note is not of it, or nobody did."""
    if note is None:
        return ()
    data = read_bounded(note, _MOST_LINE) or b""
    try:
        signed = notes.Note.parse(data.decode())
    except UnicodeDecodeError as error:
        raise InputError(f"{note} is no signed note", remedy="name the note that came with the release") from error
    if signed.text != statement(found).text:
        raise InputError(f"{note} was signed for another release", remedy="name the note that came with this one")
    names = tuple(one.name for one in notes.verify(signed, map(notes.Verifier.parse, keys)))
    if not names:
        raise InputError("nobody who is believed signed this release", remedy="give the public key with --key")
    return names


def items(path: Path) -> Iterator[dict[str, Any]]:
    """The images of a release's file, which `read` has checked."""
    lines = _lines(path)
    next(lines, b"")
    for line in lines:
        yield json.loads(line)


def differences(before: Path, after: Path) -> list[tuple[str, str, str]]:
    """What the images of one release's file have or lack that those of another do not: what, collection, item.

    Images are told apart by their bytes where two collections have one name. Raises InputError.
    """
    was, now = _bytes_by_name(before), _bytes_by_name(after)
    found = []
    for name in sorted(was.keys() | now.keys()):
        gone, new = (one.total() for one in (was[name] - now[name], now[name] - was[name]))
        changed = min(gone, new)
        for what, images in (("changed", changed), ("removed", gone - changed), ("added", new - changed)):
            found += [(what, *name)] * images
    return found


def _bytes_by_name(path: Path) -> defaultdict[tuple[str, str], Counter[str]]:
    read(path)
    found = defaultdict[tuple[str, str], Counter[str]](Counter)
    for one in items(path):
        found[one["collection"], one["item"]][one["sha256"]] += 1
    return found


def _header(path: Path, line: bytes) -> Mapping[str, Any]:
    try:
        header = json.loads(line)
        if header["format"] == FORMAT and isinstance(header["name"], str) and canonical(header) == line:
            int(header["images"]), bytes.fromhex(header["root"])
            if all(isinstance(header[name], kind) for name, kind in _MEMBERS):
                return dict(header)
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise InputError(f"{path} is no release, or one of a newer version", remedy="name the file of a release")


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with open_regular(path) as file:
            while line := file.readline(_MOST_LINE):
                if not line.endswith(b"\n"):
                    raise InputError(f"{path} ends in the middle of a line", remedy="ask for the file again")
                yield line[:-1]
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", remedy="check the path") from error
