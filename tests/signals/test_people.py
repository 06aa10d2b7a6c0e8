"""People in metadata: how many, how old at least, never who."""

from __future__ import annotations

import pytest

from provenance.carriers.xmp import flattened, read_xmp
from provenance.signals.people import read_people


def read(files, body):
    packet = read_xmp(files.packet(body))
    assert packet.problem == ""
    signals = list(read_people(flattened(packet.properties), "here"))
    assert "NAME" not in repr(signals)
    return [(s.subject.value, s.verdict.value, s.name, s.value) for s in signals]


def ages(*values):
    items = "".join(f"<rdf:li>{value}</rdf:li>" for value in values)
    return f"<Iptc4xmpExt:ModelAge><rdf:Bag>{items}</rdf:Bag></Iptc4xmpExt:ModelAge>"


@pytest.mark.parametrize(
    ("values", "verdict", "youngest"), [((25, 17, 30), "DENY", "17"), ((0,), "DENY", "0"), ((18, 40), "ALLOW", "18")]
)
def test_model_ages(files, values, verdict, youngest):
    found = read(files, ages(*values))
    assert found == [
        ("MINOR", verdict, "Iptc4xmpExt:ModelAge", youngest),
        ("PERSON", "DENY", "Iptc4xmpExt:ModelAge", str(len(values))),
    ]


@pytest.mark.parametrize("value", ["-3", "121", "twelve", "12.5", "9999999999"])
def test_an_age_that_is_none_is_unreadable(files, value):
    found = read(files, ages(value, 30))
    assert found[:2] == [
        ("MINOR", "ALLOW", "Iptc4xmpExt:ModelAge", "30"),
        ("UNREADABLE", "UNKNOWN", "Iptc4xmpExt:ModelAge", "not an age"),
    ]


def test_persons_shown(files):
    body = (
        "<Iptc4xmpExt:PersonInImage><rdf:Bag><rdf:li>NAME A</rdf:li><rdf:li>NAME B</rdf:li></rdf:Bag>"
        "</Iptc4xmpExt:PersonInImage>"
        '<Iptc4xmpExt:PersonInImageWDetails><rdf:Bag><rdf:li rdf:parseType="Resource"><Iptc4xmpExt:PersonName>'
        "NAME</Iptc4xmpExt:PersonName></rdf:li></rdf:Bag></Iptc4xmpExt:PersonInImageWDetails>"
    )
    assert read(files, body) == [
        ("PERSON", "DENY", "Iptc4xmpExt:PersonInImage", "2"),
        ("PERSON", "DENY", "Iptc4xmpExt:PersonInImageWDetails", "1"),
    ]


def test_an_empty_list_of_persons_shows_nobody(files):
    assert read(files, "<Iptc4xmpExt:PersonInImage><rdf:Bag/></Iptc4xmpExt:PersonInImage>") == []


def regions(*kinds):
    items = "".join(
        '<rdf:li rdf:parseType="Resource"><mwg-rs:Name>NAME</mwg-rs:Name>'
        + (f"<mwg-rs:Type>{kind}</mwg-rs:Type>" if kind else "")
        + "</rdf:li>"
        for kind in kinds
    )
    return (
        f'<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:RegionList><rdf:Bag>{items}</rdf:Bag></mwg-rs:RegionList>'
        "</mwg-rs:Regions>"
    )


def test_face_regions(files):
    assert read(files, regions("Face", "Face", "Pet", "Focus", "BarCode")) == [
        ("PERSON", "DENY", "mwg-rs:RegionList", "2")
    ]
    assert read(files, regions("Pet")) == []
    assert read(files, regions("")) == [("PERSON", "UNKNOWN", "mwg-rs:RegionList", "1")]


def test_face_regions_written_as_attributes(files):
    body = (
        "<mwg-rs:Regions><rdf:Description><mwg-rs:RegionList><rdf:Bag><rdf:li>"
        '<rdf:Description mwg-rs:Name="NAME" mwg-rs:Type="Face"/></rdf:li></rdf:Bag></mwg-rs:RegionList>'
        "</rdf:Description></mwg-rs:Regions>"
    )
    assert read(files, body) == [("PERSON", "DENY", "mwg-rs:RegionList", "1")]


def test_microsoft_people_tags(files):
    body = (
        '<MP:RegionInfo rdf:parseType="Resource"><MPRI:Regions><rdf:Bag><rdf:li rdf:parseType="Resource">'
        "<MPReg:PersonDisplayName>NAME</MPReg:PersonDisplayName></rdf:li></rdf:Bag></MPRI:Regions></MP:RegionInfo>"
    )
    assert read(files, body) == [
        ("PERSON", "DENY", "MPRI:Regions", "1"),
        ("PERSON", "DENY", "MPReg:PersonDisplayName", "1"),
    ]


def test_digikam_people_tags(files):
    tags = "<rdf:li>People/NAME</rdf:li><rdf:li>Places/Rome</rdf:li>"
    body = f"<digiKam:TagsList><rdf:Seq>{tags}</rdf:Seq></digiKam:TagsList>"
    assert read(files, body) == [("PERSON", "DENY", "digiKam:TagsList", "1")]


def test_image_regions(files):
    def region(inner):
        return f'<rdf:li rdf:parseType="Resource">{inner}</rdf:li>'

    person = region("<Iptc4xmpExt:PersonInImage><rdf:Bag><rdf:li>NAME</rdf:li></rdf:Bag></Iptc4xmpExt:PersonInImage>")
    human = region(
        '<Iptc4xmpExt:rCtype><rdf:Bag><rdf:li rdf:parseType="Resource"><Iptc4xmpExt:Name>human</Iptc4xmpExt:Name>'
        "</rdf:li></rdf:Bag></Iptc4xmpExt:rCtype>"
    )
    other = region("<Iptc4xmpExt:rId>r1</Iptc4xmpExt:rId>")
    found = read(files, f"<Iptc4xmpExt:ImageRegion><rdf:Bag>{person}{human}{other}</rdf:Bag></Iptc4xmpExt:ImageRegion>")
    assert found[:2] == [
        ("PERSON", "DENY", "Iptc4xmpExt:ImageRegion", "2"),
        ("PERSON", "UNKNOWN", "Iptc4xmpExt:ImageRegion", "1"),
    ]


def test_a_foreign_namespace_shows_nobody(files):
    assert read(files, '<x:ModelAge xmlns:x="http://example.com/">12</x:ModelAge>') == []


@pytest.mark.timeout(20)
def test_regions_in_regions_cost_no_more_than_their_number(files):
    """Thirty levels around thirty thousand elements."""
    level = '<Iptc4xmpExt:ImageRegion rdf:parseType="Resource">'
    found = read(files, level * 30 + "<dc:x>a</dc:x>" * 30_000 + "</Iptc4xmpExt:ImageRegion>" * 30)
    assert set(found) == {("PERSON", "UNKNOWN", "Iptc4xmpExt:ImageRegion", "1")}
