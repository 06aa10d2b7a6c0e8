"""The second reading of the table for one person: the person gate, and each record under each law.

A part of `reference`, which says how it is written.
"""

# ruff: noqa: SIM102, SIM114, PERF401 - one plain `if` for each condition of the table, to be laid beside it

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

from reference_facts import (  # type: ignore[import-not-found]
    ADULT,
    ALLOW,
    APPROVED_KINDS,
    BLOCK,
    CONSENT_KINDS,
    FITS,
    MINOR,
    NECESSITY_KINDS,
    NOT_ESTABLISHED,
    NUMBERS,
    PUBLIC_KINDS,
    PUBLICATION,
    RESEARCH,
    REVIEW,
    SHOWS_SOMETHING,
    SPECIAL,
    Found,
    age_of,
    express,
    faces_measured,
    fully_anonymised,
    implied,
    in_effect,
    must_have_basis,
    name_of,
    refused,
    scraped,
    severity,
    signed_by_other,
    wholes_of,
)

from provenance.model import Context
from provenance.policy.facts import EvidenceState, FactSet, ItemFacts, PersonFacts, RecordFacts
from provenance.policy.packs import Pack
from provenance.policy.purposes import load_purposes
from provenance.vocabulary import (
    AgeStatus,
    ConsentStatus,
    EvidenceKind,
    GiverRole,
    LawfulBasis,
    NonBasis,
    ProtectedGroup,
)


def person_gate(item: ItemFacts, person: PersonFacts, index: int | None, context: Context) -> list[Found]:
    """Rows 22 to 24 and 62, 70, 71 for one person."""
    found = []
    if person.deceased and person.death_recorded:
        # The table's "everyone shown" holds person by person: the living are judged beside them.
        found.append(Found("DECEASED_CHECK_JURISDICTION", REVIEW, None, index))
    if person.identifiable is False:
        # Law note 1.12: what was scraped at random never reaches ALLOW with a person in it, not even anonymised.
        if not fully_anonymised(person) or scraped(item):
            found.append(Found("IDENTIFIABILITY_UNPROVEN", REVIEW, None, index))
        # 3d: the file still holds another picture, or templates are derived from people called unrecognisable.
        elif item.signals.hidden_picture or faces_measured(context):
            found.append(Found("IDENTIFIABILITY_UNPROVEN", REVIEW, None, index))
        else:
            found.append(Found("NOT_IDENTIFIABLE", ALLOW, None, index))
    elif person.identifiable is None and fully_anonymised(person):
        # Anonymised, but nobody said that it worked.
        found.append(Found("IDENTIFIABILITY_UNPROVEN", REVIEW, None, index))
    if age_of(person) == MINOR and not must_have_basis(person):
        # Policy: a minor is never cleared automatically, not even unrecognisable or dead.
        found.append(Found("MINOR_BEST_INTERESTS_REVIEW", REVIEW, None, index))
    if set(person.groups) - {ProtectedGroup.CHILD, ProtectedGroup.INDIGENOUS}:
        found.append(Found("PROTECTED_GROUP_REVIEW", REVIEW, None, index))
    if ProtectedGroup.INDIGENOUS in person.groups:
        if not any(record.community_authority for record in person.records):
            found.append(Found("COMMUNITY_AUTHORITY_MISSING", REVIEW, None, index))
    return found


def person_under_law(fact_set: FactSet, person: PersonFacts, pack: Pack, context: Context) -> list[Found]:
    """Rows 30 to 64 for one person under one law: the record that carries furthest decides."""
    outcomes = []
    if must_have_basis(person):
        for record in person.records or (RecordFacts(LawfulBasis.NONE),):
            outcome = record_under_law(fact_set.item, person, record, pack, context)
            outcomes.append(outcome or [Found("LAWFUL_BASIS_VERIFIED", ALLOW)])
    else:
        # Deny is sticky: who said no has said no, recognisable or not.
        for record in person.records:
            outcomes.append(denials(record, context))
    if not outcomes:
        return []
    best = min(outcomes, key=lambda outcome: (severity(outcome), sorted(NUMBERS[one.code] for one in outcome)))
    if severity(best) == BLOCK.severity:
        # Policy: where every record is refused, all their reasons are reported.
        return [one for outcome in outcomes for one in outcome]
    return best


def record_under_law(
    item: ItemFacts, person: PersonFacts, record: RecordFacts, pack: Pack, context: Context
) -> list[Found]:
    """Rows 30 to 66 for one record."""
    found = denials(record, context)
    found += face_rows(record, pack, context)
    found += age_rows(person, record, pack, context)
    found += express_row(item, person, record, pack, context)
    basis = basis_rows(record, pack, context)
    found += basis
    if all(one.decision is not BLOCK for one in basis):
        # Only what is a basis is asked whether it stands.
        found += standing_rows(item, person, record, pack, context)
    return found


def denials(record: RecordFacts, context: Context) -> list[Found]:
    """Rows 43 and 44."""
    status = record.status
    if record.basis in CONSENT_KINDS or record.basis is LawfulBasis.CONTRACT:
        if refused(record, context) or status in (
            ConsentStatus.WITHDRAWN,
            ConsentStatus.REFUSED,
            ConsentStatus.REVOKED_BY_CONTROLLER,
        ):
            return [Found("CONSENT_WITHDRAWN", BLOCK)]
    elif refused(record, context) or status in (ConsentStatus.WITHDRAWN, ConsentStatus.REFUSED):
        return [Found("OBJECTION_RECEIVED", BLOCK)]
    return []


def listed(basis: Any, pack: Pack) -> bool:
    """Whether this law's list has the basis. Express consent, also by a guardian, serves wherever consent does."""
    named = {entry.basis for entry in pack.bases}
    if basis in (LawfulBasis.EXPLICIT_CONSENT, LawfulBasis.CONSENT, LawfulBasis.GUARDIAN_CONSENT):
        # Whether a plain consent was express enough for a law that lists explicit consent only is row 42's question.
        return bool(named & {LawfulBasis.EXPLICIT_CONSENT, LawfulBasis.CONSENT, LawfulBasis.GUARDIAN_CONSENT})
    return basis in named


def basis_rows(record: RecordFacts, pack: Pack, context: Context) -> list[Found]:
    """Rows 30 to 37: is it a basis at all, under this law."""
    basis, status = record.basis, record.status
    found = []
    if basis is LawfulBasis.NONE or status is ConsentStatus.INVALIDATED:
        found.append(Found("BASIS_MISSING", BLOCK))
    elif basis in CONSENT_KINDS or basis is LawfulBasis.CONTRACT:
        if status in (ConsentStatus.UNKNOWN, ConsentStatus.REQUESTED, ConsentStatus.REFUSED):
            found.append(Found("BASIS_MISSING", BLOCK))
    elif basis in PUBLIC_KINDS:
        # What is public needs no act of giving; only the controller can take such a claim back.
        if status is ConsentStatus.REVOKED_BY_CONTROLLER:
            found.append(Found("BASIS_MISSING", BLOCK))
    elif basis in (NonBasis.COPYRIGHT_LICENCE, NonBasis.PLATFORM_TERMS):
        pass
    elif status in (ConsentStatus.UNKNOWN, ConsentStatus.REQUESTED, ConsentStatus.REVOKED_BY_CONTROLLER):
        found.append(Found("BASIS_MISSING", BLOCK))

    if basis is NonBasis.COPYRIGHT_LICENCE or record.evidence_kind is EvidenceKind.COPYRIGHT_LICENCE:
        found.append(Found("LICENCE_IS_NOT_CONSENT", BLOCK))
    if basis is NonBasis.PLATFORM_TERMS:
        found.append(Found("PLATFORM_TERMS_NOT_CONSENT", BLOCK))
    if basis in PUBLIC_KINDS:
        found.append(public_row(record, pack, context))
    elif isinstance(basis, LawfulBasis) and basis is not LawfulBasis.NONE:
        if not listed(basis, pack):
            found.append(Found("BASIS_NOT_RECOGNISED_IN_JURISDICTION", BLOCK))
    return found


def public_row(record: RecordFacts, pack: Pack, context: Context) -> Found:
    """Rows 33 to 36: which of them a claim of public availability comes to."""
    if faces_measured(context):
        # Law note 1.8: no such exception for biometrics, but for what Texas says of one's own publication.
        if record.basis in pack.public.contested_if_measured:
            return Found("PUBLIC_AVAILABILITY_CONTESTED", REVIEW)
        return Found("PUBLIC_AVAILABILITY_NOT_A_BASIS", BLOCK)
    if record.basis in pack.public.contested_claims:
        return Found("PUBLIC_AVAILABILITY_CONTESTED", REVIEW)
    if record.basis is LawfulBasis.STATUTORY_PUBLICLY_AVAILABLE:
        for kind in pack.public.classes:
            if kind.id != record.public_class:
                continue
            if kind.condition == "purpose" and context.purpose not in kind.related_purposes:
                return Found("PUBLIC_CLASS_PURPOSE_MISMATCH", BLOCK)
            if not record.public_class_evidence:
                return Found("PUBLIC_CLASS_EVIDENCE_MISSING", BLOCK)
            if kind.condition == "never_a_photo":
                return Found("PUBLIC_AVAILABILITY_NOT_A_BASIS", BLOCK)
            return Found("PUBLIC_AVAILABILITY_CONTESTED", REVIEW)
    return Found("PUBLIC_AVAILABILITY_NOT_A_BASIS", BLOCK)


def express_row(item: ItemFacts, person: PersonFacts, record: RecordFacts, pack: Pack, context: Context) -> list[Found]:
    """Row 42."""
    if implied(record):
        if faces_measured(context) or age_of(person) == MINOR or person.groups or item.categories:
            return [Found("CONSENT_NOT_EXPRESS", BLOCK)]
        if listed(LawfulBasis.IMPLIED_CONSENT, pack):
            return [Found("CONSENT_NOT_EXPRESS", REVIEW)]
        return [Found("CONSENT_NOT_EXPRESS", BLOCK)]
    if record.basis is LawfulBasis.CONSENT and record.form is None:
        # Policy: the law wants express consent where it lists explicit consent only.
        if any(entry.basis is LawfulBasis.CONSENT for entry in pack.bases):
            return [Found("CONSENT_NOT_EXPRESS", REVIEW)]
        return [Found("CONSENT_NOT_EXPRESS", BLOCK)]
    return []


def face_rows(record: RecordFacts, pack: Pack, context: Context) -> list[Found]:
    """Rows 50, 51 and 66 (of a pack), which are asked whatever the basis is."""
    if not faces_measured(context):
        return []
    found = []
    longest = pack.retention.faces_years
    if longest is not None and not record.has_term:
        # Policy: a record without any event does not say when the person was last heard of.
        if record.years_since_last_event is None or record.years_since_last_event >= longest:
            found.append(Found("RETENTION_ENDED", BLOCK))
    if not express(record) or not record.biometric:
        found.append(Found("BIOMETRIC_EXPRESS_CONSENT_REQUIRED", BLOCK))
    elif pack.faces.written_release and not record.written_release:
        found.append(Found("BIOMETRIC_EXPRESS_CONSENT_REQUIRED", BLOCK))
    duty = pack.faces.declaration
    if duty is not None:
        made = context.face_templates.declarations.get(duty.to)
        if made is None or not made.id or made.disclosed_on is None or made.service_on is None:
            found.append(Found("QC_BIOMETRIC_DB_UNDECLARED", BLOCK))
        elif made.disclosed_on > context.as_of.astimezone(UTC).date():
            found.append(Found("QC_BIOMETRIC_DB_UNDECLARED", BLOCK))
        elif made.disclosed_on + timedelta(days=duty.days_before_service) > made.service_on:
            found.append(Found("QC_BIOMETRIC_DB_UNDECLARED", BLOCK))
    return found


def standing_rows(
    item: ItemFacts, person: PersonFacts, record: RecordFacts, pack: Pack, context: Context
) -> list[Found]:
    """Rows 40 to 59 but for those that are asked of anything."""
    basis = record.basis
    found = []

    # 40: proof. For legitimate interest the assessment is the proof, for a public class the class's own.
    if basis in APPROVED_KINDS:
        by_file = record.evidence_kind is EvidenceKind.ETHICS_APPROVAL and record.evidence in (
            *SHOWS_SOMETHING,
            EvidenceState.MISMATCH,
        )
        if not record.approval and not by_file:
            found.append(Found("EVIDENCE_MISSING", BLOCK))
    elif basis not in (LawfulBasis.LEGITIMATE_INTEREST, LawfulBasis.STATUTORY_PUBLICLY_AVAILABLE):
        fitting = list(FITS.get(basis.value, ()))
        if signed_by_other(record):
            fitting.append("GUARDIAN_AUTHORITY")
        if record.evidence not in (*SHOWS_SOMETHING, EvidenceState.MISMATCH):
            found.append(Found("EVIDENCE_MISSING", BLOCK))
        elif record.evidence_kind is None or record.evidence_kind.value not in fitting:
            found.append(Found("EVIDENCE_MISSING", BLOCK))
        elif record.evidence is EvidenceState.REMOTE:
            # Policy: what is never fetched is for a person to look at.
            found.append(Found("EVIDENCE_MISSING", REVIEW))
    if record.evidence is EvidenceState.MISMATCH:
        found.append(Found("EVIDENCE_HASH_MISMATCH", BLOCK))

    if record.expired or record.status is ConsentStatus.EXPIRED:
        found.append(Found("CONSENT_EXPIRED", BLOCK))
    if basis in CONSENT_KINDS:
        if not record.notice_version:
            found.append(Found("CONSENT_NOTICE_VERSION_UNKNOWN", REVIEW))
        if not person.consent_at_acquisition or scraped(item):
            # Law note 1.12: nobody asks first who scrapes at random.
            found.append(Found("CONSENT_AFTER_COLLECTION", REVIEW))
        if len(set(record.purposes)) > 6:
            found.append(Found("CONSENT_NOT_SPECIFIC", REVIEW))

    if context.purpose is not None:
        if not set(record.purposes) & load_purposes().covering(context.purpose):
            found.append(Found("PURPOSE_OUT_OF_SCOPE", BLOCK))
        elif basis is LawfulBasis.RESEARCH_EXEMPTION and context.purpose not in RESEARCH:
            found.append(Found("PURPOSE_OUT_OF_SCOPE", BLOCK))
    if not set(context.recipients) <= set(record.recipients):
        found.append(Found("RECIPIENT_OUT_OF_SCOPE", BLOCK))
    elif record.recipients and context.purpose in PUBLICATION:
        # 3d: a publication goes to everybody, the record names some.
        found.append(Found("RECIPIENT_OUT_OF_SCOPE", BLOCK))
    else:
        # 3d: an offering in a territory that the record does not name; where it names none, everywhere.
        named = {name_of(territory) for territory in record.territories}
        for place in context.offered_in:
            if not named & {name_of(place), *wholes_of(place)}:
                found.append(Found("RECIPIENT_OUT_OF_SCOPE", BLOCK))

    revealing = {ProtectedGroup.PATIENT, ProtectedGroup.LACKS_CAPACITY, ProtectedGroup.INDIGENOUS} & set(person.groups)
    special = any(category in SPECIAL for category in item.categories)
    if pack.sensitive.condition_required and (faces_measured(context) or revealing or special):
        conditions = pack.sensitive.conditions
        by_consent = express(record) and LawfulBasis.EXPLICIT_CONSENT in conditions
        by_research = basis is LawfulBasis.RESEARCH_EXEMPTION and record.approval and basis in conditions
        by_other = basis in conditions and basis not in (*CONSENT_KINDS, LawfulBasis.RESEARCH_EXEMPTION)
        if not by_consent and not by_research and not by_other:
            found.append(Found("ART9_CONDITION_MISSING", BLOCK))

    if basis is LawfulBasis.LEGITIMATE_INTEREST:
        if record.assessment:
            found.append(Found("LIA_REVIEW", REVIEW))
        else:
            found.append(Found("LIA_MISSING", BLOCK))
    elif basis in NECESSITY_KINDS:
        # Policy: contract, legal duty and vital interest turn on necessity, which a person confirms.
        found.append(Found("LIA_REVIEW", REVIEW))
    elif basis in APPROVED_KINDS:
        found.append(Found("RESEARCH_EXEMPTION_REVIEW", REVIEW))
    return found


def age_rows(person: PersonFacts, record: RecordFacts, pack: Pack, context: Context) -> list[Found]:
    """Rows 60 to 64."""
    age, given_at, limit = person.age, record.age_when_given, pack.minors.consent_age
    consent = record.basis in CONSENT_KINDS
    by_other = signed_by_other(record)
    found = []
    if age_of(person) == MINOR:
        alone = age is not None and limit <= age < 18 and (given_at is None or given_at >= limit)
        if not consent or not in_effect(record, context) or not (by_other or alone):
            found.append(Found("MINOR_GUARDIAN_CONSENT_REQUIRED", BLOCK))
        else:
            found.append(Found("MINOR_BEST_INTERESTS_REVIEW", REVIEW))
    elif age_of(person) == NOT_ESTABLISHED or (
        person.estimated_minor and person.age_status is not AgeStatus.ADULT_VERIFIED
    ):
        # The grid's column "unknown age": express consent, contract and research bear it, nothing else does.
        bears = record.basis in (
            LawfulBasis.EXPLICIT_CONSENT,
            LawfulBasis.CONSENT,
            LawfulBasis.GUARDIAN_CONSENT,
            LawfulBasis.CONTRACT,
            LawfulBasis.RESEARCH_EXEMPTION,
            LawfulBasis.NONE,
        )
        if bears and not implied(record) and not context.strict:
            found.append(Found("AGE_UNKNOWN_APPARENT_MINOR", REVIEW))
        else:
            found.append(Found("AGE_UNKNOWN_APPARENT_MINOR", BLOCK))

    if by_other or record.basis is LawfulBasis.GUARDIAN_CONSENT:
        needed = max(record.signatures_required or 1, pack.minors.signatures)
        signatures = 1 if record.signatures is None else record.signatures
        if not record.relationship_evidence or signatures < needed:
            found.append(Found("GUARDIAN_AUTHORITY_UNVERIFIED", REVIEW))
        elif record.by_institution:
            found.append(Found("GUARDIAN_AUTHORITY_UNVERIFIED", REVIEW))
        elif age_of(person) == MINOR and record.giver is GiverRole.REPRESENTATIVE:
            # Policy: for a child a parent or guardian signs; who only represents it may be its school.
            found.append(Found("GUARDIAN_AUTHORITY_UNVERIFIED", REVIEW))
        elif age_of(person) == ADULT and given_at == 18 and ProtectedGroup.LACKS_CAPACITY not in person.groups:
            # Nobody signs for an adult who can sign.
            found.append(Found("GUARDIAN_AUTHORITY_UNVERIFIED", REVIEW))

    if consent:
        if age_of(person) == ADULT:
            if (given_at is None and by_other) or (given_at is not None and given_at < 18):
                found.append(Found("RECONSENT_AT_MAJORITY", REVIEW))
        elif by_other and age is not None and given_at is not None and given_at < limit <= age:
            found.append(Found("RECONSENT_AT_MAJORITY", REVIEW))
    return found
