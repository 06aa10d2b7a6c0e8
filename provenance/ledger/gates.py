"""The record of every gate: for what, by which rules, at which clock, over which images, with which outcome.

What an image was told is found again from here: a gate's exceptions name the images whose verdict was not that of
their fact set alone; of all others the fact set that they had then (`item_facts`, `item_facts_past`) and the decision
on it under the gate's policy version say it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.ledger import schema
from provenance.ledger.append import append, next_id
from provenance.ledger.bulk import bulk
from provenance.ledger.within import unindexed
from provenance.model import from_micros, to_micros
from provenance.vocabulary import Decision, Purpose

Parts: TypeAlias = dict[str, Any]

DECISIONS: Final = (Decision.INFO, Decision.ALLOW, Decision.ALLOW_BY_REVIEW, Decision.REVIEW, Decision.BLOCK)
"""Decisions in the order of their stored numbers. Append only."""

_GATE: Final = (
    "id", "policy_version", "context", "as_of", "waivers", "started_at", "ended_at", "counts", "findings",
)  # fmt: skip
_SEEN: Final = ("gate_id", "collection_id", "revision")
_EXCEPTION: Final = ("gate_id", "item_id", "decision", "reason", "reasons")


@dataclass(frozen=True, slots=True)
class PolicyText:
    """A policy version as it is kept: its digest, the gate context and the versions of the packs as canonical JSON.

    `reasons` are the codes of its decision table by their numbers.
    """

    digest: bytes
    context: str
    packs: str
    software: str
    reasons: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class NewGate:
    """A gate that came to its end: under which policy, at which clock, and what came of it.

    `collections` are their numbers with the revisions that were judged; `exceptions` are the images whose verdict is
    not that of their facts alone: image, decision, reason and reasons as they are stored.
    """

    policy: PolicyText
    context: str
    as_of: datetime
    waivers: str
    started_at: datetime
    collections: Mapping[int, int]
    counts: Mapping[Decision, int]
    findings: Sequence[Mapping[str, Any]]
    exceptions: Sequence[tuple[int, int, int, str]]


def record_gate(connection: Connection, new: NewGate) -> int:
    """Append a gate; gives its number. The caller holds the writing transaction in which its verdicts still hold."""
    table = schema.policy_version
    known = connection.execute(sa.select(table.c.digest).where(table.c.digest == new.policy.digest)).first()
    if known is None:
        text = new.policy
        names = ("digest", "context", "packs", "software")
        bulk(connection, table, names, [(text.digest, text.context, text.packs, text.software)])
        bulk(connection, schema.reason_name, ("number", "code"), sorted(text.reasons.items()), replace=True)
    number = next_id(connection, schema.gate)
    counts = json.dumps({decision.value: images for decision, images in new.counts.items()}, sort_keys=True)
    row: tuple[Any, ...] = (
        number,
        new.policy.digest,
        new.context,
        to_micros(new.as_of),
        new.waivers,
        to_micros(new.started_at),
    )
    row += (to_micros(datetime.now(UTC)), counts, json.dumps(list(new.findings), sort_keys=True))
    collections = sorted(new.collections.items())
    exceptions = sorted(new.exceptions)
    append(connection, schema.gate, _GATE, [row], parts=[gate_parts(collections, exceptions)])
    bulk(connection, schema.gate_collection, _SEEN, ((number, *one) for one in collections))
    bulk(connection, schema.gate_exception, _EXCEPTION, ((number, *one) for one in exceptions))
    return number


def gate_parts(collections: Sequence[tuple[int, int]], exceptions: Sequence[tuple[int, int, int, str]]) -> Parts:
    """What the digest of a gate covers beside its own row: both in the order of their numbers."""
    hasher = sha256()
    for one in exceptions:
        hasher.update(json.dumps(one, separators=(",", ":")).encode() + b"\n")
    return {"gate_collection": [list(one) for one in collections], "gate_exception": hasher.hexdigest()}


def bound_waivers(connection: Connection) -> dict[str, Purpose]:
    """The purpose for which each waiver that names none was first accepted, by its digest (hexadecimal)."""
    table = schema.waiver_use.c
    rows = connection.execute(sa.select(table.waiver, table.purpose))
    return {bytes(digest).hex(): Purpose(purpose) for digest, purpose in rows}


def bind_waivers(connection: Connection, digests: Sequence[str], purpose: Purpose | None, gate: int) -> None:
    """Note for which purpose these waivers were accepted by a gate; they serve no other from now on."""
    if purpose is not None:
        rows = ((bytes.fromhex(digest), purpose.value, gate) for digest in digests)
        bulk(connection, schema.waiver_use, ("waiver", "purpose", "gate_id"), rows)


def decision_digest(policy: bytes, fact_set: int, decision: int, reason: int, findings: str) -> bytes:
    """What a kept decision is checked against when it is read."""
    return sha256(policy + f"{fact_set}\0{decision}\0{reason}\0{findings}".encode()).digest()


def last_context_text(connection: Connection) -> str | None:
    """The context of the newest gate, as its canonical JSON."""
    return connection.execute(sa.select(schema.gate.c.context).order_by(schema.gate.c.id.desc()).limit(1)).scalar()


@dataclass(frozen=True, slots=True)
class Told:
    """What one gate told of one image.

    `findings` is the stored text of a fact set's findings, `reasons` that of the image's own reasons where these were
    others; both are None where the decision was pruned.
    """

    gate: int
    as_of: datetime
    at: datetime
    context: str
    packs: str
    waivers: str
    decision: int | None
    reason: int | None
    findings: str | None
    reasons: str | None


def history(connection: Connection, collection: int, key: bytes) -> Iterator[Told]:
    """What each gate told of an image, whatever row it had then, newest first. Each is read when it is asked for."""
    item, gate, seen = schema.item.c, schema.gate.c, schema.gate_collection.c
    policy = schema.policy_version.c
    versions = list(
        connection.execute(
            sa.select(item.id).where(unindexed(item.collection_id) == collection, item.key == key)
        ).scalars()
    )
    gates = connection.execute(
        sa.select(gate.id, gate.policy_version, gate.context, gate.as_of, gate.waivers, gate.ended_at, policy.packs)
        .join(schema.gate_collection, seen.gate_id == gate.id)
        .join(schema.policy_version, policy.digest == gate.policy_version)
        .where(seen.collection_id == collection)
        .order_by(gate.id.desc())
    ).all()
    for row in gates:
        verdict = _verdict(connection, row.id, bytes(row.policy_version), versions)
        if verdict is not None:
            told = (row.id, from_micros(row.as_of), from_micros(row.ended_at), row.context, row.packs, row.waivers)
            yield Told(*told, *verdict)


def _verdict(
    connection: Connection, gate: int, policy: bytes, versions: Sequence[int]
) -> tuple[int | None, int | None, str | None, str | None] | None:
    """What a gate told of whichever of these rows it saw; None where it saw none."""
    exception, decided = schema.gate_exception.c, schema.cached_decision.c
    own = connection.execute(
        sa.select(exception.decision, exception.reason, exception.reasons).where(
            exception.gate_id == gate, exception.item_id.in_(versions)
        )
    ).first()
    if own is not None and own.reasons:
        return own.decision, own.reason, None, own.reasons
    fact_set = _fact_set(connection, gate, versions) if own is None else None
    if fact_set is None:
        return None
    shared = connection.execute(
        sa.select(decided.decision, decided.reason, decided.findings).where(
            decided.policy_version == policy, decided.fact_set_id == fact_set
        )
    ).first()
    return (None,) * 4 if shared is None else (shared.decision, shared.reason, shared.findings, None)


def _fact_set(connection: Connection, gate: int, versions: Sequence[int]) -> int | None:
    """The fact set that one of these rows had when a gate saw it."""
    past, facts = schema.item_facts_past.c, schema.item_facts.c
    then = sa.select(past.fact_set_id).where(
        past.item_id.in_(versions), past.since_gate <= gate, past.until_gate > gate
    )
    now = sa.select(facts.fact_set_id).where(facts.item_id.in_(versions), facts.since_gate <= gate)
    return connection.execute(sa.union_all(then, now).limit(1)).scalar()
