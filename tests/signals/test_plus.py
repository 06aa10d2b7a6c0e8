"""PLUS values as real writers spell them: a refusal counts however it is spelt, a permission only as it should be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.carriers.xmp import Property, Value, read_xmp
from provenance.model import SignalSubject, SignalVerdict, Trust
from provenance.signals.fields import table
from provenance.signals.plus import code_of, data_mining, read_plus

PLUS = "http://ns.useplus.org/ldf/xmp/1.0/"
VOCABULARY = "http://ns.useplus.org/ldf/vocab/"
ALLOW, DENY, UNKNOWN = SignalVerdict.ALLOW, SignalVerdict.DENY, SignalVerdict.UNKNOWN


def read(namespace, name, *values):
    value = Value(values[0]) if len(values) == 1 else Value(items=tuple(map(Value, values)))
    return list(read_plus([Property(namespace, name, value)], "here"))


def verdicts(signals):
    return [signal.verdict for signal in signals]


def test_the_vocabularies_are_complete():
    """PLUS LDF: nine data-mining codes, thirteen ages, four of each release status, three copyright statuses."""
    tables = table("plus.toml")
    names = ("data_mining", "minor_age", "model_release", "property_release", "copyright_status")
    assert [len(tables[name]) for name in names] == [9, 13, 4, 4, 3]


MISSPELT = [
    "DMI-PROHIBITED",
    " dmi-prohibited ",
    "http://ns.useplus.org/LDF/vocab/DMI-PROHIBITED",
    "https://ns.useplus.org/ldf/vocab/dmi-prohibited-aimltraining",
    "plus:DMI-PROHIBITED",
    "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED/",
]


@pytest.mark.parametrize("raw", MISSPELT)
def test_a_misspelt_prohibition_is_a_prohibition(raw):
    found = read(PLUS, "DataMining", raw)
    assert verdicts(found) == [DENY, DENY]
    assert all(signal.nonstandard and signal.raw == raw.strip() for signal in found)


@pytest.mark.parametrize(
    "raw",
    [
        value.replace("PROHIBITED-AIMLTRAINING", "x")
        .replace("PROHIBITED", "ALLOWED")
        .replace("prohibited-aimltraining", "allowed")
        .replace("prohibited", "allowed")
        for value in MISSPELT
    ],
)
def test_a_misspelt_permission_is_none(raw):
    assert verdicts(read(PLUS, "DataMining", raw)) == [UNKNOWN, UNKNOWN]


@pytest.mark.parametrize(
    "namespace", ["http://ns.useplus.org/LDF/1.0/", "http://ns.useplus.org/ldf/xmp/1.0", "http://example.com/"]
)
def test_the_wrong_namespace(namespace):
    assert verdicts(read(namespace, "DataMining", VOCABULARY + "DMI-PROHIBITED")) == [DENY, DENY]
    assert set(verdicts(read(namespace, "DataMining", VOCABULARY + "DMI-ALLOWED"))) == {UNKNOWN}


def test_the_code_as_a_property_of_its_own():
    iptc = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
    assert verdicts(read(iptc, "DMI-PROHIBITED-AIMLTRAINING", "true")) == [DENY, DENY]
    assert read(iptc, "DMI-PROHIBITED-AIMLTRAINING", "false") == []
    assert read(iptc, "DMI-ALLOWED", "true") == []


def test_the_most_restrictive_of_several_values_is_there():
    found = read(PLUS, "DataMining", VOCABULARY + "DMI-ALLOWED", VOCABULARY + "DMI-PROHIBITED")
    assert verdicts(found) == [ALLOW, ALLOW, DENY, DENY]


def test_a_minor_code_under_any_name():
    (minor, person) = read("http://example.com/", "whatever", VOCABULARY + "AG-U14")
    assert (minor.subject, minor.verdict) == (SignalSubject.MINOR, DENY)
    assert (person.subject, person.verdict) == (SignalSubject.PERSON, DENY)
    assert read("http://example.com/", "whatever", VOCABULARY + "AG-A25") == []


@pytest.mark.parametrize(
    ("name", "code", "subject", "verdict"),
    [
        ("ModelReleaseStatus", "MR-NON", SignalSubject.RELEASE, DENY),
        ("ModelReleaseStatus", "MR-NAP", SignalSubject.RELEASE, UNKNOWN),
        ("ModelReleaseStatus", "MR-UMR", SignalSubject.RELEASE, UNKNOWN),
        ("ModelReleaseStatus", "MR-LMR", SignalSubject.RELEASE, UNKNOWN),
        ("PropertyReleaseStatus", "PR-NON", SignalSubject.RELEASE, UNKNOWN),
        ("CopyrightStatus", "CS-PRO", SignalSubject.RIGHTS, UNKNOWN),
        ("CopyrightStatus", "CS-PUB", SignalSubject.RIGHTS, UNKNOWN),
        ("ImageDuplicationConstraints", "DP-NOD", SignalSubject.RIGHTS, UNKNOWN),
        ("AdultContentWarning", "CW-AWR", SignalSubject.SENSITIVE, DENY),
    ],
)
def test_other_vocabularies(name, code, subject, verdict):
    (signal,) = read(PLUS, name, VOCABULARY + code)
    assert (signal.subject, signal.verdict, signal.value, signal.name) == (subject, verdict, code, f"plus:{name}")
    assert not signal.nonstandard


def test_the_trust_of_the_caller_is_kept():
    assert {signal.trust for signal in data_mining("DMI-PROHIBITED", "n", "l", Trust.SIGNED)} == {Trust.SIGNED}


def test_an_attribute_and_an_element_say_the_same(files):
    element = read_xmp(files.packet(f"<plus:DataMining>{VOCABULARY}DMI-PROHIBITED</plus:DataMining>"))
    attribute = read_xmp(files.packet("", f'plus:DataMining="{VOCABULARY}DMI-PROHIBITED"'))
    link = read_xmp(files.packet(f'<plus:DataMining rdf:resource="{VOCABULARY}DMI-PROHIBITED"/>'))
    signals = [tuple(read_plus(packet.properties, "x")) for packet in (element, attribute, link)]
    assert signals[0] == signals[1] == signals[2] != ()


@given(st.text(max_size=80))
def test_no_text_is_an_allow_but_the_standard_one(text):
    for signal in data_mining(text, "plus:DataMining", "x"):
        assert signal.verdict is not ALLOW


@given(
    st.sampled_from(["", "http://ns.useplus.org/ldf/vocab/", "https://x/y#"]),
    st.text(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ-"), max_size=30),
)
def test_every_code_that_starts_with_prohibited_prohibits(prefix, rest):
    code, _ = code_of(f"{prefix}DMI-PROHIBITED{rest}")
    assert code.startswith("DMI-PROHIBITED")
    generative, _ = data_mining(f"{prefix}DMI-PROHIBITED{rest}", "n", "l")
    assert generative.verdict is DENY
