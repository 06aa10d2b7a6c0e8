"""Scenarios: small stories with the verdict they must come to, each in one JSON file. Pure but for reading the file.

A scenario holds a gate context, manifest rows, basis records, evidence files (base64) and, for each image, the
decision, the primary reason (or several of which one is right) and further codes that must be among the reasons. An
optional key `photos` holds images of its own (base64) for file names of the manifest.

>>> problems(Expected(Decision.ALLOW, ("LAWFUL_BASIS_VERIFIED",)), None)
['no verdict']
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from provenance.errors import InputError
from provenance.files import open_regular
from provenance.keys import key_of, path_problem
from provenance.model import Verdict
from provenance.unique_keys import json_value
from provenance.vocabulary import Decision

MAX_BYTES: Final = 16 << 20
"""16 MiB: a longer scenario file is refused."""

_KEYS: Final = {
    "id": str,
    "title": str,
    "why": str,
    "context": dict,
    "manifest": list,
    "records": list,
    "files": dict,
    "expect": dict,
}


@dataclass(frozen=True, slots=True)
class Expected:
    """What one image must come to: `reasons` are the primary codes of which one is right, `also` further codes."""

    decision: Decision
    reasons: tuple[str, ...]
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """One story. `files` are the contents of evidence files, by path beside the records; `photos` those of images."""

    id: str
    title: str
    why: str
    context: Mapping[str, Any]
    manifest: tuple[Mapping[str, Any], ...]
    records: tuple[Mapping[str, Any], ...]
    files: Mapping[str, bytes]
    expect: Mapping[str, Expected]
    photos: Mapping[str, bytes] = field(default_factory=dict)


def load_scenario(path: Path) -> Scenario:
    """Read one scenario. Raises InputError that names the file and what is wrong with it."""
    try:
        with open_regular(path) as stream:
            data = stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise InputError(f"{path} is longer than {MAX_BYTES} bytes", remedy="a scenario is a short file")
        table = json_value(data)
        return _scenario(table)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", remedy="check the path") from error
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is no scenario: {error}", remedy="correct it; docs/policy.md shows one") from error


def _scenario(table: Any) -> Scenario:
    if not isinstance(table, dict):
        raise TypeError("it must hold one object")
    for key, kind in _KEYS.items():
        if not isinstance(table.get(key), kind):
            raise TypeError(f"{key}: it must be there, as {kind.__name__}")
    unknown = table.keys() - _KEYS.keys() - {"photos"}
    if unknown:
        raise ValueError(f"{min(unknown)}: there is no such key")
    return Scenario(
        id=table["id"],
        title=table["title"],
        why=table["why"],
        context=table["context"],
        manifest=tuple(_row(row) for row in table["manifest"]),
        records=tuple(table["records"]),
        files=_contents(table["files"]),
        expect={name: _expected(want) for name, want in table["expect"].items()},
        photos=_contents(table.get("photos", {})),
    )


def _row(row: Mapping[str, Any]) -> Mapping[str, Any]:
    _sound(row["file_name"])
    return row


def _sound(name: str) -> None:
    problem = path_problem(key_of(name))
    if problem:
        raise ValueError(f"{name}: {problem}")


def _contents(table: Mapping[str, str]) -> dict[str, bytes]:
    contents = {}
    for name, text in table.items():
        _sound(name)
        try:
            contents[name] = base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise ValueError(f"{name}: it is not base64: {error}") from error
    return contents


def _expected(want: Mapping[str, Any]) -> Expected:
    reasons = want["reason"] if isinstance(want["reason"], list) else [want["reason"]]
    return Expected(Decision(want["decision"]), tuple(reasons), tuple(want.get("also", ())))


def problems(want: Expected, got: Verdict | None) -> list[str]:
    """What is wrong with a verdict, one line each; nothing where it is as expected."""
    if got is None:
        return ["no verdict"]
    found = []
    if got.decision is not want.decision or got.reason not in want.reasons:
        found.append(f"wanted {want.decision} {' or '.join(want.reasons)}, got {got.decision} {got.reason}")
    missing = set(want.also) - {reason.code for reason in got.reasons}
    if missing:
        found.append(f"not among the reasons: {', '.join(sorted(missing))}")
    return found
