"""Columns of real datasets: `signals.md` 4.4, and cases (c)10(g) and (h)."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.model import SignalSubject, SignalVerdict, Trust
from provenance.signals.ages import Age, ages_of
from provenance.signals.columns import MAX_COLUMNS, read_columns
from provenance.signals.fields import table
from provenance.signals.precedence import hinted_jurisdictions, sum_up

DENY, UNKNOWN = SignalVerdict.DENY, SignalVerdict.UNKNOWN
BOTH = {SignalSubject.TRAINING_GENERATIVE, SignalSubject.TRAINING_OTHER}


def subjects(signals, verdict=DENY):
    return {s.subject for s in signals if s.verdict is verdict}


# --- img2dataset -------------------------------------------------------------------------------------------------

REFUSED = {
    "key": "000000012",
    "status": "failed_to_download",
    "error_message": "Use of image disallowed by X-Robots-Tag directive",
    "width": None,
    "exif": None,
    "sha256": None,
}


def test_a_refusal_that_img2dataset_recorded_denies():
    signals = read_columns(REFUSED)
    assert subjects(signals) == BOTH
    assert {s.location for s in signals} == {"column:error_message"}


@pytest.mark.parametrize("message", [None, "", "HTTP Error 404: Not Found", "timed out", "cannot identify image file"])
def test_other_failures_refuse_nothing(message):
    assert read_columns({**REFUSED, "error_message": message}) == ()


EXIF = {
    "Image Copyright": "Copyright 2004. All rights reserved.",
    "Image Artist": "A. Photographer",
    "Image ImageDescription": "Toddler at the beach",
    "GPS GPSLatitude": "[45, 30, 0]",
    "GPS GPSLatitudeRef": "N",
    "GPS GPSLongitude": "[73, 34, 1/2]",
    "GPS GPSLongitudeRef": "W",
}


@pytest.mark.parametrize("form", [json.dumps(EXIF), EXIF, json.dumps(EXIF).encode()])
def test_the_exif_column_is_read(form):
    signals = read_columns({"exif": form})
    summary = sum_up(signals)
    assert summary.nothing_granted == "exif:Copyright in column:exif (en): All rights reserved"
    assert summary.minor_suspected
    assert hinted_jurisdictions(signals) == ("CA", "CA-QC")
    assert any(s.subject is SignalSubject.RIGHTS and s.name == "exif:Artist" for s in signals)


@pytest.mark.parametrize("empty", [None, "", "null", "{}", "None", float("nan")])
def test_an_empty_exif_column_says_nothing(empty):
    assert read_columns({"exif": empty}) == ()


@pytest.mark.parametrize("broken", ["{", "[1, 2]", "5", '"text"', "[" * 100_000, "x" * 1_000_001, 7, True])
def test_a_broken_exif_column_is_unreadable(broken):
    assert subjects(read_columns({"EXIF": broken}), UNKNOWN) == {SignalSubject.UNREADABLE}


# --- licences ----------------------------------------------------------------------------------------------------

FFHQ = {
    "category": "training",
    "metadata": {
        "photo_url": "https://www.flickr.com/photos/x/1/",
        "photo_title": "DSCF0899.JPG",
        "author": "Somebody",
        "country": "Canada",
        "license": "Attribution-NonCommercial License",
        "license_url": "https://creativecommons.org/licenses/by-nc/2.0/",
    },
    "image": {"file_url": "https://drive.google.com/uc?id=1", "file_md5": "00"},
}


def test_an_ffhq_row_is_conditional_and_hints_at_canada():
    signals = read_columns(FFHQ)
    assert sum_up(signals).licence_conditional
    assert "CC-BY-NC-2.0" in {s.value for s in signals if s.subject is SignalSubject.LICENCE}
    assert hinted_jurisdictions(signals) == ("CA",)


@pytest.mark.parametrize(
    ("number", "conditional"),
    [(1, True), (2, True), (3, True), (4, False), (5, True), (6, True), (7, False), (8, False)],
)
def test_coco_licence_numbers(number, conditional):
    row = {"license": number, "file_name": "1.jpg", "coco_url": "http://images.cocodataset.org/1.jpg"}
    signals = read_columns(row)
    assert [s.subject for s in signals] == [SignalSubject.LICENCE]
    assert sum_up(signals).licence_conditional is conditional


def test_flickr_number_zero_is_all_rights_reserved():
    assert sum_up(read_columns({"license": "0", "flickr_url": "https://www.flickr.com/photos/x/1/"})).nothing_granted


def test_a_licence_number_without_coco_columns_means_nothing():
    assert read_columns({"license": 2}) == ()


@pytest.mark.parametrize("name", ["license", "LICENSE", "Licence", "license_url", "LicenseURL", "licensename"])
def test_licence_columns_in_any_letter_case(name):
    signals = read_columns({name: "https://creativecommons.org/licenses/by-nc-nd/4.0/"})
    assert {s.value for s in signals} == {"CC-BY-NC-ND-4.0"}


def test_all_rights_reserved_and_stock_agencies_refuse():
    assert sum_up(read_columns({"license": "All rights reserved"})).nothing_granted
    stock = read_columns({"credit": "Jane Doe/Getty Images"})
    assert sum_up(stock).stock_marker
    assert all("Jane" not in s.raw for s in stock)


# --- ages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, Age.MINOR),
        (17, Age.MINOR),
        (17.9, Age.MINOR),
        (18, Age.ADULT),
        (120, Age.ADULT),
        (121, Age.UNREADABLE),
        (-1, Age.UNREADABLE),
        (10**400, Age.UNREADABLE),
        (float("nan"), Age.UNKNOWN),
        (float("inf"), Age.UNREADABLE),
        (True, Age.UNREADABLE),
        (None, Age.UNKNOWN),
        ("", Age.UNKNOWN),
        ("Unknown", Age.UNKNOWN),
        ("0-2", Age.MINOR),
        ("3-9", Age.MINOR),
        ("10-19", Age.MINOR),
        ("20-29", Age.ADULT),
        ("more than 70", Age.ADULT),
        ("60+", Age.ADULT),
        ("[18-30)", Age.ADULT),
        ("(15, 20)", Age.MINOR),
        ("8 \u2013 12", Age.MINOR),
        ("<18", Age.MINOR),
        ("under 20", Age.MINOR),
        ("Young", Age.MINOR),
        ("Middle", Age.UNKNOWN),
        ("Older", Age.UNKNOWN),
        ("Child", Age.MINOR),
        ("teen-ager", Age.MINOR),
        ("-5", Age.UNREADABLE),
        ([], Age.UNREADABLE),
    ],
)
def test_ages_and_buckets(value, expected):
    assert ages_of(value) is expected


@pytest.mark.parametrize(
    "name", ["age", "AGE", "Age_Bucket", "age group", "AgePresentation", "face.age", "subject-age"]
)
def test_age_columns_in_any_spelling_suspect_a_minor(name):
    signals = read_columns({name: "10-19"})
    assert subjects(signals) == {SignalSubject.MINOR, SignalSubject.PERSON}
    assert {s.trust for s in signals} == {Trust.SUSPECTED}


@pytest.mark.parametrize("year", [1, "1", 1.0])
def test_whoever_is_a_minor_now_was_one_in_every_picture(year):
    recent = type(year)(float(year) * (datetime.now(UTC).year - 10))
    assert subjects(read_columns({"birth_year": recent})) == {SignalSubject.MINOR, SignalSubject.PERSON}


@pytest.mark.parametrize("year", [1980, "1980", 3000, "x2015"])
def test_of_an_earlier_year_nobody_can_tell(year):
    assert SignalSubject.MINOR not in subjects(read_columns({"yob": year}))


def test_an_adult_age_clears_nothing():
    assert read_columns({"age": 40}) == ()
    assert not sum_up(read_columns({"age": 40, "AgePresentation": "Older"})).adult_declared


def test_the_youngest_of_a_list_counts():
    assert SignalSubject.MINOR in subjects(read_columns({"ages": [40, 12]}))


def test_an_impossible_age_is_unreadable():
    assert subjects(read_columns({"age": -3}), UNKNOWN) == {SignalSubject.UNREADABLE}


@pytest.mark.parametrize(
    ("row", "minor"),
    [
        ({"is_minor": True}, True),
        ({"is_child": "1"}, True),
        ({"is_minor": False}, False),
        ({"contains_child": 0}, False),
    ],
)
def test_flags_for_minors(row, minor):
    assert (SignalSubject.MINOR in subjects(read_columns(row))) is minor


@pytest.mark.parametrize("label", ["Boy", "Girl", "/m/child Child"])
def test_open_images_labels(label):
    assert SignalSubject.MINOR in subjects(read_columns({"LabelName": label}))


# --- the rest ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["TEXT", "caption", "photo_title", "usertags", "alt"])
def test_captions_under_every_name(name):
    signals = read_columns({name: "Portrait of a toddler"})
    assert {s.location for s in signals} == {f"column:{name}"}
    assert SignalSubject.MINOR in subjects(signals)


def test_captions_in_lists():
    assert SignalSubject.MINOR in subjects(read_columns({"sentences": [{"raw": "A hill"}, {"raw": "Two toddlers"}]}))
    assert SignalSubject.MINOR in subjects(read_columns({"captions": ["A hill", "Two toddlers"]}))


def test_the_no_cv_tag_denies():
    assert subjects(read_columns({"usertags": "sunset,no_cv"})) == BOTH


@pytest.mark.parametrize("row", [{"optOut": True}, {"opt_out": "true"}, {"do_not_train": 1}, {"x-robots-tag": "NoAI"}])
def test_opt_out_columns_deny(row):
    assert subjects(read_columns(row)) == BOTH


@pytest.mark.parametrize(
    "row", [{"optOut": False}, {"opt_out": "false"}, {"optOut": None}, {"x-robots-tag": "nofollow"}]
)
def test_not_having_opted_out_says_nothing(row):
    assert read_columns(row) == ()


@pytest.mark.parametrize(
    ("row", "verdicts"),
    [
        ({"NSFW": "NSFW"}, {DENY}),
        ({"NSFW": "UNLIKELY"}, set()),
        ({"NSFW": "UNSURE"}, {UNKNOWN}),
        ({"punsafe": 0.97}, {DENY}),
        ({"punsafe": "0.0001"}, set()),
        ({"punsafe": float("nan")}, set()),
    ],
)
def test_nsfw_columns(row, verdicts):
    signals = read_columns(row)
    assert {s.subject for s in signals} <= {SignalSubject.SENSITIVE}
    assert {s.verdict for s in signals} == verdicts


@pytest.mark.parametrize("column", ["edm:rights", "dc:rights", "dcterms:license", "metadata.dc:rights"])
def test_a_licence_in_a_column_that_names_its_vocabulary(column):
    [found] = read_columns({column: "http://rightsstatements.org/vocab/InC/1.0/"})
    assert (found.subject, found.verdict) == (SignalSubject.NOTHING_GRANTED, DENY)


@pytest.mark.parametrize(
    ("row", "people"),
    [
        ({"face_boxes": '[{"x": 1}, {"x": 2}]'}, 2),
        ({"face_bboxes": "[[1, 2, 3, 4], [5, 6, 7, 8], [9, 9, 9, 9]]"}, 3),
        ({"face_bboxes": "[1, 2, 3, 4, 5, 6, 7, 8]"}, 2),
        ({"face_bboxes": [1, 2, 3, 4]}, 1),
        ({"face_bbox": [1, 2, 3, 4]}, 1),
        ({"person_bbox": "[1.5, 2, 3, 4]"}, 1),
        ({"subject_id": [101, 102]}, 2),
        ({"face_landmarks": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]}, 1),
        ({"face_landmarks": list(range(136))}, 1),
        ({"num_faces": "[]"}, 0),
        ({"face_boxes": "[1, 2"}, 0),
    ],
)
def test_people_are_counted_by_their_boxes_in_tables_without_lists(row, people):
    assert sum_up(read_columns(row)).persons_counted == people


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"is_ai_generated": True}, True),
        ({"AI-generated": "yes"}, True),
        ({"is_synthetic": 1}, True),
        ({"generator": "Midjourney v6"}, True),
        ({"ai_model": "stable diffusion xl"}, True),
        ({"is_ai_generated": False}, False),
        ({"ai_generated": ""}, False),
        ({"software": "GIMP 2.10"}, False),
        ({"generator": "diesel"}, False),
        ({"tool": None}, False),
    ],
)
def test_columns_that_say_how_a_picture_was_made(row, told):
    assert sum_up(read_columns(row)).synthetic is told


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ({"face_bboxes": [[0, 0, 1, 1]]}, True),
        ({"face_bboxes": []}, False),
        ({"num_faces": 2}, True),
        ({"num_faces": 0}, False),
        ({"gender": "Female"}, True),
        ({"subject_id": "s1"}, True),
        ({"gender": None}, False),
    ],
)
def test_columns_that_tell_of_people(row, shown):
    signals = read_columns(row)
    assert sum_up(signals).person_shown is shown
    assert all(s.raw == "present" for s in signals)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"latitude": 46.81, "longitude": -71.21}, ("CA", "CA-QC")),
        ({"lat": "52.5", "lon": "13.4"}, ("EU-DE",)),
        ({"lat": 0, "lon": 0}, ()),
        ({"lat": 46.81}, ()),
        ({"OriginalURL": "https://photos.example.de/a.jpg"}, ("EU-DE",)),
        ({"country": "BR"}, ("BR",)),
        ({"country": "Brasil"}, ("BR",)),
    ],
)
def test_places_in_columns(row, expected):
    assert hinted_jurisdictions(read_columns(row)) == expected


@pytest.mark.parametrize(
    "row", [{}, {"uid": "x", "similarity": 0.3, "pwatermark": 0.1, "WIDTH": 5, "hash": "abc", "mime_type": "image/png"}]
)
def test_columns_that_say_nothing(row):
    assert read_columns(row) == ()


def test_values_can_be_stored_whatever_they_hold():
    for signal in read_columns({"usertags": "\x00no_cv, no_cv\ud800, no_cv", "license": "CC BY 4.0\x00"}):
        assert "\x00" not in signal.raw + signal.value
        signal.raw.encode("utf-8")


def test_too_many_columns_are_unreadable_beyond_the_bound():
    signals = read_columns({f"c{n}": n for n in range(MAX_COLUMNS + 5)})
    assert {s.subject for s in signals} == {SignalSubject.UNREADABLE}


def test_every_name_is_written_as_it_is_compared():
    data = table("columns.toml")
    names = [name for role, listed in data.items() if isinstance(listed, list) for name in listed]
    assert [name for name in names if name != name.lower() or " " in name or "-" in name] == []


CELLS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = sorted({n for role, listed in table("columns.toml").items() if isinstance(listed, list) for n in listed})


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), CELLS, max_size=6))
def test_no_cell_raises_and_none_clears(row):
    for signal in read_columns(row):
        assert signal.verdict is not SignalVerdict.ALLOW
        assert len(signal.raw) <= 1_000
        signal.raw.encode("utf-8")


@pytest.mark.parametrize(
    "name",
    [
        "face_count", "faceCount", "FACES", "people", "num_people", "n-persons", "NumberOfFaces", "numfaces",
        "nb_visages", "number of people in image", "detected_faces", "faces_detected", "meta.person_count",
        "Anzahl Personen", "count of persons", "headcount", "n_person", "total_people", "subject_count",
    ],
)  # fmt: skip
def test_a_column_that_counts_people_is_known_by_its_words(name):
    found = read_columns({name: "4"})
    assert [(s.subject, s.verdict, s.value) for s in found] == [(SignalSubject.PERSON, SignalVerdict.DENY, "4")]


@pytest.mark.parametrize(("told", "most"), [("2-3", "3"), ("2+", "2"), ("~5", "5"), ("3 to 4", "4"), ("1/2", "2")])
def test_of_a_count_that_is_not_certain_the_most_counts(told, most):
    assert [s.value for s in read_columns({"faces": told})] == [most]


@pytest.mark.parametrize(
    "name",
    [
        "person_number", "person_no", "subject_no", "subjects", "heads", "surface_count", "n_views", "count", "number",
        "total", "persona", "image_count", "no_facet", "humanities_count",
    ],
)  # fmt: skip
def test_what_counts_something_else_counts_nobody(name):
    assert not any(s.value == "4" for s in read_columns({name: "4"}))


@pytest.mark.parametrize(
    ("row", "made"),
    [
        ({"prompt": "a cup", "seed": 1, "steps": 20, "sampler": "Euler", "cfg_scale": 7}, True),
        ({"prompt": "a cup", "seed": 5, "step": 50, "cfg": 7.0}, True),
        ({"prompt": "Describe the picture", "seed": 1}, False),
        ({"prompt": None, "seed": None, "steps": None, "caption": "a cup"}, False),
        ({"caption": "An AI-generated cup"}, True),
        ({"XMP:DigitalSourceType": "Created using Generative AI"}, True),
        ({"about": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"}, True),
        ({"DigitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"}, False),
        ({"caption": "A cup, not AI-generated"}, False),
    ],
)
def test_what_a_generator_or_a_caption_says_in_columns(row, made):
    assert sum_up(read_columns(row)).synthetic is made


@pytest.mark.parametrize("column", ["file_path", "url"])
def test_what_an_agency_calls_its_downloads_is_its_mark(column):
    assert sum_up(read_columns({column: "photos/iStock-123456789.jpg"})).stock_marker
    assert not sum_up(read_columns({column: "photos/stock-123456789.jpg"})).stock_marker
