"""Verdicts as Arrow tables, and as the frames of those who take Arrow's C stream."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from provenance.chunks import batched
from provenance.errors import MissingExtra
from provenance.gate.recorded import RecordedGate
from provenance.keys import display
from provenance.model import Reason, Verdict
from provenance.policy.overrides import fingerprint

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

_ROWS: Final = 10_000

TEXTS: Final = ("item", "collection", "collection_uri", "path", "sha256", "decision", "reason", "purpose")
REASON: Final = ("code", "decision", "jurisdiction", "person", "detail", "citation", "finding")
"""What is told of each reason, as in every other format."""


def reader(recorded: RecordedGate) -> pa.RecordBatchReader:
    """One row an image, in manifest order, read 10,000 at a time. Raises MissingExtra without pyarrow.

    `path` is where the image lies; `evaluated_at` the gate's clock in UTC, to the microsecond.
    """
    arrow = _needed("pyarrow", "parquet")
    schema = _schema(arrow)

    def batches() -> Iterator[pa.RecordBatch]:
        for some in batched(recorded.verdicts(), _ROWS):
            rows = [_row(verdict, gated.path_of(key)) for gated, key, verdict in some]
            yield arrow.RecordBatch.from_pylist(rows, schema)

    return arrow.RecordBatchReader.from_batches(schema, batches())


def to_pandas(recorded: RecordedGate) -> pd.DataFrame:
    """The rows as a pandas frame. Raises MissingExtra."""
    _needed("pandas", "pandas")
    frame: pd.DataFrame = reader(recorded).read_pandas()
    return frame


def to_polars(recorded: RecordedGate) -> pl.DataFrame:
    """The rows as a Polars frame, taken over by Arrow's C stream. Raises MissingExtra."""
    polars = _needed("polars", "polars")
    frame: pl.DataFrame = polars.DataFrame(reader(recorded))
    return frame


def _needed(package: str, extra: str) -> Any:
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as missing:
        raise MissingExtra(package, extra, "a table of verdicts") from missing


def _schema(pa: Any) -> pa.Schema:
    reasons = pa.list_(pa.struct([(name, pa.string()) for name in REASON]))
    clock = pa.timestamp("us", tz="UTC")
    return pa.schema([*((name, pa.string()) for name in TEXTS), ("evaluated_at", clock), ("reasons", reasons)])


def _row(verdict: Verdict, path: str) -> dict[str, Any]:
    purpose = verdict.setting.purpose
    return {
        "item": verdict.item,
        "collection": verdict.collection,
        "collection_uri": verdict.collection_uri,
        "path": display(os.fsencode(path)),
        "sha256": verdict.sha256.hex() if verdict.sha256 is not None else None,
        "decision": verdict.decision.value,
        "reason": verdict.reason,
        "purpose": purpose.value if purpose is not None else None,
        "evaluated_at": verdict.evaluated_at,
        "reasons": [_reason(reason, verdict) for reason in verdict.reasons],
    }


def _reason(reason: Reason, verdict: Verdict) -> dict[str, str | None]:
    told = {name: getattr(reason, name) for name in REASON if name != "finding"}
    return told | {"decision": reason.decision.value, "finding": fingerprint(reason, verdict)}
