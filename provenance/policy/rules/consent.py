"""Rules about consent: expressed, not taken back, and explicit where faces or protected facts are used."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from provenance.policy.rules.consents import is_consent, is_express, is_implied
from provenance.policy.rules.evaluation import AgeClass, Answer, EvaluationCase
from provenance.vocabulary import ConsentForm, ConsentStatus, Decision, LawfulBasis, ProtectedGroup

_REVEALING: Final = frozenset({ProtectedGroup.PATIENT, ProtectedGroup.LACKS_CAPACITY, ProtectedGroup.INDIGENOUS})
"""Groups that tell of health or ethnic origin, which GDPR Art. 9 and its like protect."""


def consent_withdrawn(case: EvaluationCase) -> Answer:
    """A consent or a contract that the person took back, the controller revoked, or a later refusal overtook."""
    record = case.record
    ended = record.status in (ConsentStatus.WITHDRAWN, ConsentStatus.REVOKED_BY_CONTROLLER) or record.superseded
    return _is_agreement(case) and ended


def objection_received(case: EvaluationCase) -> Answer:
    """The same against any other ground, where a refusal is an objection."""
    record = case.record
    objected = record.status in (ConsentStatus.WITHDRAWN, ConsentStatus.REFUSED) or record.superseded
    return not _is_agreement(case) and objected


def _is_agreement(case: EvaluationCase) -> bool:
    return is_consent(case.record) or case.record.basis is LawfulBasis.CONTRACT


def consent_not_express(case: EvaluationCase) -> Answer:
    """Implied consent: for a human to judge where the law knows it and nothing sensitive is shown, else refused."""
    record, pack = case.record, case.pack
    if is_implied(record):
        sensitive = case.evaluation.measures_faces or case.age is AgeClass.MINOR or bool(case.person.groups)
        known = pack.lists(LawfulBasis.IMPLIED_CONSENT)
        return Decision.REVIEW if known and not sensitive else True
    # A law that lists explicit consent only is served by plain consent if it was expressed.
    unexpressed = record.basis is LawfulBasis.CONSENT and record.form is not ConsentForm.EXPRESS
    return unexpressed and not pack.lists(LawfulBasis.CONSENT)


def biometric_express_consent_required(case: EvaluationCase) -> Answer:
    """Faces are measured without an express consent that names it, in the form that this law asks for."""
    if not case.evaluation.measures_faces:
        return False
    record = case.record
    in_form = record.written_release or not case.pack.faces.written_release
    return not (is_express(record) and record.biometric and in_form)


def qc_biometric_db_undeclared(case: EvaluationCase) -> Answer:
    """A duty to declare the database, and no declaration that was made, and made in time, by the gate's clock."""
    duty = case.pack.faces.declaration
    if duty is None or not case.evaluation.measures_faces:
        return False
    made = case.evaluation.context.face_templates.declarations.get(duty.to)
    if made is None or not made.id or made.disclosed_on is None or made.service_on is None:
        return True
    late = made.service_on - made.disclosed_on < timedelta(days=duty.days_before_service)
    return late or made.disclosed_on > case.evaluation.today


def art9_condition_missing(case: EvaluationCase) -> Answer:
    """Specially protected facts, without explicit consent or approved research."""
    if not case.pack.sensitive.condition_required:
        return False
    if not case.evaluation.measures_faces and _REVEALING.isdisjoint(case.person.groups):
        return False
    record = case.record
    approved_research = record.basis is LawfulBasis.RESEARCH_EXEMPTION and record.approval
    return not (is_express(record) or approved_research)
