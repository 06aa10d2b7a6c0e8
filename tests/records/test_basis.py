"""Basis records: what is taken, and how each fault is told."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from provenance.model import BasisRecord, Event, Evidence, GivenBy
from provenance.records import read_records
from provenance.vocabulary import (
    ConsentForm,
    ConsentStatus,
    EvidenceKind,
    GiverRole,
    LawfulBasis,
    NonBasis,
    Purpose,
)

BARE = {"record_id": "R-1", "person": "p1", "basis": "CONSENT"}
AT = "2026-05-20T09:00:00+00:00"


def records_of(path: Path, *rows: dict[str, Any]) -> list[BasisRecord]:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return list(read_records(path).iterate())


def test_every_field_is_taken(tmp_path: Path) -> None:
    given = BARE | {
        "items": ["a.jpg", "https://a.example//x.jpg"],
        "sources": ["https://a.example/"],
        "purposes": ["MODEL_TRAINING"],
        "recipients": ["ACME"],
        "territories": ["CA"],
        "evidence": {"kind": "MODEL_RELEASE", "uri": "r.pdf", "sha256": "AB" * 32},
        "notice_version": "v3",
        "form": "EXPRESS",
        "biometric": True,
        "written_release": True,
        "given_by": {"role": "GUARDIAN", "relationship_evidence": "seen", "signatures": 1, "signatures_required": 2},
        "public_class": "e",
        "public_class_evidence": "listing.pdf",
        "assessment_id": "LIA-4",
        "approval_ref": "REB-1",
        "community_authority": "Band council",
        "events": [
            {"state": "GIVEN", "at": AT, "expires_at": "2028-05-20T09:00:00Z"},
            {"state": "WITHDRAWN", "at": AT},
        ],
    }
    at = datetime(2026, 5, 20, 9, tzinfo=UTC)
    assert records_of(tmp_path / "r.jsonl", given) == [
        BasisRecord(
            "R-1",
            "p1",
            LawfulBasis.CONSENT,
            items=("a.jpg", "https://a.example//x.jpg"),
            sources=("https://a.example/",),
            purposes=(Purpose.MODEL_TRAINING,),
            recipients=("ACME",),
            territories=("CA",),
            evidence=Evidence(EvidenceKind.MODEL_RELEASE, "r.pdf", b"\xab" * 32),
            notice_version="v3",
            form=ConsentForm.EXPRESS,
            biometric=True,
            written_release=True,
            given_by=GivenBy(GiverRole.GUARDIAN, "seen", 1, 2),
            public_class="e",
            public_class_evidence="listing.pdf",
            assessment_id="LIA-4",
            approval_ref="REB-1",
            community_authority="Band council",
            events=(
                Event(ConsentStatus.GIVEN, at, datetime(2028, 5, 20, 9, tzinfo=UTC)),
                Event(ConsentStatus.WITHDRAWN, at),
            ),
            line=1,
        )
    ]


def test_an_empty_file_holds_no_record(tmp_path: Path) -> None:
    assert records_of(tmp_path / "r.jsonl") == []


ENUMS: list[tuple[str, Any, Any]] = [
    ("basis", [*LawfulBasis, *NonBasis], lambda v: {"basis": v}),
    ("purposes[0]", Purpose, lambda v: {"purposes": [v]}),
    ("evidence.kind", EvidenceKind, lambda v: {"evidence": {"kind": v}}),
    ("form", ConsentForm, lambda v: {"form": v}),
    ("given_by.role", GiverRole, lambda v: {"given_by": {"role": v}}),
    ("events[0].state", ConsentStatus, lambda v: {"events": [{"state": v, "at": AT}]}),
]


@pytest.mark.parametrize(("field", "terms", "row"), ENUMS, ids=[one[0] for one in ENUMS])
def test_every_term_is_taken_and_its_misspelling_told_with_the_nearest(
    tmp_path: Path, record_faults: Any, field: str, terms: list[StrEnum], row: Any
) -> None:
    for term in chain(terms):
        records_of(tmp_path / "good.jsonl", BARE | row(str(term)))
        (fault,) = record_faults(BARE | row(f"{str(term).lower()}xq"))
        assert (fault.line, fault.field, fault.value) == (1, field, f"{str(term).lower()}xq")
        # What a misspelling could make of a record is never proposed where it lets more through.
        assert (fault.nearest, str(term) in fault.valid) in [(str(term), False), (None, True)]


@pytest.mark.parametrize(
    ("field", "row"),
    [
        ("record_id", {"record_id": None}),
        ("record_id", {"record_id": " "}),
        ("record_id", {"record_id": 17}),
        ("person", {"person": "jane@example.org"}),
        ("person", {"person": None}),
        ("person", {"person": [0.1] * 128}),
        ("basis", {"basis": None}),
        ("items[0]", {"items": ["../a.jpg"]}),
        ("items[0]", {"items": [""]}),
        ("items", {"items": "a.jpg"}),
        ("sources[0]", {"sources": [""]}),
        ("evidence.sha256", {"evidence": {"sha256": "00"}}),
        ("evidence", {"evidence": "r.pdf"}),
        ("biometric", {"biometric": "perhaps"}),
        ("written_release", {"written_release": 1}),
        ("given_by.signatures", {"given_by": {"signatures": -1}}),
        ("given_by.signatures", {"given_by": {"signatures": "two"}}),
        ("events[0].at", {"events": [{"state": "GIVEN"}]}),
        ("events[0].at", {"events": [{"state": "GIVEN", "at": None}]}),
        ("events[0].at", {"events": [{"state": "GIVEN", "at": "2026-05-20T09:00:00"}]}),
        ("events[0].state", {"events": [{"at": AT}]}),
        (
            "events[1].expires_at",
            {"events": [{"state": "GIVEN", "at": AT}, {"state": "GIVEN", "at": AT, "expires_at": "2027"}]},
        ),
        ("events[0].expires", {"events": [{"state": "GIVEN", "at": AT, "expires": AT}]}),
        ("event", {"event": []}),
        ("item", {"item": ["a.jpg"]}),
        ("source", {"source": "https://a/"}),
        ("withdrawn_at", {"withdrawn_at": AT}),
    ],
)
def test_each_invalid_value_names_its_field(record_faults: Any, field: str, row: dict[str, Any]) -> None:
    (fault,) = record_faults(BARE | row)
    assert (fault.line, fault.field) == (1, field)
    assert fault.problem


@pytest.mark.parametrize("absent", ["record_id", "person", "basis"])
@pytest.mark.parametrize("name", ["r.csv", "r.jsonl"])
def test_what_every_record_has(record_faults: Any, absent: str, name: str) -> None:
    given = {key: value for key, value in BARE.items() if key != absent}
    rows = [given] if name == "r.jsonl" else [",".join(given), ",".join(given.values())]
    (fault,) = record_faults(*rows, name=name)
    assert (fault.line, fault.field) == (1, absent)


def test_one_id_twice_names_both_lines(record_faults: Any) -> None:
    (fault,) = record_faults(BARE, BARE | {"record_id": "R-2"}, BARE | {"person": "p2"})
    assert (fault.line, fault.field, fault.value) == (3, "record_id", "R-1, first in line 1")
    assert "differ in person" in fault.problem


def test_a_record_that_only_repeats_another_is_one(tmp_path: Path) -> None:
    records = records_of(tmp_path / "r.jsonl", BARE, BARE | {"record_id": "R-2"}, BARE)
    assert [(record.record_id, record.line) for record in records] == [("R-1", 1), ("R-2", 2)]


@pytest.mark.parametrize(
    "name",
    ["comment", "clerk", "shelf", "expiry_date", "Status", "file_name", "revoked", "usage", "Gültig bis", "person2"],
)
@pytest.mark.parametrize("kind", ["r.jsonl", "r.csv"])
def test_a_register_has_a_closed_set_of_columns(record_faults: Any, name: str, kind: str) -> None:
    rows = [BARE | {name: "x"}] if kind == "r.jsonl" else [f"record_id,person,basis,{name}", "R-1,p1,CONSENT,x"]
    (fault,) = record_faults(*rows, name=kind)
    assert (fault.line, fault.field) == (1, name)
    for way_out in ("map it", "leave it out by name", "rename it"):
        assert way_out in fault.problem


@pytest.mark.parametrize("name", ["items", "sources"])
@pytest.mark.parametrize("value", [[], "", ["n/a"], [""], ["-"]])
def test_an_empty_scope_is_no_scope_of_everything(record_faults: Any, name: str, value: object) -> None:
    (fault,) = record_faults(BARE | {name: value})
    assert fault.field in (name, f"{name}[0]")


@pytest.mark.parametrize("name", ["items", "sources"])
@pytest.mark.parametrize("cell", [";", " ; ;", "n/a", "-", "unknown", " ", "\t", "\u00a0", "\u3000", "\u200b"])
def test_a_cell_of_separators_is_no_scope_of_everything(record_faults: Any, name: str, cell: str) -> None:
    (fault,) = record_faults(f"record_id,person,basis,{name}", f"R-1,p1,CONSENT,{cell}", name="r.csv")
    assert (fault.line, fault.field) == (2, name)


def test_an_empty_cell_is_no_scope_and_blanks_elsewhere_say_nothing(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("record_id,person,basis,items,recipients,expires_at\nR-1,p1,CONSENT,, , \n")
    (record,) = read_records(path).iterate()
    assert not record.items
    assert not record.recipients
