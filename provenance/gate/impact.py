"""What other packs would make of a ledger's images: judged twice, counted, and nothing of it kept as a verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from provenance.chunks import batched
from provenance.gate import facts
from provenance.gate.fact_sets import load
from provenance.ledger import schema
from provenance.ledger.database import Database
from provenance.model import Context, to_micros
from provenance.policy.findings import Judgement
from provenance.policy.judge import Judge
from provenance.policy.packs import PackSet
from provenance.policy.reasons import load_reasons
from provenance.run.progress import Progress
from provenance.vocabulary import Decision

_CHUNK: Final = 2_000


@dataclass(frozen=True, slots=True)
class Impact:
    """How many images go from one decision and primary reason to another."""

    before: Decision
    before_reason: str
    after: Decision
    after_reason: str
    images: int


@dataclass(frozen=True, slots=True)
class Impacts:
    """What changes and how many images were judged. A flip may keep the decision and change the reason only."""

    flips: tuple[Impact, ...]
    images: int

    @property
    def changed(self) -> int:
        """How many images come out differently."""
        return sum(flip.images for flip in self.flips)


def compare_packs(database: Database, context: Context, before: PackSet, after: PackSet, progress: Progress) -> Impacts:
    """Judge every current image of a ledger under two sets of packs, most images first.

    The facts at the clock are brought up to date, as a gate does; decisions and gates are not written.
    """
    with database.reading() as connection:
        collections = list(connection.execute(sa.select(schema.collection.c.id)).scalars())
    facts.refresh(database, collections, to_micros(context.as_of), progress)
    reasons_catalogue = load_reasons()
    judges = Judge(context, before, reasons_catalogue), Judge(context, after, reasons_catalogue)
    found: Counter[tuple[Decision, str, Decision, str]] = Counter()
    total = 0
    images = _images(database)
    progress.begin("judging fact sets", len(images))
    for chunk in batched(sorted(images), _CHUNK):
        for number, (old, new) in _judged(database, judges, chunk, signed_only=context.require_signatures):
            total += images[number]
            if (old.decision, old.reason) != (new.decision, new.reason):
                found[old.decision, old.reason, new.decision, new.reason] += images[number]
        progress.advance(len(chunk))
    progress.end()
    ordered = sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))
    return Impacts(tuple(Impact(*flip, count) for flip, count in ordered), total)


def _images(database: Database) -> dict[int, int]:
    """How many current images have each fact set."""
    counts = schema.fact_set_count.c
    query = sa.select(counts.fact_set_id, sa.func.sum(counts.images)).where(counts.images > 0)
    with database.reading() as connection:
        rows = connection.execute(query.group_by(counts.fact_set_id))
        return {number: int(count) for number, count in rows}


def _judged(
    database: Database, judges: tuple[Judge, Judge], numbers: Sequence[int], *, signed_only: bool
) -> Iterator[tuple[int, tuple[Judgement, Judgement]]]:
    before, after = judges
    with database.reading() as connection:
        for number, fact_set in load(connection, numbers, signed_only=signed_only):
            yield number, (before.judge(fact_set), after.judge(fact_set))
