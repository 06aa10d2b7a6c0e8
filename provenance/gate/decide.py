"""Deciding each distinct fact set once under one policy version, and keeping what was decided."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from functools import cache, lru_cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance import __version__
from provenance.adapters import adapter
from provenance.chunks import IN_LIST, batched
from provenance.errors import LedgerError
from provenance.gate.context import with_what_is_held
from provenance.gate.fact_sets import load
from provenance.ledger import schema
from provenance.ledger.bulk import bulk
from provenance.ledger.database import Database
from provenance.ledger.gates import DECISIONS, PolicyText, decision_digest
from provenance.ledger.holds import ordered_jurisdictions
from provenance.model import Context, Reason, Verdict, to_micros
from provenance.policy.findings import Finding, Judgement
from provenance.policy.judge import Judge
from provenance.policy.packs import PackSet
from provenance.policy.reasons import ReasonCatalogue, load_reasons
from provenance.run.progress import Progress
from provenance.vocabulary import Decision

_CHUNK: Final = 10_000
"""Fact sets decided in one transaction; their texts are some 16 MB."""
_REMEMBERED: Final = 20_000
_COLUMNS: Final = ("policy_version", "fact_set_id", "decision", "reason", "findings", "digest")


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """Everything beside an image's own facts that its verdict depends on, with the digest that names it.

    `ordered` are the jurisdictions in which an order forbids every use, each with what names the order. `given` is the
    context as it was given; `context` holds what the ledger has beside it, at that moment (`gate.context`).
    """

    context: Context
    packs: PackSet
    reasons_catalogue: ReasonCatalogue
    judge: Judge
    digest: bytes
    given: Context
    ordered: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        context: Context,
        packs: PackSet,
        reasons_catalogue: ReasonCatalogue,
        ordered: Mapping[str, str] = MappingProxyType({}),
    ) -> PolicyVersion:
        """The policy under one context. Within a day (UTC) the clock changes facts, not rules."""
        day = context.as_of.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        kept = context.retain_until is None or context.as_of <= context.retain_until
        parts = (
            __version__,
            rules_digest(),
            context_text(replace(context, as_of=day, clock_given=False, vouched_by=None)),
            packs.digest,
            str(kept),
            json.dumps(sorted(ordered)),
        )
        digest = sha256("\n".join(parts).encode()).digest()
        judge = Judge(context, packs, reasons_catalogue, ordered)
        return cls(context, packs, reasons_catalogue, judge, digest, context, ordered)

    @classmethod
    def now(cls, database: Database, context: Context, packs: PackSet) -> PolicyVersion:
        """The policy under one context with what a ledger holds beside it: orders, assessments, terms of retention.

        Raises LedgerError.
        """
        with database.reading() as connection:
            ordered, held = _beside(connection, context)
        return replace(cls.of(held, packs, load_reasons(), ordered), given=context)

    def stands(self, connection: Connection) -> bool:
        """Whether the ledger still holds beside the context what it held when this was made."""
        return _beside(connection, self.given) == (self.ordered, self.context)

    @property
    def number(self) -> int:
        """What names it where only whole numbers can: the first 63 bits of its digest."""
        return int.from_bytes(self.digest[:8]) >> 1

    @property
    def versions(self) -> dict[str, str]:
        """The version of every pack."""
        return {pack.id: pack.version for pack in self.packs}

    @property
    def text(self) -> PolicyText:
        """The policy version as the ledger keeps it."""
        packs = json.dumps({"digest": self.packs.digest, "versions": self.versions}, sort_keys=True)
        software = f"{__version__}+{rules_digest()[:12]}"
        return PolicyText(self.digest, context_text(self.context), packs, software, self.reasons_catalogue.codes)


def _beside(connection: Connection, context: Context) -> tuple[Mapping[str, str], Context]:
    at, now = to_micros(context.as_of), to_micros(datetime.now(UTC))
    return ordered_jurisdictions(connection, at, now), with_what_is_held(connection, context)


@cache
def rules_digest() -> str:
    """SHA-256 (hexadecimal) over the rules and the data that they use, so that other rules never share a decision."""
    hasher = sha256()
    for name, text in sorted(_texts(files("provenance.policy"), "")):
        hasher.update(f"{name}\0".encode() + text + b"\0")
    return hasher.hexdigest()


def _texts(folder: Traversable, prefix: str) -> Iterable[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            if entry.name != "packs":  # named by a digest of their own
                yield from _texts(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith((".py", ".toml")):
            yield f"{prefix}{entry.name}", entry.read_bytes()


def context_text(context: Context) -> str:
    """A gate context as canonical JSON."""
    return json.dumps(asdict(context), sort_keys=True, separators=(",", ":"), default=_plain)


def context_of(text: str) -> Context:
    """The gate context behind its canonical JSON."""
    return adapter(Context).validate_json(text)


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def decide(database: Database, policy: PolicyVersion, fact_sets: Sequence[int], progress: Progress) -> None:
    """Decide these fact sets, and keep what was decided."""
    if not fact_sets:
        return
    progress.begin("judging fact sets", len(fact_sets))
    for chunk in batched(fact_sets, _CHUNK):
        with database.reading() as connection:
            loaded = load(connection, chunk, signed_only=policy.context.require_signatures)
            rows = [_row(policy, number, policy.judge.judge(fact_set)) for number, fact_set in loaded]
        with database.writing() as connection:
            # Another gate may have decided the same in the meantime; decisions of one policy version are equal.
            bulk(connection, schema.cached_decision, _COLUMNS, rows, replace=True)
        progress.advance(len(chunk))
    progress.end()


def judgements(connection: Connection, policy: PolicyVersion, fact_sets: Iterable[int]) -> dict[int, Judgement]:
    """The kept judgements of fact sets. Raises LedgerError for one that was changed by hand."""
    table = schema.cached_decision.c
    found: dict[int, Judgement] = {}
    for some in batched(sorted(fact_sets), IN_LIST):
        rows = connection.execute(
            sa.select(table.fact_set_id, table.decision, table.reason, table.findings, table.digest).where(
                table.policy_version == policy.digest, table.fact_set_id.in_(some)
            )
        )
        for number, decision, reason, findings, digest in rows:
            require_written(policy, number, decision, reason, findings, bytes(digest))
            found[number] = judgement_of(policy, decision, reason, findings)
    return found


def judgement_of(policy: PolicyVersion, decision: int, reason: int, findings: str) -> Judgement:
    """A judgement as the ledger keeps it."""
    return Judgement(DECISIONS[decision], policy.reasons_catalogue.codes[reason], findings_of(findings))


def stored(policy: PolicyVersion, judgement: Judgement) -> tuple[int, int, str]:
    """A judgement as the ledger keeps it: decision, primary reason, findings."""
    primary = policy.reasons_catalogue[judgement.reason].number
    return DECISIONS.index(judgement.decision), primary, findings_text(judgement.findings)


def stored_verdict(policy: PolicyVersion, verdict: Verdict) -> tuple[int, int, str]:
    """The verdict on one image as the ledger keeps it: decision, primary reason, reasons."""
    primary = policy.reasons_catalogue[verdict.reason].number
    return DECISIONS.index(verdict.decision), primary, reasons_text(verdict.reasons)


def findings_text(findings: Iterable[Finding]) -> str:
    """Findings as JSON: an object each, without what is empty."""
    return f"[{','.join(map(_finding_text, findings))}]"


@lru_cache(_REMEMBERED)
def _finding_text(finding: Finding) -> str:
    """One finding as JSON: very many fact sets share it."""
    return json.dumps(_told(finding), separators=(",", ":"))


def findings_of(text: str) -> tuple[Finding, ...]:
    """The findings behind their JSON."""
    return tuple(Finding(**_read(told)) for told in json.loads(text))


def reasons_text(reasons: Iterable[Reason]) -> str:
    """The reasons of one image's verdict as JSON: an object each, without what is empty."""
    return json.dumps([_told(reason) for reason in reasons], separators=(",", ":"))


def reasons_of(text: str) -> tuple[Reason, ...]:
    """The reasons behind their JSON."""
    return tuple(Reason(**_read(told)) for told in json.loads(text))


def _told(finding: Finding | Reason) -> dict[str, Any]:
    told = {field.name: getattr(finding, field.name) for field in fields(finding)}  # `asdict` would copy every value
    told["decision"] = finding.decision.value
    return {name: value for name, value in told.items() if value is not None and value not in ("", ())}


def _read(told: Mapping[str, Any]) -> dict[str, Any]:
    blank = {"jurisdiction": None, "person": None, "detail": "", "citation": ""}
    because = {"because": tuple(told["because"])} if "because" in told else {}
    return {**blank, **told, **because, "decision": Decision(told["decision"])}


def _row(policy: PolicyVersion, number: int, judgement: Judgement) -> tuple[bytes, int, int, int, str, bytes]:
    decision, reason, findings = stored(policy, judgement)
    digest = decision_digest(policy.digest, number, decision, reason, findings)
    return policy.digest, number, decision, reason, findings, digest


def require_written(
    policy: PolicyVersion, number: int, decision: int, reason: int, findings: str, digest: bytes
) -> None:
    """Raise LedgerError where a kept decision on a fact set is not as it was written."""
    if digest != decision_digest(policy.digest, number, decision, reason, findings):
        raise LedgerError(
            f"the ledger's decision on fact set {number} is not as it was written",
            remedy="find out who changed it (`provenance verify`), then `provenance db rebuild`",
        )
