"""The XMP reader: every way to write a value gives the same value, and nothing hostile gets through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.carriers.xmp import RDF, Property, Value, flattened, read_xmp, texts

NS = "http://example.com/ns/"


def rdf(body, attributes=""):
    return (
        f'<rdf:RDF xmlns:rdf="{RDF}" xmlns:e="{NS}"><rdf:Description {attributes}>{body}</rdf:Description></rdf:RDF>'
    ).encode()


def only(data):
    result = read_xmp(data)
    assert result.problem == ""
    (prop,) = result.properties
    assert (prop.namespace, prop.name) == (NS, "p")
    return prop.value


STRUCTURES = {
    "description": "<e:p><rdf:Description><e:a>1</e:a><e:b>2</e:b></rdf:Description></e:p>",
    "description with attributes": '<e:p><rdf:Description e:a="1" e:b="2"/></e:p>',
    "parse type": '<e:p rdf:parseType="Resource"><e:a>1</e:a><e:b>2</e:b></e:p>',
    "attributes": '<e:p e:a="1" e:b="2"/>',
}


BEGIN, END = b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>', b'<?xpacket end="w"?>'


def test_a_wrapper_around_nothing_lacks_nothing():
    assert read_xmp(BEGIN + b" " * 2_000 + b"\n" + END).problem == ""


@pytest.mark.parametrize("cut", [BEGIN, BEGIN + b"<x:xmpmeta " + END, BEGIN + b"words" + END, END])
def test_a_wrapper_of_which_something_is_gone_is_a_problem(cut):
    assert read_xmp(cut).problem != ""


@pytest.mark.parametrize("form", STRUCTURES)
def test_structures(form):
    fields = tuple(Property(NS, name, Value(text)) for name, text in (("a", "1"), ("b", "2")))
    assert only(rdf(STRUCTURES[form])).fields == fields


@pytest.mark.parametrize("kind", ["Alt", "Bag", "Seq"])
def test_arrays(kind):
    value = only(rdf(f'<e:p><rdf:{kind}><rdf:li xml:lang="de">x</rdf:li><rdf:li>y</rdf:li></rdf:{kind}></e:p>'))
    assert value.items == (Value("x", lang="de"), Value("y"))


def test_simple_values_in_both_forms_and_as_a_resource():
    assert only(rdf("<e:p>t</e:p>")).text == "t"
    assert only(rdf("", 'e:p="t"')).text == "t"
    assert only(rdf('<e:p rdf:resource="http://x/"/>')).text == "http://x/"
    assert only(rdf("<e:p><rdf:Description><rdf:value>t</rdf:value><e:q>u</e:q></rdf:Description></e:p>")).text == "t"


def test_structures_in_arrays_in_structures():
    body = (
        '<e:p rdf:parseType="Resource"><e:l><rdf:Bag><rdf:li rdf:parseType="Resource"><e:n>deep</e:n></rdf:li>'
        "</rdf:Bag></e:l></e:p>"
    )
    result = read_xmp(rdf(body))
    assert [prop.name for prop in flattened(result.properties)] == ["p", "l", "n"]
    assert list(texts(result.properties[0].value)) == ["deep"]


def test_the_same_name_in_two_namespaces_stays_two_properties():
    data = rdf("", f'e:p="1" xmlns:f="{NS}other/" f:p="2"')
    assert [(prop.namespace, prop.value.text) for prop in read_xmp(data).properties] == [
        (NS, "1"),
        (f"{NS}other/", "2"),
    ]


def test_any_prefix_will_do():
    data = f'<q:RDF xmlns:q="{RDF}"><q:Description xmlns:zz="{NS}" zz:p="1"/></q:RDF>'.encode()
    assert only(data).text == "1"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
@pytest.mark.parametrize("padding", ["", "\0\0\0", " \n\0"])
def test_encodings_and_padding(encoding, padding):
    text = f'<?xpacket begin="\ufeff" id="x"?>{rdf("<e:p>Ünï</e:p>").decode()}<?xpacket end="w"?>{padding}'
    assert only(text.encode(encoding)).text == "Ünï"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=50).filter(str.strip))
def test_any_text_comes_back(text):
    from xml.sax.saxutils import escape

    assert only(rdf(f"<e:p>{escape(text)}</e:p>")).text == text


DAMAGED = {
    "document type": b"<!DOCTYPE x><x/>",
    "external entity": b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    "cut short": rdf("<e:p>1</e:p>")[:-10],
    "two roots": rdf("") + b"<x/>",
    "undeclared prefix": b"<u:x/>",
    "unknown encoding": b'<?xml version="1.0" encoding="nonsense"?><x/>',
    "nothing": b"",
    "too deep": b"<x>" * 100 + b"</x>" * 100,
    "too many": rdf("<e:p/>" * 50_001),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_damage_is_a_problem(kind):
    assert read_xmp(DAMAGED[kind]).problem != ""


def test_what_was_read_before_the_damage_is_kept():
    result = read_xmp(rdf("<e:p>1</e:p><e:q>")[:-30])
    assert (result.properties[0].name, result.properties[0].value.text) == ("p", "1")
    assert result.problem


def test_a_damaged_wrapper_does_not_hide_the_packet():
    result = read_xmp(b'<?xpacket begin="\x01"?>' + rdf("<e:p>1</e:p>"))
    assert [prop.value.text for prop in result.properties] == ["1"]
    assert result.problem


def test_an_external_entity_is_not_opened(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("PASSWORD")
    data = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'.encode() + rdf("<e:p>&e;</e:p>")
    assert "PASSWORD" not in repr(read_xmp(data))


@given(st.binary(max_size=400))
def test_no_bytes_make_it_raise(noise):
    read_xmp(noise)
    read_xmp(rdf("<e:p>")[:120] + noise)
