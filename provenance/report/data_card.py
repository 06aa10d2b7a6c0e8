"""A data card: the README of a dataset on the Hugging Face Hub, filled from the ledger.

Source: the Hub's dataset card specification (YAML front matter, sections of its template). JSON texts are YAML too, so
that nothing from outside can be read as a key.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Final, TextIO

from provenance.printable import counted
from provenance.report.gate_report import GateReport
from provenance.report.markdown import escaped
from provenance.report.records import primary

_KNOWN: Final = re.compile(r"cc0-1\.0|cc-by(-nc)?(-sa|-nd)?-(2\.0|2\.5|3\.0|4\.0)|mit|apache-2\.0|odbl|pddl")
"""Licences that the Hub has an id for."""

_SIZES: Final = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"),
                 (10_000_000, "1M<n<10M"), (100_000_000, "10M<n<100M"))  # fmt: skip
_LISTED: Final = 20


def write_data_card(report: GateReport, out: TextIO) -> None:
    """Front matter and sections. Where the records say nothing, the card says that it is not known."""
    verdicts = report.verdicts
    licences = Counter(one.licence or "" for one in verdicts.released())
    name = " and ".join(gated.name for gated in verdicts.collections)
    front = {
        "license": _ids(licences),
        "pretty_name": name,
        "size_categories": [_size(licences.total())],
        "tags": ["image", "provenance", "consent"],
    }
    out.write("---\n")
    out.writelines(f"{field}: {json.dumps(value)}\n" for field, value in front.items())
    out.write(f"---\n\n# {escaped(name)}\n\n")
    out.write(
        f"{counted(licences.total(), 'image')} of {counted(len(verdicts), 'image')} that were judged on "
        f"{verdicts.evaluated_at.isoformat()} for {report.purpose or 'no stated purpose'}. Those of which nobody can "
        "account are left out. A verdict reports the state of an audit; it does not say that a use is lawful.\n"
    )
    _section(out, "Uses", [f"Judged for {report.purpose or 'no stated purpose'}, and for nothing else."])
    _section(out, "Licensing Information", _listed(licences, "not recorded"))
    if report.ledger is not None:
        found = report.ledger.overview(verdicts)
        _section(out, "Source Data", [f"{escaped(one.name)}: {one.images:,}" for one in found.by_source])
        people = [f"basis {escaped(one.name)}: {one.images:,}" for one in found.by_basis]
        people += [f"age of the youngest person, {escaped(one.name)}: {one.images:,}" for one in found.by_age]
        people += [f"law {escaped(one.name)}: {one.images:,}" for one in found.by_jurisdiction]
        _section(
            out,
            "Personal and Sensitive Information",
            ["Counted over all images that were judged, those that were left out too:", *people],
        )
    decisions = [f"{tally.decision.value} {tally.code}: {tally.images:,}" for tally in verdicts.tallies]
    decisions += [f"{one.decision.value} {one.reason}, of the run: {escaped(primary(one))}" for one in report.findings]
    _section(out, "Decisions", decisions)


def _section(out: TextIO, title: str, lines: list[str]) -> None:
    out.write(f"\n## {title}\n\n")
    out.writelines(f"- {line}\n" for line in lines or ["not known"])


def _ids(licences: Counter[str]) -> list[str]:
    """The Hub's ids of the licences: `other` for those that it has none for, `unknown` where none is recorded."""
    found = {licence.lower() if _KNOWN.fullmatch(licence.lower()) else "other" for licence in licences if licence}
    return sorted(found | ({"unknown"} if licences[""] or not licences else set()))


def _listed(licences: Counter[str], unsaid: str) -> list[str]:
    told = [f"{escaped(licence or unsaid)}: {images:,}" for licence, images in licences.most_common(_LISTED)]
    return told + ([f"and {len(licences) - _LISTED:,} more"] if len(licences) > _LISTED else [])


def _size(images: int) -> str:
    return next((size for most, size in _SIZES if images < most), "n>100M")
