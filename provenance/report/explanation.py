"""One explanation as text for people or as a record for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, TextIO

from provenance.gate.explain import Explanation, facts_shown
from provenance.gate.image import said
from provenance.policy.judge import Finding
from provenance.printable import printable


def explanation_record(explanation: Explanation) -> dict[str, Any]:
    """The explanation as one JSON object."""
    item, people = facts_shown(explanation.facts)
    return {
        "item": explanation.item,
        "collection": explanation.collection,
        "sha256": explanation.sha256,
        "decision": explanation.judgement.decision.value,
        "reason": explanation.judgement.reason,
        "reasons": [asdict(finding) for finding in explanation.judgement.findings],
        "registered": explanation.registered,
        "declared": explanation.declared,
        "signals": list(explanation.signals),
        "lists": [asdict(listing) for listing in explanation.lists],
        "people": list(explanation.people),
        "facts": {"item": item, "persons": people},
        "considered": [asdict(code) for code in explanation.considered],
        "would_change": list(explanation.remedies),
    }


def write_explanation(explanation: Explanation, out: TextIO) -> None:
    """Verdict, reasons, where each fact comes from, every code considered, and what would change the verdict."""
    judgement = explanation.judgement
    lines = [
        f"{explanation.item}: {judgement.decision.value}, {judgement.reason}",
        f"  in {explanation.collection}",
        f"  sha256 {explanation.sha256 or 'unknown: the bytes could not be had'}",
        "",
        "Reasons",
        *(f"  {_finding(finding, explanation)}" for finding in judgement.findings),
        "",
        "What would have to change",
        *(f"  {remedy}" for remedy in explanation.remedies or ("Nothing: the image may be used.",)),
        "",
        "Recorded of the file",
        *_entries(explanation.registered),
        "",
        "Declared",
        *_declared(explanation),
        "",
        "Signals in the file, its page and its texts",
        *(_signal(signal) for signal in explanation.signals or ()),
        *([] if explanation.signals else ["  none, which clears nothing"]),
        "",
        "Lists of hashes that the picture is on",
        *(f"  for {listing.purpose}: {said(listing)}" for listing in explanation.lists),
        *([] if explanation.lists else ["  none"]),
        "",
        "People and their basis records",
        *_people(explanation),
        "",
        "Facts that the rules saw (the rest is unknown or no)",
        *_facts(explanation),
        "",
        "Codes considered",
        *_considered(explanation),
    ]
    out.writelines(printable(line) + "\n" for line in lines)


def _finding(finding: Finding, explanation: Explanation) -> str:
    where = f" [{finding.jurisdiction}]" if finding.jurisdiction else ""
    who = f" person {_name(finding.person, explanation)}" if finding.person is not None else ""
    said = f"{finding.detail} ({finding.citation})"
    return f"{finding.number:>2} {finding.decision.value:6} {finding.code}{where}{who}: {said}"


def _name(place: int, explanation: Explanation) -> str:
    ref = explanation.refs[place] if place < len(explanation.refs) else None
    return ref if ref is not None else f"number {place + 1}"


def _entries(values: dict[str, Any]) -> list[str]:
    return [f"  {key}: {_plain(value)}" for key, value in values.items() if value not in (None, [], ())]


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _declared(explanation: Explanation) -> list[str]:
    declared = explanation.declared
    if declared is None:
        return ["  nothing: no manifest row names this image"]
    return [f"  by {declared['file']}, line {declared['line']}", *_entries(declared["row"])]


def _signal(signal: dict[str, Any]) -> str:
    value = signal["value"] or signal["raw"]
    return (
        f"  {signal['subject']} {signal['verdict']}: {signal['name']} = {value[:200]} "
        f"({signal['location']}, {signal['origin']}, {signal['trust']})"
    )


def _people(explanation: Explanation) -> list[str]:
    lines = []
    for place, person in enumerate(explanation.people):
        lines.append(f"  {person['ref'] or f'number {place + 1}'}: age {person['age']}, born on {person['born_on']}")
        if not person["records"]:
            lines.append("    no basis record")
        for record in person["records"]:
            reach = "" if record["reaches_this_image"] else ", whose scope does not reach this image"
            lines.append(f"    {record['record_id']} ({record['file']}, line {record['line']}){reach}")
            lines.append(f"      {_plain(record['header'])}; evidence {record['evidence']}")
            lines += [
                f"      {event['state']} at {event['at']}"
                + (f", expires {event['expires_at']}" if event["expires_at"] else "")
                for event in record["events"]
            ]
    return lines or ["  none is listed"]


def _facts(explanation: Explanation) -> list[str]:
    item, people = facts_shown(explanation.facts)
    lines = [f"  image: {_plain(item)}"]
    lines += [f"  person {_name(place, explanation)}: {_plain(facts)}" for place, facts in enumerate(people)]
    return lines


def _considered(explanation: Explanation) -> list[str]:
    rows: dict[tuple[int | None, str | None], list[str]] = {}
    for code in explanation.considered:
        mark = "*" if code.fired else ""
        rows.setdefault((code.person, code.jurisdiction), []).append(f"{mark}{code.code}")
    lines = []
    for (person, jurisdiction), codes in rows.items():
        who = "the image" if person is None else f"person {_name(person, explanation)}"
        lines.append(f"  {who}{f' in {jurisdiction}' if jurisdiction else ''}: {', '.join(codes)}")
    return [*lines, "  (* fired)"]
