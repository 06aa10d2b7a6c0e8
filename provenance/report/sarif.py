"""SARIF 2.1.0 (OASIS), as code scanning services take it: one result a code that stands in an image's way.

Written finding by finding: the packages that write SARIF hold the whole document in memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, TextIO
from urllib.parse import quote

from provenance import __version__
from provenance.keys import key_of
from provenance.model import Reason, RunFinding, Verdict
from provenance.policy.overrides import fingerprint
from provenance.policy.reasons import ReasonRule, load_reasons
from provenance.printable import printable
from provenance.report.gate_report import PASSING, GateReport
from provenance.report.records import about_record, primary
from provenance.vocabulary import Decision

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0-rtm.5.json"

_LEVELS: Final = {Decision.BLOCK: "error", Decision.REVIEW: "warning", Decision.INFO: "note"}


def write_sarif(report: GateReport, out: TextIO) -> None:
    """One log of one run. What may be used is counted in the run's properties and has no result."""
    names = _names(report)
    head = {
        "tool": {"driver": _driver()},
        "originalUriBaseIds": {
            names[gated.uri]: {"uri": gated.uri.rstrip("/") + "/"} for gated in report.verdicts.collections
        },
        "invocations": [{"executionSuccessful": True}],
        "columnKind": "unicodeCodePoints",
        "properties": {
            **about_record(report),
            "evaluated_at": report.verdicts.evaluated_at.isoformat(),
            "collections": [{"name": gated.name, "uri": gated.uri} for gated in report.verdicts.collections],
            "decisions": {decision.value: images for decision, images in report.verdicts.counts.items()},
            "passed": report.passed,
        },
    }
    out.write(json.dumps({"$schema": SCHEMA, "version": "2.1.0"})[:-1] + ', "runs": [')
    out.write(json.dumps(head)[:-1] + ', "results": [')
    separator = "\n  "
    for result in _results(report, names):
        out.write(separator + json.dumps(result))
        separator = ",\n  "
    out.write("\n]}]}\n")


def _results(report: GateReport, names: dict[str, str]) -> Iterator[dict[str, Any]]:
    for finding in report.findings:
        yield _of_run(finding, report)
    for verdict in report.verdicts:
        if verdict.decision in PASSING:
            continue
        standing: dict[str, list[Reason]] = {}
        for reason in verdict.reasons:
            if reason.decision in (Decision.REVIEW, Decision.BLOCK):
                standing.setdefault(reason.code, []).append(reason)
        for same in standing.values():
            yield _of_image(verdict, same, report, names)


def _of_image(verdict: Verdict, same: list[Reason], report: GateReport, names: dict[str, str]) -> dict[str, Any]:
    """One code of one image, whichever laws and people it is given for."""
    reason = max(same, key=lambda reason: reason.decision.severity)
    marks = [mark for one in same if (mark := fingerprint(one, verdict))]
    place = {"uri": quote(key_of(verdict.item)), "uriBaseId": names[verdict.collection_uri]}
    return {
        "ruleId": reason.code,
        "level": _LEVELS[reason.decision],
        "message": {"text": printable(f"{verdict.item}: {reason.detail}")},
        "locations": [{"physicalLocation": {"artifactLocation": place}}],
        **({"partialFingerprints": {"finding/v1": marks[0]}} if marks else {}),
        "properties": {
            "item": verdict.item,
            "collection": verdict.collection,
            "collection_uri": verdict.collection_uri,
            **about_record(report),
            "decision": verdict.decision.value,
            "jurisdictions": sorted({one.jurisdiction for one in same if one.jurisdiction}),
            "persons": sorted({one.person for one in same if one.person}),
            "citation": reason.citation,
            "findings": marks,
        },
    }


def _of_run(finding: RunFinding, report: GateReport) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(finding.file)}}
    if finding.line:
        place["region"] = {"startLine": finding.line}
    return {
        "ruleId": finding.reason,
        "level": _LEVELS.get(finding.decision, "note"),
        "message": {"text": printable(primary(finding) or finding.reason)},
        "locations": [{"physicalLocation": place}],
        "properties": {"item": None, **about_record(report), "decision": finding.decision.value},
    }


def _driver() -> dict[str, Any]:
    return {
        "name": "provenance",
        "version": __version__,
        "rules": [_rule(rule) for rule in load_reasons()],
    }


def _rule(rule: ReasonRule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": "".join(part.title() for part in rule.code.split("_")),
        "shortDescription": {"text": rule.code.replace("_", " ").capitalize()},
        "fullDescription": {"text": rule.sentence},
        "help": {"text": rule.remedy or rule.sentence},
        "defaultConfiguration": {"level": _LEVELS.get(rule.decision, "none")},
    }


def _names(report: GateReport) -> dict[str, str]:
    """A name for the address of each collection."""
    return {gated.uri: f"COLLECTION_{place}" for place, gated in enumerate(report.verdicts.collections, 1)}
