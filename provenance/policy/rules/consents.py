"""What kind of consent a record is. Shared by the rules; no rule itself."""

from __future__ import annotations

from typing import Final

from provenance.policy.facts import RecordFacts
from provenance.vocabulary import CONSENTS, ConsentForm, ConsentStatus, GiverRole, LawfulBasis

_IN_EFFECT: Final = frozenset({ConsentStatus.GIVEN, ConsentStatus.RENEWED})


def is_consent(record: RecordFacts) -> bool:
    """Whether the record claims a consent of any kind."""
    return record.basis in CONSENTS


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


def is_in_effect(record: RecordFacts) -> bool:
    """Given or renewed, and neither expired nor overtaken by a later refusal."""
    return record.status in _IN_EFFECT and not record.expired and not record.superseded
