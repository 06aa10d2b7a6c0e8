"""Playing scenarios through a ledger of their own, and saying which came out differently."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from provenance.errors import ProvenanceError
from provenance.model import Verdict
from provenance.policy.scenarios import Scenario, problems
from provenance.private_files import working_folder


@dataclass(frozen=True, slots=True)
class Played:
    """How one scenario came out; no problem means as expected."""

    scenario: Scenario
    problems: tuple[str, ...]


def play(scenarios: Iterable[Scenario], *, packs: Path | None = None) -> Iterator[Played]:
    """Play each scenario in a temporary folder with a small generated picture for every image without one."""
    picture = _picture()
    for scenario in scenarios:
        with working_folder() as folder:
            yield Played(scenario, tuple(_problems(scenario, folder, picture, packs)))


def _problems(scenario: Scenario, root: Path, picture: bytes, packs: Path | None) -> list[str]:
    _lay_out(scenario, root, picture)
    try:
        verdicts = _gate(scenario, root, packs)
    except ProvenanceError as error:
        return [" ".join(str(error).split())[:300]]
    return [
        f"{item}: {problem}" for item, want in scenario.expect.items() for problem in problems(want, verdicts.get(item))
    ]


def _lay_out(scenario: Scenario, root: Path, picture: bytes) -> None:
    for row in scenario.manifest:
        name = row["file_name"]
        _write(root / "collection" / name, scenario.photos.get(name, picture))
    for name, content in scenario.files.items():
        _write(root / name, content)
    _write(root / "manifest.jsonl", _lines(scenario.manifest))
    _write(root / "records.jsonl", _lines(scenario.records))


def _gate(scenario: Scenario, root: Path, packs: Path | None) -> dict[str, Verdict]:
    from provenance.api import Ledger

    # No file sets a gate's clock; here it is part of the story.
    told = dict(scenario.context)
    as_of = told.pop("as_of", None)
    _write(root / "context.json", json.dumps(told).encode())
    with Ledger.open(root / "ledger.db", packs=packs) as ledger:
        ledger.scan(root / "collection", manifest=root / "manifest.jsonl", records=root / "records.jsonl", workers=1)
        context = ledger.context(root / "context.json", as_of=as_of)
        return {verdict.item: verdict for verdict in ledger.gate(root / "collection", context=context)}


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def _picture() -> bytes:
    from PIL import Image

    coarse = Image.frombytes("RGB", (8, 6), random.Random(1).randbytes(8 * 6 * 3))  # noqa: S311 - any picture will do
    stream = BytesIO()
    coarse.resize((64, 48), Image.Resampling.BICUBIC).save(stream, "JPEG")
    return stream.getvalue()
