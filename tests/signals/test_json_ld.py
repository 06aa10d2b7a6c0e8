"""JSON-LD as XMP properties, whatever shape it has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.carriers.xmp import flattened, texts
from provenance.signals.json_ld import json_properties

DC = "http://purl.org/dc/elements/1.1/"
SCHEMA = "https://schema.org/"


def told(data):
    return [(prop.namespace, prop.name, list(texts(prop.value))) for prop in json_properties(data)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"dc:rights": "ACME"}, (DC, "rights", ["ACME"])),
        ({"@context": {"x": DC}, "x:rights": "ACME"}, (DC, "rights", ["ACME"])),
        ({"@context": [{"x": DC}, "https://schema.org"], "x:rights": "ACME"}, (DC, "rights", ["ACME"])),
        ({"@context": {"s": "http://schema.org/"}, "s:license": "a"}, (SCHEMA, "license", ["a"])),
        ({"license": "a"}, (SCHEMA, "license", ["a"])),
        ({"dc:rights": ["a", "b"]}, (DC, "rights", ["a", "b"])),
        ({"dc:rights": {"@value": "a", "@language": "en"}}, (DC, "rights", ["a"])),
        ({"dc:rights": {"@list": ["a", "b"]}}, (DC, "rights", ["a", "b"])),
        ({"dc:rights": {"x-default": "a", "de": "b"}}, (DC, "rights", ["a", "b"])),
        ({"license": {"@id": "https://example.org/l"}}, (SCHEMA, "license", ["https://example.org/l"])),
        ({"dc:rights": None}, (DC, "rights", [])),
        ({"dc:rights": 7}, (DC, "rights", ["7"])),
    ],
)
def test_shapes(data, expected):
    assert told(data) == [expected]


def test_what_starts_with_an_at_sign_is_no_property():
    assert told({"@type": "CreativeWork", "@graph": []}) == []


def test_objects_inside_are_fields():
    inner = list(flattened(json_properties({"author": {"@type": "Person", "copyrightNotice": "ACME"}})))
    assert [(prop.name, prop.value.text) for prop in inner] == [("author", ""), ("copyrightNotice", "ACME")]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=8), json_values, max_size=4), json_values)
def test_no_shape_raises(data, context):
    list(flattened(json_properties({"@context": context, **data})))


def test_depth_is_bounded():
    deep: dict[str, object] = {"name": "bottom"}
    for _ in range(500):
        deep = {"isPartOf": deep}
    assert len(list(flattened(json_properties(deep)))) < 20
