"""Metadata count wherever they stand: between scans, behind the end, in second pictures, on later pages, in blocks."""

from __future__ import annotations

import struct
import zlib

import pytest

from fuzz import files
from provenance.carriers import BlockKind, walk

XMP = files.packet("<dc:rights>one and the same words</dc:rights>")
EXIF = files.tiff({0x010F: b"ACME", 0x8298: b"one and the same words"})
IIM = files.iim((2, 116, b"one and the same words"))
COMMENT = b"one and the same words"
KINDS = {"XMP": XMP, "EXIF": EXIF, "IIM": IIM, "TEXT": COMMENT}

SEGMENTS = {
    "XMP": files.xmp_segment(XMP),
    "EXIF": files.exif_segment(EXIF),
    "IIM": files.photoshop_segment(files.resource(0x0404, IIM)),
    "TEXT": files.segment(0xFE, COMMENT),
}
CHUNKS = {
    "XMP": files.itxt(XMP),
    "EXIF": files.chunk(b"eXIf", EXIF),
    "IIM": files.raw_profile("iptc", IIM),
    "TEXT": files.chunk(b"tEXt", b"Comment\0" + COMMENT),
}
SCAN = b"\xff\xda\x00\x02\x11\x22\x33"


def sub_blocks(body: bytes) -> bytes:
    return b"".join(bytes([len(body[at : at + 255])]) + body[at : at + 255] for at in range(0, len(body), 255)) + b"\0"


EXTENSIONS = {
    "XMP": b"\x21\xff\x0bXMP DataXMP" + XMP + b"\x01" + bytes(range(0xFF, -1, -1)) + b"\0",
    "IIM": b"\x21\xff\x0bMGKIPTC0000" + sub_blocks(IIM),
    "TEXT": b"\x21\xfe" + sub_blocks(COMMENT),
}
GIF = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0, 0, 0)
PAGES = {"XMP": {700: XMP}, "EXIF": {0x8298: COMMENT}, "IIM": {33723: IIM}}


def below(entries: dict[int, bytes | int]) -> bytes:
    """A TIFF structure whose first directory leads to `entries` by a pointer and not by a link."""
    start = len(files.pages({0x014A: 0}))
    return files.pages({0x014A: start}) + files.directory(entries, start, "<")


def of_jpeg(kind: str) -> dict[str, bytes]:
    block = SEGMENTS[kind]
    return {
        "before the pixels": files.jpeg(block),
        "between scans": b"\xff\xd8" + SCAN + block + SCAN + b"\xff\xd9",
        "before the end mark": b"\xff\xd8" + SCAN + block + b"\xff\xd9",
        "behind the end mark": files.jpeg(tail=block),
        "behind padding": files.jpeg(tail=bytes(20) + block),
        "of a second picture": files.jpeg(tail=files.jpeg(block)),
        "of a third picture": files.jpeg(tail=files.jpeg() + files.jpeg(block)),
        "behind a second picture": files.jpeg(tail=files.jpeg() + block),
        "of the thumbnail": files.jpeg(files.exif_segment(files.with_thumbnail({0x010F: b"ACME"}, files.jpeg(block)))),
        "behind a PNG": files.png() + files.jpeg(block),
    }


def of_png(kind: str) -> dict[str, bytes]:
    block = CHUNKS[kind]
    pixels = files.chunk(b"IDAT", zlib.compress(b"\0\0"))
    return {
        "before the pixels": files.png(block),
        "among the pixels": files.png(pixels, block),
        "behind the pixels": files.png(after=(block,)),
        "behind IEND": files.png() + block,
        "behind another chunk behind IEND": files.png() + files.chunk(b"tIME", bytes(7)) + block,
        "behind padding behind IEND": files.png() + bytes(3) + block,
        "of a picture behind a JPEG": files.jpeg(tail=files.png(block)),
    }


def of_gif(kind: str) -> dict[str, bytes]:
    block = EXTENSIONS[kind]
    return {
        "before the picture": GIF + block + b"\x3b",
        "behind the picture": GIF + b"\x2c" + bytes(9) + b"\x02\x02\x4c\x01\x00" + block + b"\x3b",
        "behind the trailer": GIF + b"\x3b" + block,
    }


def of_tiff(kind: str) -> dict[str, bytes]:
    entries = PAGES[kind]
    return {
        "of page 1": files.pages(entries),
        "of page 2": files.pages({0x010F: b"ACME"}, entries),
        "of page 3": files.pages({0x010F: b"ACME"}, {0x010F: b"ACME"}, entries, order=">"),
        "of a sub-directory": below(entries),
        "of an EXIF block in JPEG": files.jpeg(files.exif_segment(files.pages(entries))),
        "of an EXIF block in PNG": files.png(files.chunk(b"eXIf", files.pages(entries))),
        "of an EXIF block in WebP": files.webp((b"EXIF", files.pages(entries))),
        "of an EXIF block in HEIC": files.heif(exif=files.pages(entries)),
        "of an EXIF block in JPEG XL": files.jxl(exif=files.pages(entries)),
        "of an EXIF block in a Photoshop list": files.psd(files.resource(0x0422, files.pages(entries))),
        "of a second directory in JPEG": files.jpeg(files.exif_segment(files.pages({0x010F: b"ACME"}, entries))),
    }


CASES = [
    pytest.param(kind, data, id=f"{kind} {where} {family}")
    for family, builder, kinds in (
        ("JPEG", of_jpeg, SEGMENTS),
        ("PNG", of_png, CHUNKS),
        ("GIF", of_gif, EXTENSIONS),
        ("TIFF", of_tiff, PAGES),
    )
    for kind in kinds
    for where, data in builder(kind).items()
]


@pytest.mark.parametrize(("kind", "data"), CASES)
def test_a_block_is_found_wherever_it_stands(kind, data):
    found = walk(data)
    assert found.problems == ()
    block = [block for block in found.blocks if COMMENT in block.data and block.kind is BlockKind(kind)][-1]
    if kind != "EXIF":
        assert block.data == KINDS[kind]


@pytest.mark.parametrize(
    "mark",
    [
        b"Exif\0\0",
        b"EXIF\0\0",
        b"exif\0\0",
        b"Exif\0\xff",
        b"Exif\0",
        b"\0Exif\0\0",
        b"\0\0\0\0Exif\0\0",
    ],
)
def test_marks_of_exif_that_writers_get_wrong(mark):
    (block,) = walk(files.jpeg(files.segment(0xE1, mark + EXIF))).blocks
    assert (block.kind, block.data) == (BlockKind.EXIF, EXIF)


@pytest.mark.parametrize(
    "mark",
    [
        b"http://ns.adobe.com/xap/1.0/\0",
        b"XMP\0://ns.adobe.com/xap/1.0/\0",
        b"http://ns.adobe.com/xap/1.0/",
        b"xmp\0",
        b"",
    ],
)
def test_marks_of_xmp_that_writers_get_wrong(mark):
    (block,) = walk(files.jpeg(files.segment(0xE1, mark + XMP))).blocks
    assert (block.kind, block.data) == (BlockKind.XMP, XMP)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("XMP", files.webp((b"XMP ", b"http://ns.adobe.com/xap/1.0/\0" + XMP))),
        ("XMP", files.png(files.itxt(b"http://ns.adobe.com/xap/1.0/\0" + XMP))),
        ("XMP", files.heif(b"http://ns.adobe.com/xap/1.0/\0" + XMP)),
        ("XMP", files.tiff({700: b"http://ns.adobe.com/xap/1.0/\0" + XMP})),
        ("EXIF", files.webp((b"EXIF", b"Exif\0\0" + EXIF))),
        ("EXIF", files.png(files.chunk(b"eXIf", b"Exif\0\0" + EXIF))),
        ("EXIF", files.heif(exif=b"Exif\0\0" + EXIF)),
        ("IIM", files.png(files.raw_profile("8bim", b"Photoshop 3.0\0" + files.resource(0x0404, IIM)))),
    ],
)
def test_the_marks_of_a_jpeg_in_other_formats(kind, data):
    found = walk(data)
    assert found.problems == ()
    assert KINDS[kind] in [block.data for block in found.blocks if block.kind is BlockKind(kind)]


EMPTY = {
    "XMP in JPEG": files.jpeg(files.xmp_segment(b"")),
    "padding as XMP in JPEG": files.jpeg(files.xmp_segment(b"  \n\0")),
    "EXIF in JPEG": files.jpeg(files.exif_segment(b"")),
    "Photoshop list in JPEG": files.jpeg(files.photoshop_segment()),
    "IIM in a Photoshop list": files.jpeg(files.photoshop_segment(files.resource(0x0404, b""))),
    "XMP in PNG": files.png(files.itxt(b"")),
    "EXIF in PNG": files.png(files.chunk(b"eXIf", b"")),
    "XMP in WebP": files.webp((b"XMP ", b"")),
    "EXIF in WebP": files.webp((b"EXIF", b"")),
    "XMP in TIFF": files.tiff({0x010F: b"ACME", 700: b"\0\0\0\0"}),
    "XMP in JPEG XL": files.jxl() + files.box(b"xml ", b""),
    "EXIF in JPEG XL": files.jxl() + files.box(b"Exif", bytes(4)),
    "XMP in GIF": files.gif(b""),
}


@pytest.mark.parametrize("data", EMPTY.values(), ids=EMPTY)
def test_an_empty_block_says_nothing_and_is_no_fault(data):
    found = walk(data)
    assert found.problems == ()
    assert not [block for block in found.blocks if block.kind is BlockKind.XMP]
    assert not [block for block in found.blocks if block.kind is BlockKind.EXIF and not block.data]


def test_what_follows_the_bytes_of_a_raw_profile_is_no_part_of_it():
    text = f"\nxmp\n{len(XMP):8}\n{XMP.hex()}\n".encode()
    (block,) = walk(files.png(files.chunk(b"tEXt", b"Raw profile type xmp\0" + text + b"zz no digits"))).blocks
    assert (block.data, block.problem) == (XMP, "")


def test_two_loose_packets_behind_an_end_are_both_found():
    found = walk(files.jpeg(tail=b"x" * 600 + XMP + b"y" * 600 + XMP))
    assert [block.kind for block in found.blocks] == [BlockKind.XMP, BlockKind.XMP]
    assert [rest.end - rest.start for rest in found.rest] == [600, found.rest[1].end - found.rest[1].start]


def test_bare_rdf_behind_an_end():
    rdf = XMP[XMP.index(b"<rdf:RDF") : XMP.index(b"</x:xmpmeta>")]
    (block,) = walk(files.jpeg(tail=rdf + b"more")).blocks
    assert block.data == rdf


def test_a_text_to_be_drawn_on_a_gif():
    (block,) = walk(GIF + b"\x21\x01\x0c" + bytes(12) + sub_blocks(COMMENT) + b"\x3b").blocks
    assert (block.location, block.data) == ("gif:text", COMMENT)


def test_comments_in_a_code_stream():
    comment = struct.pack(">HHH", 0xFF64, 4 + len(COMMENT), 1) + COMMENT
    stream = b"\xff\x4f\xff\x51\x00\x04\0\0" + comment + b"\xff\x90\x00\x04\0\0\xff\x93\xff\xd9"
    for data in (stream, files.jp2(b"") + files.box(b"jp2c", stream)):
        assert [block.data for block in walk(data).blocks] == [COMMENT]
        assert walk(data).problems == ()


def test_comments_in_a_netpbm_header():
    assert [block.data for block in walk(b"P5\n# one\n1 1\n# two\n255\n\0").blocks] == [b" one\n two"]
