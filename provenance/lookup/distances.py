"""What a distance means: the bands that an answer carries, with how often each was seen to be wrong.

>>> band_of(12), band_of(40), tier_of(61)
('match', 'review', None)
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

MATCH: Final = "match"
"""The name of the nearest band."""


@dataclass(frozen=True, slots=True)
class Tier:
    """Distances from `least` to `most` bits. Of `pairs` measured pairs of strangers `false_matches` were within it."""

    name: str
    least: int
    most: int
    pairs: int
    false_matches: int

    @property
    def false_match_rate_below(self) -> float:
        """With 95 % confidence the rate for one pair lies below this: 3 of n where none was seen (rule of three)."""
        return max(3, 2 * self.false_matches + 3) / self.pairs


@cache
def tiers() -> tuple[Tier, ...]:
    """Every band, the nearest first."""
    text = files(__package__).joinpath("distances.toml").read_text(encoding="utf-8")
    return tuple(Tier(name, **figures) for name, figures in tomllib.loads(text).items())


def tier_of(distance: int) -> str | None:
    """The name of the band that a distance falls into, None beyond the last."""
    return next((tier.name for tier in tiers() if tier.least <= distance <= tier.most), None)
