"""Every picture of a file has its place or is named as left out, within bounds that a hostile file meets."""

from __future__ import annotations

import io
import struct
import time
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from pictures import encoded, photo
from provenance.carriers import walk
from provenance.fingerprint import frames, limits
from provenance.fingerprint.frames import chosen
from provenance.fingerprint.perceptual import EXACT, hashable
from provenance.fingerprint.places import number_of
from provenance.fingerprint.read import read_image
from provenance.fingerprint.wanted import Wanted
from provenance.model import ProblemKind, Reading

EXACTLY = Wanted(exact=True, windows=False)
QUICKLY = Wanted(windows=False)


def stacked(kind: str, pictures: list[Image.Image], **save: object) -> bytes:
    return encoded(pictures[0], kind, save_all=True, append_images=pictures[1:], **save)


def films(count: int, size: tuple[int, int] = (96, 72)) -> list[Image.Image]:
    return [photo(seed, size) for seed in range(count)]


def value_of(picture: Image.Image) -> bytes:
    return read_image(encoded(picture), EXACTLY).fingerprints[0].value


def apart(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def by_place(reading: Reading) -> dict[str, bytes]:
    assert reading.problem is None
    return {found.place: found.value for found in reading.fingerprints}


@given(count=st.integers(1, 5_000), most=st.integers(2, 40))
def test_those_that_are_chosen_are_spread_over_the_whole(count, most):
    numbers = chosen(count, most)
    assert numbers[0] == 0
    assert numbers[-1] == count - 1
    assert len(numbers) == len(set(numbers)) == min(count, most)
    assert list(numbers) == sorted(numbers)
    gaps = np.diff(numbers)
    assert not len(gaps) or gaps.max() - gaps.min() <= 1


LOSSLESS = {"GIF": {}, "PNG": {}, "TIFF": {}, "WEBP": {"lossless": True}, "AVIF": {"quality": 95}}


@pytest.mark.parametrize("kind", LOSSLESS)
def test_every_frame_and_page_has_a_fingerprint_at_its_place(kind):
    pictures = films(5)
    reading = read_image(stacked(kind, pictures, **LOSSLESS[kind]), EXACTLY)
    part = "page" if kind == "TIFF" else "frame"
    found = by_place(reading)
    assert list(found) == ["", *(f"{part}:{number}" for number in range(2, 6))]
    assert reading.not_compared == ()
    assert reading.frames == 5
    for picture, value in zip(pictures, found.values(), strict=True):
        assert apart(value, value_of(picture)) <= (12 if kind in ("GIF", "AVIF") else 0)


def test_pictures_of_a_heif_file_have_places_and_the_primary_one_is_first():
    pillow_heif = pytest.importorskip("pillow_heif")
    pictures = films(4)
    file = pillow_heif.from_pillow(pictures[0])
    for picture in pictures[1:]:
        file.add_from_pillow(picture)
    stream = io.BytesIO()
    file.save(stream, quality=95, primary_index=2)
    found = by_place(read_image(stream.getvalue(), EXACTLY))
    assert list(found) == ["", "picture:1", "picture:2", "picture:4"]
    for at, place in enumerate(["picture:1", "picture:2", "", "picture:4"]):
        assert apart(found[place], value_of(pictures[at])) <= 16


def test_sizes_of_an_icon_are_pictures():
    """Each size of an ICO is drawn by itself, so one may show something else."""
    stream = io.BytesIO()
    photo(1, (128, 128)).save(stream, "ICO", sizes=[(128, 128), (64, 64)], append_images=[photo(2, (64, 64))])
    found = by_place(read_image(stream.getvalue(), EXACTLY))
    assert list(found) == ["", "picture:2"]
    assert apart(found["picture:2"], value_of(photo(2, (64, 64)))) <= 8


def test_the_default_image_of_an_apng_is_compared_with_its_frames():
    pictures = films(3)
    data = encoded(pictures[0], "PNG", save_all=True, default_image=True, append_images=pictures[1:])
    found = by_place(read_image(data, EXACTLY))
    assert list(found.values()) == [value_of(picture) for picture in pictures]


@pytest.mark.parametrize("kind", ["GIF", "PNG", "TIFF"])
@pytest.mark.parametrize("count", [16, 17, 40])
def test_sixteen_are_compared_and_the_others_named_until_all_are_asked_for(kind, count):
    data = stacked(kind, films(count, (64, 48)), **LOSSLESS[kind])
    reading = read_image(data, QUICKLY)
    part = "page" if kind == "TIFF" else "frame"
    assert len(reading.fingerprints) == 16
    assert reading.fingerprints[-1].place == f"{part}:{count}"
    assert reading.not_compared == ((f"{count - 16} of {count} {part}s",) if count > 16 else ())
    every = read_image(data, Wanted(windows=False, all_frames=True))
    assert len(every.fingerprints) == count
    assert every.not_compared == ()


def test_a_frame_that_looks_like_one_before_is_kept_once():
    still, other = photo(1, (64, 48)), photo(2, (64, 48))
    found = by_place(read_image(stacked("TIFF", [still, still, other, still]), QUICKLY))
    assert list(found) == ["", "page:3"]


def test_a_frame_carries_windows_and_its_own_transparency():
    clear = photo(1)
    clear.putalpha(Image.linear_gradient("L").resize(clear.size))
    data = stacked("PNG", [photo(2).convert("RGBA"), clear])
    algorithms = [(found.place, found.algorithm) for found in read_image(data).fingerprints]
    places = ["", "", "frame:2", "frame:2", "frame:2/on-white", "frame:2/on-white"]
    assert [place for place, _ in algorithms] == places
    assert len(set(algorithms)) == 6


def test_pages_that_cannot_be_decoded_are_named_one_by_one():
    data = bytearray(stacked("TIFF", films(3), compression="tiff_adobe_deflate"))
    offset = struct.unpack_from("<L", data, 4)[0]
    pages = []
    while offset:
        entries = struct.unpack_from("<H", data, offset)[0]
        tags = {struct.unpack_from("<H", data, at)[0]: at for at in range(offset + 2, offset + 2 + 12 * entries, 12)}
        pages.append(tags)
        offset = struct.unpack_from("<L", data, offset + 2 + 12 * entries)[0]
    strip = struct.unpack_from("<L", data, pages[1][273] + 8)[0]
    data[strip : strip + 12] = b"\xff" * 12
    reading = read_image(bytes(data), QUICKLY)
    assert [found.place for found in reading.fingerprints] == ["", "page:3"]
    assert len(reading.not_compared) == 1
    assert reading.not_compared[0].startswith("page 2: ")


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_a_film_that_was_cut_short_names_what_is_missing(kind):
    data = stacked(kind, films(6), **LOSSLESS[kind])
    reading = read_image(data[: len(data) * 3 // 5], QUICKLY)
    assert reading.problem is not None or reading.not_compared
    assert len(reading.fingerprints) < 6


# --- pictures that are files of their own ---------------------------------------------------------------------------


def jpeg(picture: Image.Image) -> bytes:
    return encoded(picture, "JPEG", quality=92)


@pytest.mark.parametrize("front", ["JPEG", "PNG", "GIF", "WEBP"])
@pytest.mark.parametrize("between", [b"", bytes(7)])
def test_a_picture_behind_the_end_mark_is_compared(front, between):
    hidden = photo(2)
    found = by_place(read_image(encoded(photo(1), front) + between + jpeg(hidden), QUICKLY))
    assert list(found) == ["", "picture:2"]
    assert apart(found["picture:2"], value_of(hidden)) <= 12


def test_the_pictures_of_a_multi_picture_file_are_compared():
    stream = io.BytesIO()
    photo(1).save(stream, "MPO", save_all=True, append_images=[photo(2), photo(3)])
    found = by_place(read_image(stream.getvalue(), QUICKLY))
    assert list(found) == ["", "picture:2", "picture:3"]
    assert [apart(value, value_of(photo(at))) <= 12 for at, value in enumerate(found.values(), start=1)] == [True] * 3


def test_a_film_behind_a_photograph_is_named():
    """A phone's moving picture: nobody here can look into the film."""
    film = (
        struct.pack(">I4s4sI4s", 20, b"ftyp", b"mp42", 0, b"isom") + struct.pack(">I4s", 4_008, b"mdat") + bytes(4_000)
    )
    reading = read_image(jpeg(photo(1)) + film, QUICKLY)
    assert [found.place for found in reading.fingerprints] == [""]
    assert len(reading.not_compared) == 1
    assert reading.not_compared[0].startswith("film")


def test_a_thumbnail_is_no_picture_of_its_own():
    thumbnail = jpeg(photo(5, (64, 48)))
    exif = Image.Exif()
    exif[0x010F] = "camera"
    block = exif.tobytes()
    with_thumbnail = _exif_with(thumbnail)
    assert block
    reading = read_image(encoded(photo(1), "JPEG", exif=with_thumbnail), QUICKLY)
    assert [found.place for found in reading.fingerprints] == [""]
    assert reading.not_compared == ()


def _exif_with(thumbnail: bytes) -> bytes:
    """An EXIF block whose second directory holds a thumbnail (EXIF 3.0, section 4.5.4)."""
    second = 8 + 2 + 4
    start = second + 2 + 2 * 12 + 4
    directory = struct.pack("<HHHLLHHLLL", 2, 0x0201, 4, 1, start, 0x0202, 4, 1, len(thumbnail), 0)
    return b"Exif\0\0II*\0" + struct.pack("<LHL", 8, 0, second) + directory + thumbnail


def test_a_picture_behind_the_end_that_cannot_be_decoded_is_named():
    data = jpeg(photo(1)) + jpeg(photo(2))[:3000]
    reading = read_image(data, QUICKLY)
    assert [found.place for found in reading.fingerprints] == [""]
    assert reading.not_compared or len(walk(data).pictures) == 1


def test_a_film_among_the_pictures_behind_is_named_beyond_its_first_frame():
    data = jpeg(photo(1)) + stacked("GIF", films(3))
    reading = read_image(data, QUICKLY)
    assert [found.place for found in reading.fingerprints] == ["", "picture:2"]
    assert reading.not_compared == ("the frames behind the first of picture:2",)


def test_many_pictures_behind_one_another_are_bounded_and_counted():
    data = b"".join(jpeg(photo(seed, (64, 48))) for seed in range(30))
    reading = read_image(data, QUICKLY)
    assert len(reading.fingerprints) == 16
    assert reading.not_compared == ("14 of 30 pictures",)


# --- a still picture ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "JPEG2000", "PPM"])
def test_a_still_picture_is_decoded_once(kind, monkeypatch):
    data = encoded(photo(1), kind)
    opened = []
    open_image = frames.decode.open_image
    monkeypatch.setattr(frames.decode, "open_image", lambda *given: opened.append(given) or open_image(*given))
    reading = read_image(data, QUICKLY)
    assert len(opened) == 1
    assert [found.place for found in reading.fingerprints] == [""]
    assert reading.not_compared == ()


def test_a_walk_that_was_made_is_not_made_again(monkeypatch):
    data = jpeg(photo(1)) + jpeg(photo(2))
    walked = walk(data)
    monkeypatch.setattr("provenance.fingerprint.read.walk", lambda _: pytest.fail("walked twice"))
    assert len(read_image(data, QUICKLY, walked).fingerprints) == 2


# --- bounds ---------------------------------------------------------------------------------------------------------


def gif_of(size: tuple[int, int], frame: bytes, count: int) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", *size, 0x80, 0, 0) + b"\x00\x00\x00\xff\xff\xff"
    return head + frame * count + b"\x3b"


ONE_PIXEL = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"


def test_ten_thousand_frames_on_a_large_canvas_take_bounded_time():
    """Each is a byte of pixels, and a whole canvas to a decoder."""
    started = time.monotonic()
    reading = read_image(gif_of((4_000, 4_000), ONE_PIXEL, 10_000), QUICKLY)
    assert reading.frames == limits.MAX_FRAMES
    assert any("more pixels than a file may have decoded" in part for part in reading.not_compared)
    assert time.monotonic() - started < 60


def test_frames_beyond_the_budget_are_named(monkeypatch):
    monkeypatch.setattr(frames, "MAX_FRAME_PIXELS", 64 * 48 * 3)
    reading = read_image(stacked("GIF", films(8, (64, 48))), QUICKLY)
    assert [found.place for found in reading.fingerprints] == ["", "frame:2", "frame:3", "frame:4"]
    assert reading.not_compared == ("frames 5 to 8: more pixels than a file may have decoded",)


def test_pictures_behind_the_end_share_a_budget(monkeypatch):
    monkeypatch.setattr(frames, "MAX_FRAME_PIXELS", 64 * 48 * 2)
    data = b"".join(jpeg(photo(seed, (64, 48))) for seed in range(5))
    reading = read_image(data, QUICKLY)
    assert [found.place for found in reading.fingerprints] == ["", "picture:2", "picture:3"]
    assert reading.not_compared == ("picture:4 and what follows: more pixels than a file may have decoded",)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body))


@pytest.mark.parametrize("second", [(30_000, 30_000), (2**31 - 1, 1), (16, 17)])
def test_a_frame_that_claims_more_than_its_canvas_is_named(second):
    """An APNG whose second frame control lies outside the canvas (PNG, third edition, 11.3.6.2)."""
    rows = zlib.compress(b"".join(b"\0" + bytes(16) for _ in range(16)))
    data = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">LLBBBBB", 16, 16, 8, 0, 0, 0, 0))
    data += png_chunk(b"acTL", struct.pack(">LL", 2, 0))
    data += png_chunk(b"fcTL", struct.pack(">LLLLLHHBB", 0, 16, 16, 0, 0, 1, 10, 0, 0)) + png_chunk(b"IDAT", rows)
    data += png_chunk(b"fcTL", struct.pack(">LLLLLHHBB", 1, *second, 0, 0, 1, 10, 0, 0))
    data += png_chunk(b"fdAT", struct.pack(">L", 2) + rows) + png_chunk(b"IEND", b"")
    started = time.monotonic()
    reading = read_image(data, QUICKLY)
    assert reading.problem is not None or reading.not_compared
    assert time.monotonic() - started < 5


def test_a_bomb_as_the_second_page_is_named_and_not_decoded():
    first, second = encoded(photo(1, (32, 32)), "TIFF"), bytearray(encoded(Image.new("1", (64, 64)), "TIFF"))
    offset = struct.unpack_from("<L", second, 4)[0]
    entries = struct.unpack_from("<H", second, offset)[0]
    for at in range(offset + 2, offset + 2 + 12 * entries, 12):
        tag = struct.unpack_from("<H", second, at)[0]
        if tag in (256, 257):  # width and height
            struct.pack_into("<HHLL", second, at, tag, 4, 1, 40_000)
    data = bytearray(first)
    start = len(data)
    for at in range(offset + 2, offset + 2 + 12 * entries, 12):  # offsets count from the beginning of the file
        tag, kind, count, value = struct.unpack_from("<HHLL", second, at)
        if tag == 273:
            struct.pack_into("<HHLL", second, at, tag, kind, count, value + start)
    struct.pack_into("<L", second, offset + 2 + 12 * entries, 0)
    data += second
    link = struct.unpack_from("<L", data, 4)[0]
    number = struct.unpack_from("<H", data, link)[0]
    struct.pack_into("<L", data, link + 2 + 12 * number, start + offset)
    reading = read_image(bytes(data), QUICKLY)
    assert reading.frames == 2
    assert [found.place for found in reading.fingerprints] == [""]
    assert len(reading.not_compared) == 1
    assert "40000 x 40000 pixels" in reading.not_compared[0]


def test_pages_that_lead_back_to_one_another_are_counted_once():
    data = bytearray(stacked("TIFF", films(2, (32, 32))))
    first = struct.unpack_from("<L", data, 4)[0]
    entries = struct.unpack_from("<H", data, first)[0]
    second = struct.unpack_from("<L", data, first + 2 + 12 * entries)[0]
    entries = struct.unpack_from("<H", data, second)[0]
    struct.pack_into("<L", data, second + 2 + 12 * entries, first)
    reading = read_image(bytes(data), QUICKLY)
    assert reading.frames == 2
    assert len(reading.fingerprints) == 2


def test_the_bomb_of_a_whole_picture_is_one_behind_the_end_too():
    bomb = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">LLBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0))
    bomb += png_chunk(b"IDAT", zlib.compress(bytes(1000))) + png_chunk(b"IEND", b"")
    assert read_image(bomb).problem.kind is ProblemKind.DECOMPRESSION_BOMB
    reading = read_image(jpeg(photo(1)) + bomb, QUICKLY)
    assert len(reading.not_compared) == 1
    assert "pixels" in reading.not_compared[0]


KINDS = {kind: stacked(kind, films(4, (48, 40)), **options) for kind, options in LOSSLESS.items()} | {
    "JPEG": jpeg(photo(1, (48, 40))) + jpeg(photo(2, (48, 40)))
}


@pytest.mark.parametrize("kind", KINDS)
@given(edits=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=4)), max_size=6))
@settings(max_examples=40, deadline=None)
def test_any_damage_to_a_film_gives_a_reading_that_is_honest(kind, edits):
    data = bytearray(KINDS[kind])
    for place, piece in edits:
        at = int(place * len(data))
        data[at : at + len(piece)] = piece
    reading = read_image(bytes(data), QUICKLY)
    assert (reading.problem is None) == bool(reading.fingerprints)
    for found in reading.fingerprints:
        number_of(found.place)
    assert all(part.isprintable() and 0 < len(part) < 400 for part in reading.not_compared)
    if reading.problem is None and not reading.not_compared and reading.frames is not None:
        assert len(reading.fingerprints) <= max(16, reading.frames) * 3


def test_mirrored_pages_are_told_apart():
    picture = photo(3)
    found = by_place(read_image(stacked("TIFF", [picture, ImageOps.mirror(picture)]), EXACTLY))
    assert found["page:2"] == value_of(ImageOps.mirror(picture))


def test_the_first_picture_is_hashed_as_a_still_of_it_is():
    data = stacked("PNG", films(3))
    first = read_image(data, EXACTLY).fingerprints[0]
    assert first.algorithm == EXACT
    assert first == read_image(encoded(films(1)[0]), EXACTLY).fingerprints[0]
    assert hashable(read_image(data))
