"""Rules about whether what is claimed is a basis at all, under this law."""

from __future__ import annotations

import re
from typing import Final

from provenance.policy.packs import CONSENTS
from provenance.policy.rules.consents import is_consent
from provenance.policy.rules.setting import Answer, Claim
from provenance.vocabulary import ClaimThatIsNotABasis, ConsentStatus, EvidenceKind, LawfulBasis

_PUBLIC_CLAIMS: Final = frozenset(
    {
        ClaimThatIsNotABasis.PUBLICLY_AVAILABLE,
        ClaimThatIsNotABasis.SELF_PUBLISHED,
        LawfulBasis.STATUTORY_PUBLICLY_AVAILABLE,
    }
)
_NEVER_GIVEN: Final = frozenset({ConsentStatus.UNKNOWN, ConsentStatus.REQUESTED})
_AGREEMENTS: Final = frozenset({*CONSENTS, LawfulBasis.IMPLIED_CONSENT, LawfulBasis.CONTRACT})


def basis_missing(claim: Claim) -> Answer:
    """No record, or one that never took effect: asked for, refused at the outset, declared invalid."""
    basis, status = claim.record.basis, claim.record.status
    if basis is LawfulBasis.NONE or status is ConsentStatus.INVALIDATED:
        return True
    if basis in _PUBLIC_CLAIMS:
        # What is public needs no act of giving; the controller can still take the claim back.
        return status is ConsentStatus.REVOKED_BY_CONTROLLER
    if not isinstance(basis, LawfulBasis):
        return False
    if basis in _AGREEMENTS:
        return status in _NEVER_GIVEN or status is ConsentStatus.REFUSED
    return status in _NEVER_GIVEN or status is ConsentStatus.REVOKED_BY_CONTROLLER


def licence_is_not_consent(claim: Claim) -> Answer:
    """The photographer's licence, whatever basis it is filed under."""
    record = claim.record
    return (
        record.basis is ClaimThatIsNotABasis.COPYRIGHT_LICENCE or record.evidence_kind is EvidenceKind.COPYRIGHT_LICENCE
    )


def platform_terms_not_consent(claim: Claim) -> Answer:
    """A site's terms, its silence, or access to its interface."""
    return claim.record.basis is ClaimThatIsNotABasis.PLATFORM_TERMS


def public_availability_not_a_basis(claim: Claim) -> Answer:
    """Found in public, and no exception of this law fits."""
    return _public_outcome(claim) == "not a basis"


def public_class_purpose_mismatch(claim: Claim) -> Answer:
    """A listed class, for a use that does not relate to why it is listed."""
    return _public_outcome(claim) == "other purpose"


def public_class_evidence_missing(claim: Claim) -> Answer:
    """A listed class, without the proof that it asks for."""
    return _public_outcome(claim) == "no proof"


def public_availability_contested(claim: Claim) -> Answer:
    """A narrow or disputed rule may apply: a human decides, at best."""
    return _public_outcome(claim) == "contested"


def _public_outcome(claim: Claim) -> str | None:
    record, public = claim.record, claim.pack.public
    if record.basis not in _PUBLIC_CLAIMS:
        return None
    # No law excepts a measured face for being found in public.
    if claim.setting.measures_faces:
        return "not a basis"
    if record.basis in public.contested_claims:
        return "contested"
    wanted = _class_id(record.public_class) if record.basis is LawfulBasis.STATUTORY_PUBLICLY_AVAILABLE else None
    for listed in public.classes:
        if listed.id != wanted:
            continue
        if listed.condition == "purpose" and claim.setting.context.purpose not in listed.related_purposes:
            return "other purpose"
        if not record.public_class_evidence:
            return "no proof"
        return "not a basis" if listed.condition == "never_a_photo" else "contested"
    return "not a basis"


def _class_id(text: str | None) -> str | None:
    """The letter or word that names a class: "e" of "SOR/2001-7 s. 1(e)"."""
    match = re.search(r"([a-z]+)\W*$", (text or "")[:100].casefold())
    return match[1] if match else None


def basis_not_recognised_in_jurisdiction(claim: Claim) -> Answer:
    """Not on this law's list. Express consent serves wherever consent does; how it was given is judged apart."""
    basis = claim.record.basis
    if not isinstance(basis, LawfulBasis) or basis is LawfulBasis.NONE or basis in _PUBLIC_CLAIMS:
        return False
    if is_consent(claim.record) and basis is not LawfulBasis.IMPLIED_CONSENT:
        return not claim.pack.lists(*CONSENTS)
    return not claim.pack.lists(basis)
