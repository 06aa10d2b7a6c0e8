"""The tags of EXIF blocks: text in every type and character set, positions, pages, and blocks made to do harm."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.signals import exif
from provenance.signals.exif import read_exif


@pytest.mark.parametrize("order", ["<", ">"])
def test_text_in_both_byte_orders(files, order):
    block = files.tiff({0x013B: b"Ada", 0x8298: "Zoë".encode(), 0x010E: b"A caption"}, {0xA430: b"Bo"}, order)
    assert read_exif(block).values == (
        ("ImageDescription", "A caption", ""),
        ("Artist", "Ada", ""),
        ("Copyright", "Zoë", ""),
        ("CameraOwnerName", "Bo", ""),
    )


def test_windows_text_and_user_comment(files):
    block = files.tiff(
        {0x9C9B: "Größe\0".encode("utf-16-le")}, {0x9286: b"UNICODE\0" + "né à Łódź".encode("utf-16-le")}
    )
    assert read_exif(block).values == (("XPTitle", "Größe", ""), ("UserComment", "né à Łódź", ""))


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        (b"ASCII\0\0\0hello\0\0", "hello"),
        (b"\0\0\0\0\0\0\0\0hello", "hello"),
        (b"UNICODE\0\0h\0i", "hi"),
        (b"JIS\0\0\0\0\0" + "写真".encode("iso2022_jp"), "写真"),
        (b"no code at all", "no code at all"),
    ],
)
def test_user_comment_codes(files, stored, text):
    assert read_exif(files.tiff({}, {0x9286: stored})).values == (("UserComment", text, ""),)


def test_photographer_and_editor_copyright(files):
    assert read_exif(files.tiff({0x8298: b"Ada\0Bob"})).values == (("Copyright", "Ada; Bob", ""),)


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
def test_text_that_a_program_of_windows_wrote_into_a_field_of_ascii(files, order):
    text = "© Ada, all rights reserved"
    assert read_exif(files.tiff({0x8298: (text + "\0").encode(order)})).values == (("Copyright", text, ""),)


def test_an_empty_copyright_is_no_copyright(files):
    assert read_exif(files.tiff({0x8298: b"  "})).values == ()


def gps(latitude, longitude, references=(b"N\0\0\0", b"W\0\0\0")):
    parts = b"".join(struct.pack("<II", *pair) for pair in [*latitude, *longitude])
    table = struct.pack("<H", 4)
    table += struct.pack("<HHI", 1, 2, 2) + references[0] + struct.pack("<HHII", 2, 5, 3, 80)
    table += struct.pack("<HHI", 3, 2, 2) + references[1] + struct.pack("<HHII", 4, 5, 3, 104)
    main = struct.pack("<HHHII", 1, 0x8825, 4, 1, 26) + bytes(4)
    return b"II*\0\x08\0\0\0" + main + table + bytes(4) + parts


def test_a_position():
    found = read_exif(gps([(54, 1), (59, 1), (2280, 100)], [(1, 1), (54, 1), (5100, 100)])).gps
    assert found == pytest.approx((54 + 59 / 60 + 22.8 / 3600, -(1 + 54 / 60 + 51 / 3600)))


@pytest.mark.parametrize(
    "latitude", [[(1, 0), (1, 0), (1, 0)], [(0xFFFFFFFF, 1), (0, 1), (0, 1)], [(91, 1), (0, 1), (0, 1)]]
)
def test_an_impossible_position_is_none(latitude):
    assert read_exif(gps(latitude, [(1, 1), (0, 1), (0, 1)])).gps is None


def test_a_value_past_the_end_is_a_problem(files):
    block = files.tiff({0x8298: b"Copyright ACME"})
    found = read_exif(block[:-6])
    assert found.problem == "Copyright past the end or larger than the limit"
    assert [value[:2] for value in found.values] == [("Copyright", "Copyright")]


def retyped(files, kind):
    block = bytearray(files.tiff({0x010E: b"caption", 0x8298: b"ACME Ltd"}))
    block[8 + 2 + 12 + 2 : 8 + 2 + 12 + 4] = struct.pack("<H", kind)
    return bytes(block)


@pytest.mark.parametrize("kind", [3, 4, 5, 11, 16, 99])
def test_a_notice_of_a_type_that_is_no_text(files, kind):
    """The other tags are read all the same."""
    found = read_exif(retyped(files, kind))
    assert found.values == (("ImageDescription", "caption", ""),)
    assert found.problem == f"Copyright of type {kind}, which it cannot have"


@pytest.mark.parametrize("kind", [1, 7, 129])
def test_text_of_the_types_that_writers_use(files, kind):
    assert ("Copyright", "ACME Ltd", "") in read_exif(retyped(files, kind)).values


def test_raw_files_with_a_magic_number_of_their_own(files):
    block = files.tiff({0x8298: b"ACME Ltd"})
    for magic in (b"IIU\0", b"IIRO", b"IIRS"):
        assert read_exif(magic + block[4:]).values == (("Copyright", "ACME Ltd", ""),)


def test_a_tag_that_stands_twice_is_a_problem():
    """Which of two copyright notices holds is nobody's to guess, so both are read."""
    entries = b"".join(struct.pack("<HHI", 0x8298, 2, 4) + text for text in (b"one\0", b"two\0"))
    found = read_exif(b"II*\0\x08\0\0\0" + struct.pack("<H", 2) + entries + bytes(4))
    assert found.values == (("Copyright", "one", ""), ("Copyright", "two", ""))
    assert found.problem == "Copyright stands twice"


def test_a_value_that_claims_megabytes_is_cut():
    entries = b"".join(struct.pack("<HHII", tag, 2, 4_000_000, 8) for tag in exif._TAGS)
    block = b"II*\0\x08\0\0\0" + struct.pack("<H", len(exif._TAGS)) + entries + b"x" * 4_000_000
    found = read_exif(block)
    assert found.problem.endswith("past the end or larger than the limit")
    assert max(len(text) for _, text, _ in found.values) <= 65_536


@given(
    st.dictionaries(
        st.sampled_from(sorted(set(exif._TAGS) - {0x9286, *range(0x9C9B, 0x9CA0)})),
        st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=30),
        max_size=6,
    ),
    st.sampled_from("<>"),
)
def test_every_text_that_is_written_is_read(files, main, order):
    block = files.tiff({tag: text.encode() for tag, text in main.items()}, None, order)
    found = read_exif(block)
    assert found.problem == ""
    assert {(name, text) for name, text, _ in found.values} == {(exif._TAGS[tag], text) for tag, text in main.items()}


@given(st.binary(max_size=200), st.integers(0, 120))
def test_no_bytes_make_it_raise(files, noise, at):
    block = files.tiff({0x8298: b"ACME Ltd", 0x010E: b"caption"}, {0x9003: b"2024:01:02 03:04:05"})
    read_exif(block[:at] + noise + block[at + len(noise) :])
    read_exif(b"II*\0" + noise)
    read_exif(b"MM\0*" + noise)
