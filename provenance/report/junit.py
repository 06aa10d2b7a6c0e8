"""JUnit XML (the schema of Jenkins' xUnit plug-in, junit-10.xsd): one test case an image.

Written image by image: the packages that write JUnit XML hold the whole document in memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TextIO
from xml.sax.saxutils import XMLGenerator

from provenance.model import RunFinding, Verdict
from provenance.printable import printable
from provenance.report.gate_report import PASSING, GateReport
from provenance.report.records import primary
from provenance.vocabulary import Decision

_SUITE: Final = "provenance gate"


def write_junit(report: GateReport, out: TextIO) -> None:
    """One suite. What fails the gate is a failure; what needs a review and does not fail it is skipped."""
    counts = report.verdicts.counts
    failing = sum(images for decision, images in counts.items() if report.fails(decision))
    failing += sum(report.fails(finding.decision) for finding in report.findings)
    allowed = sum(counts.get(decision, 0) for decision in PASSING)
    total = len(report.verdicts) + len(report.findings)
    xml = _Xml(out)
    xml.start("testsuites", {"name": _SUITE, "tests": total, "failures": failing, "errors": 0})
    xml.start(
        "testsuite",
        {
            "name": _SUITE,
            "tests": total,
            "failures": failing,
            "errors": 0,
            "skipped": len(report.verdicts) - allowed - sum(n for d, n in counts.items() if report.fails(d)),
            "timestamp": report.verdicts.evaluated_at.replace(tzinfo=None).isoformat(timespec="seconds"),
        },
    )
    xml.start("properties", {})
    for name, value in _about(report):
        xml.empty("property", {"name": name, "value": value})
    xml.end("properties")
    for finding in report.findings:
        _case(xml, report, finding, "the run", finding.place)
    for verdict in report.verdicts:
        _case(xml, report, verdict, verdict.collection, verdict.item)
    xml.end("testsuite")
    xml.end("testsuites")
    out.write("\n")


def _case(xml: _Xml, report: GateReport, told: Verdict | RunFinding, group: str, name: str) -> None:
    xml.start("testcase", {"classname": group, "name": name})
    if told.decision not in PASSING and told.decision is not Decision.INFO:
        tag = "failure" if report.fails(told.decision) else "skipped"
        xml.start(tag, {"type": told.reason, "message": primary(told)})
        place = f" [{told.collection_uri}]" if isinstance(told, Verdict) else ""
        clock = f", clock {report.clock}" if report.clock else ""
        xml.line(f"{told.decision.value} for {report.purpose or 'no purpose'}{clock}{place}")
        for reason in told.reasons:
            law = f" [{reason.jurisdiction}]" if reason.jurisdiction else ""
            xml.line(f"{reason.decision.value} {reason.code}{law}: {reason.detail} ({reason.citation})")
        xml.end(tag)
    xml.end("testcase")


def _about(report: GateReport) -> list[tuple[str, str]]:
    told = [("purpose", report.purpose or ""), ("evaluated_at", report.verdicts.evaluated_at.isoformat())]
    told += [("as_of", report.clock)] if report.clock else []
    for gated in report.verdicts.collections:
        told += [("collection", gated.name), ("collection_uri", gated.uri)]
    return told


class _Xml:
    """Elements with attributes and text of any kind, a line each, none of which breaks the document."""

    def __init__(self, out: TextIO) -> None:
        self._xml = XMLGenerator(out, encoding="utf-8", short_empty_elements=True)  # type: ignore[arg-type] # a text stream does
        self._xml.startDocument()

    def start(self, name: str, attributes: Mapping[str, object]) -> None:
        self._xml.startElement(name, {key: printable(str(value)) for key, value in attributes.items()})  # type: ignore[arg-type]

    def line(self, text: str) -> None:
        self._xml.characters(printable(text) + "\n")

    def end(self, name: str) -> None:
        self._xml.endElement(name)
        self._xml.ignorableWhitespace("\n")

    def empty(self, name: str, attributes: Mapping[str, object]) -> None:
        self.start(name, attributes)
        self.end(name)
