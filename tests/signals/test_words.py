"""Refusals in words count in every field of every carrier, sidecar, row and manifest, and stay within one bound."""

from __future__ import annotations

import json

import pytest

from fuzz import files
from provenance.carriers.sidecars import Sidecars
from provenance.model import ManifestRow, SignalSubject, SignalVerdict, Trust
from provenance.run.gather import from_declaration, from_file
from provenance.signals import precedence
from provenance.signals.columns import read_columns
from provenance.signals.embedded import read_embedded
from provenance.signals.fields import Field, names
from provenance.signals.text.refusals import TextKind
from provenance.signals.words import MAX_TOTAL, kind_of, read_words

REFUSAL = "This image may not be used to train AI."


def said(signals, subject=SignalSubject.RESERVATION):
    return [signal for signal in signals if signal.subject is subject and signal.verdict is SignalVerdict.DENY]


def xmp(name):
    return files.packet(f"<{name}><rdf:Alt><rdf:li>{REFUSAL}</rdf:li></rdf:Alt></{name}>")


XMP_FIELDS = [
    "dc:rights", "dc:description", "dc:title", "xmpRights:UsageTerms", "photoshop:Instructions", "photoshop:Headline",
    "plus:OtherConstraints", "plus:TermsAndConditionsText", "cc:useGuidelines", "exif:UserComment", "tdm:houseRules",
]  # fmt: skip


@pytest.mark.parametrize("name", [name for name in XMP_FIELDS if name != "tdm:houseRules"])
def test_every_field_of_a_packet(name):
    (signal,) = said(read_embedded(files.jpeg(files.xmp_segment(xmp(name)))))
    assert (signal.name, signal.location, signal.value, signal.trust) == (
        name,
        "jpeg:APP1/xmp",
        "en",
        Trust.SUSPECTED,
    )
    assert signal.raw in REFUSAL


def test_a_field_that_nobody_standardised_is_read_where_its_name_speaks_of_rights():
    body = f'<h:HouseRights xmlns:h="http://example.org/house/">{REFUSAL}</h:HouseRights>'
    (signal,) = said(read_embedded(files.jpeg(files.xmp_segment(files.packet(body)))))
    assert signal.name == "{http://example.org/house/}HouseRights"


@pytest.mark.parametrize("tag", [0x8298, 0x010E, 0x013B])
@pytest.mark.parametrize("where", ["jpeg", "png", "webp", "heic", "tiff"])
def test_every_field_of_an_exif_block(tag, where):
    block = files.tiff({0x010F: b"ACME", tag: REFUSAL.encode()})
    data = {
        "jpeg": files.jpeg(files.exif_segment(block)),
        "png": files.png(files.chunk(b"eXIf", block)),
        "webp": files.webp((b"EXIF", block)),
        "heic": files.heif(exif=block),
        "tiff": block,
    }[where]
    assert said(read_embedded(data))


@pytest.mark.parametrize("charset", [b"ASCII\0\0\0", b"UNICODE\0", bytes(8)])
@pytest.mark.parametrize("order", ["<", ">"])
def test_the_user_comment_in_each_of_its_codes(charset, order):
    text = REFUSAL.encode("utf-16-le" if order == "<" else "utf-16-be") if charset == b"UNICODE\0" else REFUSAL.encode()
    block = files.tiff({0x010F: b"ACME"}, {0x9286: charset + text}, order)
    assert said(read_embedded(files.jpeg(files.exif_segment(block))))


@pytest.mark.parametrize("tag", [0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F])
def test_the_fields_that_windows_writes(tag):
    block = files.tiff({0x010F: b"ACME", tag: (REFUSAL + "\0").encode("utf-16-le")})
    assert said(read_embedded(files.jpeg(files.exif_segment(block))))


@pytest.mark.parametrize("name", ["notes", "Remark", "aiStatement", "disclaimer", "reservation"])
def test_a_property_of_a_program_s_own_whose_name_speaks_of_words(name):
    """ACDSee keeps its notes in a namespace of its own, as studios do."""
    packet = files.packet(f'<s:{name} xmlns:s="https://studio.example/ns/">{REFUSAL}</s:{name}>')
    assert said(read_embedded(files.jpeg(files.xmp_segment(packet))))


def test_the_maker_note_of_a_phone_is_none():
    """Pixels keep some 60 KB of it in their packets, in Base64."""
    note = (
        f'<g:HdrPlusMakernote xmlns:g="http://ns.google.com/photos/1.0/camera/">{"SGRy" * 9_000}</g:HdrPlusMakernote>'
    )
    assert read_embedded(files.jpeg(files.xmp_segment(files.packet(note)))) == ()


@pytest.mark.parametrize("number", [5, 25, 40, 105, 110, 115, 116, 118, 120])
def test_every_field_of_iim(number):
    block = files.iim((1, 90, b"\x1b%G"), (2, number, b"noai" if number == 25 else REFUSAL.encode()))
    data = files.jpeg(files.photoshop_segment(files.resource(0x0404, block)))
    assert said(read_embedded(data))


@pytest.mark.parametrize("keyword", ["Copyright", "copyright", "Description", "Comment", "Disclaimer", "My own words"])
@pytest.mark.parametrize("kind", ["tEXt", "zTXt", "iTXt"])
def test_every_text_of_a_png(keyword, kind):
    import zlib

    text = REFUSAL.encode()
    body = {
        "tEXt": keyword.encode() + b"\0" + text,
        "zTXt": keyword.encode() + b"\0\0" + zlib.compress(text),
        "iTXt": keyword.encode() + b"\0\0\0en\0\0" + text,
    }[kind]
    for data in (files.png(files.chunk(kind.encode(), body)), files.png() + files.chunk(kind.encode(), body)):
        assert said(read_embedded(data))


@pytest.mark.parametrize(
    "data",
    [
        files.jpeg(files.segment(0xFE, REFUSAL.encode())),
        files.jpeg(tail=files.segment(0xFE, REFUSAL.encode())),
        files.gif(files.packet(""), REFUSAL.encode()),
        b"P5\n# " + REFUSAL.encode() + b"\n1 1\n255\n\0",
    ],
)
def test_comments(data):
    assert said(read_embedded(data))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_texts_whose_encoding_nobody_names(encoding):
    text = "Keine Nutzung für künstliche Intelligenz".encode(encoding)
    assert said(from_file(files.jpeg(), {"p.txt": text}))
    assert said(read_embedded(files.jpeg(files.segment(0xFE, text))))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("p.jpg.json", json.dumps({"description": REFUSAL})),
        ("p.json", json.dumps({"license": REFUSAL})),
        ("p.jpg.supplemental-metadata.json", json.dumps({"title": "p.jpg", "description": REFUSAL})),
        ("p.json", json.dumps({"house rules": REFUSAL})),
        ("p.json", json.dumps([{"caption": REFUSAL}])),
        ("p.txt", REFUSAL),
        ("p.caption", REFUSAL),
        ("P.XMP", xmp("dc:rights").decode()),
        ("p.jpg.Xmp", xmp("dc:rights").decode()),
        ("p_01.xmp", xmp("dc:rights").decode()),
    ],
)
def test_every_sidecar(name, content):
    assert Sidecars(["p.jpg", name]).of("p.jpg") == (name,)
    (signal,) = said(from_file(files.jpeg(), {name: content.encode()}))
    assert signal.location.startswith("sidecar:")


@pytest.mark.parametrize("broken", [b"{", b"[1, 2", b"\xff\xfe\x00", b"[" * 100_000])
def test_a_sidecar_that_is_no_json_is_unreadable(broken):
    found = from_file(files.jpeg(), {"p.json": broken})
    assert [signal.subject for signal in found] == [SignalSubject.UNREADABLE]


@pytest.mark.parametrize(
    ("row", "name"),
    [
        (ManifestRow(file_name="a.jpg", caption=REFUSAL), "caption"),
        (ManifestRow(file_name="a.jpg", alt_text=REFUSAL), "alt_text"),
        (ManifestRow(file_name="a.jpg", keywords=("hill", "no ai")), "keywords"),
        (ManifestRow(file_name="a.jpg", licence="Paid licence, not for AI training"), "licence"),
        (ManifestRow(file_name="a.jpg", extra={"house_notes": REFUSAL}), "house_notes"),
        (ManifestRow(file_name="a.jpg", extra={"rights": REFUSAL}), "rights"),
    ],
)
def test_every_field_of_the_manifest(row, name):
    (signal,) = said(from_declaration(row, "a.jpg", None))
    assert signal.name == name


def test_the_fact_names_field_place_language_and_words():
    data = files.jpeg(files.xmp_segment(xmp("xmpRights:UsageTerms")))
    facts = precedence.sum_up(read_embedded(data))
    assert facts.reservation_in_words.startswith("xmpRights:UsageTerms in jpeg:APP1/xmp (en): ")
    assert facts.nothing_granted == ""


def test_a_field_of_prose_and_one_of_rights_are_read_in_their_own_way():
    needs_consent = "Reproduction requires written permission"
    (rights,) = read_words([Field("dc:rights", needs_consent, "x")])
    assert rights.subject is SignalSubject.NOTHING_GRANTED
    assert list(read_words([Field("dc:title", needs_consent, "x")])) == []


def test_every_field_has_a_kind_or_holds_no_words():
    for role in ("rights", "creators", "texts", "keywords"):
        for name in names(role) - names("silent"):
            assert kind_of(name) is not None, name
    for name in names("silent"):
        assert kind_of(name) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("png:Usage rights", TextKind.RIGHTS),
        ("png:My own words", TextKind.PROSE),
        ("iim:Keywords", TextKind.KEYWORDS),
        ("iim:CopyrightNotice", TextKind.RIGHTS),
        ("exif:Software", None),
    ],
)
def test_the_kinds_of_fields(name, kind):
    assert kind_of(name) is kind


def test_a_condition_in_words_counts_like_that_of_a_licence():
    (signal,) = read_words([Field("dc:rights", "Non-commercial use only", "x")])
    assert (signal.subject, signal.verdict) == (SignalSubject.LICENCE, SignalVerdict.UNKNOWN)
    assert precedence.file_conditions([signal]) == frozenset({"NC"})
    (signal,) = read_words([Field("dc:rights", "Do not modify", "x")])
    assert precedence.file_conditions([signal]) == frozenset({"ND"})


def test_more_words_than_are_read_are_said_once():
    fields = [Field("png:a", "x" * 15_000, str(index)) for index in range(20)]
    found = list(read_words(fields))
    assert [signal.subject for signal in found] == [SignalSubject.UNREADABLE]
    assert found[0].location == str(MAX_TOTAL // 15_000)


@pytest.mark.parametrize("text", ["words " * 5_000, "x " * 5_000])
def test_a_text_that_is_not_read_to_its_end_is_said(text):
    (signal,) = read_words([Field("dc:rights", text, "x")])
    assert (signal.subject, signal.value) == (SignalSubject.UNREADABLE, "longer than what is read")
    assert list(read_words([Field("dc:rights", text[:7_000], "x")])) == []


@pytest.mark.parametrize(
    "columns",
    [
        {"text": "Training shoes on a bench"},
        {"caption": "No AI was used"},
        {"license": "CC0"},
        {"author": "Jane Roe"},
        {"width": 640, "note": "the model trains at the gym"},
    ],
)
def test_columns_that_refuse_nothing(columns):
    found = read_columns(columns)
    assert said(found) == said(found, SignalSubject.NOTHING_GRANTED) == []
