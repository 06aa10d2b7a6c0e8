"""A walk tells apart every picture of a file: what each is there for, where it lies, and where each ends."""

from __future__ import annotations

import base64
import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fuzz import files
from pictures import encoded, photo
from provenance.carriers import PictureRole, walk
from provenance.carriers.parts import MAX_PICTURES

SMALL = encoded(photo(1, (40, 30)), "JPEG")
MAIN = encoded(photo(2, (120, 90)), "JPEG")
PNG = encoded(photo(3, (16, 12)))
FILM = files.box(b"ftyp", b"isom" + bytes(4)) + files.box(b"mdat", bytes(700))
UNTYPED = files.box(b"mdat", bytes(700)) + files.box(b"moov", bytes(60))
WEBM = b"\x1aE\xdf\xa3\x8bB\x82\x84webm" + bytes(900)
AVI = b"RIFF" + (904).to_bytes(4, "little") + b"AVI " + bytes(900)
BMP = encoded(photo(4, (9, 9)), "BMP")
TIFF = encoded(photo(4, (9, 8)), "TIFF")[:-8]  # without the zeros that Pillow ends with
PLAIN_ROWS = bytes(4) + b"\0\0" + bytes(3)  # no layers; a way of packing, and a pixel of three channels
PACKED_ROWS = bytes(4) + b"\0\1" + b"\0\2" * 3 + b"\0\0" * 3
QOI = encoded(photo(4, (12, 9)), "QOI")
PPM = encoded(photo(4, (12, 9)), "PPM")
JP2 = encoded(photo(4, (40, 30)), "JPEG2000")
GAIN_MAP = (
    b"\xff\xd8"
    + files.xmp_segment(files.packet('<g:GainMapMax xmlns:g="http://ns.adobe.com/hdr-gain-map/1.0/">2</g:GainMapMax>'))
    + SMALL[2:]
)


def others(data):
    """Role, place and bytes of each picture of a file beside its own."""
    return [(picture.role.value, picture.place, picture.bytes(data)) for picture in walk(data).pictures[1:]]


def with_segment(segment):
    return b"\xff\xd8" + segment + MAIN[2:]


def psd_thumbnail(body):
    head = struct.pack(">IIIIIIHH", 1, 40, 30, 120, 3600, len(body), 24, 1)
    return files.resource(0x040C, head + body)


def in_xmp(element, body=SMALL):
    text = base64.b64encode(body).decode()
    return files.packet(f'<x:{element} xmlns:x="http://example.org/of-a-tool/">{text}</x:{element}>')


IN_BLOCKS = {
    "EXIF": (
        with_segment(files.exif_segment(files.with_thumbnail({0x010F: b"ACME"}, SMALL))),
        [("THUMBNAIL", "thumbnail:1", SMALL)],
    ),
    "Photoshop": (
        with_segment(files.photoshop_segment(psd_thumbnail(SMALL))),
        [("THUMBNAIL", "thumbnail:1", SMALL)],
    ),
    "EXIF and Photoshop": (
        with_segment(
            files.exif_segment(files.with_thumbnail({0x010F: b"ACME"}, SMALL))
            + files.photoshop_segment(psd_thumbnail(SMALL))
        ),
        [("THUMBNAIL", "thumbnail:1", SMALL), ("THUMBNAIL", "thumbnail:2", SMALL)],
    ),
    "Photoshop in EXIF": (
        files.tiff({34377: psd_thumbnail(SMALL)}),
        [("THUMBNAIL", "thumbnail:1", SMALL)],
    ),
    "JFXX": (
        with_segment(files.segment(0xE0, b"JFXX\0\x10" + SMALL)),
        [("THUMBNAIL", "thumbnail:1", SMALL)],
    ),
    "JFIF pixels": (
        with_segment(files.segment(0xE0, b"JFIF\0\1\2\0\0\1\0\1\2\1" + b"abcdef")),
        [("THUMBNAIL", "thumbnail:1", b"P6 2 1 255\nabcdef")],
    ),
    "maker note": (
        with_segment(files.exif_segment(files.tiff({0x010F: b"ACME"}, {0x927C: b"ACME\0note" + SMALL + b"more"}))),
        [("PREVIEW", "preview:1", SMALL)],
    ),
    "XMP thumbnail": (with_segment(files.xmp_segment(in_xmp("image"))), [("THUMBNAIL", "thumbnail:1", SMALL)]),
    "XMP original": (with_segment(files.xmp_segment(in_xmp("Data"))), [("SECOND", "picture:2", SMALL)]),
    "XMP original as PNG": (with_segment(files.xmp_segment(in_xmp("Data", PNG))), [("SECOND", "picture:2", PNG)]),
    "XMP depth": (with_segment(files.xmp_segment(in_xmp("DepthData"))), [("DEPTH_MAP", "depth-map:1", SMALL)]),
    "JUMBF": (
        with_segment(files.segment(0xEB, b"JP\0\1\0\0\0\1" + files.box(b"jumb", files.box(b"bidb", SMALL)))),
        [("PREVIEW", "preview:1", SMALL)],
    ),
    "ICO": (
        struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 12, 0, 0, 1, 32, len(PNG), 22) + PNG,
        [("THUMBNAIL", "thumbnail:1", PNG)],
    ),
    "film of a HEIC": (files.heif(b"<x:xmpmeta/>") + files.box(b"mpvd", FILM), [("FILM", "film:1", FILM)]),
}


@pytest.mark.parametrize(("data", "expected"), IN_BLOCKS.values(), ids=IN_BLOCKS)
def test_pictures_in_blocks(data, expected):
    assert others(data) == expected


BEHIND = {
    "a JPEG": (MAIN + SMALL, [("SECOND", "picture:2", SMALL)]),
    "two JPEGs": (MAIN + SMALL + SMALL, [("SECOND", "picture:2", SMALL), ("SECOND", "picture:3", SMALL)]),
    "a JPEG behind padding": (MAIN + bytes(33) + SMALL, [("SECOND", "picture:2", SMALL)]),
    "a JPEG behind junk": (MAIN + b"of a tool" + SMALL, [("SECOND", "picture:2", SMALL)]),
    "a PNG": (MAIN + PNG, [("SECOND", "picture:2", PNG)]),
    "a JPEG behind a PNG": (PNG + SMALL, [("SECOND", "picture:2", SMALL)]),
    "a JPEG behind a GIF": (encoded(photo(4, (9, 9)), "GIF") + SMALL, [("SECOND", "picture:2", SMALL)]),
    "a JPEG behind a WebP": (encoded(photo(4, (16, 16)), "WEBP") + SMALL, [("SECOND", "picture:2", SMALL)]),
    "a JPEG behind a BMP": (encoded(photo(4, (9, 9)), "BMP") + SMALL, [("SECOND", "picture:2", SMALL)]),
    "a JPEG behind a TIFF": (encoded(photo(4, (9, 9)), "TIFF") + SMALL, [("SECOND", "picture:2", SMALL)]),
    "a BMP": (MAIN + BMP, [("SECOND", "picture:2", BMP)]),
    "a TIFF": (MAIN + TIFF, [("SECOND", "picture:2", TIFF)]),
    "a JPEG 2000": (MAIN + JP2, [("SECOND", "picture:2", JP2)]),
    "a QOI": (MAIN + QOI, [("SECOND", "picture:2", QOI)]),
    "a PPM": (MAIN + PPM, [("SECOND", "picture:2", PPM)]),
    "a PPM behind a PPM": (PPM + PPM, [("SECOND", "picture:2", PPM)]),
    "a JPEG behind a PPM": (PPM + SMALL, [("SECOND", "picture:2", SMALL)]),
    "a JPEG behind a PBM": (encoded(photo(4, (9, 9)).convert("1"), "PPM") + SMALL, [("SECOND", "picture:2", SMALL)]),
    "a JPEG behind a PSD": (files.psd() + PLAIN_ROWS + SMALL, [("SECOND", "picture:2", SMALL)]),
    "a JPEG behind a packed PSD": (files.psd() + PACKED_ROWS + SMALL, [("SECOND", "picture:2", SMALL)]),
    "a film": (MAIN + FILM, [("FILM", "film:1", FILM)]),
    "a film behind padding": (MAIN + bytes(16) + FILM, [("FILM", "film:1", FILM)]),
    "a film of QuickTime without a type": (MAIN + UNTYPED, [("FILM", "film:1", UNTYPED)]),
    "a WebM": (MAIN + WEBM, [("FILM", "film:1", WEBM)]),
    "an AVI and a picture": (MAIN + AVI + SMALL, [("FILM", "film:1", AVI), ("SECOND", "picture:2", SMALL)]),
    "a WebM behind a PNG and other bytes": (PNG + b"x" * 99 + WEBM, [("FILM", "film:1", WEBM)]),
    "a gain map": (MAIN + GAIN_MAP, [("GAIN_MAP", "gain-map:1", GAIN_MAP)]),
    "a gain map and a picture": (
        MAIN + GAIN_MAP + SMALL,
        [("GAIN_MAP", "gain-map:1", GAIN_MAP), ("SECOND", "picture:2", SMALL)],
    ),
}


@pytest.mark.parametrize(("data", "expected"), BEHIND.values(), ids=BEHIND)
def test_pictures_behind_the_end(data, expected):
    assert others(data) == expected
    assert walk(data).rest == ()


@pytest.mark.parametrize("head", [b"\x1aE\xdf\xa3", b"RIFF" + bytes(4) + b"WAVE", b"\xff\xff\xff\x00mdat"])
def test_what_only_begins_like_a_film_is_none(head):
    assert others(MAIN + head + bytes(900)) == []


def extension(name, body):
    """An application extension of a GIF, in sub-blocks."""
    blocks = b"".join(bytes([len(body[at : at + 255])]) + body[at : at + 255] for at in range(0, len(body), 255))
    return b"\x21\xff\x0b" + name + blocks + b"\0"


PRIVATE = {
    "a PNG chunk": files.png(files.chunk(b"orIg", b"name\0" + SMALL)),
    "a WebP chunk": files.webp((b"ORIG", SMALL)),
    "a JPEG segment": with_segment(files.segment(0xE6, b"ORIG\0" + SMALL)),
    "a TIFF tag": files.tiff({0x010F: b"ACME", 65_000: b"ORIG" + SMALL}),
    "a GIF extension": encoded(photo(4, (9, 9)), "GIF")[:-1] + extension(b"ORIGINAL1.0", SMALL) + b";",
    "a free box of a HEIC": files.heif() + files.box(b"free", SMALL),
    "an unknown box of an AVIF": files.heif(brand=b"avif") + files.box(b"uuid", bytes(16) + SMALL),
}


@pytest.mark.parametrize("data", PRIVATE.values(), ids=PRIVATE)
def test_a_picture_in_a_chunk_of_a_program_s_own(data):
    assert others(data) == [("SECOND", "picture:2", SMALL)]


def test_a_picture_over_several_segments_is_named_although_no_decoder_takes_it():
    first, second = b"ORIG\0" + MAIN[:1_000], b"ORIG\0" + MAIN[1_000:]
    found = walk(with_segment(files.segment(0xE6, first) + files.segment(0xE6, second))).pictures[1:]
    assert [(picture.role.value, picture.whole) for picture in found] == [("SECOND", False)]


def test_the_preview_of_an_iptc_record():
    resource = files.resource(0x0404, files.iim((2, 200, b"\0\x0b"), (2, 202, SMALL)))
    assert others(with_segment(files.photoshop_segment(resource))) == [("PREVIEW", "preview:1", SMALL)]


@pytest.mark.parametrize("body", [b"", b"\xff\xd8\xff" * 300, bytes(range(256)) * 8, b"ICC_PROFILE\0" + SMALL])
def test_a_chunk_without_a_picture_holds_none(body):
    assert others(with_segment(files.segment(0xE2, body))) == []


def test_a_tiff_structure_of_metadata_alone_is_no_picture():
    trailer = files.tiff({0x010F: b"ACME", 0x0110: b"a camera"}) + bytes(600)
    assert others(MAIN + trailer) == []


def test_a_gain_map_by_the_directory_of_the_container():
    item = (
        '<rdf:li rdf:parseType="Resource"><C:Item xmlns:C="http://ns.google.com/photos/1.0/container/"'
        ' xmlns:I="http://ns.google.com/photos/1.0/container/item/" I:Semantic="{}" I:Length="{}"/></rdf:li>'
    )
    listed = "".join(item.format(word, len(SMALL)) for word in ("Primary", "GainMap"))
    xmp = files.packet(
        f'<C:Directory xmlns:C="http://ns.google.com/photos/1.0/container/"><rdf:Seq>{listed}</rdf:Seq></C:Directory>'
    )
    data = with_segment(files.xmp_segment(xmp)) + SMALL
    assert others(data) == [("GAIN_MAP", "gain-map:1", SMALL)]


def test_the_index_of_a_multi_picture_file():
    stream = io.BytesIO()
    photo(5).save(stream, "MPO", save_all=True, append_images=[photo(6)])
    data = stream.getvalue()
    found = walk(data)
    (second,) = found.pictures[1:]
    assert (second.role, second.place, second.start, second.end) == (
        PictureRole.SECOND,
        "picture:2",
        found.end,
        len(data),
    )
    with Image.open(io.BytesIO(second.bytes(data))) as opened:
        assert opened.size == photo(6).size


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"PK\3\4", "a ZIP archive"),
        (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
        (b"Rar!\x1a\7", "a RAR archive"),
        (b"%PDF-1.7", "a PDF document"),
        (b"\x1f\x8b\x08", "a gzip archive"),
        (b"\x42\x43" * 4, ""),
    ],
)
def test_bytes_behind_the_end_that_are_no_picture(start, what):
    (rest,) = walk(MAIN + start + b"\x99" * 700).rest
    assert (rest.start, rest.end, rest.what) == (len(MAIN), len(MAIN) + len(start) + 700, what)


def test_a_few_bytes_behind_the_end_could_show_nobody():
    assert walk(MAIN + b"made by a tool" * 20).rest == ()


def test_an_afcp_trailer_with_a_thumbnail():
    place = len(MAIN) + 24
    table = b"AXS!" + struct.pack(">HHI", 1, 1, 0) + b"Nail" + struct.pack(">II", len(SMALL), place)
    data = MAIN + table + SMALL + b"AXS!" + struct.pack(">II", len(MAIN), 0)
    assert others(data) == [("THUMBNAIL", "thumbnail:1", SMALL)]


def test_a_foto_station_trailer():
    def record(tag, body):
        return body + struct.pack(">HI", tag, len(body) + 10) + b"\xa1\xb2\xc3\xd4"

    iim = files.iim((2, 116, b"Harvey"))
    data = MAIN + record(1, iim) + record(3, SMALL)
    assert others(data) == [("THUMBNAIL", "thumbnail:1", SMALL)]
    assert [block.data for block in walk(data).blocks if block.location.startswith("jpeg:FotoStation")] == [iim]


def test_the_pages_of_a_tiff_are_pictures():
    stream = io.BytesIO()
    photo(7).save(stream, "TIFF", save_all=True, append_images=[photo(8), photo(9)])
    found = walk(stream.getvalue())
    assert [(picture.place, picture.whole) for picture in found.pictures[1:]] == [("ifd1", False), ("ifd2", False)]
    assert not stream.getvalue()[found.end :].strip(b"\0")  # Pillow rounds its files up


def test_a_reduced_rendering_in_a_tiff_is_a_thumbnail():
    block = files.pages({0x010F: b"ACME"}, {0x00FE: 1, 0x0201: 0, 0x0202: 0})
    data = files.pages({0x010F: b"ACME"}, {0x00FE: 1, 0x0201: len(block), 0x0202: len(SMALL)}) + SMALL
    assert others(data) == [("THUMBNAIL", "thumbnail:1", SMALL)]


def test_the_layers_of_a_photoshop_file():
    layers = struct.pack(">IIH", 700, 690, 2) + bytes(694)
    (picture,) = walk(files.psd() + layers).pictures[1:]
    assert (picture.role, picture.place, picture.whole) == (PictureRole.SECOND, "layers", False)
    assert len(walk(files.psd() + bytes(4) + b"pixels").pictures) == 1


def heic(items, references):
    """A HEIF file of coded items (number, type) of four bytes each, the first of them primary."""
    infos = b"".join(
        files.box(b"infe", struct.pack(">IHH", 2 << 24, number, 0) + kind + b"\0") for number, kind in items
    )
    places = b"".join(struct.pack(">HHHHII", number, 1, 0, 1, 4 * at, 4) for at, (number, _) in enumerate(items))
    links = b"".join(
        files.box(kind, struct.pack(f">HH{len(targets)}H", source, len(targets), *targets))
        for kind, source, targets in references
    )
    uses = files.box(b"auxC", bytes(4) + b"urn:com:apple:photo:2020:aux:hdrgainmap\0") + files.box(
        b"auxC", bytes(4) + b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"
    )
    associations = struct.pack(">IIHBBHBB", 0, 2, 4, 1, 1, 5, 1, 2)
    meta = (
        bytes(4)
        + files.box(b"hdlr", bytes(24))
        + files.box(b"pitm", struct.pack(">IH", 0, items[0][0]))
        + files.box(b"iinf", bytes(4) + struct.pack(">H", len(items)) + infos)
        + files.box(b"iref", bytes(4) + links)
        + files.box(b"iprp", files.box(b"ipco", uses) + files.box(b"ipma", associations))
        + files.box(b"iloc", struct.pack(">IBBH", 1 << 24, 0x44, 0, len(items)) + places)
        + files.box(b"idat", b"".join(b"%04d" % number for number, _ in items))
    )
    return files.box(b"ftyp", b"heic" + bytes(4)) + files.box(b"meta", meta)


@pytest.mark.parametrize(
    ("items", "references", "expected"),
    [
        ([(1, b"hvc1")], [], []),
        ([(1, b"hvc1"), (2, b"hvc1")], [(b"thmb", 2, [1])], [("THUMBNAIL", b"0002")]),
        ([(1, b"hvc1"), (2, b"hvc1")], [], [("SECOND", b"0002")]),
        ([(1, b"grid"), (2, b"hvc1"), (3, b"hvc1")], [(b"dimg", 1, [2, 3])], []),
        (
            [(1, b"iovl"), (2, b"hvc1"), (3, b"hvc1")],
            [(b"dimg", 1, [2, 3])],
            [("SECOND", b"0002"), ("SECOND", b"0003")],
        ),
        ([(1, b"hvc1"), (4, b"hvc1")], [(b"auxl", 4, [1])], [("GAIN_MAP", b"0004")]),
        ([(1, b"hvc1"), (5, b"hvc1")], [(b"auxl", 5, [1])], []),
        ([(1, b"hvc1"), (6, b"hvc1")], [(b"auxl", 6, [1])], [("DEPTH_MAP", b"0006")]),
        ([(1, b"hvc1"), (2, b"hvc1"), (3, b"tmap")], [(b"dimg", 3, [1, 2])], [("GAIN_MAP", b"0002")]),
    ],
)
def test_the_items_of_a_heic(items, references, expected):
    data = heic(items, references)
    found = walk(data)
    assert [(picture.role.value, picture.bytes(data)) for picture in found.pictures[1:]] == expected
    assert not any(picture.whole for picture in found.pictures[1:])


ENDED = {
    "jpeg": MAIN,
    "png": PNG,
    "gif": encoded(photo(4, (9, 9)), "GIF"),
    "webp": encoded(photo(4, (16, 16)), "WEBP"),
    "bmp": encoded(photo(4, (9, 9)), "BMP"),
}


@pytest.mark.parametrize("data", ENDED.values(), ids=ENDED)
@given(tail=st.binary(max_size=200))
def test_what_follows_never_moves_the_end(data, tail):
    assert walk(data + tail).end == len(data)


@pytest.mark.parametrize(
    "data", [*files.carriers(b"<x:xmpmeta/>").values(), *files.inner_carriers(b"<x/>").values(), *ENDED.values()]
)
def test_pixels_and_what_lies_beside_them_are_the_whole_file(data):
    found = walk(data)
    beside = list(found.beside_pixels(data))
    pixels = sum(each.end - each.start for each in found.coded)
    assert sum(map(len, beside)) + pixels == len(data)
    assert all(part in data for part in beside)


def test_nothing_of_the_pixels_is_searched():
    scan = b"\xff\xda\x00\x02" + b"\x11" * 40_000 + b"\xff\xd9"
    data = b"\xff\xd8" + scan + b"behind"
    assert list(walk(data).beside_pixels(data)) == [b"\xff\xd8\xff\xda\x00\x02", b"\xff\xd9behind"]


@pytest.mark.parametrize("stuffing", [b"\xff\x00", b"\xff\xd0", b"\xff\xd7", b"\x00" * 70_000, b"\xff\x00" * 40_000])
def test_pixels_end_at_the_first_marker_behind_them(stuffing):
    data = b"\xff\xd8\xff\xda\x00\x02" + stuffing + b"\xff\xd9" + SMALL
    found = walk(data)
    assert found.end == 6 + len(stuffing) + 2
    assert [picture.start for picture in found.pictures[1:]] == [found.end]


def test_a_jpeg_that_lacks_only_its_end_mark():
    assert walk(MAIN[:-2]).problems == (("jpeg", "the file ends before its end mark"),)
    early = b"\xff\xd8" + files.segment(0xFE, b"a comment")
    assert walk(early).problems == (("jpeg", "the file ends before its pixel data"),)


def test_more_pictures_than_the_limit():
    tiny = b"\xff\xd8\xff\xda\x00\x02\xff\xd9"
    found = walk(MAIN + tiny * (MAX_PICTURES + 10))
    assert len(found.pictures) == MAX_PICTURES
    assert ("jpeg:behind-the-end", "more pictures than the limit") in found.problems


def test_pictures_in_pictures_are_looked_into_so_far_and_no_further():
    data = MAIN
    for _ in range(6):
        data = b"\xff\xd8" + files.exif_segment(files.with_thumbnail({0x010F: b"ACME"}, data)) + MAIN[2:]
    places = [picture.place for picture in walk(data).pictures[1:]]
    assert places[0] == "thumbnail:1"
    assert len(places) <= 3
