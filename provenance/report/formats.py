"""The formats in which a gate is told, each by its name, with the function that writes it."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, Final

from provenance.errors import MissingExtra
from provenance.report.gate_report import GateReport


@dataclass(frozen=True, slots=True)
class Format:
    """One format. Its writer is imported when it is used; `needs` is the package and the extra that it takes."""

    name: str
    module: str
    binary: bool = False
    needs: tuple[str, str] | None = None

    def check(self) -> None:
        """Raise MissingExtra, before any work is done, where what it takes is not installed."""
        if self.needs is not None and importlib.util.find_spec(self.needs[0]) is None:
            raise MissingExtra(*self.needs, f"the format {self.name}")

    def write(self, report: GateReport, out: IO[Any]) -> None:
        """Write a gate to a stream of text, or of bytes for a binary format. Raises OSError."""
        module = importlib.import_module(f"provenance.report.{self.module}")
        writer: Callable[[GateReport, IO[Any]], None] = getattr(module, f"write_{self.name.replace('-', '_')}")
        writer(report, out)


FORMATS: Final = {
    one.name: one
    for one in (
        Format("table", "table"),
        Format("json", "machine"),
        Format("jsonl", "machine"),
        Format("csv", "machine"),
        Format("parquet", "machine", binary=True, needs=("pyarrow", "parquet")),
        Format("sarif", "sarif"),
        Format("junit", "junit"),
        Format("github", "build_services"),
        Format("gitlab", "build_services"),
        Format("markdown", "markdown"),
        Format("html", "html", needs=("jinja2", "report")),
        Format("allow-list", "allow_list"),
        Format("allow-parquet", "allow_list", binary=True, needs=("pyarrow", "parquet")),
        Format("metadata", "allow_list"),
        Format("croissant", "croissant"),
        Format("openlineage", "open_lineage"),
        Format("data-card", "data_card"),
    )
}
"""Every format by its name; `docs/cli.md` says what each is for."""
