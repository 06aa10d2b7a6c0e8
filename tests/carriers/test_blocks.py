"""Each carrier gives its blocks whole, says what is broken, and believes no length."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.carriers import png, sniff, walk
from provenance.carriers.parts import MAX_BLOCK_BYTES, MAX_BLOCKS, BlockKind
from provenance.carriers.sidecars import sidecar_blocks

XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"


def kinds(data):
    return [(block.kind, block.location, block.data) for block in walk(data).blocks]


def problems(data):
    return [block.problem for block in walk(data).blocks if block.problem]


def test_sniffing(files):
    named = {name: sniff(data) for name, data in files.carriers(XMP).items()}
    assert named == {
        "jpeg": "jpeg",
        "jpeg-extended": "jpeg",
        "jpeg-second-picture": "jpeg",
        "png": "png",
        "png-zipped": "png",
        "png-after-pixels": "png",
        "png-raw-profile": "png",
        "webp": "webp",
        "gif": "gif",
        "tiff": "tiff",
        "tiff-big-endian": "tiff",
        "psd": "psd",
        "heic": "boxes",
        "avif": "boxes",
        "jxl": "boxes",
        "jp2": "boxes",
        "sidecar": "xmp",
    }


def test_every_carrier_gives_the_packet_unchanged(files):
    for name, data in files.carriers(XMP).items():
        found = [block.data for block in walk(data).blocks if block.kind is BlockKind.XMP]
        assert XMP in found, name
        assert problems(data) == [], name


def test_jpeg_blocks_of_every_kind(files):
    data = files.jpeg(
        files.exif_segment(files.tiff({0x8298: b"ACME Ltd"})),
        files.xmp_segment(XMP),
        files.photoshop_segment(files.resource(0x0404, b"\x1c\x02\x74\0\0")),
        files.segment(0xEB, b"JP\0\1\0\0\0\1" + b"\0\0\0\x08jumbc2pa"),
        files.segment(0xFE, b"a comment"),
    )
    assert [(block.kind, block.location) for block in walk(data).blocks] == [
        (BlockKind.EXIF, "jpeg:APP1/exif"),
        (BlockKind.XMP, "jpeg:APP1/xmp"),
        (BlockKind.TEXT, "jpeg:COM"),
        (BlockKind.IIM, "jpeg:APP13/8BIM/iim"),
        (BlockKind.C2PA, "jpeg:APP11"),
    ]


def test_photoshop_resources_that_span_two_segments(files):
    whole = files.resource(0x0404, b"\x1c\x02\x74\0\x05Smith")
    data = files.jpeg(files.photoshop_segment(whole[:9]), files.photoshop_segment(whole[9:]))
    assert kinds(data) == [(BlockKind.IIM, "jpeg:APP13/8BIM/iim", b"\x1c\x02\x74\0\x05Smith")]


def test_extended_xmp_with_a_missing_piece(files):
    pieces = files.extended_segments(b"<x:xmpmeta>" + b"x" * 400, 4)
    (block,) = walk(files.jpeg(pieces[0], *pieces[2:])).blocks
    assert block.problem == "Extended XMP with a gap or an overlap"


@given(order=st.permutations(range(4)))
def test_extended_xmp_in_any_order(files, order):
    xmp = bytes(range(256)) * 3
    pieces = files.extended_segments(xmp, 4)
    (block,) = walk(files.jpeg(*(pieces[index] for index in order))).blocks
    assert (block.data, block.problem) == (xmp, "")


def test_a_segment_past_the_end(files):
    data = b"\xff\xd8\xff\xe1\xff\xffhttp://ns.adobe.com/xap/1.0/\0" + XMP
    block, rest = walk(data).blocks
    assert (block.kind, block.data, block.problem) == (BlockKind.XMP, XMP, "segment past the end")
    assert rest.problem == "the file ends before its pixel data"


def test_an_afcp_trailer(files):
    head = files.jpeg()
    iim = files.iim((2, 116, b"Harvey"))
    table = b"AXS!" + struct.pack(">HHI", 1, 1, 0) + b"IPTC" + struct.pack(">II", len(iim), len(head) + 24)
    data = head + table + iim + b"AXS!" + struct.pack(">II", len(head), 0)
    assert kinds(data) == [(BlockKind.IIM, "jpeg:AFCP/iim", iim)]


@pytest.mark.parametrize(
    ("marker", "mark"),
    [(0xE3, b"Meta\0\0"), (0xE3, b"META\0\0"), (0xE0, b"Exif\0\0"), (0xE1, b""), (0xE5, b"Exif\0\0")],
)
def test_exif_in_segments_that_are_not_its_own(files, marker, mark):
    """Kodak's cameras mark theirs `Meta` and write it into APP3."""
    block = files.tiff({0x8298: b"ACME Ltd"})
    assert kinds(files.jpeg(files.segment(marker, mark + block))) == [
        (BlockKind.EXIF, f"jpeg:APP{marker - 0xE0}/exif", block)
    ]


@pytest.mark.parametrize("body", [b"MPF\0II*\0", b"Meta\0\0", b"II", b"FPXR\0\0II*\0"])
def test_other_segments_are_no_exif(files, body):
    assert kinds(files.jpeg(files.segment(0xE2, body + bytes(8)))) == []


def test_a_save_for_web_segment(files):
    text = "© ACME".encode("utf-16-be")
    body = b"Ducky\0\1\0\4\0\0\0\x50" + struct.pack(">HHI", 3, 4 + len(text), len(text) // 2) + text + b"\0\0"
    (block,) = walk(files.jpeg(files.segment(0xEC, body))).blocks
    assert (block.name, block.data.decode()) == ("ducky:Copyright", "© ACME")


def test_png_checksums_and_lengths(files):
    good = files.png(files.itxt(XMP))
    at = good.index(XMP)
    (block,) = walk(good[:at] + b"?" + good[at + 1 :]).blocks
    assert block.problem == "chunk checksum does not match"
    cut, rest = walk(good[: at + 4]).blocks
    assert rest.problem == "the file ends before its IEND chunk"
    assert (cut.data, cut.problem) == (XMP[:4], "chunk past the end")


def test_png_text_in_latin_1_and_zipped(files):
    import zlib

    data = files.png(
        files.chunk(b"tEXt", b"Author\0" + "Zoë".encode("latin-1")),
        files.chunk(b"zTXt", b"Copyright\0\0" + zlib.compress(b"ACME")),
        files.chunk(b"iTXt", b"Title\0\0\0en\0Title\0" + "Änderung".encode()),
    )
    assert [(block.name, block.data.decode()) for block in walk(data).blocks] == [
        ("Author", "Zoë"),
        ("Copyright", "ACME"),
        ("Title", "Änderung"),
    ]


def test_png_raw_profiles(files):
    block = files.tiff({0x8298: b"ACME"})
    iim = files.iim((2, 116, b"ACME"))
    data = files.png(
        files.raw_profile("exif", b"Exif\0\0" + block),
        files.raw_profile("iptc", iim),
        files.raw_profile("8bim", files.resource(0x0404, iim)),
        files.raw_profile("icc", b"irrelevant"),
    )
    assert [(block.kind, block.data) for block in walk(data).blocks] == [
        (BlockKind.EXIF, block),
        (BlockKind.IIM, iim),
        (BlockKind.IIM, iim),
    ]
    damaged = files.chunk(b"tEXt", b"Raw profile type xmp\0\nxmp\n  9\nzz\n")
    assert problems(files.png(damaged)) == ["damaged raw profile"]


def test_a_compressed_bomb_stops_at_the_limit():
    import zlib

    text, problem = png.inflate(zlib.compress(bytes(1_000_000)), 1_000)
    assert (len(text), problem) == (1_000, "compressed text larger than the limit")


def test_webp_exif_with_and_without_its_prefix(files):
    block = files.tiff({0x8298: b"ACME"})
    for stored in (block, b"Exif\0\0" + block):
        assert kinds(files.webp((b"EXIF", stored))) == [(BlockKind.EXIF, "webp:EXIF", block)]


def test_tiff_blocks(files):
    iim = files.iim((2, 116, b"ACME Ltd"))
    data = files.tiff({700: XMP, 33723: iim, 34377: files.resource(0x0424, XMP)})
    assert kinds(data)[1:] == [
        (BlockKind.XMP, "tiff:exif/700/xmp", XMP),
        (BlockKind.IIM, "tiff:exif/33723/iim", iim),
        (BlockKind.XMP, "tiff:exif/34377/8BIM/xmp", XMP),
    ]


def test_tiff_directories_in_a_ring():
    data = b"II*\0\x08\0\0\0" + b"\0\0" + struct.pack("<I", 8)
    assert [block.kind for block in walk(data).blocks] == [BlockKind.EXIF]


@pytest.mark.timeout(20)
def test_tiff_directories_that_overlap():
    """Each of 250 directories holds almost all entries of the one before it."""
    first = struct.pack("<H", 1) + struct.pack("<HHII", 0x014A, 4, 250, 1_000_000) + bytes(4)
    body = (struct.pack("<H", 3_000) + struct.pack("<HII", 4, 1, 8)) * 4_000
    links = b"".join(struct.pack("<I", 26 + 12 * number) for number in range(250))
    data = (b"II*\0\x08\0\0\0" + first + body).ljust(1_000_000, b"\0") + links
    assert ("tiff:exif", "more directories than the limit") in walk(data).problems


def test_a_pointer_that_leads_nowhere_is_a_problem():
    main = struct.pack("<H", 1) + struct.pack("<HHII", 0x8769, 2, 154, 8) + bytes(4)
    assert problems(b"II*\0\x08\0\0\0" + main) == ["pointer 0x8769 that leads nowhere"]
    empty = struct.pack("<H", 1) + struct.pack("<HHII", 0x8825, 4, 0, 0) + bytes(4)
    assert problems(b"II*\0\x08\0\0\0" + empty) == []
    beyond = struct.pack("<H", 1) + struct.pack("<HHII", 0x8769, 4, 1, 99_999) + bytes(4)
    assert problems(b"II*\0\x08\0\0\0" + beyond) == ["directory past the end"]
    assert problems(b"II*\0\xff\xff\0\0") == ["directory past the end"]


def test_big_tiff():
    xmp = XMP + b"   "
    entry = struct.pack("<HHQQ", 700, 1, len(xmp), 52)
    data = b"II+\0" + struct.pack("<HHQ", 8, 0, 16) + struct.pack("<Q", 1) + entry + bytes(8) + xmp
    assert kinds(data)[1:] == [(BlockKind.XMP, "tiff:exif/700/xmp", xmp)]


def test_heif_items_in_the_media_data(files):
    """Items by file offset, as cameras write them, and not in `idat`."""
    data = files.heif(XMP)
    at = data.index(XMP)
    moved = data.replace(
        struct.pack(">HHHHII", 1, 1, 0, 1, 0, len(XMP)), struct.pack(">HHHHII", 1, 0, 0, 1, at, len(XMP))
    )
    assert moved != data
    assert kinds(moved) == [(BlockKind.XMP, "heif:meta/xmp", XMP)]


def test_heif_item_past_the_end(files):
    data = files.heif(XMP)
    broken = data.replace(struct.pack(">II", 0, len(XMP)), struct.pack(">II", 0, 0xFFFFFF))
    assert problems(broken) == ["item past the end or larger than the limit"]


def test_brotli_compressed_boxes_are_reported(files):
    (block,) = walk(files.jxl() + files.box(b"brob", b"xml \x1b")).blocks
    assert (block.location, block.problem) == ("jxl:brob/xml", "Brotli-compressed metadata is not read")


def test_gif_comment_and_damage(files):
    data = files.gif(XMP, b"made by me")
    assert kinds(data) == [(BlockKind.TEXT, "gif:comment", b"made by me"), (BlockKind.XMP, "gif:XMP", XMP)]
    assert problems(data[:-10]) == ["extension past the end", "the file ends before its trailer"]


def test_files_that_end_early(files):
    """What is missing may have held a refusal."""
    assert problems(files.webp((b"VP8 ", bytes(100)))[:-50]) == ["the file ends before its declared end"]
    assert problems(files.heif(XMP)[:60]) != []
    assert problems(files.png()[:-12]) == ["the file ends before its IEND chunk"]


def test_formats_without_metadata_are_searched_for_packets(files):
    packet = files.packet("")
    (block,) = walk(b"BM" + bytes(50) + packet + bytes(50)).blocks
    assert block.kind is BlockKind.XMP
    assert problems(b"BM" + bytes(50)) == []


def test_an_unknown_format_is_a_finding():
    assert problems(b"\x01\x02\x03\x04" * 10) == ["not a file format that is known here"]


def test_no_more_blocks_than_the_limit(files):
    data = files.png(*[files.chunk(b"tEXt", b"k\0v")] * (MAX_BLOCKS + 50))
    found = list(walk(data).blocks)
    assert len(found) == MAX_BLOCKS + 1
    assert found[-1].problem == "more metadata than the limit"


def test_a_sidecar_larger_than_the_limit():
    (block,) = sidecar_blocks("p.jpg", {"p.xmp": b"x" * (MAX_BLOCK_BYTES + 1)})
    assert (len(block.data), block.problem) == (MAX_BLOCK_BYTES, "sidecar larger than the limit")


@given(st.binary(max_size=300), st.sampled_from(["jpeg", "png", "webp", "gif", "tiff", "psd", "heic", "jxl", "jp2"]))
def test_no_bytes_make_a_reader_raise(files, noise, carrier):
    data = files.carriers(XMP)[carrier]
    for cut in (len(data) // 3, 2 * len(data) // 3):
        for block in walk(data[:cut] + noise + data[cut:]).blocks:
            assert "reader stopped" not in block.problem


@pytest.mark.parametrize(
    "head", [b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"8BPS", b"II*\0", b"MM\0*", b"\0\0\0\x0cJXL \r\n\x87\n"]
)
@given(body=st.binary(max_size=400))
def test_noise_behind_a_signature(head, body):
    for block in walk(head + body).blocks:
        assert "reader stopped" not in block.problem


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("before", [b"", bytes(3), b"junk"])
def test_a_packet_behind_the_end_in_any_encoding(files, encoding, before):
    text = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>' + "<a>\u00e9</a>" + '<?xpacket end="w"?>'
    (block,) = walk(files.jpeg() + before + text.encode(encoding) + b"\nbehind it").blocks
    assert (block.kind, block.location, block.problem) == (BlockKind.XMP, "jpeg:behind-the-end/xmp", "")
    assert "\u00e9" in block.data.decode("utf-8" if encoding == "utf-8" else "utf-16-le")
