"""The demo as data: which photographs, what their packages say of them, and what the gate should make of each."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Photograph:
    """One picture of an installed package.

    `row` is its line in the manifest, None where the manifest leaves it out. `statement` is where the package says
    where the picture comes from, `evidence` the name that this statement gets in the demo's folder.
    """

    file: str
    package: str
    distribution: str
    path: str
    expected: tuple[str, str]
    statement: str | None
    row: Mapping[str, Any] | None

    @property
    def evidence(self) -> str | None:
        """The file, relative to the demo's folder, that holds what the package says of the picture."""
        if self.statement is None:
            return None
        return "evidence/" + self.statement.replace(":", ".").replace("/", ".").removesuffix(".txt") + ".txt"


@dataclass(frozen=True, slots=True)
class Collection:
    """Everything that the demo lays out; `context` is the text of its gate context."""

    photographs: tuple[Photograph, ...]
    records: tuple[Mapping[str, Any], ...]
    context: str


def load_collection() -> Collection:
    """Read `collection.toml` and `context.toml`.

    >>> [photograph.file for photograph in load_collection().photographs][:2]
    ['astronaut.png', 'camera.png']
    """
    here = files("provenance.demo")
    data = tomllib.loads(here.joinpath("collection.toml").read_text(encoding="utf-8"))
    photographs = tuple(_photograph(entry, data) for entry in data["photograph"])
    return Collection(photographs, tuple(data["record"]), here.joinpath("context.toml").read_text(encoding="utf-8"))


def _photograph(entry: Mapping[str, Any], data: Mapping[str, Any]) -> Photograph:
    package = data["package"][entry["package"]]
    photograph = Photograph(
        file=entry["file"],
        package=entry["package"],
        distribution=package["distribution"],
        path=entry["path"],
        expected=tuple(entry["expected"]),
        statement=entry.get("statement"),
        row=None,
    )
    if "row" not in entry:
        return photograph
    row = {"file_name": entry["file"], "sha256": entry["sha256"], **package["row"], **entry["row"]}
    if "persons_status" in row:
        row["persons_determined_by"] = data["review"]
    if photograph.evidence is not None:
        row["upstream_evidence"] = photograph.evidence
    return replace(photograph, row=row)
