"""What people took upon themselves, by waivers in a file and by reviews in the ledger, applied to verdicts."""

from __future__ import annotations

from collections.abc import Sequence

from provenance.model import Context, Review, Verdict
from provenance.policy.reasons import ReasonCatalogue
from provenance.policy.reviews import reviewed
from provenance.policy.waivers import WaiverFinding, Waivers, leftovers, waive


class Overrides:
    """Applies reviews, then waivers, and remembers which waivers served something, to report those that did not."""

    def __init__(self, waivers: Waivers | None, context: Context, catalogue: ReasonCatalogue) -> None:
        self._waivers = waivers
        self._at = context.as_of
        self._catalogue = catalogue
        self._used: set[int] = set()
        self._refused: set[int] = set()

    def __bool__(self) -> bool:
        return self._waivers is not None

    def applied(self, verdict: Verdict, reviews: Sequence[Review]) -> Verdict:
        """One verdict after what people decided about it; `reviews` are those of its image's bytes."""
        by_finding: dict[str, list[Review]] = {}
        for review in reviews:
            by_finding.setdefault(review.finding, []).append(review)
        verdict = reviewed(verdict, by_finding, self._at, self._catalogue)
        if self._waivers is None:
            return verdict
        waived = waive(verdict, self._waivers, self._at, self._catalogue)
        self._used |= waived.used
        self._refused |= waived.refused
        return waived.verdict

    def leftovers(self) -> tuple[WaiverFinding, ...]:
        """The waivers that were refused, are out of their time or served nothing, once every verdict was seen."""
        if self._waivers is None:
            return ()
        return leftovers(self._waivers, self._used, self._at, refused=self._refused)
