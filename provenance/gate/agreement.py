"""How far people who looked at the same pictures saw the same. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from math import fsum

from provenance.model import Look
from provenance.policy.looks import words_of
from provenance.printable import counted


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of the pictures at which several people looked: how many there are, and at how many all saw the same.

    `alpha` is Krippendorff's, for nominal values: 1 is agreement, 0 what chance gives. None where it cannot be told,
    since everybody always saw the same thing.
    """

    pictures: int
    alike: int
    alpha: float | None

    @property
    def sentence(self) -> str:
        """The figure for people."""
        if not self.pictures:
            return "no picture was looked at by two people yet"
        alpha = f", Krippendorff's alpha {self.alpha:.2f}" if self.alpha is not None else ""
        share = f"{100 * self.alike / self.pictures:.0f} %"
        return f"{counted(self.pictures, 'picture')} looked at by several, {self.alike:,} seen alike ({share}){alpha}"


def agreement(pictures: Iterable[Sequence[Look]]) -> Agreement:
    """How far people agree on whether nobody, somebody or a minor is shown; each entry is one picture's looks."""
    values = [[word.summary for word in words_of(looks) if word.summary is not None] for looks in pictures]
    several = [said for said in values if len(said) > 1]
    alike = sum(len(set(said)) == 1 for said in several)
    return Agreement(len(several), alike, krippendorff_alpha(several))


def krippendorff_alpha(units: Iterable[Sequence[Hashable]]) -> float | None:
    """Krippendorff's alpha for nominal values; each unit holds what those said who spoke of it.

    K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section C.

    >>> krippendorff_alpha([("a", "a"), ("b", "b"), ("a", "b")])
    0.4444444444444444
    """
    weights: dict[tuple[Hashable, Hashable], float] = {}
    for unit in units:
        if len(unit) < 2:
            continue
        counts = Counter(unit)
        for one, n in counts.items():
            for other, m in counts.items():
                pairs = n * (n - 1) if one == other else n * m
                weights[one, other] = weights.get((one, other), 0.0) + pairs / (len(unit) - 1)
    totals: dict[Hashable, float] = {}
    for (one, _), weight in weights.items():
        totals[one] = totals.get(one, 0.0) + weight
    whole = fsum(totals.values())
    expected = whole * whole - fsum(total * total for total in totals.values())
    if not expected:
        return None
    observed = fsum(weight for (one, other), weight in weights.items() if one != other)
    return 1 - (whole - 1) * observed / expected
