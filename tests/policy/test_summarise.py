"""From what was declared to facts: who looked, which ages fit, who signed, what a training licence covers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.model import (
    Anonymisation,
    BasisRecord,
    Death,
    Determination,
    GivenBy,
    ManifestRow,
    Person,
    TrainingLicence,
)
from provenance.policy.facts import ItemFacts
from provenance.policy.summarise import decode_item, encode, item_facts, person_facts, record_facts
from provenance.vocabulary import (
    AcquisitionMethod,
    AgeStatus,
    ContentCategory,
    LawfulBasis,
    PersonsStatus,
    Purpose,
)

ACQUIRED = datetime(2026, 4, 2, 14, tzinfo=UTC)
ROW = ManifestRow(
    file_name="a.jpg",
    acquired_at=ACQUIRED,
    persons_status=PersonsStatus.NONE,
    persons_determined_by=Determination(reviewer="JM", at=ACQUIRED + timedelta(days=1)),
)


def facts(row: ManifestRow) -> ItemFacts:
    return item_facts(row, readable=True, bytes_match=True)


@pytest.mark.parametrize(
    ("look", "counts"),
    [
        (None, False),
        (Determination(), False),
        (Determination(detector="faces 2.1"), False),
        (Determination(reviewer="JM"), True),
        (Determination(reviewer="reviewer-17"), True),
        (Determination(reviewer="retinaface-resnet50"), False),
        (Determination(reviewer="n/a"), False),
        (Determination(reviewer="\u3164"), False),
        (Determination(reviewer="JM", at=ACQUIRED), True),
        (Determination(reviewer="JM", at=ACQUIRED - timedelta(seconds=1)), False),
    ],
)
def test_a_look_is_by_somebody_and_not_before_there_was_a_picture(look: Determination | None, counts: bool) -> None:
    assert facts(replace(ROW, persons_determined_by=look)).persons_reviewer is counts


def test_a_look_at_a_picture_of_which_nobody_knows_when_it_came_counts() -> None:
    assert facts(replace(ROW, acquired_at=None)).persons_reviewer


WHOLE = TrainingLicence(
    "publisher-17", (Purpose.MODEL_TRAINING,), ACQUIRED, ACQUIRED + timedelta(days=300), "contract 2026-17"
)


@pytest.mark.parametrize(
    ("changes", "covers"),
    [
        ({}, (Purpose.MODEL_TRAINING,)),
        ({"purposes": (Purpose.WEBSITE_DISPLAY, Purpose.MODEL_TRAINING, Purpose.WEBSITE_DISPLAY)},
         (Purpose.MODEL_TRAINING, Purpose.WEBSITE_DISPLAY)),
        ({"purposes": ()}, ()),
        ({"grantor": None}, ()),
        ({"grantor": "n/a"}, ()),
        ({"given_at": None}, ()),
        ({"expires_at": None}, ()),
        ({"evidence": None}, ()),
        ({"evidence": "yes"}, ()),
    ],
)  # fmt: skip
def test_a_training_licence_counts_only_whole(changes: dict[str, Any], covers: tuple[Purpose, ...]) -> None:
    assert facts(replace(ROW, training_licence=replace(WHOLE, **changes))).training_licence == covers
    assert facts(ROW).training_licence == ()


def test_what_a_row_declares_becomes_a_fact() -> None:
    row = replace(
        ROW,
        upstream_method=AcquisitionMethod.LICENSED,
        categories=(ContentCategory.RELIGION, ContentCategory.HEALTH, ContentCategory.RELIGION),
        jurisdictions=("EU", "CA", "EU"),
    )
    found = facts(row)
    assert found.upstream_method is AcquisitionMethod.LICENSED
    assert found.categories == (ContentCategory.HEALTH, ContentCategory.RELIGION)
    assert found.jurisdictions == ("CA", "EU")


@pytest.mark.parametrize(
    ("death", "recorded"),
    [
        (None, False),
        (Death(), False),
        (Death(date(2019, 2, 3)), False),
        (Death(None, "register entry 2019-114"), False),
        (Death(date(2019, 2, 3), "unknown"), False),
        (Death(date(2019, 2, 3), "register entry 2019-114"), True),
    ],
)
def test_a_death_takes_its_date_and_its_evidence(death: Death | None, recorded: bool) -> None:
    assert person_facts(Person(deceased=True, death=death)).death_recorded is recorded


@pytest.mark.parametrize(
    ("person", "contradicts"),
    [
        (Person(age=45, born_on=date(1980, 6, 1)), False),
        (Person(age=46, born_on=date(1980, 6, 1)), False),
        (Person(age=44, born_on=date(1980, 6, 1)), False),
        (Person(age=43, born_on=date(1980, 6, 1)), True),
        (Person(age=47, born_on=date(1980, 6, 1)), True),
        (Person(age=46, born_on=date(1980, 1, 1)), False),
        (Person(age=10, born_on=date(1980, 1, 1)), True),
        (Person(born_on=date(2026, 4, 2)), False),
        (Person(born_on=date(2026, 4, 3)), True),
        (Person(age=18, age_status=AgeStatus.MINOR_VERIFIED), True),
        (Person(age=17, age_status=AgeStatus.MINOR_VERIFIED), False),
        (Person(age=12, age_status=AgeStatus.ADULT_VERIFIED), False),
        (Person(age=44, age_status=AgeStatus.ADULT_VERIFIED), False),
    ],
)
def test_ages_that_cannot_all_be_true(person: Person, contradicts: bool) -> None:
    assert person_facts(person, ACQUIRED).age_contradicts is contradicts


@given(st.dates(date(1900, 1, 1), date(2026, 4, 2)))
def test_the_age_of_a_birth_never_contradicts_it(born: date) -> None:
    age = 2026 - born.year - ((born.month, born.day) > (4, 2))
    assert not person_facts(Person(age=age, born_on=born), ACQUIRED).age_contradicts
    assert person_facts(Person(age=age + 2, born_on=born), ACQUIRED).age_contradicts


def test_without_the_day_of_acquisition_no_age_contradicts_a_birth() -> None:
    assert not person_facts(Person(age=10, born_on=date(1980, 1, 1))).age_contradicts


@pytest.mark.parametrize(("reviewer", "counts"), [("JM", True), ("deepface", False), ("-", False), (None, False)])
def test_an_anonymisation_is_checked_by_somebody(reviewer: str | None, counts: bool) -> None:
    blurred = Person(anonymisation=Anonymisation("blur", reviewer, original_retained=False))
    assert person_facts(blurred).anonymisation_reviewer is counts


@pytest.mark.parametrize(
    ("proof", "institution"),
    [
        ("school board resolution 12", True),
        ("Aufnahmeantrag des Sportvereins", True),
        ("Autorisation de l'école, 3 mars", True),
        ("ficha del club deportivo", True),
        ("CLINIC intake form", True),
        ("birth certificate seen 2026-05-20", False),
        ("mother's passport", False),
        ("court order 114, custody", False),
        ("clubbed together", False),
        (None, False),
    ],
)
def test_who_proves_a_relationship_is_an_institution_or_not(proof: str | None, institution: bool) -> None:
    record = BasisRecord("R-1", "p-1", LawfulBasis.GUARDIAN_CONSENT, given_by=GivenBy(relationship_evidence=proof))
    assert record_facts(record).by_institution is institution


def test_facts_come_back_as_they_were_stored() -> None:
    found = facts(replace(ROW, training_licence=WHOLE, categories=(ContentCategory.SENSITIVE,)))
    assert decode_item(encode(found)) == found
