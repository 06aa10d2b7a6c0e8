"""Rules about everyone in the image together."""

from __future__ import annotations

from dataclasses import dataclass

from provenance.policy.rules.evaluation import Answer


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many people need a basis, how many have one that is not refused, how many one that needs no review."""

    identifiable: int = 0
    covered: int = 0
    verified: int = 0


def partial_basis_coverage(coverage: Coverage) -> Answer:
    """More people can be identified than have a basis, be it one person without any; told beside their own reason."""
    return coverage.covered < coverage.identifiable


def lawful_basis_verified(coverage: Coverage) -> Answer:
    """Earned only when everyone who can be identified has a basis that nothing speaks against."""
    return 0 < coverage.identifiable == coverage.verified
