"""The purposes a dataset may be built for: what their consents cover, and which are never acceptable.

>>> load_purposes().covering(Purpose.MODEL_TRAINING)
frozenset({<Purpose.MODEL_TRAINING: 'MODEL_TRAINING'>})
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from provenance.vocabulary import AcquisitionMethod, Purpose


@dataclass(frozen=True, slots=True)
class PurposeRule:
    """What one build purpose covers and needs; see the head of `purposes.toml`."""

    covers: tuple[Purpose, ...] = ()
    reservations: tuple[str, ...] = ()
    measures_faces: bool = False
    non_commercial: bool = False


@dataclass(frozen=True, slots=True)
class Prohibition:
    """A no-go zone: all the conditions that are set must hold."""

    purpose: Purpose | None = None
    method: AcquisitionMethod | None = None
    identifies: bool = False
    measures_faces: bool = False


@dataclass(frozen=True, slots=True)
class Purposes:
    """The rules of every purpose of the vocabulary, and the prohibitions."""

    rules: Mapping[Purpose, PurposeRule]
    prohibited: tuple[Prohibition, ...]

    def covering(self, purpose: Purpose) -> frozenset[Purpose]:
        """The declared purposes of a record of which any one covers a build for `purpose`."""
        return frozenset({purpose} | {declared for declared, rule in self.rules.items() if purpose in rule.covers})


@cache
def load_purposes() -> Purposes:
    """Read `purposes.toml`, which ships with the package and is not configurable."""
    table = tomllib.loads(files("provenance.policy").joinpath("purposes.toml").read_text(encoding="utf-8"))
    prohibited = tuple(
        Prohibition(
            purpose=Purpose(entry["purpose"]) if "purpose" in entry else None,
            method=AcquisitionMethod(entry["method"]) if "method" in entry else None,
            identifies=entry.get("identifies", False),
            measures_faces=entry.get("measures_faces", False),
        )
        for entry in table.pop("prohibited")
    )
    rules = {
        Purpose(name): PurposeRule(
            covers=tuple(Purpose(purpose) for purpose in entry["covers"]),
            reservations=tuple(entry["reservations"]),
            measures_faces=entry.get("measures_faces", False),
            non_commercial=entry.get("non_commercial", False),
        )
        for name, entry in table.items()
    }
    return Purposes(MappingProxyType(rules), prohibited)
