"""From what was declared and read to the facts that rules judge. Pure functions, no row-specific values kept.

The results are stored as profiles: canonical JSON that many rows share. Ages, times and evidence are left out of
them, since they differ from row to row and with the gate's clock; `gate.facts` adds them.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from provenance.model import BasisRecord, ManifestRow, Person, SignalFacts
from provenance.policy.facts import ItemFacts, LicenceClass, PersonFacts, RecordFacts
from provenance.vocabulary import AcquisitionMethod

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
    hinted_jurisdictions: tuple[str, ...] = (),
    signals: SignalFacts | None = None,
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
            hinted_jurisdictions=hinted_jurisdictions,
            signals=signals,
        )
    determination = row.persons_determined_by
    synthesis = row.synthetic
    return ItemFacts(
        readable=readable,
        bytes_match=bytes_match,
        source_recorded=bool(row.source_url or row.page_url or row.url or row.upstream_dataset)
        or row.acquisition_method in _SELF_EVIDENT_SOURCES,
        acquired_recorded=row.acquired_at is not None,
        acquisition_method=row.acquisition_method,
        upstream=row.upstream_dataset is not None or row.acquisition_method is AcquisitionMethod.THIRD_PARTY_DATASET,
        upstream_evidence=bool(row.upstream_evidence),
        licence=licence,
        licence_conditions=licence_conditions,
        persons_status=row.persons_status,
        persons_reviewer=bool(determination and determination.reviewer),
        synthetic=synthesis is not None,
        synthesis_record=bool(synthesis and synthesis.record),
        depicts_real_person=synthesis.depicts_real_person if synthesis else None,
        jurisdictions=tuple(sorted(set(row.jurisdictions))),
        hinted_jurisdictions=hinted_jurisdictions,
        signals=signals,
    )


def person_facts(person: Person) -> PersonFacts:
    """The facts of one depicted person that do not change with the clock; no records yet."""
    anonymisation = person.anonymisation
    return PersonFacts(
        ref_recorded=person.ref is not None,
        identifiable=person.identifiable,
        anonymised=bool(anonymisation and anonymisation.method),
        anonymisation_reviewer=bool(anonymisation and anonymisation.reviewer),
        original_retained=anonymisation.original_retained if anonymisation else None,
        deceased=bool(person.deceased),
        age_contradicts=person.age_contradicts,
        age_status=person.age_status,
        estimated_minor=person.estimated_age is not None and person.estimated_age.value < CHALLENGE_AGE,
        groups=tuple(sorted(set(person.groups))),
        jurisdictions=tuple(sorted(set(person.jurisdictions))),
    )


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
        signatures=given_by.signatures if given_by else None,
        signatures_required=given_by.signatures_required if given_by else None,
        public_class=record.public_class,
        public_class_evidence=bool(record.public_class_evidence),
        assessment=bool(record.assessment_id),
        approval=bool(record.approval_ref),
        community_authority=bool(record.community_authority),
    )


Facts = ItemFacts | PersonFacts | RecordFacts


def encode(facts: Facts) -> str:
    """Canonical JSON of facts: defaults left out, so that a new fact does not change what is stored.

    >>> encode(ItemFacts())
    '{}'
    """
    kind: Any = type(facts)
    text: bytes = _adapter(kind).dump_json(facts, exclude_defaults=True)
    return text.decode()


def decode_item(text: str) -> ItemFacts:
    """The `ItemFacts` behind a stored profile."""
    facts: ItemFacts = _adapter(ItemFacts).validate_json(text)
    return facts


def decode_person(text: str) -> PersonFacts:
    """The `PersonFacts` behind a stored profile."""
    facts: PersonFacts = _adapter(PersonFacts).validate_json(text)
    return facts


def decode_record(text: str) -> RecordFacts:
    """The `RecordFacts` behind a stored profile."""
    facts: RecordFacts = _adapter(RecordFacts).validate_json(text)
    return facts


@cache
def _adapter(kind: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
