"""The no-go zones of purposes: what triggers each, what does not, and that the sentence names both zone and fact."""

from __future__ import annotations

import pytest

from judged import AT_WORK, BLOCK, DATASET, EMOTIONS, EU, FACES, SCRAPED, SORTING, WORSHIP, Case, codes
from provenance.model import FaceTemplates
from provenance.policy.purposes import load_purposes
from provenance.vocabulary import AcquisitionMethod, ContentCategory, ProtectedGroup, Purpose

SECURITY = {"purpose": Purpose.PUBLIC_SECURITY}
FROM_A_SCRAPE = {"upstream_method": AcquisitionMethod.UNTARGETED_SCRAPE}
NAMED = {"biometric": True, "written_release": True}


def templates(**said: bool) -> dict[str, FaceTemplates]:
    return {"face_templates": FaceTemplates(**said)}


PROHIBITED = {
    "a face database": (Case(context={"purpose": Purpose.FACE_RECOGNITION_DATABASE}), ["strangers", "DATABASE"]),
    "sexualised imagery": (Case(context={"purpose": Purpose.SEXUALISED_IMAGERY}), ["sexualised", "SEXUALISED_IMAGERY"]),
    "security with templates that are said not to identify": (
        Case(context=SECURITY | templates(derived=True, identify=False)),
        ["public security", "face_templates.derived is true"],
    ),
    "security that identifies": (
        Case(context=SECURITY | templates(identify=True)),
        ["face_templates.identify is true"],
    ),
    "scraped, and faces are measured": (
        Case(item=SCRAPED, context=templates(derived=True)),
        ["scraped at random", "acquisition_method is UNTARGETED_SCRAPE"],
    ),
    "somebody else scraped it": (
        Case(item=DATASET | FROM_A_SCRAPE, context=FACES),
        ["upstream_method is UNTARGETED_SCRAPE", "that purpose measures faces"],
    ),
    "emotions of employees": (Case(person=EU | AT_WORK, context=EMOTIONS), ["emotions", "EMPLOYEE"]),
    "emotions of students": (
        Case(person=EU | {"groups": (ProtectedGroup.STUDENT,)}, context=EMOTIONS),
        ["emotions", "STUDENT"],
    ),
    "a member state": (Case(person=AT_WORK | {"jurisdictions": ("DE",)}, context=EMOTIONS), ["EMPLOYEE"]),
    "only the AI Act beside another law": (
        Case(person=AT_WORK | {"jurisdictions": ("CA", "EU-AIA")}, context=EMOTIONS),
        ["EMPLOYEE"],
    ),
    "somewhere unknown": (Case(person=AT_WORK | {"jurisdictions": ()}, context=EMOTIONS), ["EMPLOYEE"]),
    "a place without a pack": (Case(person=AT_WORK | {"jurisdictions": ("NZ",)}, context=EMOTIONS), ["EMPLOYEE"]),
    "a controller in the Union": (
        Case(person=AT_WORK, context=EMOTIONS | {"controller_established_in": ("EU-IE",)}),
        ["EMPLOYEE"],
    ),
    "sorting by belief": (Case(person=EU, item=WORSHIP, context=SORTING), ["specially protected", "RELIGION"]),
}
ALLOWED = {
    "security without measuring": Case(context=SECURITY),
    "scraped, and no face is measured": Case(item=SCRAPED),
    "a dataset that asked people": Case(
        item=DATASET | {"upstream_method": AcquisitionMethod.DIRECT_FROM_PERSON}, context=FACES
    ),
    "emotions of somebody at leisure": Case(person=EU, context=EMOTIONS),
    "emotions of employees where no pack prohibits it": Case(person=AT_WORK, context=EMOTIONS),
    "sorting by nothing protected": Case(person=EU, context=SORTING),
    "sorting where no pack prohibits it": Case(item=WORSHIP, context=SORTING),
    "that faces are measured is no category": Case(
        person=EU, item={"categories": (ContentCategory.BIOMETRIC,)}, context=SORTING
    ),
    "belief under another purpose": Case(person=EU, item=WORSHIP),
}


@pytest.mark.parametrize("name", PROHIBITED)
def test_a_zone_is_refused_and_named_with_what_triggered_it(name: str) -> None:
    case, words = PROHIBITED[name]
    judgement = case.but(**NAMED).judge()
    assert (judgement.decision, judgement.reason) == (BLOCK, "PURPOSE_PROHIBITED")
    [told] = [one for one in judgement.findings if one.code == "PURPOSE_PROHIBITED"]
    assert [word for word in words if word not in told.detail] == []
    assert told.citation


@pytest.mark.parametrize("name", ALLOWED)
def test_what_lies_beside_a_zone_is_not_in_it(name: str) -> None:
    assert "PURPOSE_PROHIBITED" not in codes(ALLOWED[name].judge())


def test_every_zone_has_a_case() -> None:
    told = " ".join(found.detail for case, _ in PROHIBITED.values() for found in case.judge().findings)
    assert [zone.zone for zone in load_purposes().prohibited if zone.zone not in told] == []


@pytest.mark.parametrize(
    "method", [None, AcquisitionMethod.UNKNOWN, AcquisitionMethod.THIRD_PARTY_DATASET, AcquisitionMethod.LICENSED]
)
def test_measuring_the_faces_of_a_dataset_takes_its_own_method(method: AcquisitionMethod | None) -> None:
    came = DATASET | {"upstream_method": method}
    told = method is AcquisitionMethod.LICENSED
    assert ("UPSTREAM_PROVENANCE_MISSING" not in codes(Case(item=came, context=FACES).judge())) is told
    assert "UPSTREAM_PROVENANCE_MISSING" not in codes(Case(item=came).judge())


def test_two_zones_are_both_named() -> None:
    both = Case(item=SCRAPED, context={"purpose": Purpose.FACE_RECOGNITION_DATABASE}).judge()
    [told] = [one.detail for one in both.findings if one.code == "PURPOSE_PROHIBITED"]
    assert "strangers" in told
    assert "scraped at random" in told


def test_the_zone_is_cited_under_the_law_at_hand() -> None:
    def cited(place: str) -> str:
        case = Case(person={"jurisdictions": (place,)}, context={"purpose": Purpose.FACE_RECOGNITION_DATABASE})
        return next(one.citation for one in case.judge().findings if one.code == "PURPOSE_PROHIBITED")

    assert "2024/1689" in cited("EU-FR")
    assert "2024/1689" not in cited("CA")
    assert "PIPEDA s. 5(3) (law, checked)" in cited("CA")
    assert cited("JP").endswith("(policy of this package)")
