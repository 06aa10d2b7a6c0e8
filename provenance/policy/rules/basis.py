"""Rules about whether what is claimed is a basis at all, under this law."""

from __future__ import annotations

import re
from typing import Final

from provenance.policy.pack import CONSENTS
from provenance.policy.rules.consents import is_agreement, is_consent
from provenance.policy.rules.evaluation import Answer, RecordCase
from provenance.vocabulary import ConsentStatus, EvidenceKind, LawfulBasis, NonBasis

_PUBLIC_CLAIMS: Final = frozenset(
    {
        NonBasis.PUBLICLY_AVAILABLE,
        NonBasis.SELF_PUBLISHED,
        LawfulBasis.STATUTORY_PUBLICLY_AVAILABLE,
    }
)
_NEVER_GIVEN: Final = frozenset({ConsentStatus.UNKNOWN, ConsentStatus.REQUESTED})


def basis_missing(case: RecordCase) -> Answer:
    """No record, or one that never took effect: asked for, refused at the outset, declared invalid."""
    basis, status = case.record.basis, case.record.status
    if basis is LawfulBasis.NONE or status is ConsentStatus.INVALIDATED:
        return True
    if basis in _PUBLIC_CLAIMS:
        # What is public needs no act of giving; the controller can still take the claim back.
        return status is ConsentStatus.REVOKED_BY_CONTROLLER
    if not isinstance(basis, LawfulBasis):
        return False
    if is_agreement(case.record):
        return status in _NEVER_GIVEN or status is ConsentStatus.REFUSED
    return status in _NEVER_GIVEN or status is ConsentStatus.REVOKED_BY_CONTROLLER


def licence_is_not_consent(case: RecordCase) -> Answer:
    """The photographer's licence, whatever basis it is filed under."""
    record = case.record
    return record.basis is NonBasis.COPYRIGHT_LICENCE or record.evidence_kind is EvidenceKind.COPYRIGHT_LICENCE


def platform_terms_not_consent(case: RecordCase) -> Answer:
    """A site's terms, its silence, or access to its interface."""
    return case.record.basis is NonBasis.PLATFORM_TERMS


def public_availability_not_a_basis(case: RecordCase) -> Answer:
    """Found in public, and no exception of this law fits."""
    return _public_outcome(case) == "not a basis"


def public_class_purpose_mismatch(case: RecordCase) -> Answer:
    """A listed class, for a use that does not relate to why it is listed."""
    return _public_outcome(case) == "other purpose"


def public_class_evidence_missing(case: RecordCase) -> Answer:
    """A listed class, without the proof that it asks for."""
    return _public_outcome(case) == "no proof"


def public_availability_contested(case: RecordCase) -> Answer:
    """A narrow or disputed rule may apply: a human decides, at best."""
    return _public_outcome(case) == "contested"


def _public_outcome(case: RecordCase) -> str | None:
    record, public = case.record, case.pack.public
    if record.basis not in _PUBLIC_CLAIMS:
        return None
    if case.evaluation.measures_faces:
        # No law but that of Texas says anything of a measured face for being found in public.
        return "contested" if record.basis in public.contested_if_measured else "not a basis"
    if record.basis in public.contested_claims:
        return "contested"
    wanted = _class_id(record.public_class) if record.basis is LawfulBasis.STATUTORY_PUBLICLY_AVAILABLE else None
    for listed in public.classes:
        if listed.id != wanted:
            continue
        if listed.condition == "purpose" and case.evaluation.context.purpose not in listed.related_purposes:
            return "other purpose"
        if not record.public_class_evidence:
            return "no proof"
        return "not a basis" if listed.condition == "never_a_photo" else "contested"
    return "not a basis"


def _class_id(text: str | None) -> str | None:
    """The letter or word that names a class: "e" of "SOR/2001-7 s. 1(e)"."""
    match = re.search(r"([a-z]+)\W*$", (text or "")[:100].casefold())
    return match[1] if match else None


def basis_not_recognised_in_jurisdiction(case: RecordCase) -> Answer:
    """Not on this law's list. Express consent serves wherever consent does; how it was given is judged apart."""
    basis = case.record.basis
    if not isinstance(basis, LawfulBasis) or basis is LawfulBasis.NONE or basis in _PUBLIC_CLAIMS:
        return False
    if is_consent(case.record) and basis is not LawfulBasis.IMPLIED_CONSENT:
        return not case.pack.lists(*CONSENTS)
    return not case.pack.lists(basis)
