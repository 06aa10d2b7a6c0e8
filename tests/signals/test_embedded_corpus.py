"""Real files, each with what it must yield. The expected values were found with other tools, not with this one."""

from __future__ import annotations

import pytest

from provenance.model import SignalSubject, SignalVerdict, Trust
from provenance.signals.embedded import embedded_metadata, read_embedded

pytestmark = pytest.mark.corpus

ALLOW, DENY, UNKNOWN = SignalVerdict.ALLOW, SignalVerdict.DENY, SignalVerdict.UNKNOWN
GENERATIVE, OTHER = SignalSubject.TRAINING_GENERATIVE, SignalSubject.TRAINING_OTHER
MINOR, PERSON, UNREADABLE = SignalSubject.MINOR, SignalSubject.PERSON, SignalSubject.UNREADABLE


@pytest.fixture
def read(corpus):
    return lambda name, **more: embedded_metadata((corpus / name).read_bytes(), name=name, **more)


def raws(found, name):
    return [signal.raw for signal in found.signals if signal.name == name]


def verdicts(found, subject):
    return {signal.verdict for signal in found.signals if signal.subject is subject}


def test_the_iptc_reference_image(read):
    found = read("iptc/IPTC-PhotometadataRef-Std2023.2.jpg")
    mining = [(s.subject, s.verdict, s.value) for s in found.signals if s.name == "plus:DataMining"]
    assert mining == [
        (GENERATIVE, DENY, "DMI-PROHIBITED-GENAIMLTRAINING"),
        (OTHER, UNKNOWN, "DMI-PROHIBITED-GENAIMLTRAINING"),
    ]
    ages = [(s.name, s.verdict, s.value) for s in found.signals if s.subject is MINOR]
    assert ages == [("plus:MinorModelAgeDisclosure", ALLOW, "AG-A25"), ("Iptc4xmpExt:ModelAge", ALLOW, "25")]
    assert raws(found, "Iptc4xmpExt:ModelAge")[0] == "25, 27, 30"
    assert [s.value for s in found.signals if s.name == "plus:ModelReleaseStatus"] == ["MR-NAP"]
    assert [s.value for s in found.signals if s.name == "plus:PropertyReleaseStatus"] == ["PR-NAP"]
    assert len(raws(found, "plus:ModelReleaseID")) == 2
    constraint = "Data Mining for Generative AI/ML training is definitely prohibited"
    assert set(raws(found, "plus:OtherConstraints")) == {constraint}
    assert SignalSubject.RESERVATION in {s.subject for s in found.signals if s.name == "plus:OtherConstraints"}
    assert [s.value for s in found.signals if s.name == "Iptc4xmpExt:DigitalSourceType"] == ["softwareImage"]
    # Two persons beside the regions, and one in each of the three regions.
    persons = [s.value for s in found.signals if s.name in {"Iptc4xmpExt:PersonInImage", "Iptc4xmpExt:ImageRegion"}]
    assert sorted(persons) == ["1", "2", "3"]
    notice = "Copyright (Notice) 2023.2 IPTC - www.iptc.org  (ref2023.2)"
    for name in ("exif:Copyright", "iim:CopyrightNotice", "dc:rights"):
        assert raws(found, name) == [notice]
    assert (
        raws(found, "exif:Artist")
        == raws(found, "iim:By-line")
        == raws(found, "dc:creator")
        == ["Creator1 (ref2023.2)"]
    )
    assert raws(found, "iim:SpecialInstructions") == ["An Instruction (ref2023.2)"]
    keywords = [text for field, text in found.texts if field == "iim:Keywords"]
    assert keywords == ["Keyword1ref2023.2", "Keyword2ref2023.2", "Keyword3ref2023.2"]
    assert ("exif:ImageDescription", "The description aka caption (ref2023.2)") in found.texts
    assert "Person name no 1" not in repr(found)
    assert "Person Shown 1" not in repr(found)
    assert UNREADABLE not in {s.subject for s in found.signals}


def test_the_empty_iptc_image(read):
    found = read("iptc/IPTC-Empty.jpg")
    assert found.signals == ()
    assert found.texts == ()


def test_a_valid_manifest_with_a_cawg_refusal(corpus):
    pytest.importorskip("c2pa")
    data = bytearray((corpus / "c2pa/C_with_CAWG_data.jpg").read_bytes())
    found = read_embedded(bytes(data))
    refusals = [(s.subject, s.name, s.verdict, s.trust) for s in found if s.verdict is DENY]
    assert refusals == [(GENERATIVE, "cawg.ai_generative_training", DENY, Trust.SIGNED)]
    assert [s.verdict for s in found if s.name == "cawg.ai_inference"] == [UNKNOWN]
    assert OTHER not in {s.subject for s in found}
    data[-2_000] ^= 1
    flipped = read_embedded(bytes(data))
    assert [(s.subject, s.trust) for s in flipped if s.verdict is DENY] == [(GENERATIVE, Trust.INVALID)]
    assert [s.raw for s in flipped if s.subject is UNREADABLE] == ["Invalid"]


def test_the_older_training_mining_label(read):
    pytest.importorskip("c2pa")
    found = read("c2pa/legacy_training_mining.png")
    entries = {s.name: s.raw for s in found.signals if s.location.endswith("c2pa.training-mining")}
    assert entries == dict.fromkeys(
        ("c2pa.ai_generative_training", "c2pa.ai_inference", "c2pa.ai_training", "c2pa.data_mining"), "notAllowed"
    )
    assert verdicts(found, GENERATIVE) == verdicts(found, OTHER) == {DENY}


def test_a_remote_manifest(read):
    found = read("c2pa/cloud.jpg")
    (signal,) = [s for s in found.signals if s.subject is UNREADABLE]
    assert signal.name == "c2pa.remote-manifest"
    assert signal.raw.startswith("https://cai-manifests.adobe.com/manifests/adobe-urn-uuid-5f37e182-")


@pytest.mark.parametrize("name", ["E-sig-CA", "XCA"])
def test_invalid_manifests(read, name):
    pytest.importorskip("c2pa")
    found = read(f"c2pa/{name}.jpg")
    assert [s.raw for s in found.signals if s.subject is UNREADABLE] == ["Invalid"]


@pytest.mark.parametrize("name", ["C", "CA", "A"])
def test_manifests_without_a_word_on_training(read, name):
    pytest.importorskip("c2pa")
    found = read(f"c2pa/{name}.jpg")
    assert not {GENERATIVE, OTHER, UNREADABLE} & {s.subject for s in found.signals}


def test_three_copies_in_conflict(read):
    """Every copy is kept: for a refusal the most restrictive one counts, whichever of them a viewer would show."""
    found = read("exiftool/MWG.jpg")
    assert raws(found, "exif:Artist") == ["RIGHT1of2-EXIF-Creator; RIGHT2of2-EXIF-Creator"]
    assert raws(found, "dc:rights") == ["RIGHT-XMP-Copyright"]
    assert raws(found, "iim:CopyrightNotice") == ["WRONG-IPTC-Copyright"]
    texts = {text for _, text in found.texts}
    assert {"RIGHT-EXIF-Description", "WRONG-XMP-Description", "RIGHT1of2-XMP-Keywords"} <= texts


def test_iim_alone(read):
    found = read("exiftool/IPTC.jpg")
    assert raws(found, "iim:CopyrightNotice") == ["Copyright 2004 Phil Harvey"]
    assert raws(found, "iim:By-line") == ["Phil Harvey"]
    assert [text for field, text in found.texts if field == "iim:Keywords"] == ["ExifTool", "Test", "IPTC"]


def test_exif_copyright_and_position(read):
    found = read("exiftool/GPS.jpg")
    assert raws(found, "exif:Copyright") == ["ian Britton - FreeFoto.com"]
    assert found.gps == pytest.approx((54 + 59.38 / 60, -(1 + 54.85 / 60)), abs=1e-6)


def test_webp_without_an_exif_prefix(read):
    assert read("exiftool/RIFF.webp").signals != ()


def test_extended_xmp(read):
    found = read("exiftool/ExtendedXMP.jpg")
    assert UNREADABLE not in {s.subject for s in found.signals}


def test_a_packet_in_utf_16(read):
    found = read("exiftool/XMP.jpg")
    assert raws(found, "dc:creator") == ["Phil Harvey"]
    assert UNREADABLE not in {s.subject for s in found.signals}


def test_a_malformed_sidecar(read, corpus):
    found = read("iptc/IPTC-Empty.jpg", sidecars={"IPTC-Empty.xmp": (corpus / "exiftool/XMP2.xmp").read_bytes()})
    assert [s.location for s in found.signals if s.subject is UNREADABLE] == ["sidecar:IPTC-Empty.xmp"]
    assert ALLOW not in {s.verdict for s in found.signals}


def test_a_plus_sidecar(read, corpus):
    found = read("iptc/IPTC-Empty.jpg", sidecars={"IPTC-Empty.jpg.xmp": (corpus / "exiftool/PLUS.xmp").read_bytes()})
    values = {s.value for s in found.signals}
    assert {
        "CS-PRO",
        "CR-CAI",
        "DP-NOD",
        "AL-CRP",
        "AL-FLP",
        "AL-RET",
        "AL-CLR",
        "AL-DCL",
        "AL-MRG",
        "managed",
    } <= values
    assert raws(found, "plus:CopyrightOwnerName") == ["Phil Harvey"]
    assert not {GENERATIVE, OTHER} & {s.subject for s in found.signals}


def test_a_face_region_in_a_sidecar(read, corpus):
    found = read("iptc/IPTC-Empty.jpg", sidecars={"IPTC-Empty.xmp": (corpus / "exiftool/XMP5.xmp").read_bytes()})
    assert (PERSON, DENY, "1") in {(s.subject, s.verdict, s.value) for s in found.signals}
    assert "Region 1" not in repr(found)


def test_a_claim_of_public_domain_is_only_a_claim(read):
    found = read("exif-samples/jpg/Pentax_K10D.jpg")
    claim = "Laitche (This file is in the public domain.)"
    assert raws(found, "exif:Copyright") == raws(found, "dc:rights") == [claim]
    assert ALLOW not in {s.verdict for s in found.signals}


def test_an_artist_and_an_empty_copyright(read):
    found = read("exif-samples/jpg/long_description.jpg")
    assert raws(found, "exif:Artist") == ["SSG KYLE DAVIS"]
    assert raws(found, "exif:Copyright") == []


def test_brotli_boxes_are_unreadable(read):
    assert verdicts(read("exiftool/JXL2.jxl"), UNREADABLE) == {UNKNOWN}


def test_photoshop_and_gif_and_trailers(read):
    assert raws(read("exiftool/Photoshop.psd"), "iim:By-line") == ["Phil Harvey"]
    assert "dc:creator" not in {s.name for s in read("exiftool/GIF.gif").signals}
    assert raws(read("exiftool/AFCP.jpg"), "iim:CopyrightNotice") == ["copy freely"]


def test_damaged_photographs_never_allow(corpus):
    damaged = [*sorted((corpus / "exif-samples/jpg/invalid").iterdir()), corpus / "exif-samples/jpg/corrupted.jpg"]
    assert len(damaged) == 8
    for path in damaged:
        assert ALLOW not in {signal.verdict for signal in read_embedded(path.read_bytes())}


def test_no_training_permission_anywhere(corpus):
    """No file of the corpus allows training, so none may be read as doing so."""
    paths = [path for path in corpus.rglob("*") if path.is_file()]
    assert len(paths) > 150
    for path in paths:
        for signal in read_embedded(path.read_bytes()):
            assert signal.subject not in {GENERATIVE, OTHER} or signal.verdict is not ALLOW
