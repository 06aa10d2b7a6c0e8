"""Rules about consent: expressed, specific, not taken back, and explicit where faces or protected facts are used."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from provenance.policy.rules.consents import is_agreement, is_consent, is_express, is_implied, is_refused
from provenance.policy.rules.evaluation import SPECIAL, AgeClass, Answer, Because, RecordCase, because
from provenance.vocabulary import ConsentStatus, Decision, LawfulBasis, ProtectedGroup

MOST_PURPOSES: Final = 6
"""A record that covers more was agreed to as a whole, and not to each of them."""

_REVEALING: Final = frozenset({ProtectedGroup.PATIENT, ProtectedGroup.LACKS_CAPACITY, ProtectedGroup.INDIGENOUS})
"""Groups that tell of health or ethnic origin, which GDPR Art. 9 and its like protect."""
_SAID_NO: Final = frozenset({ConsentStatus.WITHDRAWN, ConsentStatus.REFUSED})


def consent_withdrawn(case: RecordCase) -> Answer:
    """A consent or a contract that the person refused or took back, that the controller revoked, or that stands
    against what the person refused elsewhere."""
    if not is_agreement(case.record):
        return False
    said_no = case.record.status in _SAID_NO
    return because(
        own=said_no,
        controller=case.record.status is ConsentStatus.REVOKED_BY_CONTROLLER,
        elsewhere=not said_no and is_refused(case.record, case.evaluation),
    )


def objection_received(case: RecordCase) -> Answer:
    """The same against any other ground, where a refusal is an objection."""
    if is_agreement(case.record):
        return False
    said_no = case.record.status in _SAID_NO
    return because(own=said_no, elsewhere=not said_no and is_refused(case.record, case.evaluation))


def consent_not_express(case: RecordCase) -> Answer:
    """Implied, or nobody recorded how it was given: for a human to judge, refused where the law wants it expressed."""
    record, pack = case.record, case.pack
    if is_implied(record):
        sensitive = (
            case.evaluation.measures_faces
            or case.age is AgeClass.MINOR
            or bool(case.person.groups)
            or bool(case.around.categories)
        )
        borne, why = pack.lists(LawfulBasis.IMPLIED_CONSENT) and not sensitive, "implied"
    elif record.basis is LawfulBasis.CONSENT and record.form is None:
        # A law that lists explicit consent only wants it expressed.
        borne, why = pack.lists(LawfulBasis.CONSENT), "no_form"
    else:
        return False
    return Because((why,), None if borne else Decision.BLOCK)


def consent_not_specific(case: RecordCase) -> Answer:
    """One consent to more purposes than anybody decides on one by one."""
    return is_consent(case.record) and len(set(case.record.purposes)) > MOST_PURPOSES


def biometric_express_consent_required(case: RecordCase) -> Answer:
    """Faces are measured without an express consent that names it, in the form that this law asks for."""
    if not case.evaluation.measures_faces:
        return False
    record = case.record
    in_form = record.written_release or not case.pack.faces.written_release
    return not (is_express(record) and record.biometric and in_form)


def qc_biometric_db_undeclared(case: RecordCase) -> Answer:
    """A duty to declare the database, and no declaration that was made, and made in time, by the gate's clock."""
    duty = case.pack.faces.declaration
    if duty is None or not case.evaluation.measures_faces:
        return False
    made = case.evaluation.context.face_templates.declarations.get(duty.to)
    if made is None or not made.id or made.disclosed_on is None or made.service_on is None:
        return True
    late = made.service_on - made.disclosed_on < timedelta(days=duty.days_before_service)
    return late or made.disclosed_on > case.evaluation.today


def art9_condition_missing(case: RecordCase) -> Answer:
    """Specially protected facts, without a condition that this law lists."""
    protected = (
        case.evaluation.measures_faces
        or not _REVEALING.isdisjoint(case.person.groups)
        or not SPECIAL.isdisjoint(case.around.categories)
    )
    return protected and case.pack.sensitive.condition_required and not _is_condition(case)


def _is_condition(case: RecordCase) -> bool:
    record, conditions = case.record, case.pack.sensitive.conditions
    if is_consent(record):
        return is_express(record) and LawfulBasis.EXPLICIT_CONSENT in conditions
    if record.basis is LawfulBasis.RESEARCH_EXEMPTION and not record.approval:
        return False
    return record.basis in conditions
