"""Rules about consent: expressed, not taken back, and explicit where faces or protected facts are used."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from provenance.policy.rules.consents import is_consent, is_express, is_implied
from provenance.policy.rules.setting import AgeClass, Answer, Claim
from provenance.vocabulary import ConsentForm, ConsentStatus, Decision, LawfulBasis, ProtectedGroup

_REVEALING: Final = frozenset({ProtectedGroup.PATIENT, ProtectedGroup.LACKS_CAPACITY, ProtectedGroup.INDIGENOUS})
"""Groups that tell of health or ethnic origin, which GDPR Art. 9 and its like protect."""


def consent_withdrawn(claim: Claim) -> Answer:
    """A consent or a contract that the person took back, the controller revoked, or a later refusal overtook."""
    record = claim.record
    ended = record.status in (ConsentStatus.WITHDRAWN, ConsentStatus.REVOKED_BY_CONTROLLER) or record.superseded
    return _is_agreement(claim) and ended


def objection_received(claim: Claim) -> Answer:
    """The same against any other ground, where a refusal is an objection."""
    record = claim.record
    objected = record.status in (ConsentStatus.WITHDRAWN, ConsentStatus.REFUSED) or record.superseded
    return not _is_agreement(claim) and objected


def _is_agreement(claim: Claim) -> bool:
    return is_consent(claim.record) or claim.record.basis is LawfulBasis.CONTRACT


def consent_not_express(claim: Claim) -> Answer:
    """Implied consent: for a human to judge where the law knows it and nothing sensitive is shown, else refused."""
    record, pack = claim.record, claim.pack
    if is_implied(record):
        sensitive = claim.setting.measures_faces or claim.age is AgeClass.MINOR or bool(claim.person.groups)
        known = pack.lists(LawfulBasis.IMPLIED_CONSENT)
        return Decision.REVIEW if known and not sensitive else True
    # A law that lists explicit consent only is served by plain consent if it was expressed.
    unexpressed = record.basis is LawfulBasis.CONSENT and record.form is not ConsentForm.EXPRESS
    return unexpressed and not pack.lists(LawfulBasis.CONSENT)


def biometric_express_consent_required(claim: Claim) -> Answer:
    """Faces are measured without an express consent that names it, in the form that this law asks for."""
    if not claim.setting.measures_faces:
        return False
    record = claim.record
    in_form = record.written_release or not claim.pack.faces.written_release
    return not (is_express(record) and record.biometric and in_form)


def qc_biometric_db_undeclared(claim: Claim) -> Answer:
    """A duty to declare the database, and no declaration that was made, and made in time, by the gate's clock."""
    duty = claim.pack.faces.declaration
    if duty is None or not claim.setting.measures_faces:
        return False
    made = claim.setting.context.face_templates.declarations.get(duty.to)
    if made is None or not made.id or made.disclosed_on is None or made.service_on is None:
        return True
    late = made.service_on - made.disclosed_on < timedelta(days=duty.days_before_service)
    return late or made.disclosed_on > claim.setting.today


def art9_condition_missing(claim: Claim) -> Answer:
    """Specially protected facts, without explicit consent or approved research."""
    if not claim.pack.sensitive.condition_required:
        return False
    if not claim.setting.measures_faces and _REVEALING.isdisjoint(claim.person.groups):
        return False
    record = claim.record
    approved_research = record.basis is LawfulBasis.RESEARCH_EXEMPTION and record.approval
    return not (is_express(record) or approved_research)
