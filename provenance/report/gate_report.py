"""What every format is written from: the verdicts of one gate, and what they were asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from provenance.model import RunFinding, Verdict
from provenance.vocabulary import Decision

if TYPE_CHECKING:
    from provenance.api import Ledger
    from provenance.gate.gated import Gated
    from provenance.gate.verdicts import Verdicts

PASSING = (Decision.ALLOW, Decision.ALLOW_BY_REVIEW)


@dataclass(frozen=True, slots=True)
class GateReport:
    """One gate to be written. `as_of` is its clock where that was asked for, None where it is now.

    `ledger` is asked by the formats that draw what the images are and show some; `shown` names the kinds of pictures
    (of `report.thumbnails.SENSITIVE`) that they may show all the same.
    """

    verdicts: Verdicts
    as_of: datetime | None = None
    fail_on: Decision = Decision.REVIEW
    ledger: Ledger | None = None
    shown: frozenset[str] = frozenset()

    @property
    def purpose(self) -> str | None:
        """What the dataset was judged for; None where nobody said."""
        purpose = self.verdicts.context.purpose
        return purpose.value if purpose is not None else None

    @property
    def clock(self) -> str | None:
        """The clock that was asked for, in ISO 8601; None where it is now."""
        return self.as_of.isoformat() if self.as_of is not None else None

    @property
    def findings(self) -> tuple[RunFinding, ...]:
        """What concerns the run and no single image."""
        return self.verdicts.run_findings

    @property
    def passed(self) -> bool:
        """Whether the gate passed."""
        return self.verdicts.passed(fail_on=self.fail_on)

    def fails(self, decision: Decision) -> bool:
        """Whether a decision fails this gate."""
        mild = self.fail_on is Decision.BLOCK and not self.verdicts.context.strict
        return decision is Decision.BLOCK or (decision is Decision.REVIEW and not mild)

    def collection(self, verdict: Verdict) -> Gated:
        """The collection that an image was judged in."""
        return next(one for one in self.verdicts.collections if one.uri == verdict.collection_uri)

    def path(self, verdict: Verdict) -> str:
        """Where an image is, seen from the working folder if it lies in there."""
        root = Path(self.collection(verdict).root)
        here = Path.cwd()
        return (root.relative_to(here) if root.is_relative_to(here) else root).joinpath(verdict.item).as_posix()

    def why(self) -> str:
        """One line that says why the gate did not pass."""
        reasons = [t for t in self.verdicts.tallies if t.decision not in PASSING][:3]
        told = [f"{tally.decision.value} {tally.code} {tally.images:,}" for tally in reasons]
        told += [f"{finding.decision.value} {finding.reason} of the run" for finding in self.findings[:3]]
        waivers = self.verdicts.waiver_findings
        told += [f"{len(waivers):,} waivers that serve nothing"] if len(waivers) > 1 else [w.detail for w in waivers]
        return f"not passed: {self.verdicts.summary()} ({'; '.join(told)})"


def worst(report: GateReport, most: int) -> list[Verdict]:
    """Up to `most` images that may not be used, the worst first, otherwise in the gate's order.

    No image is looked at where all may be used, and none after the last that is listed.
    """
    blocked = min(most, report.verdicts.counts.get(Decision.BLOCK, 0))
    wanted = {
        Decision.BLOCK: blocked,
        Decision.REVIEW: min(most - blocked, report.verdicts.counts.get(Decision.REVIEW, 0)),
    }
    found: dict[Decision, list[Verdict]] = {decision: [] for decision in wanted}
    if any(wanted.values()):
        for verdict in report.verdicts:
            if len(found.get(verdict.decision, ())) < wanted.get(verdict.decision, 0):
                found[verdict.decision].append(verdict)
                if all(len(found[decision]) == wanted[decision] for decision in wanted):
                    break
    return found[Decision.BLOCK] + found[Decision.REVIEW]
