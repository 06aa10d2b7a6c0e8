"""What a column's name says, tried on names of real datasets, interfaces and exports (`real_names.toml`)."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from provenance.errors import RowErrors
from provenance.records import read_manifest
from provenance.records.column_names import folded_name
from provenance.records.columns.telltales import Look, dates_the_making, look_of
from provenance.records.flat import FLAT_ONLY
from provenance.records.forms import ManifestForm
from provenance.signals.columns import is_signal
from provenance.tables import parted

LABELLED = {
    label: sorted({name for group in groups.values() for name in parted(group)})
    for label, groups in tomllib.loads(Path(__file__).with_name("real_names.toml").read_text(encoding="utf-8")).items()
}
HARMLESS = {None, Look.PERHAPS_NAME}


def test_the_list_is_one_of_several_hundred_names_of_each_kind() -> None:
    assert sum(map(len, LABELLED.values())) > 1_500
    assert len(LABELLED["pass"]) > 750
    assert {label for label in LABELLED if label != "pass"} == set(Look) - {Look.PERHAPS_NAME}


def test_precision_and_recall() -> None:
    """Measured as they are told: how many alarms are right, and how many columns that matter are found."""
    false = [name for name in LABELLED["pass"] if look_of(name) not in HARMLESS]
    missed = [
        (label, name)
        for label, names in LABELLED.items()
        if label != "pass"
        for name in names
        if look_of(name) in HARMLESS
    ]
    right = sum(map(len, LABELLED.values())) - len(LABELLED["pass"]) - len(missed)
    precision, recall = right / (right + len(false)), right / (right + len(missed))
    assert precision >= 0.995, f"precision {precision:.4f}; false alarms: {false}"
    assert recall >= 0.995, f"recall {recall:.4f}; missed: {missed}"


@pytest.mark.parametrize(
    "label", [label for label in LABELLED if label in ("creator", "name", "vector", "identity", "contact")]
)
def test_what_is_never_kept_is_told_by_its_own_kind(label: str) -> None:
    personal = {Look.NAME, Look.VECTOR, Look.IDENTITY, Look.CONTACT, Look.ADDRESS}
    wanted = {Look.CREATOR} if label == "creator" else personal
    assert [name for name in LABELLED[label] if look_of(name) not in wanted] == []


def spellings(name: str) -> list[str]:
    words = name.replace("_", " ").replace("-", " ").split()
    return [
        name.upper(),
        "_".join(words).lower(),
        "-".join(words),
        " ".join(words).title(),
        "".join(word.title() for word in words),
        "".join(words).lower() if len(words) < 4 else name,
        f"  {name} ",
    ]


@pytest.mark.parametrize(
    "name", ["expiry date", "valid until", "date of birth", "full name", "face count", "e-mail address"]
)
def test_spelling_hides_nothing(name: str) -> None:
    looks = {spelling: look_of(spelling) for spelling in spellings(name)}
    assert set(looks.values()) == {look_of(name)}
    assert look_of(name) is not None


def test_names_read_as_signals_are_not_refused(tmp_path: Path) -> None:
    """Whatever the signals read in columns stays readable, but for what is never kept."""
    from provenance.signals.fields import table

    data = table("columns.toml")
    ours = {folded_name(name) for name in (*ManifestForm.model_fields, *FLAT_ONLY)}
    listed = {name for role in data.values() if isinstance(role, list) for name in role}
    names = sorted(name for name in listed if folded_name(name) not in ours)
    assert len(names) > 100
    for name in (name for name in names if is_signal(name)):
        path = tmp_path / "m.jsonl"
        path.write_text(json.dumps({"file_name": "a.jpg", name: 1}) + "\n")
        try:
            manifest = read_manifest(path, is_read=is_signal)
        except RowErrors:
            assert look_of(name) in {Look.VECTOR, Look.NAME} or name in (
                "person",
                "landmarks",
                "optout",
                "tdm_reservation",
            ), name
            continue
        assert next(manifest.iterate()).extra.get(name) is not None or look_of(name) is Look.CREATOR, name


@pytest.mark.parametrize(
    ("name", "making"),
    [("date_captured", True), ("DateTimeOriginal", True), ("eventDate", True), ("created_at", True), ("date", True),
     ("Aufnahmedatum", False), ("fecha_captura", True), ("x", False), ("slut", False), ("Enddatum", False), ("bis",
     False)],
)  # fmt: skip
def test_which_dates_end_nothing(name: str, making: bool) -> None:
    assert dates_the_making(name) is making


COLUMNS: list[tuple[str, Any, str]] = [
    ("mood", "Withdrawn", "withdrawn"),
    ("mood", ["fine", "opted out"], "withdrawn"),
    ("mood", {"state": {"now": "revoked"}}, "withdrawn"),
    ("col_7", "2028-05-20", "dates"),
    ("slut", "2028-05-20T10:00:00Z", "dates"),
    ("col_7", "20.05.2028", "dates"),
    ("col_7", "May 20, 2028", "dates"),
    ("col_7", "20 de mayo de 2028", "dates"),
    ("remark", "jane@x.example", "e-mail"),
    ("remark", "Jane <jane@x.example>", "e-mail"),
    ("remark", "+49 30 901820", "telephone"),
    ("remark", "(514) 555-0199", "telephone"),
    ("remark", "123-45-6789", "official number"),
    ("remark", "12 High Street, London SW1A 1AA", "postal address"),
    ("remark", [0.25, -0.5] * 64, "vector"),
    ("remark", str([0.25, -0.5] * 64), "vector"),
    ("remark", {"inner": [{"deep": [0.25, -0.5] * 64}]}, "vector"),
    ("meta", {"email": "jane at example"}, "reached"),
    ("meta", {"subject": {"full_name": "Jane"}}, "name"),
    ("meta", [{"valid_until": "May"}], "limit"),
    ("meta", {"jane@x.example": 1}, "personal data"),
    ("name", "Jane Doe", "name"),
    ("nom", "Jeanne d'Arc", "name"),
]


@pytest.mark.parametrize(("name", "value", "says"), COLUMNS)
def test_values_that_a_manifest_does_not_keep(manifest_faults: Any, name: str, value: Any, says: str) -> None:
    (fault,) = manifest_faults({"file_name": "a.jpg", name: value})
    assert (fault.line, fault.field) == (1, name)
    assert says in fault.problem
    for hidden in ("jane", "901820", "555-0199", "6789", "High Street", "0.25", "Jane", "Jeanne"):
        assert hidden not in str(fault)


KEPT: dict[str, Any] = {
    "status": "success", "date_captured": "2013-11-14 17:02:52", "created_at": "2026-01-01T00:00:00Z",
    "name": "golden retriever", "class_name": "Golden Retriever", "title": "Jane Doe at the fair",
    "bbox": [0.5, -0.25, 10.0, 20.0], "size": "1024x768",
    "segmentation": [[239.97, 260.24, 222.04, 270.49, 199.84, 253.41, 213.5, 227.79, 259.62, 200.46, 274.13,
    202.17]], "keypoints": [0, 0, 0] * 17, "histogram": [0.1, 0.2] * 32, "icon": "icon@2x.png",
    "uploader_id": "12345@N00", "gps": "45.5017,-73.5673", "hash": "d41d8cd98f00b204e9800998ecf8427e",
    "version": "1.2.3", "ratio": "16:9", "phash": "ffd8a0b1c2d3e4f5", "surface": "matt",
    "place_guess": "12 Rue de la Paix, Paris", "isbn": "978-3-16-148410-0", "embedded_text": "",
    "head_pose": [1.5, -0.25, 3.0], "label": "Rose Chafer", "ip_rights": "reserved elsewhere",
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_values_that_only_look_so_are_kept(tmp_path: Path, name: str) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text(json.dumps({"file_name": "a.jpg", name: KEPT[name]}) + "\n")
    (row,) = read_manifest(path).iterate()
    assert row.extra == {name: KEPT[name]}


def test_contact_data_inside_a_text_is_masked(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    text = "Sea at dusk. Prints: jane@x.example, +1 514 555 0199 or 514-555-0188"
    rows = {
        "file_name": "a.jpg",
        "caption": text,
        "alt_text": text,
        "keywords": ["sea", text],
        "comment": text,
        "more": [text],
    }
    path.write_text(json.dumps(rows) + "\n")
    (row,) = read_manifest(path).iterate()
    masked = "Sea at dusk. Prints: (e-mail address), (telephone number) or (telephone number)"
    assert (row.caption, row.alt_text, row.keywords) == (masked, masked, ("sea", masked))
    assert row.extra == {"comment": masked, "more": [masked]}


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [("photographer", "Jane Doe", "present"), ("Artist", "J. Doe", "present"), ("credit", "Jane Doe/Getty Images",
    "Getty Images"),
     ("author", "n/a", None), ("creator", "", None), ("attribution", ["Jane Doe"], "present"), ("owner_name",
     None, None)],
)  # fmt: skip
def test_of_a_maker_only_is_kept_that_there_is_one(tmp_path: Path, name: str, value: Any, kept: str | None) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text(json.dumps({"file_name": "a.jpg", name: value, "meta": {name: value}}) + "\n")
    manifest = read_manifest(path)
    (row,) = manifest.iterate()
    assert row.extra == {name: kept, "meta": {name: kept}}
    assert manifest.reduced == (name,)
    assert [note for note in manifest.notes() if name in note and "Doe" not in note]


@pytest.mark.parametrize("kind", ["m.jsonl", "m.csv"])
def test_a_refused_column_names_the_ways_out_and_no_value(manifest_faults: Any, kind: str) -> None:
    name, value = "Subject Name", "Qwertz Asdfgh"
    rows = [{"file_name": "a.jpg", name: value}] if kind == "m.jsonl" else [f"file_name,{name}", f"a.jpg,{value}"]
    (fault,) = manifest_faults(*rows, name=kind)
    assert (fault.line, fault.field) == (1, name)
    assert value not in str(fault)
    for way_out in ("map it", "leave it out by name", "rename it"):
        assert way_out in fault.problem


REMARKS = [
    "Consent withdrawn by phone, 3 May 2026", "p1 withdrew her consent", "asked us to delete it", "Please remove!",
    "opted out in May", "Bitte löschen", "Einwilligung widerrufen am 3.5.", "a retiré son consentement",
    "por favor borrar", "consentimento revogado", "do not use for ads", "consent until end of 2026",
]  # fmt: skip
SOUND = [
    "Troops withdrawn from the city", "a statue that was removed in 1990", "the artist consented to nothing",
    "nice light", "use a longer lens", "published under CC BY", "retake at dusk", "Löschteich im Wald",
    "objects on a table",
]  # fmt: skip


@pytest.mark.parametrize("text", REMARKS)
def test_a_remark_that_somebody_wants_out_is_not_passed_over(manifest_faults: Any, text: str) -> None:
    (fault,) = manifest_faults({"file_name": "a.jpg", "notes": text})
    assert (fault.field, "withdrawn, refused" in fault.problem, text in str(fault)) == ("notes", True, False)


@pytest.mark.parametrize("text", SOUND)
def test_a_remark_that_only_sounds_so_is_kept(tmp_path: Path, text: str) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text(json.dumps({"file_name": "a.jpg", "notes": text}) + "\n")
    (row,) = read_manifest(path).iterate()
    assert row.extra == {"notes": text}


@pytest.mark.parametrize(
    "name", ["Second person", "other_people", "alsoShown", "subject2", "weitere Personen", "Personne 2"]
)
def test_a_further_person_beside_the_one_that_is_listed_is_not_passed_over(manifest_faults: Any, name: str) -> None:
    (fault,) = manifest_faults(f"file_name,person_ref,{name}", "a.jpg,p1,p2", name="m.csv", is_read=is_signal)
    assert fault.field == name
    assert "must all be listed" in fault.problem


@pytest.mark.parametrize("key", ["age", "is_minor", "face_count"])
def test_what_nobody_reads_inside_a_list_is_not_passed_over(manifest_faults: Any, key: str) -> None:
    (fault,) = manifest_faults({"file_name": "a.jpg", "faces": [{"box": [1, 2], key: 9}]}, is_read=is_signal)
    assert fault.field == "faces"
    assert key in fault.problem
