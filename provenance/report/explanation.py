"""One explanation: as text that a privacy officer reads from the top, or as a record for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, TextIO

from provenance.gate.explain import Explanation, facts_shown
from provenance.gate.image import said
from provenance.model import Context, Reason, Verdict
from provenance.policy.lint import unverified
from provenance.policy.looks import told
from provenance.policy.pack import Pack
from provenance.policy.packs import PackSet
from provenance.policy.reasons import load_reasons
from provenance.printable import counted, printable
from provenance.report.reason_facts import facts_of, reach_of
from provenance.report.records import look_record, reason_record
from provenance.vocabulary import UNKNOWN_JURISDICTION, Decision

_NAMED: Final = 6
"""Laws that one line names before it counts the others."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What an image was judged for: the gate context, the clock that is not now (None: it is), and the packs.

    `of_last_gate` says that nobody asked for that clock; it is the one of the gate whose verdict is explained.
    """

    context: Context
    as_of: datetime | None
    packs: PackSet
    of_last_gate: bool = False


def explanation_record(explanation: Explanation, asked: Asked) -> dict[str, Any]:
    """The explanation as one JSON object."""
    item, people = facts_shown(explanation.facts)
    context, verdict = asked.context, explanation.verdict
    return {
        "item": verdict.item,
        "collection": verdict.collection,
        "collection_uri": verdict.collection_uri,
        "sha256": _digest(verdict),
        "decision": verdict.decision.value,
        "reason": verdict.reason,
        "reasons": [reason_record(reason, verdict) for reason in verdict.reasons],
        "purpose": context.purpose.value if context.purpose is not None else None,
        "evaluated_at": context.as_of.isoformat(),
        **({"as_of": asked.as_of.isoformat()} if asked.as_of is not None else {}),
        "rulepacks": {pack.id: pack.version for pack in _laws(explanation, asked.packs)},
        "registered": explanation.registered,
        "declared": explanation.declared,
        "looks": [look_record(look) for look in explanation.looks],
        "signals": list(explanation.signals),
        "lists": [asdict(listing) for listing in explanation.lists],
        "people": list(explanation.people),
        "facts": {"item": item, "persons": people},
        "considered": [asdict(code) for code in explanation.considered],
        "would_change": list(explanation.remedies),
        "history": [asdict(past) for past in explanation.history],
    }


def write_explanation(explanation: Explanation, asked: Asked, out: TextIO, *, full: bool = False) -> None:
    """The decision and what it rests on; each reason with its fact, its law and what would change it.

    With `full` everything that is recorded follows: fingerprints, signals, people, facts and codes that did not fire.
    """
    sections = [_head(explanation, asked), _reasons(explanation)]
    if full:
        sections += list(_everything(explanation))
    else:
        sections.append(["Everything recorded of the image, and every code that was considered: --full"])
    out.write("\n".join("".join(f"{printable(line)}\n" for line in lines) for lines in sections))


def _head(explanation: Explanation, asked: Asked) -> list[str]:
    context, verdict = asked.context, explanation.verdict
    asked_for = "that of the last gate, not now" if asked.of_last_gate else "as asked for, not now"
    clock = f"{context.as_of.isoformat(timespec='seconds')}, {asked_for if asked.as_of is not None else 'now'}"
    laws = _laws(explanation, asked.packs)
    return [
        f"{verdict.decision.value}  {verdict.item}",
        f"  for          {context.purpose.value if context.purpose is not None else 'no purpose: none was given'}",
        f"  clock        {clock}",
        *_entry("law", _law_lines(laws)),
        *_entry("approved by", _approvals(context, verdict.reasons)),
        f"  in           {verdict.collection_uri}",
        f"  sha256       {_digest(verdict) or 'unknown: the bytes could not be had'}",
    ]


def _digest(verdict: Verdict) -> str | None:
    return verdict.sha256.hex() if verdict.sha256 is not None else None


def _laws(explanation: Explanation, packs: PackSet) -> list[Pack]:
    """The packs that were applied to the image; all of them where nobody knows where its people are."""
    named = {row.jurisdiction for row in explanation.considered} - {None}
    everywhere = UNKNOWN_JURISDICTION in named
    return [pack for pack in packs if everywhere or pack.id in named]


def _law_lines(laws: Sequence[Pack]) -> list[str]:
    if not laws:
        return ["none was applied: no person is at issue"]
    if len(laws) > _NAMED:
        unsure = sum(bool(unverified(pack)) for pack in laws)
        versions = ", ".join(sorted({pack.version for pack in laws}))
        return [
            f"the strictest of {counted(len(laws), 'pack')} ({versions}), since nobody knows where the people are",
            f"{unsure:,} of them hold citations that nobody has verified against the official text",
        ]
    return [f"{pack.name} ({pack.id}), pack {pack.version}; {_verified(pack)}" for pack in laws]


def _verified(pack: Pack) -> str:
    places = unverified(pack)
    if not places:
        return "every citation verified"
    named = ", ".join(places) if len(places) <= _NAMED else f"{len(places)} of its citations"
    return f"not verified against the official text: {named}"


def _approvals(context: Context, reasons: Iterable[Reason]) -> list[str]:
    assessment = context.assessment
    lines = []
    if assessment is not None and assessment.approver:
        when = f" on {assessment.approved_at.date()}" if assessment.approved_at else ""
        lines.append(f"{assessment.approver}{when}, assessment {assessment.id or 'without an id'}")
    if context.vouched_by is not None:
        lines.append(f"{context.vouched_by} vouches for what the collection's own metadata files say")
    lines += [f"a reviewer: {reason.detail}" for reason in reasons if reason.decision is Decision.ALLOW_BY_REVIEW]
    return lines or ["nobody: no assessment, no review, nobody vouches"]


def _entry(name: str, lines: Sequence[str]) -> list[str]:
    return [f"  {name if place == 0 else '':12} {line}" for place, line in enumerate(lines)]


def _reasons(explanation: Explanation) -> list[str]:
    """Each reason once, however many laws give it, the worst first."""
    lines = ["Why"]
    for same in _grouped(explanation.verdict.reasons):
        first = same[0]
        who = f", person {first.person}" if first.person is not None else ""
        lines += [f"  {first.decision.value} {first.code} ({first.number}){who}", f"    {first.detail}"]
        places = [reason.jurisdiction for reason in same if reason.jurisdiction]
        if len(places) > 1:
            more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
            lines.append(f"    under    {', '.join(places[:_NAMED])}{more}")
        lines += [f"    fact     {fact}" for fact in facts_of(first, explanation)]
        lines.append(f"    source   {first.citation}")
        if first.decision in (Decision.REVIEW, Decision.BLOCK):
            lines.append(f"    remedy   {load_reasons()[first.code].remedy}")
    return lines


def _grouped(reasons: Iterable[Reason]) -> list[list[Reason]]:
    groups: dict[tuple[str, Decision, str | None], list[Reason]] = {}
    for reason in sorted(reasons, key=lambda reason: (-reason.decision.severity, reason.number)):
        groups.setdefault((reason.code, reason.decision, reason.person), []).append(reason)
    return list(groups.values())


# --- everything -----------------------------------------------------------------------------------------------------


def _everything(explanation: Explanation) -> Iterator[list[str]]:
    yield ["Recorded of the file", *_entries(explanation.registered)]
    yield ["Declared", *_declared(explanation)]
    seen = [f"  {told(look)}{f' ({look.reason})' if look.reason else ''}" for look in explanation.looks]
    yield ["Seen by people who looked at the picture", *(seen or ["  nobody looked, or they took it back"])]
    signals = [_signal(signal) for signal in explanation.signals]
    yield ["Signals in the file, its page and its texts", *(signals or ["  none, which clears nothing"])]
    lists = [f"  for {listing.purpose}: {said(listing)}" for listing in explanation.lists]
    yield ["Lists of hashes that the picture is on", *(lists or ["  none"])]
    yield ["People and their basis records", *_people(explanation)]
    yield ["Facts that the rules saw (the rest is unknown or no)", *_facts(explanation)]
    yield ["Codes considered", *_considered(explanation)]
    yield ["Told by earlier gates", *_history(explanation)]


def _name(place: int, explanation: Explanation) -> str:
    ref = explanation.people[place]["ref"] if place < len(explanation.people) else None
    return str(ref) if ref is not None else f"number {place + 1}"


def _entries(values: dict[str, Any]) -> list[str]:
    return [f"  {key}: {_plain(value)}" for key, value in values.items() if value not in (None, [], ())]


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _declared(explanation: Explanation) -> list[str]:
    if not explanation.declared:
        return ["  nothing: no manifest row names this image"]
    return [
        line
        for row in explanation.declared
        for line in (f"  by {row['file']}, line {row['line']}{_vouched(row['vouched_by'])}", *_entries(row["row"]))
    ]


def _vouched(name: str | None) -> str:
    return f", for which {name} vouches" if name is not None else ""


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
            lines.append(f"    {record['record_id']} ({record['file']}, line {record['line']}){reach_of(record)}")
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


def _history(explanation: Explanation) -> list[str]:
    lines = []
    for past in explanation.history:
        told = f"{past.decision.value}, {past.reason}" if past.decision is not None else "its decision was pruned"
        whom = f", to {', '.join(past.recipients)}" if past.recipients else ""
        waivers = f", with the waivers of {past.waivers.split()[0]}" if past.waivers else ""
        lines.append(
            f"  gate {past.gate} on {past.at:%Y-%m-%d at %H:%M:%S}, clock {past.as_of.isoformat(timespec='seconds')}, "
            f"for {past.purpose or 'no purpose'}{whom}{waivers}: {told}"
        )
    return lines or ["  none"]
