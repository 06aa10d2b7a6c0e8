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
from typing import Any

from provenance.policy.citations import Citation, citations_of
from provenance.vocabulary import ContentCategory, ProtectedGroup, Purpose


@dataclass(frozen=True, slots=True)
class PurposeRule:
    """What one build purpose covers and needs; see the head of `purposes.toml`."""

    covers: tuple[Purpose, ...] = ()
    reservations: tuple[str, ...] = ()
    measures_faces: bool = False
    biometric: bool = False
    research: bool = False
    public: bool = False
    non_commercial: bool = False


@dataclass(frozen=True, slots=True)
class Prohibition:
    """A no-go zone: all the conditions that are set must hold; see `purposes.toml`."""

    name: str
    zone: str
    citations: tuple[Citation, ...]
    by_pack: bool = False
    purpose: Purpose | None = None
    scraped: bool = False
    measures_faces: bool = False
    groups: tuple[ProtectedGroup, ...] = ()
    categories: tuple[ContentCategory, ...] = ()


@dataclass(frozen=True, slots=True)
class Purposes:
    """The rules of every purpose of the vocabulary, and the prohibitions."""

    rules: Mapping[Purpose, PurposeRule]
    prohibited: tuple[Prohibition, ...]

    def covering(self, purpose: Purpose) -> frozenset[Purpose]:
        """The declared purposes of a record of which any one covers a build for `purpose`."""
        return frozenset({purpose} | {declared for declared, rule in self.rules.items() if purpose in rule.covers})

    def refusing(self, purpose: Purpose) -> frozenset[Purpose]:
        """The purposes of a refusal of which any one refuses a build for `purpose`: its parts and its wholes too.

        >>> sorted(load_purposes().refusing(Purpose.SCIENTIFIC_RESEARCH))
        [<Purpose.ACADEMIC_RESEARCH: 'ACADEMIC_RESEARCH'>, <Purpose.SCIENTIFIC_RESEARCH: 'SCIENTIFIC_RESEARCH'>]
        """
        return self.covering(purpose).union(self.rules[purpose].covers)


@cache
def load_purposes() -> Purposes:
    """Read `purposes.toml`, which ships with the package and is not configurable."""
    table = tomllib.loads(files("provenance.policy").joinpath("purposes.toml").read_text(encoding="utf-8"))
    prohibited = tuple(_prohibition(entry) for entry in table.pop("prohibited"))
    rules = {
        Purpose(name): PurposeRule(
            **{**entry, "covers": tuple(map(Purpose, entry["covers"])), "reservations": tuple(entry["reservations"])}
        )
        for name, entry in table.items()
    }
    return Purposes(MappingProxyType(rules), prohibited)


def _prohibition(entry: Mapping[str, Any]) -> Prohibition:
    return Prohibition(
        **{
            **entry,
            "citations": citations_of(entry["citations"]),
            "purpose": Purpose(entry["purpose"]) if "purpose" in entry else None,
            "groups": tuple(map(ProtectedGroup, entry.get("groups", ()))),
            "categories": tuple(map(ContentCategory, entry.get("categories", ()))),
        }
    )
