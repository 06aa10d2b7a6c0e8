"""A stranger's table, read through a map: the worked examples of docs/columns.md, and what a map cannot do."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.cli.main import run
from provenance.errors import InputError, RowErrors
from provenance.model import BasisRecord, ManifestRow, Person
from provenance.records import read_manifest, read_records
from provenance.records.columns.column_map import ColumnMap, column_maps, read_columns_file
from provenance.records.context import read_context
from provenance.vocabulary import ConsentForm, ConsentStatus, LawfulBasis, PersonsStatus, Purpose

DOCS = Path(__file__).parents[2] / "docs" / "columns.md"
BLOCKS: dict[str, str] = dict(re.findall(r"```(?:csv|toml) (\S+)\n(.*?)```", DOCS.read_text(), re.DOTALL))


def manifest_map(**keys: Any) -> ColumnMap:
    return column_maps({"manifest": keys}, "map").manifest


def records_map(**keys: Any) -> ColumnMap:
    return column_maps({"records": keys}, "map").records


def example(folder: Path, name: str, kind: str) -> tuple[Path, ColumnMap]:
    (folder / "columns.toml").write_text(BLOCKS[f"{name}.columns"])
    (folder / "table.csv").write_bytes(b"\xef\xbb\xbf" + BLOCKS[f"{name}.{kind}"].encode())
    return folder / "table.csv", getattr(read_columns_file(folder / "columns.toml"), kind)


def records_of(path: Path, columns: ColumnMap) -> list[BasisRecord]:
    return list(read_records(path, columns=columns).iterate())


def test_every_example_of_the_page_is_tried_here() -> None:
    assert {name.partition(".")[0] for name in BLOCKS} == {"google-forms", "docusign", "airtable", "excel"}


def test_answers_of_a_form(tmp_path: Path) -> None:
    first, second = records_of(*example(tmp_path, "google-forms", "records"))
    assert (first.record_id, first.person, first.form) == ("p1", "p1", ConsentForm.EXPRESS)
    assert first.purposes == (Purpose.MODEL_TRAINING, Purpose.MODEL_EVALUATION)
    assert first.basis is LawfulBasis.EXPLICIT_CONSENT
    assert first.events[0].at == datetime(2026, 6, 1, 14, 15, 32, tzinfo=UTC)  # Toronto is four hours behind in June
    assert first.events[0].expires_at == datetime(2028, 6, 1, 4, tzinfo=UTC)
    assert (second.events[0].at, second.events[0].expires_at) == (datetime(2026, 6, 2, 13, 5, tzinfo=UTC), None)


def test_envelopes_of_a_signing_service(tmp_path: Path) -> None:
    signed, voided = records_of(*example(tmp_path, "docusign", "records"))
    assert [event.state for event in signed.events] == [ConsentStatus.GIVEN]
    assert [event.state for event in voided.events] == [ConsentStatus.GIVEN, ConsentStatus.WITHDRAWN]
    assert signed.written_release is True


def test_people_in_one_cell(tmp_path: Path) -> None:
    path, columns = example(tmp_path, "airtable", "manifest")
    two, none = read_manifest(path, columns=columns).iterate()
    assert two.persons == (Person(ref="p1", age=35), Person(ref="p2", age=41))
    assert none.persons == ()
    assert two.acquired_at == datetime(2026, 6, 1, 10, tzinfo=UTC)


def test_one_row_a_person_from_a_spreadsheet(tmp_path: Path) -> None:
    path, columns = example(tmp_path, "excel", "manifest")
    manifest = read_manifest(path, columns=columns)
    (row,) = manifest.iterate()
    assert manifest.rows == 1
    assert [person.ref for person in row.persons] == ["p1", "p2"]
    assert row.persons_status is PersonsStatus.PRESENT
    first, second = manifest.records()
    assert (first.person, second.person) == ("p1", "p2")
    # Both consents count from the last moment of 20 May in Berlin, also the one that Excel had counted.
    assert first.events[0].at == second.events[0].at == datetime(2026, 5, 20, 21, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("name", ["google-forms.records", "docusign.records", "airtable.manifest", "excel.manifest"])
def test_without_its_map_each_table_is_refused_with_the_ways_out(tmp_path: Path, name: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(BLOCKS[name])
    with pytest.raises(RowErrors, match="--columns"):
        (read_records if name.endswith("records") else read_manifest)(path)


def test_the_command_takes_a_map_from_a_file_and_from_the_context(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image

    monkeypatch.chdir(tmp_path)
    Path("c/img").mkdir(parents=True)
    for name in ("0001", "0002"):
        Image.linear_gradient("L").save(f"c/img/{name}.jpg")
    path, columns = example(tmp_path, "airtable", "manifest")
    assert run(["scan", "c", "--manifest", str(path), "--ledger", "a.db", "-q"]) == 2
    assert run(["scan", "c", "--manifest", str(path), "--columns", "columns.toml", "--ledger", "a.db", "-q"]) == 0
    inner = BLOCKS["airtable.columns"].replace("[manifest", "[columns.manifest")
    Path("context.toml").write_text(f'purpose = "MODEL_TRAINING"\n{inner}')
    assert read_context("context.toml").columns is not None
    told = ["gate", "c", "--manifest", str(path), "--ledger", "b.db", "-q", "--context", "context.toml"]
    assert run(told) == 1
    assert columns == read_context("context.toml").columns.manifest


# --- what a map does ---------------------------------------------------------------------------------------------


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def one_row(path: Path, *lines: str, **keys: Any) -> ManifestRow:
    (row,) = read_manifest(write(path, *lines), columns=manifest_map(**keys)).iterate()
    return row


def test_names_are_compared_without_what_does_not_matter(tmp_path: Path) -> None:
    row = one_row(
        tmp_path / "m.csv",
        "FILE,prise le",
        "a.jpg,2026-06-01T10:00:00Z",
        rename={"file": "file_name", "Prise-Le": "acquired_at"},
    )
    assert (row.file_name, row.acquired_at) == ("a.jpg", datetime(2026, 6, 1, 10, tzinfo=UTC))


def test_what_is_ignored_is_gone_whatever_it_looks_like(tmp_path: Path) -> None:
    row = one_row(
        tmp_path / "m.csv", "file_name,Full Name,Expiry", "a.jpg,Jane Doe,2027-01-01", ignore=["full_name", "expiry"]
    )
    assert row.extra == {}


def test_values_map_also_the_entries_of_lists_in_any_format(tmp_path: Path) -> None:
    keys: dict[str, Any] = {"values": {"jurisdictions": {"Home": "CA-QC"}, "persons_status": {"Nobody": "NONE"}}}
    row = one_row(tmp_path / "m.csv", "file_name,jurisdictions,persons_status", "a.jpg,home;GB,nobody", **keys)
    assert (row.jurisdictions, row.persons_status) == (("CA-QC", "GB"), PersonsStatus.NONE)
    text = json.dumps({"file_name": "a.jpg", "jurisdictions": ["HOME", "GB"], "persons_status": "nobody"})
    assert replace(one_row(tmp_path / "m.jsonl", text, **keys), line=2) == row


def test_a_map_to_nothing_takes_a_value_away(tmp_path: Path) -> None:
    row = one_row(
        tmp_path / "m.csv", "file_name,licence", "a.jpg,see contract", values={"licence": {"See contract": ""}}
    )
    assert row.licence is None


def test_several_people_in_a_cell_of_a_register(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", "record_id,person,basis", 'R-1,"p1, p2",CONSENT')
    found = records_of(path, records_map(people_parted_by=","))
    assert [(one.record_id, one.person) for one in found] == [("R-1:p1", "p1"), ("R-1:p2", "p2")]


@pytest.mark.parametrize(
    ("cell", "keys", "wanted"),
    [
        ("2026-06-01T10:00:00", {"zone": "+02:00"}, "2026-06-01T08:00:00+00:00"),
        ("2026-06-01 10:00", {"zone": "Europe/Berlin"}, "2026-06-01T08:00:00+00:00"),
        ("2026-06-01T10:00:00Z", {"zone": "Europe/Berlin"}, "2026-06-01T10:00:00+00:00"),  # its own offset counts
        ("1/6/2026 10:00", {"zone": "UTC", "dates": "DMY"}, "2026-06-01T10:00:00+00:00"),
        ("1/6/2026 10:00 PM", {"zone": "UTC", "dates": "MDY"}, "2026-01-06T22:00:00+00:00"),
        ("1.6.2026, 12:30 a.m.", {"zone": "UTC", "dates": "DMY"}, "2026-06-01T00:30:00+00:00"),
        ("46174.5", {"zone": "UTC", "excel_dates": True}, "2026-06-01T12:00:00+00:00"),
        ("2026-06-01", {"zone": "-05:00"}, "2026-06-01T05:00:00+00:00"),
    ],
)
def test_times_in_a_stated_zone(tmp_path: Path, cell: str, keys: dict[str, Any], wanted: str) -> None:
    row = one_row(tmp_path / "m.csv", "file_name,acquired_at", f'a.jpg,"{cell}"', **keys)
    assert row.acquired_at == datetime.fromisoformat(wanted)


@pytest.mark.parametrize(
    ("cell", "keys"),
    [("1/6/2026 10:00", {"zone": "UTC"}), ("2026-06-01", {"dates": "DMY"}), ("2026-06-01T10:00:00", {}), ("46174",
    {"zone": "UTC"}),
     ("31/6/2026", {"zone": "UTC", "dates": "DMY"}), ("13/13/2026", {"zone": "UTC", "dates": "MDY"}), ("1/6/26",
     {"zone": "UTC", "dates": "DMY"}),
     ("99999", {"zone": "UTC", "excel_dates": True}), ("1/6/2026 13:00 PM", {"zone": "UTC",
     "dates": "DMY"}), ("10:00", {"zone": "UTC"})],
)  # fmt: skip
def test_what_nobody_stated_is_not_guessed(tmp_path: Path, cell: str, keys: dict[str, Any]) -> None:
    with pytest.raises(RowErrors, match="acquired_at"):
        one_row(tmp_path / "m.csv", "file_name,acquired_at", f'a.jpg,"{cell}"', **keys)


@pytest.mark.parametrize("zone", ["UTC", "+14:00", "-11:00", "America/Toronto", "Europe/Berlin"])
@pytest.mark.parametrize("kind", ["r.csv", "r.jsonl"])
def test_a_day_alone_permits_the_least(tmp_path: Path, zone: str, kind: str) -> None:
    """A consent counts from the last moment of its day; an end and a withdrawal from the first of theirs."""
    days = {"given_at": "2026-05-20", "expires_at": "2026-05-22", "withdrawn_at": "2026-05-21"}
    if kind == "r.csv":
        path = write(
            tmp_path / kind,
            "record_id,person,basis,given_at,expires_at,withdrawn_at",
            f"R-1,p1,CONSENT,{','.join(days.values())}",
        )
    else:
        events = [
            {"state": "given", "at": days["given_at"], "expires_at": days["expires_at"]},
            {"state": "WITHDRAWN", "at": days["withdrawn_at"]},
        ]
        path = write(
            tmp_path / kind, json.dumps({"record_id": "R-1", "person": "p1", "basis": "CONSENT", "events": events})
        )
    (record,) = records_of(path, records_map(zone=zone))
    given_at, withdrawn = record.events
    assert given_at.at.isoformat()[:19] == "2026-05-20T23:59:59"
    assert given_at.expires_at is not None
    assert given_at.expires_at.isoformat()[:19] == "2026-05-22T00:00:00"
    assert withdrawn.at.isoformat()[:19] == "2026-05-21T00:00:00"


def test_a_withdrawal_on_the_day_of_the_consent_is_told(tmp_path: Path) -> None:
    """Which came first nobody knows, so the register has to say it."""
    path = write(
        tmp_path / "r.csv", "record_id,person,basis,given_at,withdrawn_at", "R-1,p1,CONSENT,2026-05-20,2026-05-20"
    )
    with pytest.raises(RowErrors, match="withdrawn_at"):
        records_of(path, records_map(zone="UTC"))


# --- one row a person ---------------------------------------------------------------------------------------------

PERSON = "file_name,licence,person_ref,person_age,basis,given_at"


def test_rows_of_one_image_are_put_together_wherever_they_stand(tmp_path: Path) -> None:
    rows = [
        "a.jpg,MIT,p1,35,CONSENT,2026-01-01T00:00:00Z",
        "b.jpg,MIT,p3,20,,",
        "a.jpg,,p2,41,CONSENT,2026-01-02T00:00:00Z",
    ]
    manifest = read_manifest(write(tmp_path / "m.csv", PERSON, *rows), columns=manifest_map(one_row_a="person"))
    first, second = manifest.iterate()
    assert (first.file_name, first.licence, [one.ref for one in first.persons]) == ("a.jpg", "MIT", ["p1", "p2"])
    assert (second.file_name, [one.ref for one in second.persons]) == ("b.jpg", ["p3"])
    assert [(one.person, one.items, one.line) for one in manifest.records()] == [
        ("p1", ("a.jpg",), 2),
        ("p2", ("a.jpg",), 4),
    ]
    assert manifest.rows == 2


def test_a_row_that_repeats_another_person_is_one(tmp_path: Path) -> None:
    row = "a.jpg,MIT,p1,35,CONSENT,2026-01-01T00:00:00Z"
    manifest = read_manifest(write(tmp_path / "m.csv", PERSON, row, row), columns=manifest_map(one_row_a="person"))
    (image,) = manifest.iterate()
    assert len(image.persons) == len(list(manifest.records())) == 1


@pytest.mark.parametrize(
    ("second", "field"),
    [("a.jpg,CC-BY-NC-4.0,p2,41,,", "licence"), ("a.jpg,MIT,p1,35,CONSENT,2026-01-03T00:00:00Z", "record_id")],
)
def test_rows_of_one_image_that_contradict_each_other_name_both_lines(tmp_path: Path, second: str, field: str) -> None:
    path = write(tmp_path / "m.csv", PERSON, "a.jpg,MIT,p1,35,CONSENT,2026-01-01T00:00:00Z", second)
    with pytest.raises(RowErrors) as caught:
        read_manifest(path, columns=manifest_map(one_row_a="person"))
    (fault,) = caught.value.errors
    assert (fault.line, fault.field) == (3, field)
    assert "2" in fault.value


def test_without_a_map_the_error_says_how_it_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "m.csv", "file_name,person_ref", "a.jpg,p1", "a.jpg,p2")
    with pytest.raises(RowErrors, match=r'm\.csv:3: .*one_row_a = "person".*JSON Lines with persons.*first in line 2'):
        read_manifest(path)


# --- what a map cannot do ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"manifest": {"rename": {"a": "expires"}}}, "no column of a manifest"),
        ({"manifest": {"constant": {"licens": "MIT"}}}, "no column of a manifest"),
        ({"manifest": {"values": {"nothing": {"a": "b"}}}}, "no column of a manifest"),
    ],
)
def test_a_map_to_a_column_that_is_none_is_refused(tmp_path: Path, table: dict[str, Any], says: str) -> None:
    path = write(tmp_path / "m.csv", "file_name,a", "a.jpg,b")
    with pytest.raises(InputError, match=says):
        read_manifest(path, columns=column_maps(table, "map").manifest)


def test_two_columns_never_become_one(tmp_path: Path) -> None:
    path = write(tmp_path / "m.csv", "file_name,licence,Rights", "a.jpg,CC-BY-NC-4.0,MIT")
    with pytest.raises(RowErrors, match="Rights"):
        read_manifest(path, columns=manifest_map(rename={"Rights": "licence"}))
    with pytest.raises(RowErrors, match="licence"):
        read_manifest(path, columns=manifest_map(constant={"licence": "MIT"}, ignore=["Rights"]))


@pytest.mark.parametrize(
    "table",
    [{"manifests": {}}, {"manifest": []}, {"manifest": {"renamed": {}}}, {"manifest": {"zone": "Mars/Olympus"}},
    {"manifest": {"zone": 7}},
     {"manifest": {"dates": "YDM"}}, {"manifest": {"one_row_a": "album"}}, {"manifest": {"delimiter": ";;"}},
     {"manifest": {"ignore": "a"}},
     {"manifest": {"rename": {"a b": "licence",
     "A_B": "caption"}}}, {"manifest": {"rename": {"a": 7}}}, {"manifest": {"excel_dates": "often"}}],
)  # fmt: skip
def test_a_map_that_is_none_is_refused(tmp_path: Path, table: dict[str, Any]) -> None:
    path = tmp_path / "columns.toml"
    with pytest.raises(InputError, match="map"):
        column_maps(table, "map")
    assert not path.exists()


@pytest.mark.parametrize("text", ["[manifest", "x = 1", "a = " + "[" * 5_000, "#" * (1 << 21)], ids=range(4))
def test_a_file_that_is_no_map_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"c\.toml"):
        read_columns_file(write(tmp_path / "c.toml", text))


def test_people_of_one_cell_must_be_as_many_in_the_others(tmp_path: Path) -> None:
    lines = "file_name,person_ref,person_age", "a.jpg,p1|p2|p3,35|41"
    with pytest.raises(RowErrors, match="person_age"):
        one_row(tmp_path / "m.csv", *lines, people_parted_by="|")
    row = one_row(tmp_path / "m.csv", lines[0], "a.jpg,p1|p2,35", people_parted_by="|")
    assert [(one.ref, one.age) for one in row.persons] == [("p1", 35), ("p2", 35)]
    with pytest.raises(RowErrors, match="a basis belongs to one person"):
        one_row(tmp_path / "m.csv", "file_name,person_ref,basis", "a.jpg,p1|p2,CONSENT", people_parted_by="|")


# --- round trip --------------------------------------------------------------------------------------------------

_CELLS: dict[str, st.SearchStrategy[str]] = {
    "source_url": st.sampled_from(["https://a.example/1", "https://a.example/2"]),
    "licence": st.sampled_from(["MIT", "CC-BY-NC-4.0", "n/a", ""]),
    "acquired_at": st.integers(1, 28).map(lambda day: f"2026-02-{day:02}T10:00:00Z"),
    "persons_status": st.sampled_from(["NONE", "PRESENT", "UNKNOWN", ""]),
    "jurisdictions": st.sampled_from(["CA-QC;GB", "EU", ""]),
    "caption": st.sampled_from(["the sea", "a fair", ""]),
    "mood": st.sampled_from(["fine", "dull"]),
}
_THEIRS = {
    "source_url": "Woher",
    "licence": "Rechte am Bild",
    "acquired_at": "Erhalten",
    "persons_status": "Leute?",
    "jurisdictions": "Länder",
    "caption": "Text",
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=80)
@given(
    rows=st.lists(st.fixed_dictionaries(_CELLS), min_size=1, max_size=4),
    order=st.permutations(list(_CELLS)),
    data=st.data(),
)
def test_a_renamed_and_translated_table_says_what_ours_says(
    tmp_path: Path, rows: list[dict[str, str]], order: list[str], data: st.DataObject
) -> None:
    for number, row in enumerate(rows):
        row["file_name"] = f"{number}.jpg"
    words = {"NONE": "keine", "PRESENT": "welche", "UNKNOWN": "wer weiß"}
    delimiter = data.draw(st.sampled_from([",", ";", "\t"]))

    def table(names: dict[str, str], translated: bool, delimiter: str) -> str:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=delimiter)
        columns = ["file_name", *order]
        writer.writerow([names.get(name, name) for name in columns])
        for row in rows:
            cells = [
                words.get(row[name], row[name]) if translated and name == "persons_status" else row[name]
                for name in columns
            ]
            writer.writerow(cells)
        return text.getvalue()

    ours, theirs = tmp_path / "ours.csv", tmp_path / "theirs.csv"
    ours.write_text(table({}, False, ","))
    theirs.write_text(table(_THEIRS, True, delimiter))
    columns = manifest_map(
        rename={name: one for one, name in _THEIRS.items()},
        values={"persons_status": {word: term for term, word in words.items()}},
        delimiter=delimiter,
    )
    assert list(read_manifest(theirs, columns=columns).iterate()) == list(read_manifest(ours).iterate())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(people=st.lists(st.tuples(st.integers(0, 3), st.integers(20, 60)), min_size=1, max_size=8), data=st.data())
def test_the_order_of_rows_changes_nothing_of_one_row_a_person(
    tmp_path: Path, people: list[tuple[int, int]], data: st.DataObject
) -> None:
    lines = [f"{image}.jpg,p{number},{age}" for number, (image, age) in enumerate(people)]

    def told(lines: list[str]) -> dict[str | None, frozenset[Person]]:
        path = write(tmp_path / "m.csv", "file_name,person_ref,person_age", *lines)
        return {
            row.file_name: frozenset(row.persons)
            for row in read_manifest(path, columns=manifest_map(one_row_a="person")).iterate()
        }

    assert told(data.draw(st.permutations(lines))) == told(lines)


def test_a_repeated_hour_is_the_first_of_the_two() -> None:
    """Clocks went back in Berlin at three on 2025-10-26; an end in that hour comes early rather than late."""
    from provenance.records.values.local_times import LocalTimes, zone_of

    time = LocalTimes(zone_of("Europe/Berlin")).time("2025-10-26 02:30")
    assert time is not None
    assert time.utcoffset() == timedelta(hours=2)
