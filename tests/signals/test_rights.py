"""Rights fields, licences, stock markers, and opt-out tags."""

from __future__ import annotations

import pytest

from provenance.model import SignalSubject, SignalVerdict
from provenance.signals.agencies import downloaded_from
from provenance.signals.embedded import embedded_metadata, read_embedded
from provenance.signals.fields import Field
from provenance.signals.rights import read_rights

ALLOW, DENY, UNKNOWN = SignalVerdict.ALLOW, SignalVerdict.DENY, SignalVerdict.UNKNOWN
LICENCE, RIGHTS = SignalSubject.LICENCE, SignalSubject.RIGHTS


def signals(name, text):
    return [(s.subject, s.verdict, s.value) for s in read_rights([Field(name, text, "here")])]


def test_a_notice_means_a_holder():
    assert signals("exif:Copyright", "ACME") == [(RIGHTS, UNKNOWN, "")]


def test_a_licence_counts_only_in_the_field_for_licences():
    url = "https://creativecommons.org/licenses/by/4.0/"
    assert signals("cc:license", url)[1] == (LICENCE, ALLOW, "CC-BY-4.0")
    assert signals("dc:rights", f"see {url}")[1] == (LICENCE, UNKNOWN, "CC-BY-4.0")
    assert signals("cc:license", url.replace("by", "by-nc"))[1] == (LICENCE, UNKNOWN, "CC-BY-NC-4.0")
    reserved = signals("cc:license", "http://rightsstatements.org/vocab/InC/1.0/")[1]
    assert reserved == (SignalSubject.NOTHING_GRANTED, DENY, "LicenseRef-rightsstatements-InC-1.0")


@pytest.mark.parametrize(
    ("text", "spdx"),
    [
        ("Studio North / CC BY-NC-ND 2.0", "CC-BY-NC-ND-2.0"),
        ("Photo: J. Roe under CC BY-NC 3.0, cropped", "CC-BY-NC-3.0"),
        ("see https://creativecommons.org/licenses/by-sa/4.0/ for terms", "CC-BY-SA-4.0"),
        ("CC BY 4.0 (until 2019: CC BY-NC 4.0)", "CC-BY-NC-4.0"),
    ],
)
def test_a_licence_among_other_words(text, spdx):
    assert (LICENCE, UNKNOWN, spdx) in signals("exif:Copyright", text)


def test_a_caption_can_condition_but_not_allow():
    assert signals("dc:description", "A cup. CC BY-NC 4.0") == [(LICENCE, UNKNOWN, "CC-BY-NC-4.0")]
    assert signals("dc:description", "A cup. CC BY 4.0") == []


def test_claimed_public_domain_is_not_an_allow():
    assert ALLOW not in {s[1] for s in signals("exif:Copyright", "Laitche (This file is in the public domain.)")}
    assert signals("xmpRights:Marked", "False") == [(RIGHTS, UNKNOWN, "claimed-public-domain")]
    assert signals("xmpRights:Marked", "True") == [(RIGHTS, UNKNOWN, "managed")]


@pytest.mark.parametrize(("text", "told"), [("True", True), ("yes", True), ("False", False), ("until 2030", False)])
def test_reuse_that_is_prohibited_grants_nothing(text, told):
    """PRISM's own field for it holds a yes or a no, and neither is a sentence."""
    found = signals("pur:reuseProhibited", text)
    assert ((SignalSubject.NOTHING_GRANTED, DENY, "") in found) is told


@pytest.mark.parametrize(
    ("name", "text", "agency"),
    [
        ("photoshop:Credit", "Getty Images", "Getty Images"),
        ("iim:Credit", "AFP via GETTY IMAGES", "Getty Images"),
        ("iim:Credit", "AFP", "AFP"),
        ("dc:creator", "someone/iStockphoto", "iStockphoto"),
        ("plus:LicensorName", "Shutterstock, Inc.", "Shutterstock"),
        ("exif:Copyright", "(c) ALAMY", "Alamy"),
        ("png:Source", "Depositphotos", "Depositphotos"),
        ("photoshop:Credit", "AP", "AP"),
        ("photoshop:Credit", "TT News Agency", "TT News Agency"),
        ("iim:Credit", "Jane Roe/Ritzau Scanpix", "Ritzau"),
        ("iim:Credit", "AAP", "AAP"),
        ("photoshop:Credit", "KEYSTONE/Jane Roe", "KEYSTONE"),
        ("iim:Source", "Jane Roe via AP", "AP"),
        ("iim:Credit", "The Canadian Press", "The Canadian Press"),
    ],
)
def test_stock_markers(name, text, agency):
    assert (RIGHTS, DENY, f"stock:{agency}") in signals(name, text)


@pytest.mark.parametrize(
    ("name", "text", "agency"),
    [
        ("xmpRights:WebStatement", "https://www.gettyimages.com/eula", "gettyimages.com"),
        ("plus:LicensorURL", "http://stock.adobe.com/license", "stock.adobe.com"),
        ("dc:description", "MONTREAL - A boat. (Photo by J. Roe/Getty Images)", "Getty Images"),
        ("iim:Caption-Abstract", "A boat. REUTERS/J. Roe", "Reuters"),
        ("dc:description", "A boat, AFP PHOTO / J. ROE", "AFP"),
        ("dc:rights", "J. Roe - stock.adobe.com", "stock.adobe.com"),
        ("dc:description", "A boat (www.alamy.com)", "alamy.com"),
        ("dc:title", "shutterstock_1234567", "Shutterstock"),
        ("dc:subject", "boat, AdobeStock_12345678", "Adobe Stock"),
    ],
)
def test_an_agency_s_address_and_credit_line_are_its_mark(name, text, agency):
    assert (RIGHTS, DENY, f"stock:{agency}") in signals(name, text)


@pytest.mark.parametrize(
    "text",
    [
        "The Reuters building in Toronto",
        "A talk at Getty Images",
        "https://example.org/afp",
        "example.org/gettyimages.com",
        "shutterstock 2 photographers",
        "notgettyimages.com.example",
        "roe@gettyimages.com",
    ],
)
def test_a_caption_that_speaks_of_an_agency_credits_nobody(text):
    assert signals("dc:description", text) == []


@pytest.mark.parametrize("text", ["U.S. EPA", "AP Chemistry", "Keystone Lodge", "Ap Roe", "Tass, Jane"])
def test_a_short_name_among_other_words_credits_nobody(text):
    assert signals("photoshop:Credit", text) == [(RIGHTS, UNKNOWN, "")]


@pytest.mark.parametrize(("name", "agency"), [("alamy-2ABC123.jpg", "Alamy"), ("alamy-harbour.jpg", None)])
def test_downloads_that_are_called_by_letters_and_digits(name, agency):
    assert downloaded_from(name) == agency


def test_a_stock_agency_inside_another_word_is_none():
    assert signals("dc:creator", "Salamya Alamyan") == [(RIGHTS, UNKNOWN, "")]


def test_a_getty_asset_number_is_a_stock_marker(files):
    xmp = files.packet("<GettyImagesGIFT:AssetID>123</GettyImagesGIFT:AssetID>")
    (signal,) = read_embedded(xmp)
    assert (signal.subject, signal.verdict, signal.value) == (RIGHTS, DENY, "stock:Getty Images")


def test_the_end_of_a_licence_keeps_its_date():
    assert signals("plus:LicenseEndDate", "2020-12-31T00:00:00Z") == [(RIGHTS, UNKNOWN, "2020-12-31")]


@pytest.mark.parametrize("name", ["dc:subject", "iim:Keywords", "exif:XPKeywords"])
@pytest.mark.parametrize("text", ["no_cv", "cat; NoAI", "#noimageai"])
def test_opt_out_keywords(name, text):
    found = list(read_rights([Field(name, text, "here")]))
    assert {(s.subject, s.verdict) for s in found} == {
        (SignalSubject.TRAINING_GENERATIVE, DENY),
        (SignalSubject.TRAINING_OTHER, DENY),
    }


@pytest.mark.parametrize(("raw", "verdict"), [("1", DENY), ("0", ALLOW), ("yes", UNKNOWN)])
@pytest.mark.parametrize("namespace", ["http://www.w3.org/ns/tdmrep/", "http://www.w3.org/ns/tdmrep#"])
def test_tdm_reservation(files, raw, verdict, namespace):
    xmp = files.packet(f'<t:reservation xmlns:t="{namespace}">{raw}</t:reservation>')
    found = [signal for signal in read_embedded(xmp) if signal.subject is not SignalSubject.UNREADABLE]
    assert [signal.verdict for signal in found] == [verdict, verdict]


@pytest.mark.parametrize(
    ("term", "verdict"),
    [("trainedAlgorithmicMedia", DENY), ("compositeWithTrainedAlgorithmicMedia", DENY), ("digitalCapture", UNKNOWN)],
)
def test_digital_source_type(files, term, verdict):
    url = f"http://cv.iptc.org/newscodes/digitalsourcetype/{term}"
    (signal,) = read_embedded(files.packet(f"<Iptc4xmpExt:DigitalSourceType>{url}</Iptc4xmpExt:DigitalSourceType>"))
    assert (signal.subject, signal.verdict, signal.value) == (SignalSubject.SYNTHETIC, verdict, term)


def test_every_copy_gives_its_own_signal(files):
    data = files.jpeg(
        files.exif_segment(files.tiff({0x8298: b"E corp"})),
        files.xmp_segment(files.packet("<dc:rights><rdf:Alt><rdf:li>X corp</rdf:li></rdf:Alt></dc:rights>")),
        files.photoshop_segment(files.resource(0x0404, files.iim((2, 116, b"I corp")))),
    )
    found = embedded_metadata(data)
    assert [(s.name, s.raw) for s in found.signals] == [
        ("exif:Copyright", "E corp"),
        ("dc:rights", "X corp"),
        ("iim:CopyrightNotice", "I corp"),
    ]
