"""Rules about whether a basis stands: evidence, term, scope, and what a human has to confirm."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from provenance.policy.facts import EvidenceState, RecordFacts
from provenance.policy.rules.consents import SHOWS_SOMETHING, is_by_guardian, is_consent
from provenance.policy.rules.evaluation import Answer, Because, RecordCase, because
from provenance.vocabulary import (
    ConsentStatus,
    Decision,
    EvidenceKind,
    LawfulBasis,
    canonical_jurisdiction,
    jurisdiction_and_wholes,
)

_NEEDS_APPROVAL: Final = frozenset(
    {LawfulBasis.RESEARCH_EXEMPTION, LawfulBasis.PUBLIC_INTEREST, LawfulBasis.OFFICIAL_AUTHORITY}
)
_NEEDS_JUDGEMENT: Final = frozenset({LawfulBasis.CONTRACT, LawfulBasis.LEGAL_OBLIGATION, LawfulBasis.VITAL_INTEREST})
_SHOWN_OTHERWISE: Final = frozenset({LawfulBasis.LEGITIMATE_INTEREST, LawfulBasis.STATUTORY_PUBLICLY_AVAILABLE})
"""The assessment, or the proof of the public class, is the evidence."""
_THERE: Final = SHOWS_SOMETHING | {EvidenceState.MISMATCH}


def evidence_missing(case: RecordCase) -> Answer:
    """Nothing that fits stands behind the record. What lies out of the gate's reach is for a person to look at."""
    record = case.record
    if record.basis in _SHOWN_OTHERWISE:
        return False
    if record.basis in _NEEDS_APPROVAL:
        approved = record.evidence_kind is EvidenceKind.ETHICS_APPROVAL and record.evidence in _THERE
        return because(no_approval=not (record.approval or approved))
    if record.evidence not in _THERE:
        return Because((record.evidence.value,))
    if not fits(record):
        return because(no_kind=record.evidence_kind is None, other_kind=record.evidence_kind is not None)
    return because(Decision.REVIEW, remote=record.evidence is EvidenceState.REMOTE)


def fits(record: RecordFacts) -> bool:
    """Whether evidence of the recorded kind can show the basis (`evidence.toml`); no kind shows nothing."""
    if record.evidence_kind is EvidenceKind.GUARDIAN_AUTHORITY and is_by_guardian(record):
        return True
    return record.evidence_kind in _fitting().get(record.basis.value, frozenset())


@cache
def _fitting() -> Mapping[str, frozenset[EvidenceKind]]:
    table = tomllib.loads(files("provenance.policy").joinpath("evidence.toml").read_text(encoding="utf-8"))
    return {basis: frozenset(map(EvidenceKind, kinds)) for basis, kinds in table["fits"].items()}


def evidence_hash_mismatch(case: RecordCase) -> Answer:
    """The file changed since it was recorded."""
    return case.record.evidence is EvidenceState.MISMATCH


def consent_expired(case: RecordCase) -> Answer:
    """The term is over at the gate's clock."""
    return case.record.expired or case.record.status is ConsentStatus.EXPIRED


def consent_notice_version_unknown(case: RecordCase) -> Answer:
    """Nobody can say what the person agreed to."""
    return is_consent(case.record) and not case.record.notice_version


def consent_after_collection(case: RecordCase) -> Answer:
    """No consent was in effect when the image was taken in; what is scraped at random is never asked for first."""
    if not is_consent(case.record):
        return False
    return because(scraped=case.around.scraped, later=not case.person.consent_at_acquisition)


def purpose_out_of_scope(case: RecordCase) -> Answer:
    """No purpose of the record covers the build's, or research is claimed for what is none."""
    record, evaluation = case.record, case.evaluation
    if evaluation.context.purpose is None:
        return False
    return because(
        purposes=evaluation.covering.isdisjoint(record.purposes),
        research=record.basis is LawfulBasis.RESEARCH_EXEMPTION and not evaluation.purpose.research,
    )


def recipient_out_of_scope(case: RecordCase) -> Answer:
    """A recipient, a public or a territory that the record does not name; one that names none is for the controller."""
    record, context = case.record, case.evaluation.context
    named = {canonical_jurisdiction(territory) for territory in record.territories}
    return because(
        recipient=not set(context.recipients) <= set(record.recipients),
        public=case.evaluation.purpose.public and bool(record.recipients),
        territory=any(named.isdisjoint(jurisdiction_and_wholes(place)) for place in context.offered_in),
    )


def lia_missing(case: RecordCase) -> Answer:
    """Legitimate interest without its assessment."""
    return case.record.basis is LawfulBasis.LEGITIMATE_INTEREST and not case.record.assessment


def lia_review(case: RecordCase) -> Answer:
    """Legitimate interest, and every other basis that turns on necessity: a human must confirm it."""
    record = case.record
    return because(
        balance=record.basis is LawfulBasis.LEGITIMATE_INTEREST and record.assessment,
        necessity=record.basis in _NEEDS_JUDGEMENT,
    )


def research_exemption_review(case: RecordCase) -> Answer:
    """Research and public tasks have conditions outside this ledger."""
    return case.record.basis in _NEEDS_APPROVAL
