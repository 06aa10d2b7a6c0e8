"""Rules about whether a basis stands: evidence, term, scope, and what a human has to confirm."""

from __future__ import annotations

from typing import Final

from provenance.policy.facts import EvidenceState
from provenance.policy.rules.consents import is_consent
from provenance.policy.rules.evaluation import Answer, EvaluationCase
from provenance.vocabulary import AcquisitionMethod, ConsentStatus, Decision, EvidenceKind, LawfulBasis

_SHOWS_CONSENT: Final = frozenset(
    {
        None,
        EvidenceKind.CONSENT_RECORD,
        EvidenceKind.CONSENT_RECEIPT,
        EvidenceKind.MODEL_RELEASE,
        EvidenceKind.DATA_SUBJECT_CONTRACT,
        EvidenceKind.GUARDIAN_AUTHORITY,
        EvidenceKind.COPYRIGHT_LICENCE,  # has a code of its own
    }
)
_NEEDS_APPROVAL: Final = frozenset(
    {LawfulBasis.RESEARCH_EXEMPTION, LawfulBasis.PUBLIC_INTEREST, LawfulBasis.OFFICIAL_AUTHORITY}
)
_NEEDS_JUDGEMENT: Final = frozenset({LawfulBasis.CONTRACT, LawfulBasis.LEGAL_OBLIGATION, LawfulBasis.VITAL_INTEREST})


def evidence_missing(case: EvaluationCase) -> Answer:
    """Nothing stands behind the record. What lies out of the gate's reach is for a person to look at."""
    record = case.record
    if record.basis in (LawfulBasis.LEGITIMATE_INTEREST, LawfulBasis.STATUTORY_PUBLICLY_AVAILABLE):
        return False  # the assessment, or the proof of the class, is the evidence
    if record.basis in _NEEDS_APPROVAL:
        approved = record.evidence_kind is EvidenceKind.ETHICS_APPROVAL and record.evidence is not EvidenceState.MISSING
        return not (record.approval or approved)
    if record.evidence is EvidenceState.MISSING:
        return True
    if is_consent(record) and record.evidence_kind not in _SHOWS_CONSENT:
        return True
    return Decision.REVIEW if record.evidence is EvidenceState.REMOTE else False


def evidence_hash_mismatch(case: EvaluationCase) -> Answer:
    """The file changed since it was recorded."""
    return case.record.evidence is EvidenceState.MISMATCH


def consent_expired(case: EvaluationCase) -> Answer:
    """The term is over at the gate's clock."""
    return case.record.expired or case.record.status is ConsentStatus.EXPIRED


def consent_notice_version_unknown(case: EvaluationCase) -> Answer:
    """Nobody can say what the person agreed to."""
    return is_consent(case.record) and not case.record.notice_version


def consent_after_collection(case: EvaluationCase) -> Answer:
    """Consent came after the image was taken in; what is scraped at random is never asked for first."""
    scraped = case.item.acquisition_method is AcquisitionMethod.UNTARGETED_SCRAPE
    return is_consent(case.record) and (case.record.given_after_acquisition or scraped)


def purpose_out_of_scope(case: EvaluationCase) -> Answer:
    """No purpose of the record covers the build's."""
    evaluation = case.evaluation
    return evaluation.context.purpose is not None and evaluation.covering.isdisjoint(case.record.purposes)


def recipient_out_of_scope(case: EvaluationCase) -> Answer:
    """A recipient or, where the record names territories, a country that it does not cover."""
    record, context = case.record, case.evaluation.context
    if any(recipient not in record.recipients for recipient in context.recipients):
        return True
    return bool(record.territories) and any(not _covered(country, record.territories) for country in context.offered_in)


def _covered(country: str, territories: tuple[str, ...]) -> bool:
    """A whole covers its parts: CA covers CA-QC."""
    return any(country == territory or country.startswith(f"{territory}-") for territory in territories)


def lia_missing(case: EvaluationCase) -> Answer:
    """Legitimate interest without its assessment."""
    return case.record.basis is LawfulBasis.LEGITIMATE_INTEREST and not case.record.assessment


def lia_review(case: EvaluationCase) -> Answer:
    """Legitimate interest, and every other basis that turns on necessity: a human must confirm it."""
    record = case.record
    if record.basis is LawfulBasis.LEGITIMATE_INTEREST:
        return record.assessment
    return record.basis in _NEEDS_JUDGEMENT


def research_exemption_review(case: EvaluationCase) -> Answer:
    """Research and public tasks have conditions outside this ledger."""
    return case.record.basis in _NEEDS_APPROVAL
