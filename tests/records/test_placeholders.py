"""A placeholder makes nothing known, wherever in a manifest, a register or a context it stands."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.errors import ProvenanceError, RowErrors
from provenance.model import BasisRecord, Context, FaceTemplates, ManifestRow
from provenance.records import read_manifest, read_records
from provenance.records.context import context_from, read_context
from provenance.records.forms import ContextForm, ManifestForm, RecordForm
from provenance.vocabulary import ConsentStatus

PLACEHOLDERS = [
    "nan",
    "None",
    "null",
    "N/A",
    "n.a.",
    "-",
    "--",
    "TBD",
    "unknown",
    "?",
    "xxx",
    "\u200b",
    "\u3164",
    "\u2800",
    "k.A.",
    "#N/A",
]
UNSAID = ["TBD", "unknown", "?", "xxx"]
"""Those that say that it is not known, which is no absence of a limit."""

FREE_TEXT = {"caption", "alt_text"}
"""Read for signals, and never a fact."""

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def row_of(path: Path, row: dict[str, Any]) -> ManifestRow:
    path.write_text(json.dumps(row) + "\n")
    (found,) = read_manifest(path).iterate()
    return found


@pytest.mark.parametrize("field", sorted(ManifestForm.model_fields.keys() - {"file_name", "url"} - FREE_TEXT))
@pytest.mark.parametrize("text", PLACEHOLDERS)
def test_no_field_of_a_manifest_is_known_by_a_placeholder(tmp_path: Path, field: str, text: str) -> None:
    """It is absent, or an error where its absence would lift a limit; never a value."""
    path = tmp_path / "m.jsonl"
    bare = row_of(path, {"file_name": "a.jpg"})
    if field == "retain_until" and text in UNSAID:
        with pytest.raises(RowErrors, match="retain_until"):
            row_of(path, {"file_name": "a.jpg", field: text})
    else:
        found = row_of(path, {"file_name": "a.jpg", field: text})
        assert found == bare


NESTED: list[tuple[str, dict[str, Any]]] = [
    ("reviewer", {"persons_determined_by": {"method": "look", "reviewer": None}}),
    ("reviewer", {"persons": [{"ref": "p1", "anonymisation": {"method": "blur", "reviewer": None}}]}),
    ("ref", {"persons": [{"ref": None, "age": 30}]}),
    ("age_status", {"persons": [{"ref": "p1", "age_status": None}]}),
    ("born_on", {"persons": [{"ref": "p1", "born_on": None}]}),
    ("age", {"persons": [{"ref": "p1", "age": None}]}),
    ("identifiable", {"persons": [{"ref": "p1", "identifiable": None}]}),
    ("died_on", {"persons": [{"ref": "p1", "deceased": {"died_on": None, "evidence": "e.pdf"}}]}),
    ("evidence", {"persons": [{"ref": "p1", "deceased": {"died_on": "2020-01-01", "evidence": None}}]}),
    ("record", {"synthetic": {"record": None, "depicts_real_person": False}}),
    ("depicts_real_person", {"synthetic": {"record": "s-1", "depicts_real_person": None}}),
    ("grantor", {"training_licence": {"grantor": None, "purposes": ["MODEL_TRAINING"]}}),
    ("evidence", {"training_licence": {"grantor": "Studio", "evidence": None}}),
]


def filled(value: Any, field: str, text: str) -> Any:
    if isinstance(value, dict):
        return {
            key: text if key == field and inner is None else filled(inner, field, text) for key, inner in value.items()
        }
    return [filled(inner, field, text) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("field", "row"), NESTED)
@pytest.mark.parametrize("text", PLACEHOLDERS)
def test_no_field_inside_an_object_is_known_by_a_placeholder(
    tmp_path: Path, field: str, row: dict[str, Any], text: str
) -> None:
    path = tmp_path / "m.jsonl"
    assert row_of(path, {"file_name": "a.jpg"} | filled(row, field, text)) == row_of(path, {"file_name": "a.jpg"} | row)


RECORD: dict[str, Any] = {
    "record_id": "R-1",
    "person": "p1",
    "basis": "CONSENT",
    "events": [{"state": "GIVEN", "at": "2026-01-01T00:00:00Z"}],
}


@pytest.mark.parametrize("field", sorted(RecordForm.model_fields))
@pytest.mark.parametrize("text", PLACEHOLDERS)
def test_no_field_of_a_register_is_known_by_a_placeholder(tmp_path: Path, field: str, text: str) -> None:
    path = tmp_path / "r.jsonl"

    def record(values: dict[str, Any]) -> BasisRecord:
        path.write_text(json.dumps(values) + "\n")
        (found,) = read_records(path).iterate()
        return found

    if field in ("record_id", "person", "basis", "items", "sources"):
        with pytest.raises(RowErrors, match=field):
            record(RECORD | {field: text})
    else:
        assert record(RECORD | {field: text}) == record(
            {name: value for name, value in RECORD.items() if name != field}
        )


@pytest.mark.parametrize("field", ["withdrawn_at", "expires_at"])
@pytest.mark.parametrize("text", ["unknown", "?", "TBD", "yes", "pending", "x", "inconnu", "0"])
def test_a_limit_that_is_not_known_is_no_absence(
    record_faults: Any, manifest_faults: Any, field: str, text: str
) -> None:
    head, cells = "given_at,withdrawn_at,expires_at", {"given_at": "2026-01-01T00:00:00Z", field: text}
    line = ",".join(cells.get(name, "") for name in head.split(","))
    (fault,) = record_faults(f"record_id,person,basis,{head}", f"R-1,p1,CONSENT,{line}", name="r.csv")
    assert (fault.line, fault.field) == (2, field)
    (fault,) = manifest_faults(f"file_name,person_ref,basis,{head}", f"a.jpg,p1,CONSENT,{line}", name="m.csv")
    assert (fault.line, fault.field) == (2, field)


@pytest.mark.parametrize("text", ["", "n/a", "-", "nan", "NaT", "none", "null"])
def test_an_empty_cell_is_no_withdrawal(tmp_path: Path, text: str) -> None:
    path = tmp_path / "r.csv"
    path.write_text(f"record_id,person,basis,given_at,withdrawn_at\nR-1,p1,CONSENT,2026-01-01T00:00:00Z,{text}\n")
    (record,) = read_records(path).iterate()
    assert [event.state for event in record.events] == [ConsentStatus.GIVEN]


@pytest.mark.parametrize("field", sorted(ContextForm.model_fields))
@pytest.mark.parametrize("text", PLACEHOLDERS)
def test_no_field_of_a_context_is_known_by_a_placeholder(tmp_path: Path, field: str, text: str) -> None:
    path = tmp_path / "c.json"
    path.write_text(json.dumps({field: text}))
    if field == "retain_until" and text in UNSAID:
        with pytest.raises(ProvenanceError, match=field):
            read_context(path)
    else:
        context = context_from(read_context(path), now=NOW)
        unknown = FaceTemplates(assumed=field != "face_templates", derived=None if field == "face_templates" else False)
        assert context == Context(as_of=NOW, face_templates=unknown)


@pytest.mark.parametrize("text", ["0", "00", "yes", "no", "true", "ok"])
@pytest.mark.parametrize("field", ["source_url", "page_url", "upstream_dataset", "upstream_evidence"])
def test_an_answer_is_no_address_and_no_evidence(tmp_path: Path, field: str, text: str) -> None:
    assert getattr(row_of(tmp_path / "m.jsonl", {"file_name": "a.jpg", field: text}), field) is None


@pytest.mark.parametrize(
    "time",
    [
        "0000-00-00",
        "0000-00-00 00:00:00",
        "0001-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "1899-12-30",
        "NaT",
        "0",
        "1601-01-01T00:00:00Z",
        "1904-01-01 00:00:00",
        "1969-12-31T23:59:59Z",
        "1980-01-01T00:00:00",
    ],
)
def test_the_start_of_a_programs_count_is_no_time(tmp_path: Path, time: str) -> None:
    assert row_of(tmp_path / "m.jsonl", {"file_name": "a.jpg", "acquired_at": time}).acquired_at is None


def test_the_first_of_january_1970_is_somebodys_birthday(tmp_path: Path) -> None:
    row = row_of(tmp_path / "m.jsonl", {"file_name": "a.jpg", "persons": [{"ref": "p1", "born_on": "1970-01-01"}]})
    assert row.persons[0].born_on is not None


@pytest.mark.parametrize(
    "program", ["retinaface", "yolov8n-face", "GPT-5", "auto", "model", "bot", "script.py", "AI", "face detector v2"]
)
def test_a_program_looked_and_nobody_did(tmp_path: Path, program: str) -> None:
    path = tmp_path / "m.csv"
    path.write_text(f"file_name,persons_status,reviewer\na.jpg,NONE,{program}\n")
    (row,) = read_manifest(path).iterate()
    assert row.persons_determined_by is None or row.persons_determined_by.reviewer is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=120)
@given(
    text=st.sampled_from(PLACEHOLDERS),
    fields=st.sets(
        st.sampled_from(
            sorted(ManifestForm.model_fields.keys() - {"file_name", "url", "retain_until", "web_evidence"} - FREE_TEXT)
        ),
        min_size=1,
    ),
    flat=st.booleans(),
)
def test_placeholders_anywhere_make_nothing_known(tmp_path: Path, text: str, fields: set[str], flat: bool) -> None:
    nested = {"persons", "persons_determined_by", "synthetic", "training_licence"}
    names = sorted(fields - nested) if flat else sorted(fields)
    path = tmp_path / ("m.csv" if flat else "m.jsonl")
    if flat:
        path.write_text(",".join(["file_name", *names]) + "\n" + ",".join(["a.jpg", *(text for _ in names)]) + "\n")
    else:
        path.write_text(json.dumps({"file_name": "a.jpg"} | dict.fromkeys(names, text)) + "\n")
    (row,) = read_manifest(path).iterate()
    known = {name: getattr(row, name) for name in names if name != "jurisdictions"}
    bare = ManifestRow()
    assert known == {name: getattr(bare, name) for name in known}
    assert set(row.jurisdictions) <= {"UNKNOWN"}
