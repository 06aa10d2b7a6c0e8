"""A gate as facets of an OpenLineage dataset: its outcome, and whether it passed as a data quality assertion.

Source: OpenLineage 2-0-2 (custom facets, naming), DataQualityAssertionsDatasetFacet 1-0-1.
"""

from __future__ import annotations

import json
from typing import Any, Final, TextIO

from provenance import __version__
from provenance.report.gate_report import GateReport
from provenance.report.records import primary

_PRODUCER: Final = f"https://pypi.org/project/consent-provenance/{__version__}"
_ASSERTIONS: Final = "https://openlineage.io/spec/facets/1-0-1/DataQualityAssertionsDatasetFacet.json"
_FACET: Final = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetFacet"


def write_openlineage(report: GateReport, out: TextIO) -> None:
    """An object of facets for the event of whoever runs the job: `provenance_consentGate`, `dataQualityAssertions`."""
    verdicts = report.verdicts
    gate: dict[str, Any] = {
        "_producer": _PRODUCER,
        "_schemaURL": _FACET,
        "passed": report.passed,
        "purpose": report.purpose,
        "evaluatedAt": verdicts.evaluated_at.isoformat(),
        "images": len(verdicts),
        "decisions": {decision.value: images for decision, images in verdicts.counts.items()},
        "reasons": {tally.code: tally.images for tally in verdicts.tallies},
        "findings": [f"{one.decision.value} {one.reason}: {primary(one)}" for one in report.findings],
        "collections": [gated.uri for gated in verdicts.collections],
        "rulepacks": dict(verdicts.rulepacks),
    }
    assertion = {"assertion": f"every image may be used for {report.purpose}", "success": report.passed}
    quality = {"_producer": _PRODUCER, "_schemaURL": _ASSERTIONS, "assertions": [assertion]}
    json.dump({"provenance_consentGate": gate, "dataQualityAssertions": quality}, out, indent=1)
    out.write("\n")
