"""C2PA entries and their trust, without a manifest at hand; the real manifests are in the corpus tests."""

from __future__ import annotations

import sys

import pytest

from provenance.model import SignalSubject, SignalVerdict, Trust
from provenance.signals import c2pa as reader
from provenance.signals.embedded import read_embedded

ALLOW, DENY, UNKNOWN = SignalVerdict.ALLOW, SignalVerdict.DENY, SignalVerdict.UNKNOWN
GENERATIVE, OTHER, RIGHTS = SignalSubject.TRAINING_GENERATIVE, SignalSubject.TRAINING_OTHER, SignalSubject.RIGHTS


def use(key, value, trust=Trust.SIGNED):
    return [(signal.subject, signal.verdict) for signal in reader.use_signals(key, value, "here", trust)]


@pytest.mark.parametrize("prefix", ["cawg", "c2pa"])
def test_what_each_key_speaks_of(prefix):
    assert use(f"{prefix}.ai_generative_training", "notAllowed") == [(GENERATIVE, DENY)]
    assert use(f"{prefix}.ai_training", "notAllowed") == [(OTHER, DENY)]
    assert use(f"{prefix}.data_mining", "notAllowed") == [(GENERATIVE, DENY), (OTHER, DENY)]
    assert use(f"{prefix}.ai_inference", "notAllowed") == [(RIGHTS, UNKNOWN)]
    assert use(f"{prefix}.data_mining", "allowed") == [(GENERATIVE, UNKNOWN), (OTHER, UNKNOWN)]


@pytest.mark.parametrize("value", ["notAllowed", "constrained", "not_allowed", "NotAllowed"])
@pytest.mark.parametrize("trust", list(Trust))
def test_a_refusal_counts_at_every_trust(value, trust):
    assert use("cawg.ai_training", value, trust) == [(OTHER, DENY)]


def test_a_permission_counts_only_when_signed():
    assert use("cawg.ai_training", "allowed") == [(OTHER, ALLOW)]
    assert use("cawg.ai_training", "allowed", Trust.INVALID) == [(OTHER, UNKNOWN)]
    assert use("cawg.ai_training", "Allowed") == [(OTHER, UNKNOWN)]
    assert use("acme.my_training", "allowed") == [(GENERATIVE, UNKNOWN), (OTHER, UNKNOWN)]
    assert use("acme.my_training", "notAllowed") == [(GENERATIVE, DENY), (OTHER, DENY)]


def store(label, data, *, active="m"):
    return {"active_manifest": active, "manifests": {"m": {"assertions": [{"label": label, "data": data}]}}}


ENTRIES = {"entries": {"cawg.ai_training": {"use": "allowed"}}}


@pytest.mark.parametrize("label", ["cawg.training-mining", "cawg.training-mining__1", "c2pa.training-mining.v2"])
def test_labels_are_matched_by_prefix(label):
    found = list(reader._store(store(label, ENTRIES), "Valid", "here"))
    assert [(s.subject, s.verdict, s.trust) for s in found] == [(OTHER, ALLOW, Trust.SIGNED)]


def test_an_allow_of_an_ingredient_or_of_an_invalid_store_does_not_count():
    ingredient = list(reader._store(store("cawg.training-mining", ENTRIES, active="other"), "Valid", "x"))
    assert [(s.verdict, s.trust) for s in ingredient] == [(UNKNOWN, Trust.INVALID)]
    invalid = list(reader._store(store("cawg.training-mining", ENTRIES), "Invalid", "x"))
    assert [s.subject for s in invalid] == [SignalSubject.UNREADABLE, OTHER]
    assert {s.verdict for s in invalid} == {UNKNOWN}


def test_an_assertion_of_another_shape_is_unreadable():
    for data in ("text", ["list"], {"entries": "x"}, {}):
        found = list(reader._store(store("cawg.training-mining", data), "Valid", "x"))
        assert [s.subject for s in found] == [SignalSubject.UNREADABLE]


def test_an_assertion_of_another_shape_that_spells_out_a_refusal(manifests):
    """A list where a map belongs: what it says can only be found in the bytes."""
    assertions = {"cawg.training-mining": ["cawg.ai_training", {"use": "notAllowed"}]}
    found = read_embedded(manifests.sign(picture("JPEG"), "image/jpeg", assertions))
    assert {s.subject for s in found if s.verdict is DENY} == {GENERATIVE, OTHER}


def test_fields_repeated_in_a_metadata_assertion():
    data = {"plus:DataMining": "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED", "other": 3}
    found = list(reader._store(store("cawg.metadata", data), "Valid", "x"))
    assert [(s.subject, s.verdict) for s in found] == [(GENERATIVE, DENY), (OTHER, DENY)]


def test_a_generated_picture():
    data = {
        "actions": [{"digitalSourceType": " http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"}]
    }
    (found,) = reader._store(store("c2pa.actions.v2", data), "Valid", "x")
    assert (found.subject, found.verdict, found.value) == (SignalSubject.SYNTHETIC, DENY, "trainedAlgorithmicMedia")


def manifest(files, body):
    return files.jpeg(files.segment(0xEB, b"JP\0\1\0\0\0\1" + files.box(b"jumb", b"c2pa" + body)))


def test_without_the_extra_a_manifest_is_unreadable_and_still_refuses(files, monkeypatch):
    monkeypatch.setitem(sys.modules, "c2pa", None)
    found = read_embedded(manifest(files, b"cawg.training-mining...notAllowed"))
    assert SignalSubject.UNREADABLE in {signal.subject for signal in found}
    assert {signal.subject for signal in found if signal.verdict is DENY} == {GENERATIVE, OTHER}


def test_a_broken_manifest_is_unreadable_and_still_refuses(files):
    pytest.importorskip("c2pa")
    found = read_embedded(manifest(files, b"cawg.training-mining...notAllowed"))
    assert SignalSubject.UNREADABLE in {signal.subject for signal in found}
    assert {signal.subject for signal in found if signal.verdict is DENY} == {GENERATIVE, OTHER}


def test_jumbf_that_is_no_manifest_says_nothing(files):
    data = files.jpeg(files.segment(0xEB, b"JP\0\1\0\0\0\1" + files.box(b"jumb", b"a 360 degree picture")))
    assert read_embedded(data) == ()


def test_a_manifest_that_lies_elsewhere_is_unread(files):
    xmp = files.packet("<dcterms:provenance>https://example.com/m.c2pa</dcterms:provenance>")
    (signal,) = read_embedded(files.jpeg(files.xmp_segment(xmp)))
    assert (signal.subject, signal.name, signal.raw) == (
        SignalSubject.UNREADABLE,
        "c2pa.remote-manifest",
        "https://example.com/m.c2pa",
    )


# --- manifests signed on the spot ---------------------------------------------------------------------------------


def picture(kind):
    import io

    from PIL import Image

    stream = io.BytesIO()
    Image.effect_noise((64, 64), 50).convert("RGB").save(stream, kind)
    return stream.getvalue()


def mining(**uses):
    return {"cawg.training-mining": {"entries": {f"cawg.{key}": {"use": use} for key, use in uses.items()}}}


KINDS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif", "TIFF": "image/tiff"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_signed_manifest_in_every_carrier(manifests, kind):
    entries = mining(ai_training="constrained", ai_generative_training="allowed")
    found = read_embedded(manifests.sign(picture(kind), KINDS[kind], entries))
    assert [(s.subject, s.verdict, s.trust) for s in found if s.subject is not SignalSubject.SYNTHETIC] == [
        (GENERATIVE, ALLOW, Trust.SIGNED),
        (OTHER, DENY, Trust.SIGNED),
    ]


def test_a_changed_picture_loses_its_permission_and_keeps_its_refusal(manifests):
    entries = mining(ai_training="notAllowed", ai_generative_training="allowed")
    data = bytearray(manifests.sign(picture("JPEG"), "image/jpeg", entries))
    data[-500] ^= 1
    found = read_embedded(bytes(data))
    assert {(s.subject, s.verdict, s.trust) for s in found if s.subject is not SignalSubject.SYNTHETIC} == {
        (SignalSubject.UNREADABLE, UNKNOWN, Trust.INVALID),
        (GENERATIVE, UNKNOWN, Trust.INVALID),
        (OTHER, DENY, Trust.INVALID),
    }


def test_what_an_ingredient_refuses_stays_refused(manifests):
    parent = manifests.sign(
        picture("JPEG"), "image/jpeg", mining(ai_training="notAllowed", ai_generative_training="allowed")
    )
    child = manifests.sign(picture("JPEG"), "image/jpeg", mining(ai_training="allowed"), ingredient=parent)
    found = read_embedded(child)
    assert {s.verdict for s in found if s.subject is OTHER} == {ALLOW, DENY}
    assert {s.verdict for s in found if s.subject is GENERATIVE} == {UNKNOWN}


# --- rights beside training ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "data", "subject", "verdict"),
    [
        ("cawg.metadata", {"dc:rights": "No AI training"}, SignalSubject.RESERVATION, DENY),
        ("cawg.metadata", {"xmpRights:UsageTerms": {"x-default": "No AI training"}}, SignalSubject.RESERVATION, DENY),
        ("c2pa.metadata", {"dc:rights": ["All rights reserved"]}, SignalSubject.NOTHING_GRANTED, DENY),
        (
            "stds.schema-org.CreativeWork",
            {"@context": "https://schema.org", "license": "https://creativecommons.org/licenses/by-nc/4.0/"},
            SignalSubject.LICENCE,
            UNKNOWN,
        ),
        (
            "stds.schema-org.CreativeWork",
            {"@context": "https://schema.org", "license": {"url": "https://creativecommons.org/licenses/by-nc/4.0/"}},
            SignalSubject.LICENCE,
            UNKNOWN,
        ),
        ("org.example.terms", {"usage_terms": "No AI training"}, SignalSubject.RESERVATION, DENY),
        (
            "stds.schema-org.CreativeWork",
            {"@context": "http://schema.org/", "copyrightNotice": "All rights reserved"},
            SignalSubject.NOTHING_GRANTED,
            DENY,
        ),
    ],
)
def test_rights_in_other_assertions_of_a_signed_manifest(manifests, label, data, subject, verdict):
    if label.endswith("metadata"):
        data = {
            "@context": {
                "dc": "http://purl.org/dc/elements/1.1/",
                "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
            },
            **data,
        }
    found = read_embedded(manifests.sign(picture("JPEG"), "image/jpeg", {label: data}))
    (signal,) = [signal for signal in found if signal.subject is subject]
    assert signal.verdict is verdict
    assert signal.location == f"jpeg:APP11/{label}"


@pytest.mark.parametrize("key", ["author", "creator", "publisher", "copyrightHolder"])
def test_an_agency_that_a_signed_work_names(manifests, key):
    work = {"@context": "https://schema.org", key: [{"@type": "Organization", "name": "Reuters"}]}
    found = read_embedded(manifests.sign(picture("JPEG"), "image/jpeg", {"stds.schema-org.CreativeWork": work}))
    assert ("stock:Reuters", DENY) in {(s.value, s.verdict) for s in found if s.subject is RIGHTS}


def test_rights_of_a_manifest_under_prefixes_of_its_own():
    data = {"@context": {"d": "http://purl.org/dc/elements/1.1/"}, "d:rights": "No AI training"}
    (field,) = reader._store(store("cawg.metadata", data), "Valid", "x")
    assert (field.name, field.text, field.location) == ("dc:rights", "No AI training", "x/cawg.metadata")


@pytest.mark.parametrize("label", ["c2pa.training-mining", "cawg.training-mining", "cawg.training-mining__2"])
@pytest.mark.parametrize(
    "manifest",
    [
        lambda address: {"redactions": [address]},
        lambda address: {
            "assertions": [
                {
                    "label": "c2pa.actions.v2",
                    "data": {"actions": [{"action": "c2pa.redacted", "parameters": {"redacted": address}}]},
                }
            ]
        },
    ],
)
def test_a_statement_on_training_that_was_taken_out_is_unreadable(label, manifest):
    held = manifest(f"self#jumbf=/c2pa/urn:uuid:1/c2pa.assertions/{label}")
    (signal,) = reader._store({"active_manifest": "m", "manifests": {"m": held}}, "Valid", "x")
    assert (signal.subject, signal.verdict) == (SignalSubject.UNREADABLE, UNKNOWN)


def test_other_things_that_were_taken_out_are_nobodys_refusal():
    held = {"redactions": ["self#jumbf=/c2pa/urn:uuid:1/c2pa.assertions/stds.exif"]}
    assert list(reader._store({"active_manifest": "m", "manifests": {"m": held}}, "Valid", "x")) == []


@pytest.mark.parametrize(
    "manifest",
    [
        {"claim_generator_info": [{"name": "Adobe Firefly"}]},
        {"assertions": [{"label": "c2pa.actions", "data": {"actions": [{"softwareAgent": "DALL-E 3"}]}}]},
        {
            "assertions": [
                {"label": "c2pa.actions.v2", "data": {"actions": [{"softwareAgent": {"name": "Midjourney"}}]}}
            ]
        },
        {
            "assertions": [
                {"label": "c2pa.actions", "data": {"actions": [{"digitalSourceType": ".../trainedAlgorithmicMedia"}]}}
            ]
        },
    ],
)
def test_a_generator_that_names_itself_in_a_manifest(manifest):
    (signal,) = reader._store({"active_manifest": "m", "manifests": {"m": manifest}}, "Valid", "x")
    assert (signal.subject, signal.verdict) == (SignalSubject.SYNTHETIC, DENY)


@pytest.mark.parametrize("data", [{"actions": 3}, {"actions": [3, None]}, {}, {"actions": [{"parameters": []}]}])
def test_actions_of_another_shape_say_nothing(data):
    assert list(reader._store(store("c2pa.actions", data), "Valid", "x")) == []
