"""Rules about the image as a whole: registered, readable, sourced, licensed, for a purpose that may be served."""

from __future__ import annotations

from provenance.policy.facts import Combination, LicenceClass
from provenance.policy.purposes import Prohibition
from provenance.policy.rules.setting import Answer, Setting
from provenance.vocabulary import AcquisitionMethod, EvidenceKind, LawfulBasis


def not_registered(combination: Combination, _: Setting) -> Answer:
    """The ledger does not hold the bytes."""
    return not combination.item.registered


def image_unreadable(combination: Combination, _: Setting) -> Answer:
    """The bytes cannot be decoded."""
    return not combination.item.readable


def fingerprint_mismatch(combination: Combination, _: Setting) -> Answer:
    """What is declared was declared for other bytes."""
    return not combination.item.bytes_match


def suppressed_erasure_request(combination: Combination, _: Setting) -> Answer:
    """On the suppression list, or a regulator's order is filed for somebody shown."""
    return combination.item.suppressed or any(
        record.evidence_kind is EvidenceKind.REGULATOR_ORDER and record.basis is not LawfulBasis.LEGAL_OBLIGATION
        for person in combination.persons
        for record in person.records
    )


def illegal_content_suspected(combination: Combination, _: Setting) -> Answer:
    """A hash list or a reviewer says so."""
    return combination.item.illegal_suspected


def purpose_prohibited(combination: Combination, setting: Setting) -> Answer:
    """A no-go zone of `purposes.toml`, looked at before any basis."""
    return any(_matches(zone, combination, setting) for zone in setting.purposes.prohibited)


def _matches(zone: Prohibition, combination: Combination, setting: Setting) -> bool:
    context = setting.context
    return (
        (zone.purpose is None or zone.purpose is context.purpose)
        and (zone.method is None or zone.method is combination.item.acquisition_method)
        and (not zone.identifies or context.face_templates.identify)
        and (not zone.measures_faces or setting.measures_faces)
    )


def purpose_missing(_: Combination, setting: Setting) -> Answer:
    """There is no default purpose."""
    return setting.context.purpose is None


def source_missing(combination: Combination, _: Setting) -> Answer:
    """Source, date and method are each needed; a method recorded as unknown is none."""
    item = combination.item
    no_method = item.acquisition_method in (None, AcquisitionMethod.UNKNOWN)
    return not (item.source_recorded and item.acquired_recorded) or no_method


def upstream_provenance_missing(combination: Combination, _: Setting) -> Answer:
    """A third-party dataset has to vouch for each image, not only for itself."""
    item = combination.item
    came_upstream = item.upstream or item.acquisition_method is AcquisitionMethod.THIRD_PARTY_DATASET
    return came_upstream and not item.upstream_evidence


def near_duplicate_of_blocked(combination: Combination, _: Setting) -> Answer:
    """What is known of a picture holds for its copies, as far as a person confirms that they are copies."""
    return combination.item.near_duplicate_of_blocked or combination.item.conflicting_claims


def licence_missing(combination: Combination, _: Setting) -> Answer:
    """Copyright is a question of its own beside privacy."""
    return combination.item.licence is LicenceClass.MISSING


def licence_conditional(combination: Combination, setting: Setting) -> Answer:
    """A condition that the purpose may breach, in the declared or the file's own licence, or a term that is over."""
    return bool(breachable_conditions(combination, setting))


def breachable_conditions(combination: Combination, setting: Setting) -> tuple[str, ...]:
    """The conditions that count; NC is none for a purpose that is never commercial."""
    item = combination.item
    conditions = item.licence_conditions
    if item.licence is LicenceClass.CONDITIONAL and not conditions:
        conditions = ("a condition",)
    if setting.purpose.non_commercial:
        conditions = tuple(condition for condition in conditions if condition != "NC")
    if item.signals.licence_conditional:
        conditions = (*conditions, "the file's own licence")
    if item.signals.licence_ended:
        conditions = (*conditions, "its term has ended")
    return conditions
