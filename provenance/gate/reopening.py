"""What a pickled gate holds, and how another process reads it again: from the ledger, by its address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from provenance.gate.decide import PolicyVersion
from provenance.gate.gated import Gated, Record
from provenance.gate.image import Judging
from provenance.ledger.database import Database
from provenance.model import Context
from provenance.policy.packs import PackSet
from provenance.policy.reasons import load_reasons
from provenance.policy.waivers import Waivers
from provenance.vocabulary import Purpose


@dataclass(frozen=True, slots=True)
class Pickled:
    """All that is needed to read one gate anew. The address holds no password."""

    address: str
    context: Context
    packs: PackSet
    waivers: Waivers | None
    bound: Mapping[str, Purpose]
    collections: tuple[Gated, ...]
    record: Record


def reopened(kept: Pickled) -> tuple[Database, Judging]:
    """The ledger, open, and what judged in it. Raises LedgerError where it cannot be reached from here."""
    policy = PolicyVersion.of(kept.context, kept.packs, load_reasons())
    return Database.open(kept.address, create=False), Judging(policy, kept.waivers, kept.bound)
