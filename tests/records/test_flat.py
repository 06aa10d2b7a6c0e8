"""The flat form of CSV, and the basis records that its rows make."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from provenance.model import BasisRecord, Determination, Event, Evidence, GivenBy, Person
from provenance.records import ManifestFile, read_manifest, read_records
from provenance.vocabulary import (
    ConsentForm,
    ConsentStatus,
    EvidenceKind,
    GiverRole,
    LawfulBasis,
    NonBasis,
    PersonsStatus,
    ProtectedGroup,
    Purpose,
)

HEADER = (
    "file_name,source_url,page_url,acquired_at,acquisition_method,licence,caption,keywords,jurisdictions,persons_status,"
    "reviewer,person_ref,person_age,person_groups,basis,record_id,evidence,purposes,given_at,expires_at,withdrawn_at"
)
FULL = (
    'a.jpg,https://a/1,https://a/,2026-06-01T10:00:00Z,LICENSED,MIT,"sun, sea",sea; sun ;,CA;GB,PRESENT,AB,p1,35,'
    "EMPLOYEE;STUDENT,EXPLICIT_CONSENT,R-1,evidence/r.pdf,MODEL_TRAINING;MODEL_EVALUATION,2026-05-01T00:00:00Z,"
    "2028-05-01T00:00:00Z,2026-07-01T00:00:00Z"
)


def write(tmp_path: Path, *lines: str) -> ManifestFile:
    path = tmp_path / "metadata.csv"
    path.write_text("".join(line + "\n" for line in lines))
    return read_manifest(path)


def test_all_the_columns_of_the_contract(tmp_path: Path) -> None:
    manifest = write(tmp_path, HEADER, FULL)
    (row,) = manifest.iterate()
    assert manifest.unknown == ()
    assert row.extra == {}
    assert row.line == 2
    assert row.caption == "sun, sea"
    assert row.keywords == ("sea", "sun")
    assert row.jurisdictions == ("CA", "GB")
    assert row.persons_status is PersonsStatus.PRESENT
    assert row.persons_determined_by == Determination(reviewer="AB")
    assert row.persons == (Person(ref="p1", age=35, groups=(ProtectedGroup.EMPLOYEE, ProtectedGroup.STUDENT)),)
    assert list(manifest.records()) == [
        BasisRecord(
            record_id="R-1",
            person="p1",
            basis=LawfulBasis.EXPLICIT_CONSENT,
            items=("a.jpg",),
            purposes=(Purpose.MODEL_TRAINING, Purpose.MODEL_EVALUATION),
            evidence=Evidence(uri="evidence/r.pdf"),
            events=(
                Event(ConsentStatus.GIVEN, datetime(2026, 5, 1, tzinfo=UTC), datetime(2028, 5, 1, tzinfo=UTC)),
                Event(ConsentStatus.WITHDRAWN, datetime(2026, 7, 1, tzinfo=UTC)),
            ),
            line=2,
        )
    ]


def test_a_row_without_basis_makes_no_record(tmp_path: Path) -> None:
    manifest = write(tmp_path, "file_name,basis,person_ref", "a.jpg,,p1", "b.jpg,,")
    assert [row.persons for row in manifest.iterate()] == [(Person(ref="p1"),), ()]
    assert list(manifest.records()) == []


def test_a_record_without_id_keeps_its_own_when_the_file_grows(tmp_path: Path) -> None:
    header = "file_name,person_ref,basis,given_at,withdrawn_at"
    (before,) = write(tmp_path, header, "a.jpg,p1,CONSENT,2026-01-01T00:00:00Z,").records()
    other, after = write(
        tmp_path,
        header,
        "b.jpg,p1,CONSENT,2026-01-01T00:00:00Z,",
        "a.jpg,p1,CONSENT,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z",
    ).records()
    assert after.record_id == before.record_id
    assert other.record_id != before.record_id
    assert [event.state for event in after.events] == [ConsentStatus.GIVEN, ConsentStatus.WITHDRAWN]


def test_a_claim_that_is_no_basis_is_taken_as_such(tmp_path: Path) -> None:
    (record,) = write(tmp_path, "file_name,person_ref,basis", "a.jpg,p1,PUBLICLY_AVAILABLE").records()
    assert record.basis is NonBasis.PUBLICLY_AVAILABLE
    assert record.events == ()


@pytest.mark.parametrize(
    ("column", "cells", "field"),
    [
        ("person_ref", {"person_ref": "Jane Doe"}, "person_ref"),
        ("person_age", {"person_age": "35y", "person_ref": "p1"}, "person_age"),
        ("person_groups", {"person_groups": "CHLD", "person_ref": "p1"}, "person_groups"),
        ("jurisdictions", {"jurisdictions": "CA|GB"}, "jurisdictions"),
        ("basis", {"basis": "CONSNT", "person_ref": "p1"}, "basis"),
        ("basis without a person", {"basis": "CONSENT"}, "person_ref"),
        ("withdrawal without basis", {"withdrawn_at": "2026-01-01T00:00:00Z"}, "basis"),
        ("id without basis", {"record_id": "R-1"}, "basis"),
        (
            "expiry without a start",
            {"basis": "CONSENT", "person_ref": "p1", "expires_at": "2026-01-01T00:00:00Z"},
            "given_at",
        ),
        ("purposes", {"basis": "CONSENT", "person_ref": "p1", "purposes": "TRAINING"}, "purposes"),
        ("given_at", {"basis": "CONSENT", "person_ref": "p1", "given_at": "2026-01-01"}, "given_at"),
        ("withdrawn_at alone", {"basis": "CONSENT", "person_ref": "p1", "withdrawn_at": "now"}, "withdrawn_at"),
        (
            "withdrawn before given",
            {
                "basis": "CONSENT",
                "person_ref": "p1",
                "given_at": "2026-01-02T00:00:00Z",
                "withdrawn_at": "2026-01-02T00:30:00+01:00",
            },
            "withdrawn_at",
        ),
        (
            "expires_at",
            {"basis": "CONSENT", "person_ref": "p1", "given_at": "2026-01-02T00:00:00Z", "expires_at": "x"},
            "expires_at",
        ),
        ("status", {"persons_status": "NONE", "person_ref": "p1"}, "persons_status"),
    ],
)
def test_a_fault_names_the_column(manifest_faults: Any, column: str, cells: dict[str, str], field: str) -> None:
    given = {"file_name": "a.jpg"} | cells
    (fault,) = manifest_faults(",".join(given), ",".join(given.values()), name="m.csv")
    assert (fault.line, fault.field) == (2, field)


@pytest.mark.parametrize("name", ["withdrawnn at", "expire_at", "person_group"])
def test_a_misspelt_limit_is_a_fault_of_the_header(manifest_faults: Any, name: str) -> None:
    (fault,) = manifest_faults(f"file_name,{name}", "a.jpg,", name="m.csv")
    assert (fault.line, fault.field) == (1, name)
    assert fault.nearest


@pytest.mark.parametrize("name", ["persons", "synthetic", "persons_determined_by"])
def test_a_nested_column_is_a_fault_of_the_header(manifest_faults: Any, name: str) -> None:
    (fault,) = manifest_faults(f"file_name,{name}", "a.jpg,x", name="m.csv")
    assert (fault.line, fault.field) == (1, name)


def test_one_record_id_in_two_rows(manifest_faults: Any) -> None:
    (fault,) = manifest_faults(
        "file_name,person_ref,basis,record_id", "a.jpg,p1,CONSENT,R-1", "b.jpg,p2,CONSENT,R-1", name="m.csv"
    )
    assert (fault.line, fault.field, fault.value) == (3, "record_id", "R-1, first in line 2")


def test_records_of_a_url_row_are_scoped_to_the_url(tmp_path: Path) -> None:
    (record,) = write(tmp_path, "url,person_ref,basis", "https://a.example//1.jpg,p1,CONSENT").records()
    assert record.items == ("https://a.example//1.jpg",)


def test_a_records_file_in_csv(tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    path.write_text(
        "record_id,person,basis,items,sources,purposes,recipients,territories,evidence,evidence_kind,evidence_sha256,"
        "notice_version,form,biometric,written_release,given_by,relationship_evidence,signatures,signatures_required,"
        "public_class,assessment_id,given_at,withdrawn_at\n"
        "R-1,p1,GUARDIAN_CONSENT,a.jpg;img\\b.jpg,https://a/,MODEL_TRAINING,ACME;Uni,CA,r.pdf,"
        f"MODEL_RELEASE,{'ab' * 32},"
        "v3,EXPRESS,true,FALSE,GUARDIAN,birth certificate,1,2,,,2026-01-01T00:00:00Z,\n"
    )
    assert list(read_records(path).iterate()) == [
        BasisRecord(
            record_id="R-1",
            person="p1",
            basis=LawfulBasis.GUARDIAN_CONSENT,
            items=("a.jpg", "img/b.jpg"),
            sources=("https://a/",),
            purposes=(Purpose.MODEL_TRAINING,),
            recipients=("ACME", "Uni"),
            territories=("CA",),
            evidence=Evidence(EvidenceKind.MODEL_RELEASE, "r.pdf", b"\xab" * 32),
            notice_version="v3",
            form=ConsentForm.EXPRESS,
            biometric=True,
            written_release=False,
            given_by=GivenBy(GiverRole.GUARDIAN, "birth certificate", 1, 2),
            events=(Event(ConsentStatus.GIVEN, datetime(2026, 1, 1, tzinfo=UTC)),),
            line=2,
        )
    ]


def test_records_of_a_subfolder_name_images_from_the_root(tmp_path: Path) -> None:
    manifest = write(tmp_path, "file_name,url,person_ref,basis", "a.jpg,,p1,CONSENT", ",https://a/b.jpg,p1,CONSENT")
    below, url = manifest.records(folder="train/")
    here, same = manifest.records()
    assert (below.items, url.items) == (("train/a.jpg",), ("https://a/b.jpg",))
    assert below.record_id != here.record_id
    assert url.record_id == same.record_id
