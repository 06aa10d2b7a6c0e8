"""Rules about the image as a whole: there, registered, readable, sourced, for a purpose that may be served."""

from __future__ import annotations

from typing import Final

from provenance.policy.purposes import Prohibition
from provenance.policy.rules.evaluation import (
    SPECIAL,
    AgeClass,
    Answer,
    ImageCase,
    RecordCase,
    because,
    is_scraped,
)
from provenance.policy.rules.person import somebody_may_be_shown
from provenance.vocabulary import UNKNOWN_JURISDICTION, AcquisitionMethod, Decision, overlap

_METHOD_NOT_KNOWN: Final = (None, AcquisitionMethod.UNKNOWN)


def not_registered(case: ImageCase) -> Answer:
    """The ledger does not hold the bytes."""
    return not case.item.registered


def image_unreadable(case: ImageCase) -> Answer:
    """The bytes cannot be decoded."""
    return not case.item.readable


def content_not_looked_into(case: ImageCase) -> Answer:
    """A file that may hold images and was not opened."""
    return case.item.not_opened


def declared_file_missing(case: ImageCase) -> Answer:
    """A row names a file that is not there."""
    return case.item.declared_missing


def part_not_compared(case: ImageCase) -> Answer:
    """Part of the file has no fingerprint, so that copies of it would not be found."""
    return case.item.part_not_compared


def fingerprint_mismatch(case: ImageCase) -> Answer:
    """What is declared was declared for other bytes."""
    return not case.item.bytes_match


def suppressed_erasure_request(case: ImageCase) -> Answer:
    """Kept out by a list, a request or an order, in a jurisdiction where an order forbids every use, or a regulator's
    order is filed for somebody shown, under whatever basis."""
    return case.item.suppressed or _forbidden_there(case) or any(person.regulator_order for person in case.persons)


def _forbidden_there(case: ImageCase) -> bool:
    """Whether an order forbids use where the dataset is made or offered, or where the picture or a person may be.

    Of whom nobody knows where they are may be there: that it cannot be told was no excuse (PIPEDA Findings #2021-001).
    """
    ordered, context = case.evaluation.ordered, case.evaluation.context
    if not ordered:
        return False
    item = case.item
    named = {
        *context.controller_established_in,
        *context.offered_in,
        *item.jurisdictions,
        *item.hinted_jurisdictions,
        *item.language_jurisdictions,
        *(place for person in case.persons for place in person.jurisdictions),
    }
    somewhere = any(UNKNOWN_JURISDICTION in shown.laws.every for shown in case.shown)
    return somewhere or any(overlap(place, order) for place in named for order in ordered)


def illegal_content_suspected(case: ImageCase) -> Answer:
    """A hash list or a reviewer says so."""
    return case.item.illegal_suspected


def purpose_prohibited(case: ImageCase) -> Answer:
    """A no-go zone of `purposes.toml`, looked at before any basis."""
    return bool(zones(case))


def zones(case: ImageCase) -> tuple[Prohibition, ...]:
    """The no-go zones in which the image lies."""
    return tuple(zone for zone in case.evaluation.purposes.prohibited if _lies_in(zone, case))


def _lies_in(zone: Prohibition, case: ImageCase) -> bool:
    if (
        (zone.purpose is not None and zone.purpose is not case.evaluation.context.purpose)
        or (zone.measures_faces and not case.evaluation.measures_faces)
        or (zone.scraped and not is_scraped(case.item))
        or (zone.categories and set(zone.categories).isdisjoint(case.item.categories))
    ):
        return False
    if not zone.by_pack and not zone.groups:
        return True
    return any(
        (not zone.groups or not set(zone.groups).isdisjoint(shown.outline.groups))
        and (not zone.by_pack or any(zone.name in pack.prohibits for pack in shown.laws.every.values()))
        for shown in case.shown
    )


def purpose_missing(case: ImageCase) -> Answer:
    """There is no default purpose."""
    return case.evaluation.context.purpose is None


def source_missing(case: ImageCase) -> Answer:
    """Source, date and method are each needed; a method recorded as unknown is none, nor is a date that lies ahead."""
    item = case.item
    return because(
        source=not item.source_recorded,
        date=not item.acquired_recorded,
        ahead=item.acquired_in_future,
        method=item.acquisition_method in _METHOD_NOT_KNOWN,
    )


def upstream_provenance_missing(case: ImageCase) -> Answer:
    """A third-party dataset has to vouch for each image and, where faces are measured, say how it came by it."""
    item = case.item
    if not item.upstream and item.acquisition_method is not AcquisitionMethod.THIRD_PARTY_DATASET:
        return False
    untold = item.upstream_method in (*_METHOD_NOT_KNOWN, AcquisitionMethod.THIRD_PARTY_DATASET)
    return because(evidence=not item.upstream_evidence, method=case.evaluation.measures_faces and untold)


def face_templates_undeclared(case: ImageCase) -> Answer:
    """Nobody said whether faces are measured, somebody is shown, and a law that applies has a rule on faces."""
    templates = case.evaluation.context.face_templates
    said = templates.derived is not None and not templates.assumed
    if said or case.evaluation.measures_faces:
        return False
    if not any(pack.faces.regulated for shown in case.shown for pack in shown.laws.judging.values()):
        return False
    return because(Decision.INFO, assumed=True) if templates.assumed else because(silent=True)


def retention_ended(case: ImageCase | RecordCase) -> Answer:
    """The image's or the context's own term is over or, where faces are measured, the longest that a law allows.

    Where only its source is gone, somebody has to say whether it may be kept (PIPEDA Findings #2021-001).
    """
    if isinstance(case, ImageCase):
        until, now = case.evaluation.context.retain_until, case.evaluation.context.as_of
        row, context = case.item.retention_ended, until is not None and until < now
        return because(
            None if row or context else Decision.REVIEW, row=row, context=context, gone=case.item.source_gone
        )
    record, longest = case.record, case.pack.retention.faces_years
    if longest is None or not case.evaluation.measures_faces or record.has_term:
        return False
    since = record.years_since_last_event
    return because(law=since is not None and since >= longest, no_event=since is None)


def purpose_assessment_missing(case: ImageCase) -> Answer:
    """No assessment of necessity and proportionality: told, and where much is at stake for a person to look at."""
    if case.evaluation.assessed or not somebody_may_be_shown(case):
        return False
    grave = (
        case.evaluation.purpose.biometric
        or case.evaluation.measures_faces
        or not SPECIAL.isdisjoint(case.item.categories)
        or any(person.groups or person.age is AgeClass.MINOR for person in case.persons)
    )
    return True if grave else Decision.INFO


def near_duplicate_of_blocked(case: ImageCase) -> Answer:
    """What is known of a picture holds for its copies: of equal bytes at once, of others once a person confirms it."""
    item = case.item
    return because(
        Decision.BLOCK if item.copy_refused else None,
        blocked=item.near_duplicate_of_blocked,
        claims=item.conflicting_claims,
        refused=item.copy_refused,
    )
