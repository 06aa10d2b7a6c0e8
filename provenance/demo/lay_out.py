"""Copying the demo's photographs out of the installed packages, beside a manifest, records, evidence and a context."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from provenance.demo.collection import Collection, Photograph, load_collection
from provenance.errors import InputError, MissingExtra, UsageError

CLOCK: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
"""The clock of the demo's gate, so that it comes out the same on every day."""


@dataclass(frozen=True, slots=True)
class LaidOut:
    """Where everything lies, and the photographs that were laid out."""

    photos: Path
    manifest: Path
    records: Path
    context: Path
    ledger: Path
    photographs: tuple[Photograph, ...]


def lay_out(folder: Path) -> LaidOut:
    """Fill `folder` with the demo's collection; a file that is there already with the same content stays as it is.

    Raises MissingExtra without scikit-image or scikit-learn, InputError if they lack a photograph, UsageError if
    the folder holds something else under a name that is needed or cannot be written.

    >>> lay_out(Path("demo")).photos  # doctest: +SKIP
    PosixPath('demo/photos')
    """
    collection = load_collection()
    content = {f"photos/{one.file}": _bytes_of(one) for one in collection.photographs}
    content |= {one.evidence: _statement_of(one) for one in collection.photographs if one.evidence}
    content["manifest.jsonl"] = _lines([one.row for one in collection.photographs if one.row is not None])
    content["records.jsonl"] = _lines([_pinned(record, content) for record in collection.records])
    content["context.toml"] = collection.context.encode()
    _write(folder, content)
    return _laid_out(folder, collection)


def _laid_out(folder: Path, collection: Collection) -> LaidOut:
    return LaidOut(
        photos=folder / "photos",
        manifest=folder / "manifest.jsonl",
        records=folder / "records.jsonl",
        context=folder / "context.toml",
        ledger=folder / "ledger.db",
        photographs=collection.photographs,
    )


def _bytes_of(photograph: Photograph) -> bytes:
    return _read(photograph, photograph.path)


def _statement_of(photograph: Photograph) -> bytes:
    """What the package says: a file of its own, or a function's documentation."""
    assert photograph.statement is not None  # asked for only where there is one
    module, _, name = photograph.statement.partition(":")
    if "/" in name:
        return _read(photograph, name)
    _package_folder(photograph)
    said = inspect.getdoc(getattr(importlib.import_module(module), name))
    if said is None:
        raise InputError(f"{module}.{name} has no documentation", remedy="run Python without -OO")
    return f"{said}\n".encode()


def _read(photograph: Photograph, path: str) -> bytes:
    try:
        return (_package_folder(photograph) / path).read_bytes()
    except OSError as error:
        raise InputError(
            f"{photograph.distribution} does not ship {path}", remedy="install a release that does"
        ) from error


def _package_folder(photograph: Photograph) -> Path:
    spec = find_spec(photograph.package)
    if spec is None or spec.origin is None:
        raise MissingExtra(photograph.distribution, "demo", "the demo")
    return Path(spec.origin).parent


def _pinned(record: Mapping[str, Any], content: Mapping[str, bytes]) -> dict[str, Any]:
    """The record with the digest of its evidence, which differs between the packages' releases."""
    evidence = dict(record["evidence"])
    evidence["sha256"] = hashlib.sha256(content[evidence["uri"]]).hexdigest()
    return {**record, "evidence": evidence}


def _lines(rows: list[Mapping[str, Any]] | list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, default=_text, ensure_ascii=False) + "\n" for row in rows).encode()


def _text(value: object) -> str:
    assert isinstance(value, datetime)  # the only kind of TOML value that JSON lacks and the collection has
    return value.isoformat()


def _write(folder: Path, content: Mapping[str, bytes]) -> None:
    """Look first and write then, so that a folder with something else in it is left as it was."""
    try:
        missing = [name for name in content if not (folder / name).exists()]
        other = [name for name in content if name not in missing and (folder / name).read_bytes() != content[name]]
        if other:
            raise UsageError(f"{folder / other[0]} is there already and differs", remedy="name a new folder")
        for name in missing:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content[name])
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be written: {error.strerror or error}", remedy="name a new folder"
        ) from error
