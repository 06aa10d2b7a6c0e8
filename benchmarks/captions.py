"""How well the text reader tells captions of minors: precision and recall on the labelled, held-out half.

    python -m benchmarks captions [--quick] --json

`tests/signals/text/captions.md` says how the captions were made and labelled, and why the figures say more about
regressions than about anybody's real dataset.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.report import Figure, Ratio, Report
from provenance.model import SignalSubject
from provenance.signals.text import read_text

CAPTIONS = Path(__file__).parents[1] / "tests" / "signals" / "text" / "captions.jsonl"
FLOOR = 0.96
"""What the test-suite holds precision and recall to."""


def run(quick: bool) -> Report:  # noqa: FBT001 - the command's own interface
    """All of the held-out half either way; `quick` only repeats the timing less often."""
    rows = [json.loads(line) for line in CAPTIONS.read_text(encoding="utf-8").splitlines()]
    held = [row for row in rows if row["half"] == "held"]
    figures: list[Figure] = []
    for language in ("all", "de", "en", "es", "fr", "pt"):
        figures += _figures(language, [row for row in held if language in ("all", row["language"])])
    figures.append(Figure("time", len(held), _microseconds(held, 2 if quick else 20), "us/text"))
    overall = {figure.name: figure.value for figure in figures}
    ratios = [
        Ratio("precision on held-out captions", overall["precision all"], aim=FLOOR),
        Ratio("recall on held-out captions", overall["recall all"], aim=FLOOR),
    ]
    return Report("captions", figures, ratios)


def _figures(language: str, rows: Sequence[dict[str, Any]]) -> list[Figure]:
    flagged = [row["minor"] for row in rows if _flagged(row)]
    minors = sum(row["minor"] for row in rows)
    return [
        Figure(f"precision {language}", len(flagged), sum(flagged) / len(flagged), "share"),
        Figure(f"recall {language}", minors, sum(flagged) / minors, "share"),
    ]


def _flagged(row: dict[str, Any]) -> bool:
    return any(signal.subject is SignalSubject.MINOR for signal in read_text(row["field"], row["text"]))


def _microseconds(rows: Sequence[dict[str, Any]], repetitions: int) -> float:
    began = time.perf_counter()
    for _ in range(repetitions):
        for row in rows:
            read_text(row["field"], row["text"])
    return (time.perf_counter() - began) / (repetitions * len(rows)) * 1e6
