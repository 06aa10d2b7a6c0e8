"""Verdicts as plain records, as the exchange formats page gives them (section 4)."""

from __future__ import annotations

from typing import Any

from provenance.model import Look, Reason, RunFinding, Verdict
from provenance.policy.overrides import fingerprint
from provenance.report.gate_report import GateReport


def verdict_record(verdict: Verdict, report: GateReport) -> dict[str, Any]:
    """One verdict as the object that `jsonl` prints."""
    return {
        "item": verdict.item,
        "collection": verdict.collection,
        "collection_uri": verdict.collection_uri,
        "sha256": verdict.sha256.hex() if verdict.sha256 is not None else None,
        "decision": verdict.decision.value,
        "reason": verdict.reason,
        "reasons": [reason_record(reason, verdict) for reason in verdict.reasons],
        "evaluated_at": verdict.evaluated_at.isoformat(),
        **about_record(report),
        "rulepacks": dict(verdict.rulepacks),
    }


def finding_record(finding: RunFinding, report: GateReport) -> dict[str, Any]:
    """A finding of the run as the object that `jsonl` prints."""
    return {
        "item": None,
        "collection": [gated.name for gated in report.verdicts.collections],
        "collection_uri": [gated.uri for gated in report.verdicts.collections],
        "decision": finding.decision.value,
        "reason": finding.reason,
        "reasons": [reason_record(reason, None) for reason in finding.reasons],
        "source": {"file": finding.file, "line": finding.line or None},
        "evaluated_at": report.verdicts.evaluated_at.isoformat(),
        **about_record(report),
    }


def about_record(report: GateReport) -> dict[str, Any]:
    """What every object says of the gate: its purpose, and its clock where that is not now."""
    return {"purpose": report.purpose} | ({"as_of": report.clock} if report.clock is not None else {})


def summary_record(report: GateReport) -> dict[str, Any]:
    """The counts of a gate, by decision and by primary reason."""
    verdicts = report.verdicts
    return {
        "images": len(verdicts),
        "passed": report.passed,
        "collections": [{"name": gated.name, "uri": gated.uri} for gated in verdicts.collections],
        **about_record(report),
        "decisions": {decision.value: images for decision, images in verdicts.counts.items()},
        "reasons": [{"decision": t.decision.value, "reason": t.code, "images": t.images} for t in verdicts.tallies],
        "evaluated_at": verdicts.evaluated_at.isoformat(),
        "rulepacks": dict(verdicts.rulepacks),
        "waivers": [{"state": found.state.value, "detail": found.detail} for found in verdicts.waiver_findings],
    }


def reason_record(reason: Reason, verdict: Verdict | None) -> dict[str, Any]:
    """A reason; `finding` names it wherever the file is moved to, for waivers and reviews."""
    return {
        "code": reason.code,
        "decision": reason.decision.value,
        "jurisdiction": reason.jurisdiction,
        "person": reason.person,
        "detail": reason.detail,
        "citation": reason.citation,
        "finding": fingerprint(reason, verdict) if verdict is not None else None,
    }


def look_record(look: Look) -> dict[str, Any]:
    """What one person saw in a picture; null where they said nothing of it."""
    return {
        "reviewer": look.reviewer,
        "at": look.at.isoformat(),
        "persons_status": look.persons_status.value,
        "persons": look.persons,
        "age": look.age.value if look.age is not None else None,
        "synthetic": look.synthetic,
        "sensitive": look.sensitive,
        "reason": look.reason,
    }


def primary(told: Verdict | RunFinding) -> str:
    """The sentence of the primary reason."""
    return next((reason.detail for reason in told.reasons if reason.code == told.reason), "")
