"""Deciding each distinct combination once under one gate context, and keeping what was decided."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC
from hashlib import sha256
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance import __version__
from provenance.gate.fact_sets import load
from provenance.ledger import schema
from provenance.ledger.database import Database, bulk
from provenance.model import Context
from provenance.policy.judge import Finding, Judge, Judgement
from provenance.policy.packs import PackSet
from provenance.policy.reasons import ReasonCatalogue
from provenance.run.progress import Progress
from provenance.vocabulary import Decision

DECISIONS: Final = (Decision.INFO, Decision.ALLOW, Decision.ALLOW_BY_REVIEW, Decision.REVIEW, Decision.BLOCK)
"""Decisions in the order of their stored numbers. Append only."""

_CHUNK: Final = 2_000


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """Everything beside an image's own facts that its verdict depends on, with the digest that names it."""

    context: Context
    packs: PackSet
    reasons_catalogue: ReasonCatalogue
    judge: Judge
    digest: bytes

    @classmethod
    def of(cls, context: Context, packs: PackSet, reasons_catalogue: ReasonCatalogue) -> PolicyVersion:
        """The rulings under one context. Within a day (UTC) the clock changes facts, not rules."""
        day = context.as_of.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        parts = (__version__, context_text(replace(context, as_of=day)), packs.digest)
        return cls(
            context,
            packs,
            reasons_catalogue,
            Judge(context, packs, reasons_catalogue),
            sha256("\n".join(parts).encode()).digest(),
        )

    @property
    def versions(self) -> dict[str, str]:
        """The version of every pack."""
        return {pack.id: pack.version for pack in self.packs}


def context_text(context: Context) -> str:
    """A gate context as canonical JSON."""
    return json.dumps(asdict(context), sort_keys=True, separators=(",", ":"), default=_plain)


def context_of(text: str) -> Context:
    """The gate context behind its canonical JSON."""
    from pydantic import TypeAdapter

    return TypeAdapter(Context).validate_json(text)


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def decide(database: Database, policy: PolicyVersion, collections: Sequence[int], progress: Progress) -> int:
    """Decide every combination of these collections that has no ruling yet; gives their number."""
    with database.reading() as connection:
        open_ones = _undecided(connection, policy, collections)
    if not open_ones:
        return 0
    progress.begin("judging combinations", len(open_ones))
    remaining = iter(open_ones)
    while chunk := list(islice(remaining, _CHUNK)):
        with database.reading() as connection:
            rows = [
                (policy.digest, number, *_stored(policy.judge.judge(fact_set)))
                for number, fact_set in load(connection, chunk)
            ]
        columns = ("policy_version", "fact_set_id", "decision", "reason", "findings")
        with database.writing() as connection:
            # Another gate may have decided the same in the meantime; rulings of one set are always equal.
            bulk(connection, schema.cached_decision, columns, rows, replace=True)
        progress.advance(len(chunk))
    progress.end()
    return len(open_ones)


def decided(connection: Connection, policy: PolicyVersion, collections: Sequence[int]) -> bool:
    """Whether every combination of these collections has its ruling."""
    return not _undecided(connection, policy, collections)


def _undecided(connection: Connection, policy: PolicyVersion, collections: Sequence[int]) -> list[int]:
    tally, cached_decision = schema.fact_set_count.c, schema.cached_decision.c
    decided = sa.exists().where(
        cached_decision.policy_version == policy.digest, cached_decision.fact_set_id == tally.fact_set_id
    )
    used = sa.select(tally.fact_set_id).where(tally.collection_id.in_(collections), tally.images > 0)
    return list(connection.execute(used.where(~decided).distinct()).scalars())


def _stored(judgement: Judgement) -> tuple[int, int, str]:
    findings = [
        [f.code, f.number, f.decision.value, f.jurisdiction, f.person, f.detail, f.citation] for f in judgement.findings
    ]
    primary = next(f.number for f in judgement.findings if f.code == judgement.reason)
    return DECISIONS.index(judgement.decision), primary, json.dumps(findings, separators=(",", ":"))


def findings_of(text: str) -> tuple[Finding, ...]:
    """The findings behind a stored ruling."""
    return tuple(
        Finding(code, number, Decision(decision), jurisdiction, person, detail, citation)
        for code, number, decision, jurisdiction, person, detail, citation in json.loads(text)
    )


def counts(connection: Connection, policy: PolicyVersion, collections: Sequence[int]) -> Counter[tuple[Decision, str]]:
    """How many images have each decision and primary reason."""
    tally, cached_decision = schema.fact_set_count.c, schema.cached_decision.c
    rows = connection.execute(
        sa.select(cached_decision.decision, cached_decision.reason, sa.func.sum(tally.images))
        .select_from(schema.fact_set_count)
        .join(
            schema.cached_decision,
            sa.and_(cached_decision.fact_set_id == tally.fact_set_id, cached_decision.policy_version == policy.digest),
        )
        .where(tally.collection_id.in_(collections), tally.images > 0)
        .group_by(cached_decision.decision, cached_decision.reason)
    )
    codes = {rule.number: rule.code for rule in policy.reasons_catalogue}
    return Counter({(DECISIONS[decision], codes[reason]): int(images) for decision, reason, images in rows})
