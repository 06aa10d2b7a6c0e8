"""Pictures that stand in a text, spelt by an encoding: found whatever it is, and words and lists stay what they are."""

from __future__ import annotations

import base64
import binascii
import bz2
import gzip
import io
import json
import lzma
import quopri
import random
import textwrap
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from provenance.model import ProblemKind
from provenance.sources import FolderSource
from provenance.sources.kinds import TEXT, FileKind, kind_of, kind_of_rest
from provenance.spelt_pictures import spelling_of

_PICTURE = Image.frombytes("RGB", (48, 48), random.Random(1).randbytes(48 * 48 * 3))
_TO_XX = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    "+-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
)


def saved(form: str) -> bytes:
    stream = io.BytesIO()
    _PICTURE.save(stream, form)
    return stream.getvalue()


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def uuencoded(data: bytes) -> str:
    lines = b"".join(binascii.b2a_uu(line) for line in pieces(data, 45)).decode()
    return f"begin 644 a.jpg\n{lines}`\nend\n"


def xxencoded(data: bytes) -> str:
    lines = "\n".join("h" + base64.b64encode(line).decode().translate(_TO_XX) for line in pieces(data, 45)[:-1])
    return f"begin 644 a.jpg\n{lines}\n+\nend\n"


def dumped(data: bytes) -> str:
    return "\n".join(
        f"{16 * number:08x}: {line.hex(' ', 2)}  {''.join(chr(b) if 32 <= b < 127 else '.' for b in line)}"
        for number, line in enumerate(pieces(data, 16))
    )


_BY_BYTES: dict[str, Callable[[bytes], str]] = {
    "hexadecimal": bytes.hex,
    "hexadecimal, in capitals": lambda data: data.hex(" ").upper(),
    "the source of C": lambda data: "{" + ", ".join(f"0x{byte:02x}" for byte in data) + "}",
    "the source of Python": repr,
    "JSON of bytes": lambda data: json.dumps(data.decode("latin-1")),
    "JSON of numbers": lambda data: json.dumps({"type": "Buffer", "data": list(data)}, indent=1),
    "signed numbers": lambda data: str([byte - 256 if byte > 127 else byte for byte in data]),
    "a dump": dumped,
    "quoted-printable": lambda data: quopri.encodestring(data).decode(),
    "an address": quote,
}
_BY_BLOCKS: dict[str, Callable[[bytes], str]] = {
    "base64": lambda data: base64.b64encode(data).decode(),
    "base64 in lines": lambda data: base64.encodebytes(data).decode(),
    "base64 set in": lambda data: textwrap.indent(base64.encodebytes(data).decode(), "    "),
    "base64 for addresses": lambda data: base64.urlsafe_b64encode(data).decode(),
    "base32": lambda data: base64.b32encode(data).decode(),
    "base85": lambda data: base64.b85encode(data).decode(),
    "ASCII85": lambda data: base64.a85encode(data, wrapcol=72).decode(),
    "uuencode": uuencoded,
    "uuencode of Windows": lambda data: uuencoded(data).replace("\n", "\r\n"),
    "xxencode": xxencoded,
}
_SPELLINGS = _BY_BYTES | _BY_BLOCKS


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
@pytest.mark.parametrize("spelling", _SPELLINGS)
def test_a_picture_in_a_text_is_found_in_every_spelling(spelling: str, form: str) -> None:
    assert spelling_of("Hello,\n\nhere it is:\n\n" + _SPELLINGS[spelling](saved(form)))


@pytest.mark.parametrize("form", ["GIF", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("spelling", _BY_BLOCKS)
def test_other_formats_are_found_too(spelling: str, form: str) -> None:
    assert spelling_of(_SPELLINGS[spelling](saved(form)))


def zipped(data: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.jpg", data)
    return stream.getvalue()


@pytest.mark.parametrize("packed", [gzip.compress, zipped, bz2.compress, lzma.compress])
@pytest.mark.parametrize("spelling", ["base64", "base64 set in", "base32", "base85", "hexadecimal", "a dump"])
def test_what_a_picture_may_be_packed_in_is_found_too(spelling: str, packed: Callable[[bytes], bytes]) -> None:
    assert spelling_of(_SPELLINGS[spelling](packed(saved("JPEG"))))


_WORDS = st.text('abcdefghij .,\n"{}=%&0123456789äİ漢', max_size=300)


@given(_WORDS, st.sampled_from(sorted(_SPELLINGS)), _WORDS)
def test_what_stands_around_it_hides_nothing(before: str, spelling: str, behind: str) -> None:
    assert spelling_of(f"{before}\n{_SPELLINGS[spelling](saved('JPEG'))}\n{behind}")


@pytest.mark.parametrize(
    "text",
    [
        "begin 644 words\nof a poem that goes on\n" * 40,
        "ssh-rsa " + base64.b64encode(random.Random(2).randbytes(900)).decode() + " me@host\n",
        "-----BEGIN PGP MESSAGE-----\n\n" + base64.encodebytes(random.Random(3).randbytes(3000)).decode(),
        "".join(f"{number:064x}  img_{number}.jpg\n" for number in range(200)),
        json.dumps([[random.Random(4).random() * 640 for _ in range(40)] for _ in range(50)]),
        "0 0.512 0.34 0.1 0.1\n" * 400,
        "label," + "0,1," * 600,
        ",".join(map(str, range(1000, 3000))),
        "a=1&b=%20&c=%C3%A9 " * 300,
        "The quick brown fox. " * 4000,
        "ff d8 ff is how a JPEG starts. " * 50,
        "data:image/png;base64,iVBORw0KGgo= is an icon",
    ],
)
def test_words_keys_sums_boxes_and_labels_are_no_picture(text: str) -> None:
    assert spelling_of(text) == ""
    assert kind_of(b"a.txt", text.encode()[: 1 << 16], len(text)) == TEXT


@pytest.mark.parametrize("between", [" ", ",", "\t", "; "])
def test_a_line_of_pixels_is_a_picture_and_a_line_of_labels_is_none(between: str) -> None:
    greys = [str(grey) for grey in random.Random(5).choices(range(256), k=48 * 48)]
    assert spelling_of("emotion,pixels,Usage\n3," + between.join(greys) + between) == "numbers"
    assert spelling_of(between.join(["0", "1", "12"] * 800) + between) == ""


@pytest.mark.parametrize("print_", [json.dumps, repr, lambda rows: "\n ".join(map(str, rows))])
def test_pixels_in_lists_of_lists_are_a_picture_and_boxes_are_none(print_: Callable[[list[object]], str]) -> None:
    pixels = pieces(_PICTURE.tobytes(), 3)
    rows: list[object] = [[list(one) for one in pixels[at : at + 48]] for at in range(0, len(pixels), 48)]
    assert spelling_of(print_(rows)) == "numbers"
    boxes: list[object] = [[number, 2 * number, 300 + number, 200] for number in range(400)]
    assert spelling_of(print_(boxes)) == ""


def test_a_text_is_looked_at_behind_its_head_and_at_its_end(tmp_path: Path) -> None:
    words = "a line of words\n" * 10_000
    (tmp_path / "late.txt").write_text(words + base64.b64encode(saved("JPEG")).decode())
    (tmp_path / "behind.txt").write_bytes(words.encode() + saved("JPEG"))
    (tmp_path / "far-behind.txt").write_bytes(words.encode() * 40 + saved("JPEG"))
    (tmp_path / "words.txt").write_text(words * 40)
    (tmp_path / "wide.txt").write_text(words * 40, "utf-16")
    (tmp_path / "accents.txt").write_text("Äpfel\n" * 20_000, "latin-1")
    found = {entry.key: entry.problem for entry in FolderSource(tmp_path).entries()}
    assert sorted(found) == [b"behind.txt", b"far-behind.txt", b"late.txt"]
    assert all(problem is not None and problem.kind is ProblemKind.NOT_OPENED for problem in found.values())


@pytest.mark.parametrize(
    "almost",
    [
        "/9j/" * 249 + " ", "|Je" * 300 + " ", "12 " * 782 + "x ", "ffd8ff" + "00" * 390 + "g",
        "255,216,255" + ",1" * 390 + "x",
        "begin 644 x\n" + ("M" + "A" * 60 + "\n") * 7, "=ff=d8=ff" + " " * 100,
        "0000 ffd8ff\n" + "0010 aaaaaaaa aaaaaaaa aaaaaaaa aaa\n" * 11, "12 " * 300 + "256 ",
        "12 ]\n[" * 700 + "x", "12" + " " * 38 + "\n", "[[[12], " * 50,
    ],
)  # fmt: skip
def test_a_megabyte_of_what_is_almost_a_picture_is_read_to_its_end(almost: str) -> None:
    """A pattern that goes back would not come to an end within the life of whoever waits."""
    assert spelling_of(almost * (1_000_000 // len(almost))) == ""


def test_text_that_goes_on_as_text_is_text() -> None:
    assert kind_of_rest("wörter\n".encode() * 9000) == TEXT
    assert kind_of_rest(b"words\n" * 9000 + bytes(9)).kind is FileKind.CONTAINER
