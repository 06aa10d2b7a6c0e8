"""Lists of metadata say what the metadata say that they were made from, whatever their groups."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.carriers.xmp import Property, Value
from provenance.model import Signal, SignalSubject, SignalVerdict
from provenance.signals.columns import MAX_DEPTH, read_columns
from provenance.signals.dumps import read_dump
from provenance.signals.embedded import read_embedded
from provenance.signals.people import read_people
from provenance.signals.plus import read_plus
from provenance.signals.synthetic import read_synthetic

_PLUS = "http://ns.useplus.org/ldf/xmp/1.0/"
_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_TAGS = [
    ("plus", _PLUS, "DataMining", "DMI-PROHIBITED-AIMLTRAINING"),
    ("plus", _PLUS, "MinorModelAgeDisclosure", "AG-U14"),
    ("plus", _PLUS, "ModelReleaseStatus", "MR-NON"),
    ("iptcExt", _EXT, "ModelAge", "15"),
    ("iptcExt", _EXT, "PersonInImage", "p1"),
    (
        "iptcExt", _EXT, "DigitalSourceType",
        "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
    ),
]  # fmt: skip


def said(signals: tuple[Signal, ...] | list[Signal]) -> set[tuple[SignalSubject, SignalVerdict, str]]:
    return {(signal.subject, signal.verdict, signal.value) for signal in signals}


@pytest.mark.parametrize(("group", "uri", "tag", "value"), _TAGS)
def test_a_tag_says_the_same_under_its_group_its_family_and_alone(group: str, uri: str, tag: str, value: str) -> None:
    properties = (Property(uri, tag, Value(value)),)
    own = said([*read_plus(properties, ""), *read_people(properties, ""), *read_synthetic(properties, "")])
    assert own
    forms = (
        {f"XMP-{group}:{tag}": value},
        {f"XMP:{tag}": value},
        {tag: value},
        {f"XMP-{group}": {tag: value}},
        {"XMP": {tag: [value]}},
    )
    for form in forms:
        assert own <= said(read_columns(form)), form
        assert own <= said(read_embedded(b"GIF89a" + bytes(7) + b";", sidecars={"a.json": json.dumps([form]).encode()}))


@pytest.mark.parametrize(
    "name",
    [
        "IPTC:SpecialInstructions", "EXIF:Copyright", "IFD0:Copyright", "XMP-dc:Rights", "XMP-photoshop:Instructions",
    ],
)  # fmt: skip
def test_words_of_a_tag_are_read_as_those_of_its_field(name: str) -> None:
    found = read_columns({name: "Not for AI training. All rights reserved."})
    assert SignalSubject.RESERVATION in {signal.subject for signal in found}


@pytest.mark.parametrize(
    "columns",
    [
        {"EXIF:Make": "Nikon", "EXIF:ISO": 400, "File:FileSize": "3 kB", "XMP:Rating": 5, "Composite:Aperture": 2.8},
        {"rights:id": 7, "age:bucket": 3, "Source": "camera 2", "Title": "A lake", "model": "resnet"},
        {"XMP-exif:ExposureTime": "1/60", "XMP-crs:Version": "15", "XMP-xmpMM:InstanceID": "x"},
    ],
)
def test_what_cameras_and_programs_write_says_nothing(columns: dict[str, object]) -> None:
    assert [signal for signal in read_columns(columns) if signal.verdict is SignalVerdict.DENY] == []
    assert SignalSubject.UNREADABLE not in {signal.subject for signal in read_columns(columns)}


@pytest.mark.parametrize(
    "nested",
    [
        {"license": {"name": "CC BY-NC 4.0", "url": "https://creativecommons.org/licenses/by-nc/4.0/"}},
        {"licenses": [{"id": 1, "name": "CC BY-NC 4.0"}]},
        {"extmetadata": {"LicenseShortName": {"value": "CC BY-NC 4.0"}}},
        {"meta": {"rights": {"statement": {"usage_terms": "non-commercial use only"}}}},
    ],
)
def test_a_licence_is_one_however_it_is_nested(nested: dict[str, object]) -> None:
    assert {SignalSubject.LICENCE, SignalSubject.RIGHTS} & {signal.subject for signal in read_columns(nested)}


def test_objects_in_a_list_are_read_and_a_table_of_boxes_says_nothing() -> None:
    shapes = [{"label": "dog", "points": [[1.5, 2.5]] * 4, "group_id": None, "flags": {}} for _ in range(400)]
    assert read_columns({"shapes": shapes, "imageHeight": 480}) == ()
    assert read_columns({"categories": [{"id": 1, "name": "person"}, {"id": 2, "name": "dog"}]}) == ()
    people = read_columns({"subjects": [{"age": 9}, {"age": 41}]})
    assert (SignalSubject.MINOR, SignalVerdict.DENY) in {(signal.subject, signal.verdict) for signal in people}


def test_what_is_nested_deeper_than_is_read_is_told() -> None:
    held: dict[str, object] = {"rights": "no AI training"}
    for _ in range(MAX_DEPTH):
        held = {"a": held}
    assert SignalSubject.RESERVATION in {signal.subject for signal in read_columns(held)}
    assert {signal.subject for signal in read_columns({"b": {"c": held}})} == {SignalSubject.UNREADABLE}


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(["XMP-plus:DataMining", "XMP:RegionList", "IPTC:Keywords", "ModelAge", "XMP-x:y.z"]), _JSON)
def test_no_value_raises(name: str, value: object) -> None:
    list(read_dump([(name, value)]))
    read_columns({name: value})
