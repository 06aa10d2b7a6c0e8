"""The receipt of a share that was looked at whole: its parts by name and digest, and what they were made of and how.

A share without a receipt is unfinished, and what no receipt names is not taken.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

from provenance import __version__
from provenance.adapters import adapter
from provenance.errors import InputError
from provenance.files import read_bounded
from provenance.fingerprint.wanted import Wanted
from provenance.private_files import POSIX, create, require_own
from provenance.proofs.canonical import canonical
from provenance.sources.share import Share

FORM: Final = 1
"""Goes up with every change of what a part or a receipt holds."""

_READERS: Final = ("pillow", "imagehash", "pillow-heif", "c2pa-python", "pdqhash")
"""What decides, beside this package, what is seen in a file."""

_MOST_BYTES: Final = 64 << 20
_PART: Final = re.compile(r"shard-[0-9]+-of-[0-9]+-[0-9a-f]{64}\.parquet", re.ASCII)
_LEFT: Final = ".partial"


@dataclass(frozen=True, slots=True)
class Made:
    """Of what a share is one, and how it was looked at: two that differ in anything else than `shard` do not fit.

    `settings` are those of `Wanted` and the versions of what reads files, "" where it is not installed.
    """

    collection: str
    shard: int
    of: int
    settings: Mapping[str, bool | str]
    version: str = __version__
    form: int = FORM

    @classmethod
    def now(cls, collection: str, share: Share, wanted: Wanted) -> Self:
        """How this process looks at a share of a collection."""
        return cls(
            collection, share.number, share.of, {**asdict(wanted), **{name: _version(name) for name in _READERS}}
        )

    @property
    def settings_sha256(self) -> str:
        """The digest of the settings and the version."""
        return sha256(canonical({"settings": self.settings, "version": self.version, "form": self.form})).hexdigest()

    def differs(self, other: Made) -> str | None:
        """In what two shares of one collection were made otherwise, in words; None where they fit together."""
        if self.collection != other.collection:
            return f"the collection {self.collection} instead of {other.collection}"
        if self.of != other.of:
            return f"{self.of} shards instead of {other.of}"
        mine = {"version": self.version, "form": self.form, **self.settings}
        theirs = {"version": other.version, "form": other.form, **other.settings}
        for name in sorted(mine.keys() | theirs.keys()):
            if mine.get(name) != theirs.get(name):
                return f"{name} {_said(mine.get(name))} instead of {_said(theirs.get(name))}"
        return None


@dataclass(frozen=True, slots=True)
class Part:
    """A file of rows: its name in the receipt's folder, the SHA-256 of its bytes, its images."""

    name: str
    sha256: str
    images: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a share's scan wrote: `images` of its files are images or may hold some, `unreadable` of them had no bytes.

    >>> receipt = scan_shard("demo/photos", "1/1", "parts")
    >>> receipt.images, receipt.unreadable, len(receipt.parts)
    (11, 0, 1)
    """

    made: Made
    settings_sha256: str
    images: int
    unreadable: int
    parts: tuple[Part, ...]


def name_of(share: Share) -> str:
    """The beginning of the names of all files of a share."""
    return f"shard-{share.number}-of-{share.of}"


def write_receipt(folder: Path, share: Share, receipt: Receipt) -> None:
    """Put a receipt into its folder, whole or not at all. Raises OSError."""
    text = json.dumps(asdict(receipt), indent=1, sort_keys=True)
    put(folder, f"{name_of(share)}.json", lambda file: file.write(text.encode()))


def read_receipt(path: Path) -> Receipt:
    """The receipt in a file. Raises InputError for what is none, UntrustedFile where others may write it."""
    require_own(path, "the receipt")
    try:
        data = read_bounded(path, _MOST_BYTES)
        receipt = adapter(Receipt).validate_json(data or b"")
    except (OSError, ValueError, RecursionError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is no receipt of this version"
        raise InputError(f"{path} cannot be taken: {said}", remedy="scan that shard again") from error
    made = receipt.made
    names = {part.name for part in receipt.parts}
    sound = (
        1 <= made.shard <= made.of
        and receipt.settings_sha256 == made.settings_sha256
        and receipt.images == sum(part.images for part in receipt.parts)
        and len(names) == len(receipt.parts)
        and all(_PART.fullmatch(name) for name in names)
        and min((part.images for part in receipt.parts), default=0) >= 0
    )
    if not sound:
        raise InputError(f"{path} contradicts itself", remedy="scan that shard again")
    return receipt


def put(folder: Path, name: str, write: Callable[[BinaryIO], Any]) -> None:
    """Write a file that is there whole or not at all, even where the machine stops. Raises OSError."""
    partial = folder / f"{name}.{secrets.token_hex(4)}{_LEFT}"
    try:
        with os.fdopen(create(partial), "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(folder / name)
    finally:
        partial.unlink(missing_ok=True)
    if POSIX:  # elsewhere a folder cannot be opened
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def remove_left(folder: Path, share: Share) -> None:
    """Remove what killed scans of a share left half written. Raises OSError."""
    for left in folder.glob(f"{name_of(share)}[.-]*{_LEFT}"):
        left.unlink(missing_ok=True)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _said(value: object) -> str:
    return repr(value) if value != "" else "none"
