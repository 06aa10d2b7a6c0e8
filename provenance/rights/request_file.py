"""A request as a file for those who received copies: what it asks, and what knows each of its pictures again.

JSON Lines: a header, then a line for each picture with the digest of its bytes and its hashes (`ledger.holds.Picture`,
base64), so that the receiver meets edited copies as well as the sender does. It holds no name, no pseudonym and no
address, and whoever takes it in can only keep more out by it. It is read a line at a time, once to check it and once to
take it in.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from provenance.errors import InputError
from provenance.files import open_regular
from provenance.ledger.holds import Picture
from provenance.ledger.requests import Request, RequestKind
from provenance.lookup.interface import HASH_BYTES
from provenance.records.formats.raw import Hash
from provenance.unique_keys import json_value
from provenance.vocabulary import Purpose

FORMAT: Final = "provenance-request/1"

_MOST_LINE: Final = 1 << 20
"""Bytes of a line. A picture's takes some 40,000."""

_MOST: Final = 1_000_000
_MOST_BYTES: Final = 1 << 29
"""512 MiB in one file: some 13,000 pictures with all that knows them again."""

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_REF: Final = re.compile(r"Q-[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class RequestFile:
    """A request that somebody else took in: its reference there, what it asks for which purposes, how many pictures.

    >>> for picture in read_request(Path("request.json")).pictures():  # doctest: +SKIP
    ...     print(picture.sha256)
    """

    path: Path
    ref: str
    kind: RequestKind
    purposes: tuple[Purpose, ...]
    count: int
    _digest: bytes

    def pictures(self) -> Iterator[Picture]:
        """The pictures, in the file's order. Raises InputError at the end of a file that changed since it was read."""
        digest = hashlib.sha256()
        for number, values in _lines(self.path, digest):
            if number > 1:
                yield _picture(values, self.path, number)
        if digest.digest() != self._digest:
            raise InputError(f"{self.path} changed while it was read", remedy="take it in again")


def write_request(out: TextIO, request: Request, pictures: Iterable[Picture]) -> int:
    """Write a request with the pictures that it keeps out; gives their number."""
    header = {
        "format": FORMAT,
        "ref": request.ref,
        "kind": request.kind.value,
        "purposes": [purpose.value for purpose in request.purposes],
    }
    out.write(json.dumps(header) + "\n")
    count = 0
    for one in pictures:
        row = {
            "sha256": one.sha256.hex() if one.sha256 is not None else "",
            "wholes": base64.b64encode(one.wholes).decode(),
            "parts": base64.b64encode(one.parts).decode(),
        }
        out.write(json.dumps(row) + "\n")
        count += 1
    return count


def read_request(path: Path) -> RequestFile:
    """Check a request that somebody exported. Raises InputError for the first fault, with its line."""
    digest = hashlib.sha256()
    header: dict[str, Any] | None = None
    count = 0
    for number, values in _lines(path, digest):
        if header is None:
            header = _header(values, path)
        else:
            _picture(values, path, number)
            count += 1
    if header is None or not count:
        raise InputError(f"{path} keeps nothing out", remedy="export the request again")
    purposes = tuple(map(Purpose, header["purposes"]))
    return RequestFile(path, header["ref"], RequestKind(header["kind"]), purposes, count, digest.digest())


def _lines(path: Path, digest: Hash) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file with their lines, one at a time; the bytes go into the digest."""
    size = 0
    try:
        with open_regular(path) as file:
            for number in range(1, _MOST + 2):
                line = file.readline(_MOST_LINE + 1)
                if not line:
                    return
                digest.update(line)
                size += len(line)
                if size > _MOST_BYTES:
                    raise InputError(f"{path} is larger than {_MOST_BYTES >> 20} MiB", remedy="ask for several files")
                yield number, _object(line, path, number)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", remedy="check the path") from error
    raise InputError(f"{path} holds more than {_MOST:,} pictures", remedy="ask for several files")


def _object(line: bytes, path: Path, number: int) -> dict[str, Any]:
    try:
        values = json_value(line) if len(line) <= _MOST_LINE else None
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise InputError(f"{path}:{number} is no line of a request", remedy="ask for the file again")
    return values


def _header(values: dict[str, Any], path: Path) -> dict[str, Any]:
    kinds = [kind.value for kind in RequestKind if kind is not RequestKind.ACCESS]
    purposes = values.get("purposes")
    if (
        values.get("format") == FORMAT
        and isinstance(values.get("ref"), str)
        and _REF.fullmatch(values["ref"])
        and values.get("kind") in kinds
        and isinstance(purposes, list)
        and all(purpose in set(Purpose) for purpose in purposes)
    ):
        return values
    raise InputError(f"{path} is no request, or one of a newer version", remedy="name what `requests export` wrote")


def _picture(values: dict[str, Any], path: Path, number: int) -> Picture:
    digest = values.get("sha256")
    if isinstance(digest, str) and (not digest or _SHA256.fullmatch(digest)):
        wholes, parts = _hashes(values.get("wholes")), _hashes(values.get("parts"))
        if wholes is not None and parts is not None and (digest or wholes):
            return Picture(bytes.fromhex(digest) if digest else None, wholes, parts)
    raise InputError(f"{path}:{number} is no picture", remedy="ask for the file again")


def _hashes(text: object) -> bytes | None:
    """Hashes of 32 bytes; None for anything else."""
    try:
        data = base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except (binascii.Error, ValueError):
        return None
    return data if data is not None and len(data) % HASH_BYTES == 0 else None
