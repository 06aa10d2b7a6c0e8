"""JSON Schemas: sound themselves, and every file that keeps to one is read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.errors import PackError, ProvenanceError
from provenance.policy import waivers
from provenance.policy.reasons import load_reasons
from provenance.records import read_manifest, read_records
from provenance.records.context import read_context
from provenance.records.forms import ContextForm, ManifestForm, RecordForm
from provenance.records.reviews import FILLED, SHOWN, SIGNATURE
from provenance.records.schemas import KINDS, schema_of
from provenance.vocabulary import AcquisitionMethod, LawfulBasis, Purpose

VALIDATORS = {
    kind: jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    for kind, schema in [*((kind, schema_of(kind)) for kind in KINDS), ("waivers", waivers.json_schema())]
}


@pytest.mark.parametrize("kind", VALIDATORS)
def test_a_schema_is_one(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(VALIDATORS[kind].schema)


def test_the_fields_are_those_of_the_readers() -> None:
    assert schema_of("manifest")["properties"].keys() == ManifestForm.model_fields.keys()
    assert schema_of("records")["properties"].keys() == RecordForm.model_fields.keys()
    assert schema_of("context")["properties"].keys() == {*ContextForm.model_fields, "columns"}
    assert schema_of("reviews")["properties"].keys() == {"finding", *SHOWN, *FILLED, SIGNATURE}


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_says_what_it_is_for(kind: str) -> None:
    """Also those of the objects in it, however deep."""
    schema = schema_of(kind)
    for form in (schema, *schema.get("$defs", {}).values()):
        for name, field in form["properties"].items():
            assert field["description"].endswith("."), name


TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda time: time.replace(microsecond=0).isoformat()
)
ROWS = st.fixed_dictionaries(
    {"file_name": st.from_regex(r"[a-z]{1,8}(/[a-z0-9]{1,8})?\.jpg", fullmatch=True)},
    optional={
        "acquired_at": TIMES | st.none(),
        "acquisition_method": st.sampled_from(list(AcquisitionMethod)) | st.none(),
        "sha256": st.binary(min_size=32, max_size=32).map(bytes.hex),
        "jurisdictions": st.lists(st.sampled_from(["CA-QC", "GB", "UNKNOWN", "BR"]), max_size=3),
        "retain_until": TIMES | st.dates().map(str),
        "persons_status": st.sampled_from(["PRESENT", "UNKNOWN"]),
        "persons": st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    "ref": st.from_regex(r"p[1-9][0-9]{0,3}", fullmatch=True) | st.none(),
                    "age": st.integers(0, 150) | st.none(),
                    "identifiable": st.booleans(),
                    "deceased": st.booleans()
                    | st.none()
                    | st.fixed_dictionaries({"died_on": st.dates().map(str)}, optional={"evidence": st.just("d.pdf")}),
                },
            ),
            max_size=3,
        ),
    },
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(row=ROWS)
def test_what_keeps_to_the_schema_is_read(tmp_path: Path, row: dict[str, Any]) -> None:
    VALIDATORS["manifest"].validate(row)
    path = tmp_path / "m.jsonl"
    path.write_text(json.dumps(row) + "\n")
    (read,) = read_manifest(path).iterate()
    assert read.file_name == row["file_name"]
    assert read.acquisition_method == row.get("acquisition_method")
    assert [person.age for person in read.persons] == [person.get("age") for person in row.get("persons", ())]


RECORD: dict[str, Any] = {
    "record_id": "R-1", "person": "p1", "basis": "EXPLICIT_CONSENT", "purposes": ["MODEL_TRAINING"],
    "evidence": {"kind": "MODEL_RELEASE", "uri": "e.pdf"}, "given_by": {"role": "SELF"},
    "events": [{"state": "GIVEN", "at": "2026-01-01T00:00:00Z"}],
}  # fmt: skip


def test_one_whole_record_keeps_to_the_schema_and_is_read(tmp_path: Path) -> None:
    VALIDATORS["records"].validate(RECORD)
    path = tmp_path / "r.jsonl"
    path.write_text(json.dumps(RECORD) + "\n")
    assert [one.basis for one in read_records(path).iterate()] == [LawfulBasis.EXPLICIT_CONSENT]


@pytest.mark.parametrize(
    "change",
    [{"record_id": None}, {"basis": "YES"}, {"purposes": ["ANYTHING"]}, {"expires_on": "2027-01-01"}, {"person": 7},
     {"events": [{"state": "GIVEN", "when": "2026-01-01T00:00:00Z"}]}],
)  # fmt: skip
def test_what_breaks_the_schema_is_refused_by_the_reader_too(tmp_path: Path, change: dict[str, Any]) -> None:
    wrong = {name: value for name, value in (RECORD | change).items() if value is not None}
    assert not VALIDATORS["records"].is_valid(wrong)
    path = tmp_path / "r.jsonl"
    path.write_text(json.dumps(wrong) + "\n")
    with pytest.raises(ProvenanceError):
        read_records(path)


def test_a_context_keeps_to_the_schema(tmp_path: Path) -> None:
    told = {
        "purpose": "MODEL_TRAINING", "offered_in": ["EU"], "retain_until": "2027-01-01", "strict": True,
        "face_templates": {"derived": False, "declarations": {"CA-QC": {"id": "D-1"}}},
    }  # fmt: skip
    VALIDATORS["context"].validate(told)
    path = tmp_path / "c.json"
    path.write_text(json.dumps(told))
    assert read_context(path).purpose is Purpose.MODEL_TRAINING
    assert not VALIDATORS["context"].is_valid(told | {"as_of": "2020-01-01T00:00:00Z"})


WAIVER: dict[str, Any] = {
    "code": "LICENCE_MISSING", "items": ["archive/"], "purpose": "MODEL_TRAINING", "reason": "our own archive",
    "approver": "J. Morin", "ticket": "L-1", "date": "2026-10-01", "expires": "2027-01-31",
}  # fmt: skip
MARK = {"finding": "3d6f0a5be1c24f7794a0c7d25c8be91f", "code": None, "items": None, "purpose": None}


def as_toml(entry: dict[str, Any]) -> bytes:
    days = ("date", "expires")
    lines = [f"{k} = {v if k in days else json.dumps(v)}" for k, v in entry.items()]
    return "\n".join(("[[waiver]]", *lines)).encode()


@pytest.mark.parametrize(
    ("change", "sound"),
    [({}, True), (MARK, True), ({"recipients": ["lab-7"], "jurisdictions": ["CA"]}, True), ({"items": []}, False),
     ({"code": "IMAGE_UNREADABLE"}, False), ({"code": None}, False), ({"items": None}, False), ({"ticket": ""}, False),
     ({"finding": MARK["finding"]}, False), (MARK | {"purpose": "MODEL_TRAINING"}, False), ({"expires_on": 1}, False),
     ({"face_templates": "yes"}, False), (MARK | {"finding": "3d6f"}, False), ({"approver": None}, False)],
)  # fmt: skip
def test_the_schema_of_waivers_and_their_reader_agree(change: dict[str, Any], sound: bool) -> None:
    entry = {name: value for name, value in (WAIVER | change).items() if value is not None}
    assert VALIDATORS["waivers"].is_valid({"waiver": [entry]}) is sound
    if sound:
        waivers.parse_waivers(as_toml(entry), "w.toml", load_reasons())
    else:
        with pytest.raises(PackError):
            waivers.parse_waivers(as_toml(entry), "w.toml", load_reasons())
