"""What people took upon themselves, by waivers in a file and by reviews in the ledger, applied to verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from provenance.model import Review, Verdict
from provenance.policy.reasons import ReasonCatalogue
from provenance.policy.reviews import reviewed
from provenance.policy.waivers import Waiver, WaiverFinding, Waivers, leftovers, waive


class Overrides:
    """Applies reviews, then waivers, and remembers which waivers served something, to report those that did not."""

    def __init__(
        self,
        waivers: Waivers | None,
        reviews: Mapping[str, Sequence[Review]],
        at: datetime,
        reasons_catalogue: ReasonCatalogue,
    ) -> None:
        self._waivers = waivers
        self._reviews = reviews
        self._at = at
        self._codebook = reasons_catalogue
        self._used: set[int] = set()
        self._refused: set[int] = set()

    def __bool__(self) -> bool:
        return self._waivers is not None or bool(self._reviews)

    @property
    def waivers(self) -> tuple[Waiver, ...]:
        """Every waiver of the file."""
        return self._waivers.entries if self._waivers is not None else ()

    def applied(self, verdict: Verdict) -> Verdict:
        """One verdict after what people decided about it."""
        verdict = reviewed(verdict, self._reviews, self._at, self._codebook)
        if self._waivers is None:
            return verdict
        waived = waive(verdict, self._waivers, self._at, self._codebook)
        self._used |= waived.used
        self._refused |= waived.refused
        return waived.verdict

    def leftovers(self) -> tuple[WaiverFinding, ...]:
        """The waivers that were refused, are out of their time or served nothing, once every verdict was seen."""
        if self._waivers is None:
            return ()
        return leftovers(self._waivers, self._used, self._at, refused=self._refused)
