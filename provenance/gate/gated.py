"""What a gate judged: collections as they lay on disk, its counts, and its number in the ledger."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from provenance.gate.disk import DiskDiff
from provenance.gate.image import Judging, Subject, unregistered
from provenance.model import Verdict
from provenance.policy.reasons import ReasonCatalogue
from provenance.sources.interface import Source
from provenance.vocabulary import Decision

GONE: Final = ""
"""The reasons of an image that was registered and that the gate found gone: it is none of its images."""


@dataclass(frozen=True, slots=True)
class Gated:
    """One collection that went through the gate: its number in the ledger (None if never scanned), and how it lay."""

    number: int | None
    source: Source
    uri: str
    name: str
    disk_diff: DiskDiff

    @property
    def root(self) -> str:
        """The path below which its images lie."""
        return self.source.location

    def path_of(self, key: bytes) -> str:
        """Where one of its images lies, as a training script would open it."""
        return os.path.join(self.root, os.fsdecode(key))  # noqa: PTH118 - keys are bytes


@dataclass(frozen=True, slots=True)
class Tally:
    """How many images have one decision for one primary reason."""

    decision: Decision
    code: str
    images: int


@dataclass(frozen=True, slots=True)
class Record:
    """The gate as the ledger keeps it: its number, and the revision of each collection that it judged."""

    number: int
    revisions: Mapping[int, int]


def tallied(counts: Mapping[tuple[Decision, str], int], catalogue: ReasonCatalogue) -> list[Tally]:
    """Tallies of these counts, the worst decision first, then in the order of the decision table."""
    ordered = sorted(counts.items(), key=lambda entry: (-entry[0][0].severity, catalogue[entry[0][1]].number))
    return [Tally(decision, code, images) for (decision, code), images in ordered if images]


def unregistered_verdict(gated: Gated, key: bytes, judging: Judging) -> Verdict:
    """The verdict on a file that lies in the collection and that the ledger does not hold. Nobody can override it."""
    return unregistered(Subject(key, gated.name, gated.uri, None), judging.policy, judging.overrides).verdict
