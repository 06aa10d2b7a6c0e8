"""One picture that may be used, and what differs from it, judged: for the tests of the rules and their sentences.

`Case()` is the picture itself. `SCRAPED`, `UNSEEN` and their like are the facts that tests change most.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from provenance.model import Assessment, Context, Declaration, FaceTemplates, SignalFacts
from provenance.policy.facts import EvidenceState, FactSet, ItemFacts, LicenceClass, PersonFacts, RecordFacts
from provenance.policy.findings import Judgement
from provenance.policy.judge import Judge
from provenance.policy.packs import load_packs
from provenance.policy.reasons import load_reasons
from provenance.vocabulary import (
    AcquisitionMethod,
    AgeStatus,
    ConsentForm,
    ConsentStatus,
    ContentCategory,
    Decision,
    EvidenceKind,
    GiverRole,
    LawfulBasis,
    NonBasis,
    PersonsStatus,
    ProtectedGroup,
    Purpose,
)

BLOCK, REVIEW, ALLOW, INFO = Decision.BLOCK, Decision.REVIEW, Decision.ALLOW, Decision.INFO
ASSESSMENT = Assessment("DPIA-7", "J. Morin", datetime(2026, 5, 1, tzinfo=UTC), date(2027, 5, 1))
CONTEXT = Context(
    as_of=datetime(2026, 11, 22, 12, tzinfo=UTC),
    purpose=Purpose.MODEL_TRAINING,
    face_templates=FaceTemplates(derived=False),
    assessment=ASSESSMENT,
)
CONSENT = RecordFacts(
    basis=LawfulBasis.EXPLICIT_CONSENT,
    purposes=(Purpose.MODEL_TRAINING,),
    evidence_kind=EvidenceKind.MODEL_RELEASE,
    evidence=EvidenceState.MATCHES,
    notice_version=True,
    form=ConsentForm.EXPRESS,
    giver=GiverRole.SELF,
    status=ConsentStatus.GIVEN,
    age_when_given=18,
)
GUARDIAN = replace(
    CONSENT,
    basis=LawfulBasis.GUARDIAN_CONSENT,
    giver=GiverRole.GUARDIAN,
    relationship_evidence=True,
    signatures=1,
    signatures_required=1,
    age_when_given=9,
)
ADULT = PersonFacts(
    identifiable=True,
    age=18,
    age_when_taken=18,
    age_status=AgeStatus.ADULT_VERIFIED,
    consent_at_acquisition=True,
    jurisdictions=("CA",),
    records=(CONSENT,),
)
CHILD = replace(ADULT, age=9, age_when_taken=9, age_status=AgeStatus.MINOR_VERIFIED, records=(GUARDIAN,))
IMAGE = ItemFacts(
    source_recorded=True,
    acquired_recorded=True,
    acquisition_method=AcquisitionMethod.LICENSED,
    licence=LicenceClass.REFERENCE,
    persons_status=PersonsStatus.PRESENT,
)
LANDSCAPE = replace(IMAGE, persons_status=PersonsStatus.NONE, persons_reviewer=True, jurisdictions=("CA",))
TEMPLATES = FaceTemplates(derived=True, identify=True)
DECLARED = Declaration(id="CAI-1", disclosed_on=date(2026, 6, 1), service_on=date(2026, 12, 1))


@dataclass(frozen=True)
class Case:
    """One picture: what differs from the usable one."""

    item: Mapping[str, Any] = field(default_factory=dict)
    signals: Mapping[str, Any] = field(default_factory=dict)
    person: Mapping[str, Any] = field(default_factory=dict)
    record: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    base: PersonFacts | None = ADULT
    image: ItemFacts = IMAGE
    others: tuple[PersonFacts, ...] = ()

    def but(self, **record: Any) -> Case:
        """The same with other facts of the record."""
        return replace(self, record={**self.record, **record})

    def judge(self) -> Judgement:
        item = replace(self.image, signals=SignalFacts(**self.signals), **self.item)
        persons: tuple[PersonFacts, ...] = ()
        if self.base is not None:
            person = replace(self.base, records=tuple(replace(record, **self.record) for record in self.base.records))
            persons = (replace(person, **self.person), *self.others)
        context = replace(CONTEXT, **self.context)
        return Judge(context, load_packs(), load_reasons()).judge(FactSet(item, persons))


MINOR_15 = replace(CHILD, age=15, age_when_taken=15, records=(replace(CONSENT, age_when_given=15),))
PUBLIC = {"basis": NonBasis.PUBLICLY_AVAILABLE, "evidence_kind": EvidenceKind.PUBLIC_SOURCE_CAPTURE}
POSTED = {**PUBLIC, "basis": NonBasis.SELF_PUBLISHED}
STATUTORY = {"basis": LawfulBasis.STATUTORY_PUBLICLY_AVAILABLE, "public_class_evidence": True}
INTEREST = {"basis": LawfulBasis.LEGITIMATE_INTEREST, "form": None}
BALANCED = {**INTEREST, "assessment": True}
RESEARCH = {
    "basis": LawfulBasis.RESEARCH_EXEMPTION,
    "approval": True,
    "purposes": (Purpose.MODEL_TRAINING, Purpose.SCIENTIFIC_RESEARCH),
}
FOR_RESEARCH = {"purpose": Purpose.SCIENTIFIC_RESEARCH}
EU = {"jurisdictions": ("EU",)}
QC = {"jurisdictions": ("CA-QC",)}
SCRAPED = {"acquisition_method": AcquisitionMethod.UNTARGETED_SCRAPE}
BIOMETRIC = {"biometric": True, "written_release": True}
GENERATED = {"synthetic": True, "synthesis_record": True, "depicts_real_person": False}
DEAD = {"deceased": True, "death_recorded": True}
TRAINING = ((Purpose.MODEL_TRAINING,),)
DATASET = {"upstream": True, "upstream_evidence": True}
FACES = {"purpose": Purpose.FACE_RECOGNITION_TRAINING}
EMOTIONS = {"purpose": Purpose.EMOTION_RECOGNITION}
AT_WORK = {"groups": (ProtectedGroup.EMPLOYEE,)}
SORTING = {"purpose": Purpose.BIOMETRIC_CATEGORISATION}
WORSHIP = {"categories": (ContentCategory.RELIGION,)}
UNSEEN = {"identifiable": False, "anonymised": True, "anonymisation_reviewer": True, "original_retained": False}

SEVEN = (Purpose.MODEL_TRAINING, *(purpose for purpose in Purpose if purpose is not Purpose.MODEL_TRAINING))[:7]


def codes(judgement: Judgement) -> set[str]:
    return {finding.code for finding in judgement.findings}
