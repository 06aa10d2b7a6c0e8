"""Images, files that may hold images, and companions are told apart by their bytes, whatever they are called."""

from __future__ import annotations

import base64
import io
import pickle
import random
import sqlite3
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from provenance.sources.heads import HEAD_BYTES, is_picture_as_text, text_of
from provenance.sources.kinds import SMALLEST, FileKind, container_of_name, is_image_name, kind_of

_PICTURE = Image.frombytes("RGB", (24, 24), random.Random(1).randbytes(24 * 24 * 3))


def kind(data: bytes, name: bytes = b"file") -> FileKind:
    return kind_of(name, data[:HEAD_BYTES], len(data)).kind


def saved(form: str, mode: str = "RGB") -> bytes:
    stream = io.BytesIO()
    _PICTURE.convert(mode).save(stream, form)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("form", "mode"),
    [
        ("JPEG", "RGB"), ("PNG", "RGB"), ("GIF", "P"), ("WEBP", "RGB"), ("BMP", "RGB"), ("TIFF", "RGB"), ("ICO", "RGB"),
        ("ICNS", "RGB"), ("JPEG2000", "RGB"), ("AVIF", "RGB"), ("PPM", "RGB"), ("PPM", "L"), ("PPM", "1"),
        ("DDS", "RGB"), ("EPS", "RGB"), ("XBM", "1"), ("SGI", "RGB"), ("MPO", "RGB"), ("QOI", "RGB"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", [b"photo.txt", b"labels.csv", b"data.json", b"train.db", b"notes", b"a.zip", b"x.xmp"])
def test_a_picture_is_one_under_any_name(form: str, mode: str, name: bytes) -> None:
    Image.init()
    assert kind(saved(form, mode), name) is FileKind.IMAGE


_SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
_BEFORE_SVG = st.lists(
    st.sampled_from(
        [
            "<!-- drawn by hand -->", "<!-- <html> -->", "\n", "  \t\r\n", "<?made by='x'?>",
            '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">',
            '<!DOCTYPE svg [<!ENTITY a "b"> <!-- in it --> <!ATTLIST svg id CDATA "x">]>',
        ]
    ),
    max_size=4,
    unique=True,
)  # fmt: skip
_DECLARATION = st.sampled_from(["", '<?xml version="1.0"?>', "<?xml version='1.0' encoding='{}' standalone='no' ?>"])
_ENCODING = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
_ROOT = st.sampled_from([_SVG, '<s:svg xmlns:s="http://www.w3.org/2000/svg"/>', "<svg>", "<svg\n>"])


@given(_DECLARATION, _BEFORE_SVG, _ROOT, _ENCODING)
def test_an_svg_is_a_picture_in_every_lawful_spelling(
    declaration: str, before: list[str], root: str, encoding: str
) -> None:
    if sum(part.startswith("<!DOCTYPE") for part in before) > 1:
        before = [part for part in before if not part.startswith("<!DOCTYPE")]
    text = declaration.format(encoding.removesuffix("-sig")) + "".join(before) + root
    assert kind(text.encode(encoding)) is FileKind.IMAGE


def test_an_svg_that_a_stricter_parser_refuses_is_a_picture_still() -> None:
    for text in (
        '<?xml version="1.1"?>' + _SVG,
        '<?xml version="1.0" encoding="x-mine"?>' + _SVG,
        "<!-- a -- b -->" + _SVG,
    ):
        assert kind(text.encode()) is FileKind.IMAGE


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE html><html><body><svg></svg></body></html>",
        "<?xpacket begin='\ufeff' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'/>",
        "<annotation><object><name>svg</name></object></annotation>",
        "<!-- <svg> --><feed/>",
        "img_1.jpg,svg\n",
    ],
)
def test_other_xml_is_no_picture(text: str) -> None:
    assert kind(text.encode()) is FileKind.OTHER


_GAP = st.lists(
    st.sampled_from([" ", "\t", "\n", "\r", "\r\n", "#made by x\n", "# 1 2 3\n", "#\n"]), min_size=1, max_size=4
)


@given(st.integers(1, 6), st.integers(1, 9999), st.integers(1, 9999), _GAP, _GAP, _GAP)
def test_a_netpbm_file_is_a_picture_with_comments_and_white_space_anywhere(
    number: int, width: int, height: int, first: list[str], second: list[str], third: list[str]
) -> None:
    head = f"P{number}{''.join(first)}{width}{''.join(second)}{height}"
    if number not in (1, 4):
        head += f"{''.join(third)}255"
    body = b"\n" + (b"0 1 1 0\n" * 9 if number <= 3 else bytes(range(256)))
    assert kind(head.encode() + body, b"raster") is FileKind.IMAGE


def test_the_other_kinds_of_netpbm() -> None:
    pam = b"P7\n# x\nWIDTH 2\nHEIGHT 2\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\n" + bytes(range(200))
    for data in (pam, b"PF\n2 2\n-1.0\n" + bytes(range(48)), b"Pf 2 2 -1.0\n" + bytes(200), b"P7 332\n" + bytes(200)):
        assert kind(data) is FileKind.IMAGE


@pytest.mark.parametrize(
    "text",
    [
        "P1 34 F\nP2 29 M\n", "P1 35 40 3\nP2 3 4 5\n", "P3 is the control group\n", "P100 1 2\n", "P7 is late\n",
        "BM-17,2,3\n", "GIF89 is a format of pictures, says this text\n", "id\tcaption\n1\tun café\n",
        "SIMPLE words\n",
        "# a readme\n\nRIFF in WEBP\n", "#define WIDTH 10\nint main;\n", "qoif FLIF DDS icns 8BPS\n",
        "/* a comment */\n",
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "latin-1", "utf-8-sig"])
def test_text_beside_pictures_does_no_harm(text: str, encoding: str) -> None:
    for name in (b"labels.txt", b"README.md", b"LICENSE", b"metadata.csv"):
        assert kind(text.encode(encoding), name) is FileKind.OTHER


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0", min_codepoint=32), min_size=1))
def test_any_text_in_utf_8_is_text(text: str) -> None:
    data = text.encode()
    assert text_of(data) is not None
    if not is_picture_as_text(data, text_of(data)):
        assert kind(data) in (FileKind.OTHER, FileKind.IMAGE)


def _numpy() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.zeros((4, 96, 96, 3), np.uint8))
    return stream.getvalue()


def _sqlite() -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE picture (data BLOB)")
    return connection.serialize()


@pytest.mark.parametrize(
    ("data", "reader"),
    [
        (b"PK\x03\x04" + bytes(200), "zip"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(200), ""),
        (b"Rar!\x1a\x07\x01\x00" + bytes(200), ""),
        (b"\x1f\x8b\x08" + bytes(200), "gzip"),
        (b"\x28\xb5\x2f\xfd" + bytes(200), ""),
        (b"PAR1" + bytes(200), "parquet"),
        (b"ARROW1\0\0" + bytes(200), "arrow"),
        (b"\x89HDF\r\n\x1a\n" + bytes(200), ""),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", ""),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ""),
        (b"{\\rtf1\\ansi{\\pict\\jpegblip ffd8}}", ""),
        (b"\0\0\0\x18ftypisom\0\0\0\0isomavc1" + bytes(200), ""),
        (b"\x1aE\xdf\xa3" + bytes(200), ""),
        (b"RIFF\0\0\0\0AVI " + bytes(200), ""),
        (pickle.dumps([b"\xff\xd8\xff" + bytes(300)]), ""),
        (struct.pack("<Q", 900) + b"\x12\x34\x56\x78" + bytes(900), ""),  # a TFRecord
        (bytes([0, 0, 8, 3]) + bytes(5000), ""),  # MNIST's pictures
        (random.Random(2).randbytes(3073 * 3), ""),  # CIFAR's binary version
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", ""),
        (_numpy(), "npy"),
        (_sqlite(), ""),
    ],
)
@pytest.mark.parametrize("name", [b"file", b"labels.txt", b"notes.json", b"a.csv"])
def test_what_may_hold_images_is_a_container_under_any_name(data: bytes, reader: str, name: bytes) -> None:
    found = kind_of(name, data[:HEAD_BYTES], len(data))
    assert (found.kind, found.reader) == (FileKind.CONTAINER, reader)
    assert found.name


@given(st.binary(min_size=SMALLEST, max_size=400), st.sampled_from([b"", b"x.txt", b"x.bin", b"x.json"]))
def test_what_is_neither_text_nor_known_is_never_passed_over(data: bytes, name: bytes) -> None:
    if text_of(data) is None and kind(data, name) is FileKind.OTHER:
        # Only what is listed as harmless, by its first bytes.
        assert (
            data[:4] in _HARMLESS
            or data[2:4] == b"\r\n"
            or data[:5] in (b"\0\1\0\0\0", b"OTTO\0")
            or data[8:12] == b"WAVE"
        )


_HARMLESS = {
    b"\0\0\0\1", b"\0\5\x16\7", b"DIRC", b"\xfftOc", b"RIDX", b"BITM", b"CGPH", b"ttcf", b"wOFF", b"wOF2",
    b"\0\0\x08\x01", b"\0\0\x09\x01",
}  # fmt: skip


def test_companions_that_are_no_text_do_no_harm() -> None:
    for data in (
        b"\0\0\0\1Bud1" + bytes(6000),
        b"DIRC\0\0\0\2" + bytes(300),
        b"\0\1\0\0\0\x0f" + bytes(900),
        b"RIFF\0\0\0\0WAVEfmt " + bytes(900),
        bytes([0, 0, 8, 1]) + bytes(60_008),
        bytes(64),
        b"",
    ):
        assert kind(data) is FileKind.OTHER
    assert kind(b"\0\0\0\1Bud1" + bytes(2_000_000)) is FileKind.CONTAINER  # no notes on a folder are as large


def test_a_picture_in_base64_within_a_text() -> None:
    encoded = base64.b64encode(saved("PNG"))
    assert len(encoded) > 1_000
    assert kind(b'{"imagePath": "a.png", "imageData": "' + encoded + b'"}', b"a.json") is FileKind.CONTAINER
    assert kind(b'{"icon": "' + encoded[:200] + b'"}', b"a.json") is FileKind.OTHER


def test_names_speak_where_the_bytes_are_not_at_hand() -> None:
    assert is_image_name(b"a/IMG_1.JPEG")
    assert not is_image_name(b"jpg")
    assert not is_image_name(b"a.jpg.gz")
    found = container_of_name(b"shard-0001.TAR")
    assert found is not None
    assert found.reader == "tar"
    assert container_of_name(b"labels.txt") is None


def test_no_known_kind_of_container_reads_as_text_by_its_name_alone(tmp_path: Path) -> None:
    for name in (b"a.zip", b"a.db", b"a.bin", b"a.gz"):
        assert kind(b"nothing but words\n", name) is FileKind.OTHER
        assert kind(b"", name) is FileKind.OTHER
    for name in (b"a.pkl", b"a.eml", b"a.rtf", b"a.pdf"):  # these may hold a picture as text
        assert kind(b"nothing but words\n", name) is FileKind.CONTAINER


@pytest.mark.parametrize("name", [b"00017.tar", b"train-00003.PARQUET", b"data-00001-of-00002.arrow"])
def test_a_shard_that_was_cut_to_nothing_or_is_a_page_is_not_passed_over(name: bytes) -> None:
    for data in (b"", b"PAR1", b"\0\1", b"<html><title>404 Not Found</title></html>"):
        assert kind(data, name) is FileKind.CONTAINER
        assert kind(data, name + b".txt") is FileKind.OTHER
    assert (
        kind(bytes(1024), b"00017.tar") is FileKind.CONTAINER
    )  # the end of an archive: its reader sees that it is one
