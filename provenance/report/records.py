"""Verdicts as plain records, as the exchange formats page gives them (section 4)."""

from __future__ import annotations

from typing import Any

from provenance.gate.verdicts import Verdicts
from provenance.model import Reason, Verdict
from provenance.policy.overrides import fingerprint


def verdict_record(verdict: Verdict) -> dict[str, Any]:
    """One verdict as the object that `jsonl` prints."""
    return {
        "item": verdict.item,
        "collection": verdict.collection,
        "sha256": verdict.sha256.hex() if verdict.sha256 is not None else None,
        "decision": verdict.decision.value,
        "reason": verdict.reason,
        "reasons": [_reason(reason, verdict) for reason in verdict.reasons],
        "evaluated_at": verdict.evaluated_at.isoformat(),
        "rulepacks": dict(verdict.rulepacks),
    }


def summary_record(verdicts: Verdicts) -> dict[str, Any]:
    """The counts of a gate, by decision and by primary reason."""
    return {
        "images": len(verdicts),
        "passed": verdicts.passed(),
        "decisions": {decision.value: images for decision, images in verdicts.counts.items()},
        "reasons": [{"decision": t.decision.value, "reason": t.code, "images": t.images} for t in verdicts.tallies],
        "evaluated_at": verdicts.evaluated_at.isoformat(),
        "rulepacks": dict(verdicts.rulepacks),
        "waivers": [{"state": found.state.value, "detail": found.detail} for found in verdicts.waiver_findings],
    }


def _reason(reason: Reason, verdict: Verdict) -> dict[str, Any]:
    """A reason; `finding` names it wherever the file is moved to, for waivers and reviews."""
    return {
        "code": reason.code,
        "decision": reason.decision.value,
        "jurisdiction": reason.jurisdiction,
        "person": reason.person,
        "detail": reason.detail,
        "citation": reason.citation,
        "finding": fingerprint(reason, verdict),
    }
