"""Lists of hashes that others keep: suppression lists, takedown lists. Reading and writing them, and nothing else.

One hash a line in hexadecimal, 64 digits. SHA-256 lists hold nothing more. Perceptual lists may add a quality from 0
to 100 after a comma, as ThreatExchange's PDQ tools print it (`hash,quality` and perhaps a name, which is not read).
Empty lines and lines that begin with `#` are left out. Hashes below the quality gate are not taken: a flat picture's
hash is near every other flat picture's.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final, TextIO

import numpy as np
from numpy.typing import NDArray

from provenance.errors import InputError, RowError, RowErrors
from provenance.files import open_regular
from provenance.lookup.interface import HASH_BYTES, Bytes

MAX_LINE: Final = 4_096
MAX_ENTRIES: Final = 50_000_000
"""Hashes in one list: 1.6 GB in memory."""

MAX_ERRORS: Final = 100
"""Faults that are listed; the others are counted."""

QUALITY_GATE: Final = 50
"""ThreatExchange's own recommendation for PDQ, and this package's gate for its fingerprints."""

NO_QUALITY: Final = -1
"""Stands for the quality of an entry of which its list gives none."""

_SHOWN: Final = 80
_HEX: Final = re.compile(rb"[0-9a-fA-F]{64}")
_QUALITY: Final = re.compile(rb"[0-9]{1,3}")


class HashType(StrEnum):
    """What the hashes of a list are of. It cannot be told from the file: all of them are 64 digits."""

    SHA256 = "sha256"
    """The bytes of a file."""
    PHASH256 = "phash256"
    """A picture, by ImageHash's `phash` with `hash_size=16`: what the ledger holds."""
    PDQ = "pdq"
    """A picture, by Meta's PDQ."""


class ListPurpose(StrEnum):
    """What a list is kept for."""

    SUPPRESSION = "suppression"
    """Pictures that were erased, objected to or forbidden."""
    ILLEGAL = "illegal"
    """Pictures that nobody may hold. They are not opened beyond hashing."""


@dataclass(frozen=True, slots=True, eq=False)
class HashList:
    """A list as it was read: (n, 32) hashes, the line and the quality of each, and the SHA-256 of the file.

    A quality is -1 where the list gives none. `low_quality` counts the entries below the quality gate, left out.
    """

    name: str
    hash_type: HashType
    hashes: Bytes
    lines: NDArray[np.int64]
    qualities: NDArray[np.int8]
    digest: bytes
    low_quality: int = 0

    def __len__(self) -> int:
        return len(self.lines)


def read_list(path: Path, hash_type: HashType) -> HashList:
    """Read a list. Raises RowErrors with the faulty lines, InputError for a file that cannot be read or is too long."""
    try:
        with open_regular(path) as file:
            return parse_list(file, hash_type, name=str(path))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}", remedy="check the path") from error


def parse_list(file: BinaryIO, hash_type: HashType, *, name: str) -> HashList:
    """Parse an open list. Raises as `read_list` does; nothing of a list with a fault is taken.

    >>> import io
    >>> parse_list(io.BytesIO(b"# mine\\n" + b"0f" * 32 + b",97\\n"), Kind.PDQ, name="list").lines
    array([2])
    """
    values = bytearray()
    lines, qualities = array("q"), array("b")
    digest = sha256()
    errors: list[RowError] = []
    low_quality = more = number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        digest.update(line)
        if len(line) > MAX_LINE:
            raise InputError(f"{name}:{number}: a line of more than {MAX_LINE} bytes", remedy="check that it is a list")
        text = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else line.strip()
        if not text or text.startswith(b"#"):
            continue
        fields = text.split(b",", 2)
        fault = _fault(fields, hash_type)
        if fault is not None:
            more += len(errors) >= MAX_ERRORS
            errors += [RowError(name, number, *fault)] if len(errors) < MAX_ERRORS else []
            continue
        quality = int(fields[1]) if len(fields) > 1 else NO_QUALITY
        if NO_QUALITY < quality < QUALITY_GATE:
            low_quality += 1
            continue
        if len(lines) >= MAX_ENTRIES:
            raise InputError(f"{name}: more than {MAX_ENTRIES:,} hashes", remedy="split the list")
        values += bytes.fromhex(fields[0].strip().decode("ascii"))
        lines.append(number)
        qualities.append(quality)
    if errors:
        raise RowErrors(errors, more=more)
    hashes = np.frombuffer(bytes(values), np.uint8).reshape(-1, HASH_BYTES)
    places, told = np.array(lines, np.int64), np.array(qualities, np.int8)
    return HashList(name, hash_type, hashes, places, told, digest.digest(), low_quality)


def write_list(out: TextIO, entries: Iterable[tuple[bytes, int | None]], hash_type: HashType) -> int:
    """Write hashes of 32 bytes with their quality, or None; gives their number. Raises ValueError for another length.

    >>> import sys
    >>> write_list(sys.stdout, [(bytes(32), None)], Kind.SHA256)
    0000000000000000000000000000000000000000000000000000000000000000
    1
    """
    written = 0
    for value, quality in entries:
        if len(value) != HASH_BYTES or (
            quality is not None and (hash_type is HashType.SHA256 or not 0 <= quality <= 100)
        ):
            raise ValueError("a hash has 32 bytes; a perceptual one may have a quality from 0 to 100")
        out.write(value.hex() + ("\n" if quality is None else f",{quality}\n"))
        written += 1
    return written


def _fault(fields: list[bytes], hash_type: HashType) -> tuple[str, str, str] | None:
    """The field, the value and the problem of a line that cannot be used."""
    if not _HEX.fullmatch(fields[0].strip()):
        return "hash", _shown(fields[0]), "not 64 hexadecimal digits"
    if len(fields) == 1:
        return None
    if hash_type is HashType.SHA256:
        return "hash", _shown(b",".join(fields[1:])), "a SHA-256 list holds one hash a line and nothing more"
    quality = fields[1].strip()
    if not _QUALITY.fullmatch(quality) or int(quality) > 100:
        return "quality", _shown(quality), "not a whole number from 0 to 100"
    return None


def _shown(value: bytes) -> str:
    """A stranger's text, short and harmless to a terminal."""
    return ascii(value[:_SHOWN].decode("utf-8", "backslashreplace"))[1:-1] + ("…" if len(value) > _SHOWN else "")
