"""What kind of consent a record is, and whether it stands. Shared by the rules; no rule itself."""

from __future__ import annotations

from typing import Final

from provenance.policy.facts import EvidenceState, RecordFacts
from provenance.policy.rules.evaluation import EvaluationContext
from provenance.vocabulary import ConsentForm, ConsentStatus, GiverRole, LawfulBasis

_CONSENTS: Final = frozenset(
    {
        LawfulBasis.EXPLICIT_CONSENT,
        LawfulBasis.CONSENT,
        LawfulBasis.IMPLIED_CONSENT,
        LawfulBasis.GUARDIAN_CONSENT,
    }
)
_IN_EFFECT: Final = frozenset({ConsentStatus.GIVEN, ConsentStatus.RENEWED})

SHOWS_SOMETHING: Final = frozenset({EvidenceState.MATCHES, EvidenceState.UNPINNED, EvidenceState.REMOTE})
"""Evidence that may show what it is said to show."""


def is_consent(record: RecordFacts) -> bool:
    """Whether the record claims a consent of any kind."""
    return record.basis in _CONSENTS


def is_agreement(record: RecordFacts) -> bool:
    """Whether it takes the person to agree: a consent or a contract with them."""
    return is_consent(record) or record.basis is LawfulBasis.CONTRACT


def is_implied(record: RecordFacts) -> bool:
    """A consent that nobody expressed, whatever it calls itself."""
    return record.basis is LawfulBasis.IMPLIED_CONSENT or (is_consent(record) and record.form is ConsentForm.IMPLIED)


def is_express(record: RecordFacts) -> bool:
    """A consent that was expressed by a clear act, by its name or by its recorded form."""
    if not is_consent(record) or is_implied(record):
        return False
    return record.basis is LawfulBasis.EXPLICIT_CONSENT or record.form is ConsentForm.EXPRESS


def is_by_guardian(record: RecordFacts) -> bool:
    """A consent that somebody else gave for the person."""
    if record.giver is None:
        return record.basis is LawfulBasis.GUARDIAN_CONSENT
    return is_consent(record) and record.giver is not GiverRole.SELF


def is_refused(record: RecordFacts, evaluation: EvaluationContext) -> bool:
    """Whether a refusal that this record does not outlive is about the build purpose. Without a purpose any is."""
    return any(
        not purposes or evaluation.context.purpose is None or not evaluation.refusing.isdisjoint(purposes)
        for purposes in record.refusals
    )


def is_in_effect(record: RecordFacts, evaluation: EvaluationContext) -> bool:
    """Given or renewed, not expired, and no refusal stands against it."""
    return record.status in _IN_EFFECT and not record.expired and not is_refused(record, evaluation)
