"""Gathering the signals of one image from the file itself and from what was declared, and summing them up. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from provenance.model import ManifestRow, Signal
from provenance.policy.facts import LicenceClass, SignalFacts


@dataclass(frozen=True, slots=True)
class Findings:
    """What all signals of one image come to."""

    summary: SignalFacts = field(default_factory=SignalFacts)
    licence: LicenceClass = LicenceClass.MISSING
    licence_conditions: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    licence_ends_at: int | None = None


def from_file(data: bytes, name: str, sidecars: Mapping[str, bytes]) -> tuple[Signal, ...]:
    """What the file and its sidecars say."""
    return ()


def from_declaration(row: ManifestRow | None, name: str) -> tuple[Signal, ...]:
    """What the manifest row, the captured web page and the path say."""
    return ()


def sum_up(signals: Sequence[Signal], row: ManifestRow | None) -> Findings:
    """Signals from everywhere and the declared licence, as facts."""
    licence = LicenceClass.OTHER if row is not None and row.licence else LicenceClass.MISSING
    return Findings(licence=licence)
