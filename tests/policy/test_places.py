"""Which laws judge: what is known of the person or the capture, and what only adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from judged import ADULT, BALANCED, BLOCK, INFO, LANDSCAPE, PUBLIC, REVIEW, Case, codes


def test_the_controllers_law_stands_beside_the_union_where_nobody_knows_where_the_person_is() -> None:
    somewhere = Case(person={"jurisdictions": ()}, context={"controller_established_in": ("US-CA",)}, record=PUBLIC)
    judgement = somewhere.judge()
    assert judgement.decision is BLOCK
    laws = {(found.code, found.jurisdiction) for found in judgement.findings}
    assert {("PUBLIC_AVAILABILITY_CONTESTED", "US-CA"), ("PUBLIC_AVAILABILITY_NOT_A_BASIS", "UNKNOWN")} <= laws


@pytest.mark.parametrize(
    ("item", "known"),
    [
        ({}, False),
        ({"jurisdictions": ("EU",)}, True),
        ({"jurisdictions": ("DE",)}, True),
        ({"jurisdictions": ("UNKNOWN",)}, False),
        ({"jurisdictions": ("EU-AIA",)}, False),
        ({"hinted_jurisdictions": ("EU",)}, True),
        ({"language_jurisdictions": ("EU",)}, False),
    ],
)
def test_what_is_a_fact_about_the_capture(item: Mapping[str, Any], known: bool) -> None:
    case = Case(
        person={"jurisdictions": ()}, item=item, record=BALANCED, context={"controller_established_in": ("EU",)}
    )
    assert case.judge().decision is (REVIEW if known else BLOCK)
    assert ("JURISDICTION_UNKNOWN_STRICTEST_APPLIED" in codes(case.judge())) is not known


def test_a_place_without_a_pack_is_judged_by_all_and_said_so() -> None:
    found = Case(person={"jurisdictions": ("NZ-AUK",)}, record=BALANCED).judge().findings
    assert ("BASIS_NOT_RECOGNISED_IN_JURISDICTION", "NZ-AUK") in {(one.code, one.jurisdiction) for one in found}
    [told] = [one.detail for one in found if one.code == "JURISDICTION_UNKNOWN_STRICTEST_APPLIED"]
    assert "There is no pack for NZ-AUK, nor for a whole that it is part of" in told


def test_a_part_is_judged_by_its_whole() -> None:
    judgement = Case(person={"jurisdictions": ("CA-ON",)}).judge()
    assert [(one.code, one.jurisdiction) for one in judgement.findings] == [("LAWFUL_BASIS_VERIFIED", "CA")]


def test_a_language_adds_its_law_and_a_hint_that_was_declared_is_none() -> None:
    spoken = Case(item={"language_jurisdictions": ("KR", "CA")}).judge()
    suggested = {(one.jurisdiction, one.decision) for one in spoken.findings if one.code == "JURISDICTION_SUGGESTED"}
    assert suggested == {("KR", INFO)}
    assert {one.jurisdiction for one in spoken.findings if one.code == "LAWFUL_BASIS_VERIFIED"} == {"CA", "KR"}
    declared = Case(item={"hinted_jurisdictions": ("DE-BY",)}, person={"jurisdictions": ("EU-DE",)}).judge()
    assert "JURISDICTION_SUGGESTED" not in codes(declared)


def test_each_law_is_looked_at_for_its_date_once() -> None:
    late = {"as_of": datetime(2026, 12, 11, tzinfo=UTC)}
    case = Case(person={"jurisdictions": ("AU", "CA")}, others=(replace(ADULT, jurisdictions=("AU",)),), context=late)
    stale = [one.jurisdiction for one in case.judge().findings if one.code == "RULEPACK_STALE"]
    assert stale == ["AU"]
    only_forbids = Case(
        person={"jurisdictions": ("CA", "EU-AIA")}, context={"as_of": datetime(2026, 12, 3, tzinfo=UTC)}
    )
    stale = [one.jurisdiction for one in only_forbids.judge().findings if one.code == "RULEPACK_STALE"]
    assert stale == ["EU-AIA"]


def test_where_nobody_is_shown_nobody_is_anywhere() -> None:
    landscape = Case(base=None, image=LANDSCAPE, item={"jurisdictions": ()})
    late = {"as_of": datetime(2026, 12, 11, tzinfo=UTC)}
    assert codes(landscape.judge()) == codes(replace(landscape, context=late).judge()) == {"NO_PERSON_DEPICTED"}
    somebody = replace(landscape, item={"jurisdictions": (), "persons_reviewer": False})
    assert "JURISDICTION_UNKNOWN_STRICTEST_APPLIED" in codes(somebody.judge())
    # The union holds the pack that is due first.
    assert ("RULEPACK_STALE", "UNKNOWN") in {
        (one.code, one.jurisdiction) for one in replace(somebody, context=late).judge().findings
    }
