"""A gate with hostile names, every decision, and findings of the run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from provenance.model import Reason, RunFinding
from provenance.report.gate_report import GateReport
from provenance.vocabulary import Decision

HOSTILE = (
    b"=cmd|' /C calc'!A0.png",
    b"\x1b[2J\x07bell.png",
    "bidi\u202egnp.png".encode(),
    b"<script>alert(1)</script>.png",
    b"](javascript:x) | ::error::.png",
    b"%0A::set-output.png",
    b"\xff\xfe]]>&amp;.png",
    b"a:b,c.png",
)

CLOCK = datetime(2026, 11, 22, 12, tzinfo=UTC)

FINDING = RunFinding(
    Decision.BLOCK,
    "CONSENT_WITHDRAWN",
    (Reason("CONSENT_WITHDRAWN", 43, Decision.BLOCK, "The refusal of \x1b[31mR-7 reaches nothing.", "GDPR Art. 7(3)"),),
    "records\u202e.jsonl",
    12,
)


@pytest.fixture
def report(workspace: Any, row: Any) -> Iterator[GateReport]:
    """One image that is allowed, one for review, the hostile names without a row, and a finding of the run."""
    import provenance as pv

    for name in ("good.png", "unsure.png", *HOSTILE):
        workspace.add(name)
    workspace.declare([row("good.png"), row("unsure.png", persons_status="UNKNOWN")])
    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos, manifest=workspace.manifest, workers=1)
        verdicts = ledger.gate(workspace.photos, purpose="MODEL_TRAINING", as_of=CLOCK)
        verdicts.run_findings = (FINDING,)
        yield GateReport(verdicts, as_of=CLOCK, ledger=ledger)
