"""What the real files of the corpus show, in files of our own making, so that every clone tests it."""

from __future__ import annotations

import pytest

from provenance.model import SignalSubject, SignalVerdict
from provenance.signals.embedded import embedded_metadata, read_embedded

GENERATIVE, OTHER = SignalSubject.TRAINING_GENERATIVE, SignalSubject.TRAINING_OTHER
PERSON, UNREADABLE = SignalSubject.PERSON, SignalSubject.UNREADABLE
ALLOW, DENY, UNKNOWN = SignalVerdict.ALLOW, SignalVerdict.DENY, SignalVerdict.UNKNOWN

BY_LINE, COPYRIGHT_NOTICE, KEYWORDS, INSTRUCTIONS = (2, 80), (2, 116), (2, 25), (2, 40)
"""Record and data set: IPTC-IIM 4.2, chapter 6."""
ARTIST, COPYRIGHT, DESCRIPTION = 0x013B, 0x8298, 0x010E
"""EXIF 3.0, table 4."""
IPTC_NAA = 0x0404
"""The image resource of Photoshop that holds IIM."""
NOTICE = "(c) 2025 Atelier Nord"


def raws(found, name):
    return [signal.raw for signal in found.signals if signal.name == name]


def iim_of(files, *sets):
    return files.photoshop_segment(
        files.resource(IPTC_NAA, files.iim(*((*number, text.encode()) for number, text in sets)))
    )


def rights(files, text):
    return files.packet(f'<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt></dc:rights>')


def test_a_notice_in_all_three_carriers_is_read_three_times(files):
    found = embedded_metadata(
        files.jpeg(
            files.exif_segment(files.tiff({COPYRIGHT: NOTICE.encode(), ARTIST: b"Atelier Nord"})),
            iim_of(files, (COPYRIGHT_NOTICE, NOTICE), (BY_LINE, "Atelier Nord"), (INSTRUCTIONS, "call first")),
            files.xmp_segment(rights(files, NOTICE)),
        )
    )
    for name in ("exif:Copyright", "iim:CopyrightNotice", "dc:rights"):
        assert raws(found, name) == [NOTICE]
    assert raws(found, "exif:Artist") == raws(found, "iim:By-line") == ["Atelier Nord"]
    assert raws(found, "iim:SpecialInstructions") == ["call first"]


def test_three_notices_in_conflict_are_all_kept(files):
    """For a refusal the most restrictive one counts, whichever of them a viewer would show."""
    found = embedded_metadata(
        files.jpeg(
            files.exif_segment(files.tiff({COPYRIGHT: b"free to use"})),
            iim_of(files, (COPYRIGHT_NOTICE, "no use without a licence")),
            files.xmp_segment(rights(files, "ask the agency")),
        )
    )
    assert raws(found, "exif:Copyright") == ["free to use"]
    assert set(raws(found, "iim:CopyrightNotice")) == {"no use without a licence"}
    assert raws(found, "dc:rights") == ["ask the agency"]


def test_iim_alone(files):
    found = embedded_metadata(
        files.jpeg(iim_of(files, (BY_LINE, "A. Keller"), (KEYWORDS, "harbour"), (KEYWORDS, "ferry")))
    )
    assert raws(found, "iim:By-line") == ["A. Keller"]
    assert [text for field, text in found.texts if field == "iim:Keywords"] == ["harbour", "ferry"]


def test_iim_in_a_photoshop_file(files):
    found = embedded_metadata(
        files.psd(files.resource(IPTC_NAA, files.iim((*BY_LINE, b"A. Keller"), (*COPYRIGHT_NOTICE, b"none"))))
    )
    assert raws(found, "iim:By-line") == ["A. Keller"]
    assert raws(found, "iim:CopyrightNotice") == ["none"]


def test_a_claim_of_public_domain_is_only_a_claim(files):
    claim = "Somebody (This file is in the public domain.)"
    found = embedded_metadata(
        files.jpeg(files.exif_segment(files.tiff({COPYRIGHT: claim.encode()})), files.xmp_segment(rights(files, claim)))
    )
    assert raws(found, "exif:Copyright") == raws(found, "dc:rights") == [claim]
    assert ALLOW not in {signal.verdict for signal in found.signals}


def test_an_artist_beside_an_empty_copyright(files):
    found = embedded_metadata(
        files.jpeg(
            files.exif_segment(files.tiff({ARTIST: b"A. Keller", COPYRIGHT: b"  ", DESCRIPTION: b"word " * 2_000}))
        )
    )
    assert raws(found, "exif:Artist") == ["A. Keller"]
    assert raws(found, "exif:Copyright") == []


PLUS_CODES = {
    "CopyrightStatus": ("CS-PRO",),
    "CreditLineRequired": ("CR-CAI",),
    "ImageDuplicationConstraints": ("DP-NOD",),
    "ImageAlterationConstraints": ("AL-CRP", "AL-FLP", "AL-RET", "AL-CLR", "AL-DCL", "AL-MRG"),
}
"""PLUS Licence Data Format 2.0, media summary: what may not be done to a copy."""


def test_the_constraints_of_plus_in_a_sidecar(files):
    body = "".join(
        f"<plus:{name}><rdf:Bag>"
        + "".join(f"<rdf:li>{files.VOCABULARY}{code}</rdf:li>" for code in codes)
        + f"</rdf:Bag></plus:{name}>"
        for name, codes in PLUS_CODES.items()
    )
    found = embedded_metadata(files.jpeg(), name="a.jpg", sidecars={"a.jpg.xmp": files.packet(body)})
    assert {signal.value for signal in found.signals} >= {code for codes in PLUS_CODES.values() for code in codes}
    assert not {GENERATIVE, OTHER} & {signal.subject for signal in found.signals}


def test_a_face_region_in_a_sidecar_is_a_person_without_a_name(files):
    region = (
        "<mwg-rs:Regions rdf:parseType='Resource'><mwg-rs:RegionList><rdf:Bag><rdf:li rdf:parseType='Resource'>"
        "<mwg-rs:Name>Ilse Brandt</mwg-rs:Name><mwg-rs:Type>Face</mwg-rs:Type>"
        "</rdf:li></rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>"
    )
    found = embedded_metadata(files.jpeg(), name="a.jpg", sidecars={"a.xmp": files.packet(region)})
    assert (PERSON, DENY, "1") in {(signal.subject, signal.verdict, signal.value) for signal in found.signals}
    assert "Brandt" not in repr(found)


def test_a_malformed_sidecar_is_unreadable_and_says_where(files):
    broken = rights(files, NOTICE).replace(b"</rdf:Description>", b"</rdf:Descript")
    found = embedded_metadata(files.jpeg(), name="a.jpg", sidecars={"a.xmp": broken})
    assert {s.location for s in found.signals if s.subject is UNREADABLE} == {"sidecar:a.xmp"}
    assert ALLOW not in {signal.verdict for signal in found.signals}


def test_a_packet_in_utf_16_beside_one_in_pieces(files):
    whole = files.packet("<dc:creator><rdf:Seq><rdf:li>A. Keller</rdf:li></rdf:Seq></dc:creator>")
    in_utf_16 = embedded_metadata(files.jpeg(files.xmp_segment(whole.decode().encode("utf-16"))))
    in_pieces = embedded_metadata(files.jpeg(*files.extended_segments(whole, pieces=3)))
    for found in (in_utf_16, in_pieces):
        assert raws(found, "dc:creator") == ["A. Keller"]
        assert UNREADABLE not in {signal.subject for signal in found.signals}


@pytest.mark.parametrize("carrier", ["jpeg", "png", "webp", "tiff", "heic", "gif", "psd"])
def test_a_file_cut_anywhere_never_allows_training(files, carrier):
    """No packet here allows it, so nothing that damage leaves may be read as doing so."""
    data = files.carriers(rights(files, NOTICE))[carrier]
    for end in range(0, len(data), 7):
        assert ALLOW not in {
            signal.verdict for signal in read_embedded(data[:end]) if signal.subject in {GENERATIVE, OTHER}
        }
