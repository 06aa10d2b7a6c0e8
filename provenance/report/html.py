"""One self-contained HTML file: what was judged, as charts, a contact sheet and tables. It loads nothing."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final, TextIO

from provenance import __version__
from provenance.errors import UsageError
from provenance.gate.overview import LAPSE_DAYS, days_after
from provenance.model import Verdict
from provenance.printable import counted, printable
from provenance.report.gate_report import PASSING, GateReport, worst
from provenance.report.records import primary
from provenance.report.thumbnails import MOST, thumbnails
from provenance.vocabulary import Decision

if TYPE_CHECKING:
    from provenance.gate.overview import Overview

ROWS: Final = 1_000
"""Images without a thumbnail that are listed."""

_BARS: Final = 12
_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart: name, images, its part of the longest bar, and a decision that colours it."""

    name: str
    images: int
    part: float
    decision: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with its heading and what is to be known to read it."""

    title: str
    note: str
    bars: tuple[Bar, ...]


def write_html(report: GateReport, out: TextIO) -> None:
    """Write the report. Under 3 MB whatever the number of images; its text is escaped by the template.

    Raises MissingExtra without Jinja2, LedgerError.
    """
    flagged = worst(report, MOST + ROWS)
    made, left = thumbnails(report, flagged)
    problems = sum(images for decision, images in report.verdicts.counts.items() if decision not in PASSING)
    overview = report.ledger.overview(report.verdicts) if report.ledger is not None else None
    listed = left[:ROWS]
    page = _template().render(
        report=report,
        verdicts=report.verdicts,
        version=__version__,
        charts=_charts(report, overview),
        thumbnails=made,
        rows=[_row(verdict) for verdict in listed],
        unlisted=problems - len(made) - len(listed),
        findings=[(f.decision.value, f.place, f.reason, primary(f)) for f in report.findings],
        groups=overview.groups if overview else (),
        lapsing=_lapsing(report, overview),
        changes=_changes(report, overview),
        example=_example(report, flagged),
        primary=primary,
        counted=counted,
    )
    out.write(page + "\n")


def _template() -> Any:
    from importlib.resources import files

    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_shown
    )
    environment.filters["breakable"] = _breakable
    return environment.from_string(files("provenance.report").joinpath("report.html.jinja").read_text("utf-8"))


def _shown(value: Any) -> Any:
    """What a template prints: texts without anything invisible."""
    return printable(value) if type(value) is str else value


def _breakable(code: str) -> Any:
    """A reason code that a narrow column breaks between its words."""
    from markupsafe import Markup, escape

    return escape(code).replace("_", Markup("_<wbr>"))


def _charts(report: GateReport, overview: Overview | None) -> list[Chart]:
    tallies = [(f"{t.code}", t.images, t.decision.value) for t in report.verdicts.tallies]
    charts = [Chart("By reason", "The primary reason of each image.", _bars(tallies))]
    if overview is None:
        return charts
    several = "An image with several people counts under each of theirs."
    for title, note, counts in (
        ("By basis", several, overview.by_basis),
        ("By jurisdiction", several, overview.by_jurisdiction),
        ("By source", "The host that each image was taken from.", overview.by_source),
        ("By age", "The youngest person of each image.", overview.by_age),
    ):
        charts.append(Chart(title, note, _bars([(count.name, count.images, "") for count in counts])))
    return charts


def _bars(counts: Sequence[tuple[str, int, str]]) -> tuple[Bar, ...]:
    """The longest bars, and one for all others."""
    head, rest = list(counts[:_BARS]), counts[_BARS:]
    if rest:
        head.append((f"{len(rest):,} others", sum(images for _, images, _ in rest), ""))
    longest = max((images for _, images, _ in head), default=1) or 1
    return tuple(Bar(name[:_NAME], images, images / longest, decision) for name, images, decision in head)


def _row(verdict: Verdict) -> tuple[str, str, str, str, str]:
    name, collection, told = verdict.item[:_NAME], verdict.collection[:_NAME], primary(verdict)[: 2 * _NAME]
    return verdict.decision.value, name, collection, verdict.reason, told


def _lapsing(report: GateReport, overview: Overview | None) -> list[tuple[str, str, str, str]]:
    """Waivers and permissions by review that end within 30 days, the first to end first."""
    today = report.verdicts.evaluated_at.astimezone(UTC).date()
    last = days_after(today, LAPSE_DAYS)
    due = [
        (waiver.expires, waiver.code or waiver.finding or "", waiver.approver, f"{waiver.ticket}: {waiver.reason}")
        for waiver in report.verdicts.waivers
        if today <= waiver.expires <= last
    ]
    reviews = overview.lapsing if overview is not None else ()
    due += [(lapse.expires, lapse.finding, lapse.reviewer, lapse.reason) for lapse in reviews]
    return [(day.isoformat(), what, who, why) for day, what, who, why in sorted(due)]


def _changes(report: GateReport, overview: Overview | None) -> dict[str, Any] | None:
    """How the counts differ from those of the gate before this one over the same collections; None for the first."""
    if overview is None or len(overview.past) < 2:
        return None
    now, before = report.verdicts.counts, overview.past[1]
    rows = [
        (decision.value, before.counts.get(decision, 0), now.get(decision, 0))
        for decision in (Decision.BLOCK, Decision.REVIEW, Decision.ALLOW_BY_REVIEW, Decision.ALLOW)
        if before.counts.get(decision, 0) or now.get(decision, 0)
    ]
    return {
        "at": before.finished_at.isoformat(timespec="minutes"),
        "purpose": before.purpose or "no purpose",
        "rows": [(name, then, later, f"{later - then:+,}") for name, then, later in rows],
    }


def _example(report: GateReport, flagged: Iterable[Verdict]) -> str | None:
    """The evidence chain of the worst image that has one, as `provenance explain` tells it."""
    if report.ledger is None:
        return None
    from provenance.report.explanation import Asked, write_explanation

    asked = Asked(report.verdicts.context, report.as_of, report.ledger.packs)
    for verdict in flagged:
        if verdict.sha256 is None:
            continue
        try:
            explanation = report.ledger.explain(report.path(verdict), report.verdicts.context)
        except UsageError:  # several images have that name
            continue
        text = io.StringIO()
        write_explanation(explanation, asked, text)
        return text.getvalue()
    return None
