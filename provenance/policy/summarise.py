"""From what was declared and read to the facts that rules judge. Pure functions, no row-specific values kept.

The results are stored as profiles: canonical JSON that many rows share. Ages, times and evidence are left out of
them, since they differ from row to row and with the gate's clock; `gate.facts` adds them.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final

from provenance.adapters import adapter
from provenance.model import BasisRecord, ManifestRow, Person, SignalFacts, TrainingLicence
from provenance.placeholders import folded, is_reference, names_somebody
from provenance.policy.facts import ItemFacts, LicenceClass, PersonFacts, RecordFacts
from provenance.tables import parted, table
from provenance.vocabulary import ADULT_AGE, AcquisitionMethod, AgeStatus, Purpose

CHALLENGE_AGE: Final = 25
"""Estimates below it may be a minor: the best estimators err by 3 years on average (NIST IR 8525, 2024)."""

_SELF_EVIDENT_SOURCES: Final = frozenset(
    {AcquisitionMethod.DIRECT_FROM_PERSON, AcquisitionMethod.USER_SUBMITTED, AcquisitionMethod.GENERATED}
)


def item_facts(
    row: ManifestRow | None,
    *,
    readable: bool,
    bytes_match: bool,
    licence: LicenceClass = LicenceClass.MISSING,
    licence_conditions: tuple[str, ...] = (),
    creative_commons_by: bool = False,
    hinted_jurisdictions: tuple[str, ...] = (),
    language_jurisdictions: tuple[str, ...] = (),
    signals: SignalFacts | None = None,
    part_not_compared: bool = False,
) -> ItemFacts:
    """The facts of one image as a whole; `row` is None where nobody declared anything about it.

    >>> item_facts(None, readable=True, bytes_match=True).source_recorded
    False
    """
    signals = signals or SignalFacts()
    if row is None:
        return ItemFacts(
            readable=readable,
            bytes_match=bytes_match,
            part_not_compared=part_not_compared,
            hinted_jurisdictions=hinted_jurisdictions,
            language_jurisdictions=language_jurisdictions,
            signals=signals,
        )
    synthesis = row.synthetic
    return ItemFacts(
        readable=readable,
        bytes_match=bytes_match,
        part_not_compared=part_not_compared,
        source_recorded=bool(row.source_url or row.page_url or row.url or row.upstream_dataset)
        or row.acquisition_method in _SELF_EVIDENT_SOURCES,
        acquired_recorded=row.acquired_at is not None,
        acquisition_method=row.acquisition_method,
        upstream=row.upstream_dataset is not None or row.acquisition_method is AcquisitionMethod.THIRD_PARTY_DATASET,
        upstream_evidence=bool(row.upstream_evidence),
        upstream_method=row.upstream_method,
        licence=licence,
        licence_conditions=licence_conditions,
        creative_commons_by=creative_commons_by,
        training_licence=_licensed_purposes(row.training_licence),
        categories=tuple(sorted(set(row.categories))),
        persons_status=row.persons_status,
        persons_reviewer=_was_looked_at(row),
        synthetic=synthesis is not None,
        synthesis_record=bool(synthesis and synthesis.record),
        depicts_real_person=synthesis.depicts_real_person if synthesis else None,
        jurisdictions=tuple(sorted(set(row.jurisdictions))),
        hinted_jurisdictions=hinted_jurisdictions,
        language_jurisdictions=language_jurisdictions,
        signals=signals,
    )


def _was_looked_at(row: ManifestRow) -> bool:
    """Whether a person looked at the picture, and not before it was acquired."""
    look = row.persons_determined_by
    if look is None or not names_somebody(look.reviewer or ""):
        return False
    return look.at is None or row.acquired_at is None or look.at >= row.acquired_at


def _licensed_purposes(licence: TrainingLicence | None) -> tuple[Purpose, ...]:
    """What a training licence covers where it is whole: who gave it, from when until when, and its evidence."""
    if licence is None or licence.given_at is None or licence.expires_at is None:
        return ()
    if not is_reference(licence.grantor or "") or not is_reference(licence.evidence or ""):
        return ()
    return tuple(sorted(set(licence.purposes)))


def person_facts(person: Person, acquired_at: datetime | None = None) -> PersonFacts:
    """The facts of one depicted person that do not change with the clock; no records yet.

    `acquired_at` is when the image was acquired: an age that was recorded then has to fit a date of birth.
    """
    anonymisation, death = person.anonymisation, person.death
    return PersonFacts(
        identifiable=person.identifiable,
        anonymised=bool(anonymisation and anonymisation.method),
        anonymisation_reviewer=bool(anonymisation and names_somebody(anonymisation.reviewer or "")),
        original_retained=anonymisation.original_retained if anonymisation else None,
        deceased=bool(person.deceased),
        death_recorded=death is not None and death.died_on is not None and is_reference(death.evidence or ""),
        age_contradicts=_ages_contradict(person, acquired_at),
        age_status=person.age_status,
        estimated_minor=person.estimated_age is not None and person.estimated_age.value < CHALLENGE_AGE,
        groups=tuple(sorted(set(person.groups))),
        jurisdictions=tuple(sorted(set(person.jurisdictions))),
    )


def _ages_contradict(person: Person, acquired_at: datetime | None) -> bool:
    """Whether what is recorded of one person's age in one image cannot all be true."""
    born, age = person.born_on, person.age
    if age is not None and age >= ADULT_AGE and person.age_status is AgeStatus.MINOR_VERIFIED:
        return True
    if born is None or acquired_at is None:
        return False
    taken = acquired_at.astimezone(UTC).date()
    # A year either way: the age may be that of another day of the same year.
    return born > taken or (age is not None and abs(_years_between(born, taken) - age) > 1)


def _years_between(earlier: date, later: date) -> int:
    return later.year - earlier.year - ((later.month, later.day) < (earlier.month, earlier.day))


def record_facts(record: BasisRecord) -> RecordFacts:
    """The terms of one basis record; its state at the clock, its evidence and ages are added at the gate."""
    given_by = record.given_by
    evidence = record.evidence
    return RecordFacts(
        basis=record.basis,
        purposes=tuple(sorted(set(record.purposes))),
        recipients=tuple(sorted(set(record.recipients))),
        territories=tuple(sorted(set(record.territories))),
        evidence_kind=evidence.kind if evidence else None,
        notice_version=bool(record.notice_version),
        form=record.form,
        biometric=record.biometric,
        written_release=record.written_release,
        giver=given_by.role if given_by else None,
        relationship_evidence=bool(given_by and given_by.relationship_evidence),
        by_institution=bool(given_by and _names_institution(given_by.relationship_evidence or "")),
        signatures=given_by.signatures if given_by else None,
        signatures_required=given_by.signatures_required if given_by else None,
        public_class=record.public_class,
        public_class_evidence=bool(record.public_class_evidence),
        assessment=bool(record.assessment_id),
        approval=bool(record.approval_ref),
        community_authority=bool(record.community_authority),
    )


def _names_institution(proof: str) -> bool:
    """Whether the proof of a relationship names a school, a club, a clinic (`institutions.toml`)."""
    return _institutions().search(f" {folded(proof)} ") is not None


@cache
def _institutions() -> re.Pattern[str]:
    words = sorted(parted(table("provenance.policy", "institutions.toml")["words"]))
    # With an ending: schools, Vereins, Kliniken.
    return re.compile(rf" (?:{'|'.join(map(re.escape, words))})[a-z]{{0,2}}(?= )")


Facts = ItemFacts | PersonFacts | RecordFacts


def encode(facts: Facts) -> str:
    """Canonical JSON of facts: defaults left out, so that a new fact does not change what is stored.

    >>> encode(ItemFacts())
    '{}'
    """
    kind: Any = type(facts)
    text: bytes = adapter(kind).dump_json(facts, exclude_defaults=True)
    return text.decode()


def decode_item(text: str) -> ItemFacts:
    """The `ItemFacts` behind a stored profile."""
    return adapter(ItemFacts).validate_json(text)


def decode_person(text: str) -> PersonFacts:
    """The `PersonFacts` behind a stored profile."""
    return adapter(PersonFacts).validate_json(text)


def decode_record(text: str) -> RecordFacts:
    """The `RecordFacts` behind a stored profile."""
    return adapter(RecordFacts).validate_json(text)
