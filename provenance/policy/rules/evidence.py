"""Rules about whether a basis stands: evidence, term, scope, and what a human has to confirm."""

from __future__ import annotations

from typing import Final

from provenance.policy.facts import EvidenceState
from provenance.policy.rules.consents import is_consent
from provenance.policy.rules.setting import Answer, Claim
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


def evidence_missing(claim: Claim) -> Answer:
    """Nothing stands behind the record. What lies out of the gate's reach is for a person to look at."""
    record = claim.record
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


def evidence_hash_mismatch(claim: Claim) -> Answer:
    """The file changed since it was recorded."""
    return claim.record.evidence is EvidenceState.MISMATCH


def consent_expired(claim: Claim) -> Answer:
    """The term is over at the gate's clock."""
    return claim.record.expired or claim.record.status is ConsentStatus.EXPIRED


def consent_notice_version_unknown(claim: Claim) -> Answer:
    """Nobody can say what the person agreed to."""
    return is_consent(claim.record) and not claim.record.notice_version


def consent_after_collection(claim: Claim) -> Answer:
    """Consent came after the image was taken in; what is scraped at random is never asked for first."""
    scraped = claim.item.acquisition_method is AcquisitionMethod.UNTARGETED_SCRAPE
    return is_consent(claim.record) and (claim.record.given_after_acquisition or scraped)


def purpose_out_of_scope(claim: Claim) -> Answer:
    """No purpose of the record covers the build's."""
    setting = claim.setting
    return setting.context.purpose is not None and setting.covering.isdisjoint(claim.record.purposes)


def recipient_out_of_scope(claim: Claim) -> Answer:
    """A recipient or, where the record names territories, a country that it does not cover."""
    record, context = claim.record, claim.setting.context
    if any(recipient not in record.recipients for recipient in context.recipients):
        return True
    return bool(record.territories) and any(not _covered(country, record.territories) for country in context.offered_in)


def _covered(country: str, territories: tuple[str, ...]) -> bool:
    """A whole covers its parts: CA covers CA-QC."""
    return any(country == territory or country.startswith(f"{territory}-") for territory in territories)


def lia_missing(claim: Claim) -> Answer:
    """Legitimate interest without its assessment."""
    return claim.record.basis is LawfulBasis.LEGITIMATE_INTEREST and not claim.record.assessment


def lia_review(claim: Claim) -> Answer:
    """Legitimate interest, and every other basis that turns on necessity: a human must confirm it."""
    record = claim.record
    if record.basis is LawfulBasis.LEGITIMATE_INTEREST:
        return record.assessment
    return record.basis in _NEEDS_JUDGEMENT


def research_exemption_review(claim: Claim) -> Answer:
    """Research and public tasks have conditions outside this ledger."""
    return claim.record.basis in _NEEDS_APPROVAL
