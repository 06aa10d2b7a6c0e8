"""Every rule of the decision table, one small pure function each, named after its reason code in lower case.

A rule answers False (it does not fire), True (its code fires), or a Decision (it fires, with that effect). To find
the rule behind a code, search for the code's name in lower case. Some codes speak of an image or a person as well as
of a record: their rule stands in two of the tables below.
"""

from __future__ import annotations

from typing import Final

from provenance.policy.rules import age, basis, consent, evidence, file, groups, item, licence, person

NO_IMAGE_RULES: Final = (
    item.not_registered,
    item.content_not_looked_into,
    item.declared_file_missing,
    item.purpose_prohibited,
    item.purpose_missing,
)
"""Asked where there is no image to judge, and nothing else is: rule(ImageCase)."""

IMAGE_RULES: Final = (
    item.image_unreadable,
    item.part_not_compared,
    item.fingerprint_mismatch,
    item.suppressed_erasure_request,
    item.illegal_content_suspected,
    item.purpose_prohibited,
    item.purpose_missing,
    item.source_missing,
    item.upstream_provenance_missing,
    file.training_opt_out,
    file.signals_unreadable,
    person.person_status_unknown,
    person.no_person_depicted,
    file.persons_unaccounted,
    file.synthetic_not_declared,
    file.model_release_none,
    file.capture_contradicts_record,
    item.face_templates_undeclared,
    age.age_unknown_apparent_minor,
    file.minor_signal_in_file,
    item.retention_ended,
    groups.community_authority_missing,
    file.sensitive_content_signal,
    item.purpose_assessment_missing,
    item.near_duplicate_of_blocked,
    licence.licence_missing,
    licence.licence_conditional,
    licence.licence_grants_nothing,
    licence.licence_unrecognised,
    licence.reservation_in_words,
)
"""Asked once of an image: rule(ImageCase)."""

PERSON_RULES: Final = (
    person.not_identifiable,
    person.identifiability_unproven,
    person.deceased_check_jurisdiction,
    age.minor_best_interests_review,
    groups.protected_group_review,
    groups.community_authority_missing,
)
"""Asked once of each person: rule(PersonCase)."""

DENIAL_RULES: Final = (consent.consent_withdrawn, consent.objection_received)
"""Asked of each record under each law, even of somebody who cannot be identified: rule(RecordCase)."""

STANDING_RULES: Final = (
    *DENIAL_RULES,
    consent.consent_not_express,
    consent.biometric_express_consent_required,
    consent.qc_biometric_db_undeclared,
    age.minor_guardian_consent_required,
    age.guardian_authority_unverified,
    age.minor_best_interests_review,
    age.age_unknown_apparent_minor,
    age.reconsent_at_majority,
    item.retention_ended,
)
"""Asked of each record under each law, whether or not it is a basis: rule(RecordCase)."""

BASIS_RULES: Final = (
    basis.basis_missing,
    basis.licence_is_not_consent,
    basis.platform_terms_not_consent,
    basis.public_availability_not_a_basis,
    basis.public_class_purpose_mismatch,
    basis.public_class_evidence_missing,
    basis.public_availability_contested,
    basis.basis_not_recognised_in_jurisdiction,
)
"""Is it a basis at all? rule(RecordCase)."""

EVIDENCE_RULES: Final = (
    evidence.evidence_missing,
    evidence.evidence_hash_mismatch,
    evidence.consent_expired,
    evidence.consent_notice_version_unknown,
    evidence.consent_after_collection,
    evidence.purpose_out_of_scope,
    evidence.recipient_out_of_scope,
    consent.art9_condition_missing,
    evidence.lia_missing,
    evidence.lia_review,
    evidence.research_exemption_review,
    consent.consent_not_specific,
)
"""Does it stand? Asked only of what is a basis: rule(RecordCase)."""
