"""The whole way from bytes to signals: every carrier, every code, and files made to do harm."""

from __future__ import annotations

import pytest

from provenance.model import SignalSubject, SignalVerdict, Trust
from provenance.signals.embedded import embedded_metadata, read_embedded

GENERATIVE, OTHER = SignalSubject.TRAINING_GENERATIVE, SignalSubject.TRAINING_OTHER
MINOR, PERSON, UNREADABLE = SignalSubject.MINOR, SignalSubject.PERSON, SignalSubject.UNREADABLE
ALLOW, DENY, UNKNOWN = SignalVerdict.ALLOW, SignalVerdict.DENY, SignalVerdict.UNKNOWN

CARRIERS = [
    "jpeg", "jpeg-extended", "jpeg-second-picture", "png", "png-zipped", "png-after-pixels", "png-raw-profile",
    "webp", "gif", "tiff", "tiff-big-endian", "psd", "heic", "avif", "jxl", "jp2", "sidecar",
]  # fmt: skip


def summary(signals):
    return {(signal.subject, signal.verdict, signal.name, signal.value) for signal in signals}


MINOR_SIGNALS = {
    (GENERATIVE, DENY, "plus:DataMining", "DMI-PROHIBITED-AIMLTRAINING"),
    (OTHER, DENY, "plus:DataMining", "DMI-PROHIBITED-AIMLTRAINING"),
    (MINOR, DENY, "plus:MinorModelAgeDisclosure", "AG-A15"),
    (PERSON, DENY, "plus:MinorModelAgeDisclosure", "AG-A15"),
    (MINOR, DENY, "Iptc4xmpExt:ModelAge", "15"),
    (PERSON, DENY, "Iptc4xmpExt:ModelAge", "1"),
}


@pytest.mark.parametrize("carrier", CARRIERS)
def test_every_carrier_tells_of_the_prohibition_and_the_minor(files, carrier):
    data = files.carriers(files.minor_packet())[carrier]
    assert summary(read_embedded(data)) == MINOR_SIGNALS


def test_the_list_of_carriers_is_complete(files):
    assert list(files.carriers(b"<x/>")) == CARRIERS


@pytest.mark.parametrize("carrier", ["jpeg", "png", "png-after-pixels", "webp", "tiff", "avif"])
def test_pictures_written_by_pillow(files, carrier):
    data = files.pillow_files(files.minor_packet())[carrier]
    assert summary(read_embedded(data)) == MINOR_SIGNALS


def test_a_heic_written_by_libheif(files):
    pillow_heif = pytest.importorskip("pillow_heif")
    import io

    from PIL import Image

    stream = io.BytesIO()
    picture = pillow_heif.from_pillow(Image.new("RGB", (64, 64)))
    picture.save(stream, xmp=files.minor_packet())
    assert summary(read_embedded(stream.getvalue())) == MINOR_SIGNALS


MINING = {
    "DMI-UNSPECIFIED": (UNKNOWN, UNKNOWN),
    "DMI-ALLOWED": (ALLOW, ALLOW),
    "DMI-PROHIBITED-AIMLTRAINING": (DENY, DENY),
    "DMI-PROHIBITED-GENAIMLTRAINING": (DENY, UNKNOWN),
    "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING": (DENY, DENY),
    "DMI-PROHIBITED": (DENY, DENY),
    "DMI-PROHIBITED-SEECONSTRAINT": (DENY, DENY),
    "DMI-PROHIBITED-SEEEMBEDDEDRIGHTSEXPR": (DENY, DENY),
    "DMI-PROHIBITED-SEELINKEDRIGHTSEXPR": (DENY, DENY),
    "DMI-PROHIBITED-FUTURE": (DENY, DENY),
    "DMI-SOMETHING-NEW": (UNKNOWN, UNKNOWN),
}


@pytest.mark.parametrize("code", MINING)
def test_every_data_mining_code(files, code):
    xmp = files.packet(f"<plus:DataMining>{files.VOCABULARY}{code}</plus:DataMining>")
    signals = [
        signal for signal in read_embedded(files.jpeg(files.xmp_segment(xmp))) if signal.subject in {GENERATIVE, OTHER}
    ]
    assert [signal.subject for signal in signals] == [GENERATIVE, OTHER]
    assert tuple(signal.verdict for signal in signals) == MINING[code]
    assert {signal.value for signal in signals} == {code}


AGES = {
    "AG-UNK": UNKNOWN, "AG-A25": ALLOW, "AG-A24": ALLOW, "AG-A23": ALLOW, "AG-A22": ALLOW, "AG-A21": ALLOW,
    "AG-A20": ALLOW, "AG-A19": ALLOW, "AG-A18": ALLOW, "AG-A17": DENY, "AG-A16": DENY, "AG-A15": DENY, "AG-U14": DENY,
    "AG-A12": DENY, "AG-A40": UNKNOWN,
}  # fmt: skip


@pytest.mark.parametrize("code", AGES)
def test_every_age_code(files, code):
    xmp = files.packet(f"<plus:MinorModelAgeDisclosure>{files.VOCABULARY}{code}</plus:MinorModelAgeDisclosure>")
    (minor,) = [s for s in read_embedded(files.jpeg(files.xmp_segment(xmp))) if s.subject is MINOR]
    assert (minor.verdict, minor.value) == (AGES[code], code)


def test_a_foreign_namespace_cannot_overwrite_a_prohibition(files):
    """An attribute of another namespace, later in the packet, with the same local name."""
    xmp = files.packet(
        "",
        f'plus:DataMining="{files.VOCABULARY}DMI-PROHIBITED" xmlns:z="http://example.com/z/" '
        f'z:DataMining="{files.VOCABULARY}DMI-ALLOWED"',
    )
    found = read_embedded(files.jpeg(files.xmp_segment(xmp)))
    assert ALLOW not in {signal.verdict for signal in found}
    assert {s.subject for s in found if s.verdict is DENY and s.name == "plus:DataMining"} == {GENERATIVE, OTHER}


# Each of the next three would run for minutes or hours if a count were believed.
@pytest.mark.timeout(20)
def test_an_entity_bomb_is_refused_at_once(files):
    (signal,) = read_embedded(files.jpeg(files.xmp_segment(files.bomb())))
    assert (signal.subject, signal.verdict, signal.location) == (UNREADABLE, UNKNOWN, "jpeg:APP1/xmp")


@pytest.mark.timeout(20)
def test_a_maker_note_that_claims_four_thousand_million_values(files):
    data = files.maker_note_trap()
    assert len(data) < 200
    found = read_embedded(data)
    assert ALLOW not in {signal.verdict for signal in found}


HOSTILE_DIRECTORIES = {
    "texts over texts": lambda i: (0x8298, 2, 60_000, 8),
    "lists of numbers": lambda i: (i, 3, 999, 8),
    "directories that hold themselves": lambda i: (0x8825, 4, 1, 8),
    "chains of exif directories": lambda i: (0x8769, 4, 1, 8),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", HOSTILE_DIRECTORIES)
def test_a_small_block_cannot_cost_minutes(files, kind):
    import struct

    entries = b"".join(struct.pack("<HHII", *HOSTILE_DIRECTORIES[kind](i)) for i in range(5_000))
    data = files.jpeg(files.exif_segment(b"II*\0\x08\0\0\0" + struct.pack("<H", 5_000) + entries + bytes(4)))
    found = read_embedded(data)
    assert ALLOW not in {signal.verdict for signal in found}


def test_a_broken_packet_still_refuses(files):
    xmp = files.minor_packet()[:-60]
    found = read_embedded(files.jpeg(files.xmp_segment(xmp)))
    assert UNREADABLE in {signal.subject for signal in found}
    assert {GENERATIVE, OTHER, MINOR} <= {signal.subject for signal in found if signal.verdict is DENY}


def test_codes_in_a_packet_that_does_not_parse_at_all(files):
    xmp = b"<x:xmpmeta><<<" + files.VOCABULARY.encode() + b"DMI-PROHIBITED-FUTURE " + b"AG-U14 >"
    found = read_embedded(files.jpeg(files.xmp_segment(xmp)))
    assert {(s.subject, s.value) for s in found if s.verdict is DENY} == {
        (GENERATIVE, "DMI-PROHIBITED-FUTURE"),
        (OTHER, "DMI-PROHIBITED-FUTURE"),
        (MINOR, "AG-U14"),
        (PERSON, "AG-U14"),
    }
    assert {s.trust for s in found if s.verdict is DENY} == {Trust.INVALID}
    assert UNREADABLE in {signal.subject for signal in found}


def test_codes_in_utf16_that_does_not_parse(files):
    xmp = ("<x:xmpmeta><<<" + files.VOCABULARY + "DMI-PROHIBITED").encode("utf-16")
    found = read_embedded(files.jpeg(files.xmp_segment(xmp)))
    assert {s.subject for s in found if s.verdict is DENY} == {GENERATIVE, OTHER}


def test_a_code_where_no_reader_looks(files):
    """In an application segment that belongs to nobody."""
    body = b"whoever\0" + files.minor_packet()
    found = read_embedded(files.jpeg(files.segment(0xE9, body)))
    assert {GENERATIVE, OTHER, MINOR, PERSON} <= {s.subject for s in found if s.verdict is DENY}


def test_an_unread_block_takes_the_force_from_a_permission(files):
    allow = files.packet(f"<plus:DataMining>{files.VOCABULARY}DMI-ALLOWED</plus:DataMining>")
    alone = read_embedded(files.jpeg(files.xmp_segment(allow)))
    assert [s.verdict for s in alone] == [ALLOW, ALLOW]
    beside = read_embedded(files.jpeg(files.xmp_segment(allow), files.xmp_segment(b"<x:xmpmeta")))
    assert {s.verdict for s in beside} == {UNKNOWN}


def test_the_most_restrictive_of_two_packets_is_there(files):
    allow = files.packet(f"<plus:DataMining>{files.VOCABULARY}DMI-ALLOWED</plus:DataMining>")
    deny = files.packet(f"<plus:DataMining>{files.VOCABULARY}DMI-PROHIBITED</plus:DataMining>")
    found = read_embedded(files.jpeg(files.xmp_segment(allow)), name="a/b.jpg", sidecars={"a/b.jpg.xmp": deny})
    assert {(s.location, s.verdict) for s in found} == {("jpeg:APP1/xmp", ALLOW), ("sidecar:a/b.jpg.xmp", DENY)}


@pytest.mark.parametrize("sidecar", ["b.xmp", "b.jpg.xmp", "a/b.xmp", "a/b.JPG.XMP", "a/b.XMP"])
def test_sidecars_are_found_by_name(files, sidecar):
    name = "a/b.JPG" if "JPG" in sidecar else "a/b.jpg"
    found = read_embedded(files.jpeg(), name=name, sidecars={sidecar: files.minor_packet(), "c.xmp": b"<"})
    assert summary(found) == MINOR_SIGNALS


def test_texts_and_place(files):
    block = files.tiff({0x010E: b"A caption", 0x9C9E: "kind; fest".encode("utf-16-le")})
    xmp = files.packet(
        "<dc:subject><rdf:Bag><rdf:li>beach</rdf:li><rdf:li>sun</rdf:li></rdf:Bag></dc:subject>"
        "<exif:GPSLatitude>48,8.82N</exif:GPSLatitude><exif:GPSLongitude>17,5.88W</exif:GPSLongitude>"
        "<photoshop:Country>Austria</photoshop:Country>"
    )
    found = embedded_metadata(files.jpeg(files.exif_segment(block), files.xmp_segment(xmp)))
    assert found.texts == (
        ("exif:ImageDescription", "A caption"),
        ("exif:XPKeywords", "kind; fest"),
        ("dc:subject", "beach"),
        ("dc:subject", "sun"),
    )
    assert found.gps == pytest.approx((48 + 8.82 / 60, -17 - 5.88 / 60))
    assert found.places == (("photoshop:Country", "Austria"),)


def test_names_of_people_shown_are_dropped(files):
    xmp = files.packet(
        "<Iptc4xmpExt:PersonInImage><rdf:Bag><rdf:li>Erika Mustermann</rdf:li></rdf:Bag></Iptc4xmpExt:PersonInImage>"
    )
    found = embedded_metadata(files.jpeg(files.xmp_segment(xmp)))
    assert [(s.subject, s.verdict, s.value) for s in found.signals] == [(PERSON, DENY, "1")]
    assert "Mustermann" not in repr(found)


def test_nothing_read_means_nothing_said(files):
    assert read_embedded(files.jpeg()) == ()
    assert read_embedded(files.png()) == ()


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"hello", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"II*\0"])
def test_stubs_are_never_an_allow(data):
    assert ALLOW not in {signal.verdict for signal in read_embedded(data)}


def test_too_many_signals_keep_the_refusals(files):
    lines = "".join(f"<rdf:li>holder {number}</rdf:li>" for number in range(3_000))
    xmp = files.packet(
        f"<dc:rights><rdf:Alt>{lines}</rdf:Alt></dc:rights><plus:DataMining>DMI-PROHIBITED</plus:DataMining>"
    )
    found = read_embedded(xmp)
    assert len(found) <= 2_001
    assert {GENERATIVE, OTHER} <= {s.subject for s in found if s.verdict is DENY}


@pytest.mark.parametrize("damaged", ["DMI-PROHIBITEF-AIMLTRAINING", "DMI-PRMHIBITED", "XMI-PROHIBITED", "words"])
def test_a_damaged_code_takes_the_force_from_a_permission(files, damaged):
    """Found by the fuzzer: one flipped bit in the refusing one of two packets."""
    allow = files.packet(f"<plus:DataMining>{files.VOCABULARY}DMI-ALLOWED</plus:DataMining>")
    other = files.packet(f"<plus:DataMining>{files.VOCABULARY}{damaged}</plus:DataMining>")
    found = read_embedded(files.jpeg(files.xmp_segment(allow), files.xmp_segment(other)))
    verdicts = {signal.verdict for signal in found}
    assert DENY in verdicts or ALLOW not in verdicts


def test_a_damaged_age_takes_the_force_from_an_adult_one(files):
    adult = files.packet(f"<plus:MinorModelAgeDisclosure>{files.VOCABULARY}AG-A25</plus:MinorModelAgeDisclosure>")
    other = files.packet("<plus:MinorModelAgeDisclosure>AH-U14</plus:MinorModelAgeDisclosure>")
    found = read_embedded(files.jpeg(files.xmp_segment(adult), files.xmp_segment(other)))
    assert {signal.verdict for signal in found if signal.subject is MINOR} == {UNKNOWN}


def test_a_code_as_the_keyword_of_a_png_text(files):
    found = read_embedded(files.png(files.chunk(b"tEXt", b"DMI-PROHIBITED\0true")))
    assert {signal.subject for signal in found if signal.verdict is DENY} == {GENERATIVE, OTHER}


def test_person_tags_are_not_among_the_texts(files):
    xmp = files.packet(
        "<digiKam:TagsList><rdf:Seq><rdf:li>People/Ada</rdf:li><rdf:li>Rome</rdf:li></rdf:Seq></digiKam:TagsList>"
    )
    assert embedded_metadata(xmp).texts == (("digiKam:TagsList", "Rome"),)


def test_a_caption_longer_than_the_limit_is_said_to_be(files):
    xmp = files.packet(f"<dc:description><rdf:Alt><rdf:li>{'x' * 20_001}</rdf:li></rdf:Alt></dc:description>")
    found = embedded_metadata(xmp)
    assert [(s.subject, s.name) for s in found.signals] == [(UNREADABLE, "dc:description")]
    assert len(found.texts[0][1]) == 20_000


def test_codes_without_their_address_in_files_that_nobody_can_read(files):
    for data in (b"<x:xmpmeta><<< DMI-PROHIBITED AG-U14", b"\x01\x02\x03 DMI-PROHIBITED AG-U14"):
        found = read_embedded(data)
        assert UNREADABLE in {s.subject for s in found}
        assert {GENERATIVE, OTHER, MINOR} <= {s.subject for s in found if s.verdict is DENY}


def test_codes_in_a_tiff_whose_directory_is_broken(files):
    data = files.tiff({0x8298: b"ACME Ltd"})
    broken = data[:8] + b"\xff\xff" + data[10:] + b" DMI-PROHIBITED "
    found = read_embedded(broken)
    assert {GENERATIVE, OTHER} <= {s.subject for s in found if s.verdict is DENY}


def test_a_packet_whose_extension_is_missing(files):
    xmp = files.packet('<n:HasExtendedXMP xmlns:n="http://ns.adobe.com/xmp/note/">' + "A" * 32 + "</n:HasExtendedXMP>")
    (signal,) = read_embedded(files.jpeg(files.xmp_segment(xmp)))
    assert (signal.subject, signal.name) == (UNREADABLE, "xmpNote:HasExtendedXMP")
    assert read_embedded(files.jpeg(files.xmp_segment(xmp), *files.extended_segments(files.packet("")))) == ()


@pytest.mark.parametrize(("value", "doubted"), [("1", False), ("0", False), ("true", True), ("yes", True)])
def test_a_reservation_that_is_neither_value_of_the_protocol_is_looked_at(files, value, doubted):
    packet = files.packet(f'<t:reservation xmlns:t="http://www.w3.org/ns/tdmrep/">{value}</t:reservation>')
    found = read_embedded(files.jpeg(files.xmp_segment(packet)))
    assert (SignalSubject.UNREADABLE in {signal.subject for signal in found}) is doubted
