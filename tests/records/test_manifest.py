"""Manifest rows: what is taken, and how each fault is told."""

import base64
import json
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from provenance.errors import InputError, RowErrors
from provenance.model import Anonymisation, Determination, EstimatedAge, ManifestRow, Person, Synthesis
from provenance.records import read_manifest
from provenance.vocabulary import (
    AccessState,
    AcquisitionMethod,
    AgeStatus,
    PersonsStatus,
    ProtectedGroup,
    known_jurisdictions,
)

DIGEST = "1c194735a2e3a7a860531739df7cde9f55dc0d44250ce7210517563151de8884"


def rows_of(path: Path, *rows: dict[str, Any], **options: Any) -> list[ManifestRow]:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return list(read_manifest(path, **options).iterate())


def test_every_field_is_taken(tmp_path: Path) -> None:
    given = {
        "file_name": "img/1.jpg",
        "url": "https://a.example/1.jpg",
        "sha256": DIGEST,
        "source_url": "https://a.example/1.jpg",
        "page_url": "https://a.example/", "upstream_dataset": "laion", "upstream_evidence": "row 17",
        "acquired_at": "2026-06-01T10:00:00+02:00", "acquisition_method": "LICENSED", "access_state": "LOGIN",
        "licence": "CC-BY-4.0", "caption": "a\nfair", "alt_text": "fair", "keywords": ["fair", "night"],
        "jurisdictions": ["CA-QC", "EU-DE", "MARS"], "persons_status": "PRESENT",
        "persons_determined_by": {"method": "m", "reviewer": "AB", "detector": "d", "threshold": 0.7,
                                  "at": "2026-06-02T10:00:00Z"},
        "persons": [{"ref": "p1", "identifiable": True, "age": 16, "age_status": "MINOR_VERIFIED",
                     "born_on": "2009-12-31",
                     "estimated_age": {"value": 14, "method": "e", "confidence": 0.5}, "groups": ["CHILD", "STUDENT"],
                     "jurisdictions": ["GB"], "deceased": False,
                     "anonymisation": {"method": "blur", "reviewer": "CD", "original_retained": True}}],
        "synthetic": {"record": "s-1", "depicts_real_person": False},
        "web_evidence": {"headers": {"tdm-reservation": "1"}, "robots_txt": "User-agent: *"},
        "mood": ["of", {"our": "own"}],
    }  # fmt: skip
    assert rows_of(tmp_path / "m.jsonl", given, jurisdictions=["MARS"]) == [
        ManifestRow(
            file_name="img/1.jpg",
            url="https://a.example/1.jpg",
            sha256=bytes.fromhex(DIGEST),
            source_url="https://a.example/1.jpg",
            page_url="https://a.example/",
            upstream_dataset="laion",
            upstream_evidence="row 17",
            acquired_at=datetime(2026, 6, 1, 10, tzinfo=timezone(timedelta(hours=2))),
            acquisition_method=AcquisitionMethod.LICENSED,
            access_state=AccessState.LOGIN,
            licence="CC-BY-4.0",
            caption="a\nfair",
            alt_text="fair",
            keywords=("fair", "night"),
            jurisdictions=("CA-QC", "EU-DE", "MARS"),
            persons_status=PersonsStatus.PRESENT,
            persons_determined_by=Determination("m", "AB", "d", 0.7, datetime(2026, 6, 2, 10, tzinfo=UTC)),
            persons=(
                Person(
                    ref="p1",
                    identifiable=True,
                    age=16,
                    age_status=AgeStatus.MINOR_VERIFIED,
                    born_on=date(2009, 12, 31),
                    estimated_age=EstimatedAge(14.0, "e", 0.5),
                    groups=(ProtectedGroup.CHILD, ProtectedGroup.STUDENT),
                    jurisdictions=("GB",),
                    deceased=False,
                    anonymisation=Anonymisation("blur", "CD", True),
                ),
            ),
            synthetic=Synthesis("s-1", False),
            web_evidence={"headers": {"tdm-reservation": "1"}, "robots_txt": "User-agent: *"},
            extra={"mood": ["of", {"our": "own"}]},
            line=1,
        )
    ]


def test_absent_blank_and_null_are_unknown(tmp_path: Path) -> None:
    bare = ManifestRow(file_name="a.jpg", line=1)
    for blank in (None, ""):
        given = dict.fromkeys(
            ("licence", "source_url", "acquired_at", "acquisition_method", "persons_status", "sha256", "web_evidence"),
            blank,
        )
        assert rows_of(tmp_path / "m.jsonl", {"file_name": "a.jpg"} | given) == [bare]
    assert rows_of(tmp_path / "m.jsonl", {"file_name": "a.jpg", "persons": None, "keywords": None}) == [bare]
    assert rows_of(tmp_path / "m.jsonl", {"file_name": "a.jpg", "licence": " \t"}) == [bare]  # a blank is no licence
    assert bare.persons_status is PersonsStatus.UNKNOWN


ENUMS = [
    ("acquisition_method", AcquisitionMethod, lambda v: {"acquisition_method": v}),
    ("access_state", AccessState, lambda v: {"access_state": v}),
    ("persons_status", PersonsStatus, lambda v: {"persons_status": v}),
    ("persons[0].age_status", AgeStatus, lambda v: {"persons": [{"age_status": v}]}),
    ("persons[0].groups[0]", ProtectedGroup, lambda v: {"persons": [{"groups": [v]}]}),
]


@pytest.mark.parametrize(("field", "enum", "row"), ENUMS, ids=[one[0] for one in ENUMS])
def test_every_term_is_taken_and_its_misspelling_told_with_the_nearest(
    tmp_path: Path, manifest_faults: Any, field: str, enum: type[StrEnum], row: Any
) -> None:
    for term in enum:
        rows_of(tmp_path / "good.jsonl", {"file_name": "a.jpg"} | row(str(term)))
        (fault,) = manifest_faults({"file_name": "a.jpg"} | row(f"{term}XQ"))
        assert (fault.line, fault.field, fault.value) == (1, field, f"{term}XQ")
        assert fault.file.endswith("manifest.jsonl")
        told = [fault.nearest] if fault.nearest else fault.valid
        assert str(term) in told


@pytest.mark.parametrize("where", ["jurisdictions", "persons"])
def test_unknown_jurisdictions_are_told_and_none_is_proposed(tmp_path: Path, manifest_faults: Any, where: str) -> None:
    def row(code: str) -> dict[str, Any]:
        inner = {"jurisdictions": [code]}
        return {"file_name": "a.jpg"} | (inner if where == "jurisdictions" else {"persons": [inner]})

    rows_of(tmp_path / "good.jsonl", *({**row(code), "file_name": f"{code}.jpg"} for code in known_jurisdictions()))
    # No law is proposed, since another one may be milder; the parts of the country are listed.
    (fault,) = manifest_faults(row("CA-QU"))
    assert fault.nearest is None
    assert {"CA-QC", "CA-ON", "CA-NU"} <= set(fault.valid)
    (fault,) = manifest_faults(row("MARZ"), jurisdictions=("MARS",))
    assert (fault.nearest, fault.valid) == (None, ())


@pytest.mark.parametrize(
    "time",
    ["2026-06-01T10:00:00", "2026-06-01 10:00", "2026-06-01", "10:00:00Z", "1780308000", 1780308000, 1.5, True,
     "2026-06-31T10:00:00Z", "2026-06-01T25:00:00Z", "yesterday", "2026-06-01T10:00:00 EST", ["2026-06-01T10:00:00Z"],
     "2026-06-01T10:00:00+99:00", "\uff12\uff10\uff12\uff16-06-01T10:00:00Z"],
)  # fmt: skip
def test_a_time_without_offset_or_sense_is_a_fault(manifest_faults: Any, time: object) -> None:
    (fault,) = manifest_faults({"file_name": "a.jpg", "acquired_at": time})
    assert fault.field == "acquired_at"
    assert "time" in fault.problem


@pytest.mark.parametrize(
    ("given", "utc"),
    [("2026-11-22T06:59:59-05:00", "2026-11-22T11:59:59+00:00"), ("2026-11-22T12:00Z", "2026-11-22T12:00:00+00:00"),
     ("2026-11-22 12:00:00.5+0530", "2026-11-22T06:30:00.500000+00:00")],
)  # fmt: skip
def test_offsets_count(tmp_path: Path, given: str, utc: str) -> None:
    (row,) = rows_of(tmp_path / "m.jsonl", {"file_name": "a.jpg", "acquired_at": given})
    assert row.acquired_at == datetime.fromisoformat(utc)


@pytest.mark.parametrize(
    ("field", "row"),
    [
        ("file_name", {"file_name": 7}),
        ("file_name", {"file_name": "../a.jpg"}),
        ("file_name", {"file_name": "/etc/a.jpg"}),
        ("file_name", {"file_name": r"C:\a.jpg"}),
        ("file_name", {"caption": "no image"}),
        ("file_name", {"file_name": "  "}),
        ("sha256", {"sha256": DIGEST[:-1]}),
        ("sha256", {"sha256": "g" * 64}),
        ("licence", {"licence": ["MIT"]}),
        ("licence", {"licence": "x" * 4097}),
        ("keywords", {"keywords": "a;b"}),
        ("keywords[1]", {"keywords": ["a", 1]}),
        ("persons", {"persons": {"ref": "p1"}}),
        ("persons[0]", {"persons": ["p1"]}),
        ("persons[0].ref", {"persons": [{"ref": [0.1, 0.2]}]}),
        ("persons[0].ref", {"persons": [{"ref": "Jane Doe"}]}),
        ("persons[0].age", {"persons": [{"age": "35 years"}]}),
        ("persons[0].age", {"persons": [{"age": 35.5}]}),
        ("persons[0].age", {"persons": [{"age": -1}]}),
        ("persons[0].age", {"persons": [{"age": True}]}),
        ("persons[0].age", {"persons": [{"age": 10**400}]}),
        ("persons[0].identifiable", {"persons": [{"identifiable": "perhaps"}]}),
        ("persons[0].identifiable", {"persons": [{"identifiable": 0}]}),
        ("persons[0].born_on", {"persons": [{"born_on": "2008-02-30"}]}),
        ("persons[0].born_on", {"persons": [{"born_on": "2008-02-01T00:00:00Z"}]}),
        ("persons[0].born_on", {"acquired_at": "2026-06-01T10:00:00Z", "persons": [{"born_on": "1900-01-01"}]}),
        ("persons[0].estimated_age.value", {"persons": [{"estimated_age": {"value": None, "method": "m"}}]}),
        ("persons[0].estimated_age.value", {"persons": [{"estimated_age": {"method": "m"}}]}),
        ("persons[0].estimated_age.value", {"persons": [{"estimated_age": {"value": 10**400}}]}),
        ("persons[0].estimated_age.confidence", {"persons": [{"estimated_age": {"value": 3, "confidence": 1.1}}]}),
        ("persons[0].face_vector", {"persons": [{"face_vector": [0.1, 0.2]}]}),
        ("persons[0].name", {"persons": [{"name": "Jane"}]}),
        ("persons_determined_by", {"persons_determined_by": "AB"}),
        ("synthetic.depicts_real_person", {"synthetic": {"depicts_real_person": "maybe"}}),
        ("web_evidence", {"web_evidence": 7}),
        ("persons_status", {"persons_status": "NONE", "persons": [{"ref": "p1"}]}),
        ("face_embedding", {"face_embedding": [0.1, 0.2]}),
    ],
)
def test_each_invalid_value_names_its_field(manifest_faults: Any, field: str, row: dict[str, Any]) -> None:
    given = row if field == "file_name" else {"file_name": "a.jpg"} | row
    (fault,) = manifest_faults(given)
    assert (fault.line, fault.field) == (1, field)
    assert fault.problem


def test_a_refused_name_is_not_repeated(manifest_faults: Any) -> None:
    (fault,) = manifest_faults({"file_name": "a.jpg", "persons": [{"ref": "jane.doe@example.org"}]})
    assert "jane" not in str(fault)
    assert "e-mail" in str(fault)


@pytest.mark.parametrize("spelt", [base64.b64encode, base64.b85encode, bytes.hex, str])
def test_a_picture_in_a_cell_is_not_kept(manifest_faults: Any, spelt: Callable[[bytes], Any]) -> None:
    told = spelt(b"\xff\xd8\xff\xe0" + random.Random(1).randbytes(900))
    text = told.decode() if isinstance(told, bytes) else told
    for cell in (text, [text], {"data": text}):
        (fault,) = manifest_faults({"file_name": "a.jpg", "preview": cell})
        assert fault.field == "preview"
        assert "a picture" in fault.problem
        assert text[:40] not in str(fault)


def test_a_misspelt_nested_field_is_told_with_the_nearest(manifest_faults: Any) -> None:
    (fault,) = manifest_faults({"file_name": "a.jpg", "persons": [{"ref": "p1", "jurisdiction": ["CA"]}]})
    assert (fault.field, fault.nearest) == ("persons[0].jurisdiction", "jurisdictions")


@pytest.mark.parametrize("name", ["person", "personss", "web_evidense", "upstream_datset", "retain_untill"])
def test_a_misspelt_column_that_narrows_use_is_a_fault(manifest_faults: Any, name: str) -> None:
    (fault,) = manifest_faults({"file_name": "a.jpg", name: "x"})
    assert (fault.line, fault.field) == (1, name)
    assert fault.nearest in ("persons", "web_evidence", "upstream_dataset", "retain_until")


@pytest.mark.parametrize(
    "name",
    ["Acquired_At", "acquired at", "acquiredAt", "ACQUIRED-AT", "acquired.at", "Acqui\u0301red\u00a0at", "AcquiredAt"],
)
def test_a_field_is_known_in_whatever_letter_case_and_punctuation(tmp_path: Path, name: str) -> None:
    time = "2026-06-01T10:00:00Z"
    (row,) = rows_of(
        tmp_path / "m.jsonl", {"File Name": "a.jpg", name: time, "Persons": [{"Age-Status": "ADULT_DECLARED"}]}
    )
    assert (row.file_name, row.acquired_at, row.extra) == ("a.jpg", datetime(2026, 6, 1, 10, tzinfo=UTC), {})
    assert row.persons[0].age_status is AgeStatus.ADULT_DECLARED


def test_two_columns_for_one_field_are_a_fault(manifest_faults: Any) -> None:
    (fault,) = manifest_faults({"file_name": "a.jpg", "licence": "MIT", "Licence": "CC-BY-NC-4.0"})
    assert fault.field == "Licence"
    (fault,) = manifest_faults("file_name,licence,LICENCE", "a.jpg,MIT,MIT", name="m.csv")
    assert (fault.line, fault.field) == (1, "LICENCE")


def test_other_unknown_columns_are_kept_and_named(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text('{"file_name": "a.jpg", "mood": "fair", "split": 1}\n{"file_name": "b.jpg", "label": null}\n')
    manifest = read_manifest(path)
    assert manifest.unknown == ("label", "mood", "split")
    assert [row.extra for row in manifest.iterate()] == [{"mood": "fair", "split": 1}, {"label": None}]


@pytest.mark.parametrize(
    ("given", "licence"),
    [
        ({"license": "CC-BY-NC-4.0"}, "CC-BY-NC-4.0"),
        ({"license": 4}, None),
        ({"license": "4"}, None),
        ({"license": "MIT", "licence": "CC0-1.0"}, "CC0-1.0"),
        ({"License": "n/a"}, None),
    ],
)
def test_a_column_license_with_words_is_the_licence(tmp_path: Path, given: dict[str, Any], licence: str | None) -> None:
    """Numbers are keys of another table, as in COCO; the column stays for whoever reads it."""
    (row,) = rows_of(tmp_path / "m.jsonl", {"file_name": "a.jpg"} | given)
    assert row.licence == licence
    assert row.extra == {name: value for name, value in given.items() if name != "licence"}


@pytest.mark.parametrize("name", ["basis", "withdrawn_at", "given_at", "expires_at", "person_ref"])
def test_flat_columns_are_not_lost_in_a_nested_manifest(manifest_faults: Any, name: str) -> None:
    (fault,) = manifest_faults({"file_name": "a.jpg", name: "x"})
    assert fault.field == name


def test_all_faults_of_a_file_come_together_in_order(manifest_faults: Any) -> None:
    faults = manifest_faults(
        {"file_name": "a.jpg", "licence": 7, "access_state": "PUBIC"},
        {"file_name": "b.jpg"},
        "not json",
        {"file_name": "c.jpg", "persons": [{"age": "old"}, {"groups": ["CHIL", "STUDNT"]}]},
        {"file_name": "b.jpg", "caption": "a fair"},
    )
    assert [(fault.line, fault.field) for fault in faults] == [
        (1, "access_state"), (1, "licence"), (3, "(row)"), (4, "persons[0].age"), (4, "persons[1].groups[0]"),
        (4, "persons[1].groups[1]"), (5, "file_name"),
    ]  # fmt: skip


def test_nothing_is_taken_and_many_faults_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text("".join(f'{{"file_name": "{n}.jpg", "licence": {n}}}\n' for n in range(2500)))
    with pytest.raises(RowErrors) as caught:
        read_manifest(path)
    assert (len(caught.value.errors), caught.value.more) == (20, 2480)
    assert caught.value.exit_status == 2
    head, told = str(caught.value).splitlines()
    assert "2500" in head
    assert told.startswith(f"{path}:1: licence: it must be a text: 0 (and 2499 more of this kind, in lines 2, 3,")


def test_values_are_shown_short_and_harmless(manifest_faults: Any) -> None:
    (fault,) = manifest_faults({"file_name": "a.jpg", "access_state": "\x1b[31m\r\n" + "x" * 500})
    assert fault.value.startswith(r"\x1b[31m\x0d\x0axxx")
    assert len(fault.value) == 80
    assert fault.value.isprintable()


def test_one_image_twice_names_both_lines_whatever_the_spelling(manifest_faults: Any) -> None:
    first, second = manifest_faults(
        {"file_name": "img/a.jpg"},
        {"file_name": r"img\a.jpg", "licence": "MIT"},
        {"file_name": "b.jpg"},
        {"file_name": "./img//a.jpg", "persons_status": "PRESENT"},
    )
    assert (first.line, first.field, first.value) == (2, "file_name", "img/a.jpg, first in line 1")
    assert (second.line, second.field, second.value) == (4, "file_name", "img/a.jpg, first in line 1")
    assert "differ in licence" in first.problem
    assert "differ in persons_status" in second.problem


def test_one_image_twice_is_one_where_the_rows_agree(tmp_path: Path) -> None:
    row = {"file_name": "a.jpg", "licence": "MIT", "persons": [{"ref": "p1"}]}
    path = tmp_path / "m.jsonl"
    path.write_text(
        "".join(f"{json.dumps(one)}\n" for one in (row, {"file_name": "b.jpg"}, dict(reversed(row.items()))))
    )
    manifest = read_manifest(path)
    assert manifest.rows == 2
    assert [(one.file_name, one.line) for one in manifest.iterate()] == [("a.jpg", 1), ("b.jpg", 2)]


def test_one_image_by_its_name_and_by_its_address(manifest_faults: Any, tmp_path: Path) -> None:
    """The second row of an image does not hide the person of the first, whichever way it names the image."""
    url = "https://a.example/1"
    (fault,) = manifest_faults({"url": url}, {"url": url, "licence": "MIT"})
    assert (fault.line, fault.field, fault.value) == (2, "url", f"{url}, first in line 1")
    for rows in (
        [{"file_name": "a.jpg", "url": url, "persons": [{"ref": "p1"}]}, {"url": url, "persons_status": "NONE"}],
        [{"url": url, "persons_status": "NONE"}, {"file_name": "a.jpg", "url": url, "persons": [{"ref": "p1"}]}],
    ):
        (fault,) = manifest_faults(*rows)
        assert (fault.line, fault.field) == (2, "url")
    # Many files may come from one address.
    rows_of(tmp_path / "m.jsonl", {"file_name": "a.jpg", "url": url}, {"file_name": "b.jpg", "url": url})
    # What is no address names no image: it would be taken for the file of that name.
    (fault,) = manifest_faults({"file_name": "a.jpg", "persons": [{"ref": "p1"}]}, {"url": "a.jpg"})
    assert (fault.line, fault.field) == (2, "url")


def test_names_are_kept_in_their_one_spelling(tmp_path: Path) -> None:
    rows = rows_of(
        tmp_path / "m.jsonl",
        {"file_name": "img\\é.jpg"}, {"file_name": r"caf\xe9.jpg"},
        {"file_name": r"caf\xc3\xa9.jpg"}, {"file_name": "a\nb"},
    )  # fmt: skip
    assert [row.file_name for row in rows] == ["img/é.jpg", r"caf\xe9.jpg", "café.jpg", "a\nb"]


def test_the_imagefolder_column_with_a_prefix(tmp_path: Path, manifest_faults: Any) -> None:
    assert rows_of(tmp_path / "m.jsonl", {"image_file_name": "a.jpg"})[0].file_name == "a.jpg"
    (fault,) = manifest_faults("left_file_name,right_file_name\na.jpg,b.jpg\n", name="metadata.csv")
    assert "one image" in fault.problem
    (fault,) = manifest_faults("source_url;persons_status\n", "x;NONE\n", name="metadata.csv")
    assert (fault.line, fault.field) == (1, "file_name")


@pytest.mark.parametrize("name", ["gone.csv", "manifest.xlsx", "manifest", "folder.csv"])
def test_what_is_no_manifest_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "manifest.xlsx").touch()
    with pytest.raises(InputError) as caught:
        read_manifest(tmp_path / name)
    assert caught.value.remedy


@pytest.mark.parametrize(
    "person",
    [
        {"born_on": "1902-01-01"},
        {"born_on": "1850-03-01", "deceased": {"died_on": "1910-01-01", "evidence": "register 7"}},
    ],
)
def test_somebody_old_and_somebody_dead_are_taken(tmp_path: Path, person: dict[str, Any]) -> None:
    path = tmp_path / "m.jsonl"
    row = {"file_name": "a.jpg", "acquired_at": "2026-06-01T10:00:00Z", "persons": [person]}
    path.write_text(json.dumps(row) + "\n")
    (read,) = read_manifest(path).iterate()
    assert str(read.persons[0].born_on) == person["born_on"]
