"""Whatever the bytes are: a reading, never an exception, never a warning, and an honest reason."""

from __future__ import annotations

import hashlib
import io
import struct
import sys
import threading
import time
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from provenance.fingerprint import containers
from provenance.fingerprint.limits import MAX_FRAMES, MAX_PIXELS
from provenance.fingerprint.perceptual import hashable
from provenance.fingerprint.read import read_image
from provenance.fingerprint.wanted import Wanted
from provenance.model import ProblemKind, Reading


def read(data: bytes, *, exact: bool = True, windows: bool = False, pdq: bool = False) -> Reading:
    return read_image(data, Wanted(exact=exact, windows=windows, pdq=pdq))


def problem_kind(reading: Reading) -> ProblemKind | None:
    assert (reading.problem is None) == bool(reading.fingerprints)
    return reading.problem.kind if reading.problem else None


def bits_apart(one: Reading, other: Reading) -> int:
    values = [int.from_bytes(reading.fingerprints[0].value) for reading in (one, other)]
    return (values[0] ^ values[1]).bit_count()


def png_of_size(width: int, height: int) -> bytes:
    """A small PNG that announces any size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body))

    header = struct.pack(">LLBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "JPEG2000", "PPM", "AVIF"])
@pytest.mark.parametrize("exact", [True, False])
def test_reads_every_common_format(picture, encode, format_, exact):
    data = encode(picture(), format_)
    reading = read(data, exact=exact)
    assert problem_kind(reading) is None
    assert (reading.format, reading.width, reading.height, reading.frames) == (format_, 320, 240, 1)
    assert (reading.sha256, reading.size) == (hashlib.sha256(data).digest(), len(data))
    assert hashable(reading)


def test_reads_heif_without_changing_pillow(picture):
    pillow_heif = pytest.importorskip("pillow_heif")
    stream = io.BytesIO()
    pillow_heif.from_pillow(picture()).save(stream)
    registered = set(Image.OPEN)
    reading = read(stream.getvalue())
    assert (reading.format, reading.width, reading.height) == ("HEIF", 320, 240)
    assert reading.fingerprints[0].decoder.startswith("pillow-heif ")
    assert "HEIF" not in set(Image.OPEN) - registered


def test_heif_without_its_reader_is_unsupported_and_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    reading = read(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(100))
    assert problem_kind(reading) is ProblemKind.UNSUPPORTED
    assert "consent-provenance[heif]" in reading.problem.detail


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I", "F", "CMYK", "YCbCr", "LAB"])
def test_reads_every_mode(picture, encode, mode):
    grey = picture().convert("L")
    image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257) if mode == "I;16" else picture()
    if mode not in ("I;16", "LAB"):
        image = grey.convert(mode) if mode in ("I", "F") else image.convert(mode)
    elif mode == "LAB":
        image = Image.merge("LAB", picture().split())
    reading = read(encode(image, "TIFF"))
    assert problem_kind(reading) is None, reading.problem
    if mode in ("L", "LA", "I;16", "I", "F"):  # the same grey in other clothes
        assert bits_apart(reading, read(encode(grey))) == 0


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", ProblemKind.EMPTY),
        (b"hello", ProblemKind.UNIDENTIFIED),
        (bytes(1000), ProblemKind.UNIDENTIFIED),
        (b"<html><body>404 Not Found</body></html>", ProblemKind.UNIDENTIFIED),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", ProblemKind.UNSUPPORTED),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", ProblemKind.UNSUPPORTED),
        (b"%PDF-1.7\n", ProblemKind.UNSUPPORTED),
        (b"\x00\x00\x00\x20ftypisom" + bytes(50), ProblemKind.UNSUPPORTED),
        (b"\xff\x0a" + bytes(50), ProblemKind.UNSUPPORTED),
        (b"\xff\xd8\xff\xe0", ProblemKind.DAMAGED),
        (b"\x89PNG\r\n\x1a\n", ProblemKind.DAMAGED),
        (b"GIF89a", ProblemKind.DAMAGED),
        (b"II*\x00\x08\x00\x00\x00", ProblemKind.DAMAGED),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", ProblemKind.DAMAGED),
    ],
)
def test_says_why_it_cannot_read(data, kind):
    assert problem_kind(read(data)) is kind
    assert problem_kind(read(data, exact=False)) is kind


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 30}, {"subsampling": 0}])
@pytest.mark.parametrize("exact", [True, False])
def test_a_jpeg_that_lacks_only_its_end_mark_is_read(picture, encode, options, exact):
    data = encode(picture(), "JPEG", **options)
    assert data.endswith(b"\xff\xd9")
    whole, cut = read(data, exact=exact), read(data[:-2], exact=exact)
    assert problem_kind(cut) is None
    assert cut.fingerprints == whole.fingerprints
    assert cut.sha256 == hashlib.sha256(data[:-2]).digest()


@pytest.mark.parametrize("lost", [3, 10, 100, 3_000])
@pytest.mark.parametrize("exact", [True, False])
def test_a_jpeg_that_lacks_more_than_its_end_mark_is_damaged(picture, encode, lost, exact):
    data = encode(picture(), "JPEG")
    assert problem_kind(read(data[: -2 - lost], exact=exact)) is ProblemKind.DAMAGED


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "JPEG2000"])
def test_half_a_file_is_damaged_and_keeps_what_is_known(picture, encode, format_):
    data = encode(picture(), format_)
    for exact in (True, False):
        reading = read(data[: len(data) // 2], exact=exact)
        assert problem_kind(reading) is ProblemKind.DAMAGED
        assert reading.format == format_
        assert reading.sha256 == hashlib.sha256(data[: len(data) // 2]).digest()
    if format_ in ("PNG", "JPEG", "BMP"):
        assert (reading.width, reading.height) == (320, 240)


def test_details_are_one_short_line(picture, encode):
    for data in (b"\x89PNG\r\n\x1a\n", encode(picture(), "PNG")[:500], b"BM" + bytes(60)):
        detail = read(data).problem.detail
        assert 0 < len(detail) <= 200
        assert detail.isprintable()


@pytest.mark.parametrize(("width", "height"), [(30_000, 30_000), (MAX_PIXELS // 1000 + 1, 1000), (1, MAX_PIXELS + 1)])
def test_a_bomb_is_refused_before_it_is_decoded(width, height):
    started = time.monotonic()
    reading = read(png_of_size(width, height))
    assert problem_kind(reading) is ProblemKind.DECOMPRESSION_BOMB
    assert reading.format == "PNG"
    assert time.monotonic() - started < 5  # decoding it would need hundreds of megabytes


def test_the_limit_holds_where_the_program_has_lifted_pillows(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert problem_kind(read(png_of_size(30_000, 30_000))) is ProblemKind.DECOMPRESSION_BOMB
    assert Image.MAX_IMAGE_PIXELS is None


def test_a_jpeg_of_very_many_scans_is_refused(picture, encode):
    data = encode(picture(2000, 1500), "JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    last_scan = data[at : data.rindex(b"\xff\xd9")]
    bomb = data[:at] + last_scan * 1100 + b"\xff\xd9"
    reading = read(bomb, exact=False)
    assert problem_kind(reading) is ProblemKind.DECOMPRESSION_BOMB
    assert "scans" in reading.problem.detail


def non_interleaved(data: bytes) -> bytes:
    """The same header with a scan of fewer components than the picture has."""
    at = data.index(b"\xff\xda")
    return data[: at + 4] + b"\x01" + data[at + 5 :]


def test_only_a_sequential_jpeg_of_one_whole_scan_needs_no_counting(picture, encode):
    plain = encode(picture(), "JPEG")
    for data in (plain, encode(picture().convert("L"), "JPEG"), encode(picture().convert("CMYK"), "JPEG")):
        assert containers.one_scan(data)
        assert containers.one_scan(data + b"\xff\xda" * 100)
    assert not containers.one_scan(encode(picture(), "JPEG", progressive=True))
    assert not containers.one_scan(non_interleaved(plain))
    assert not containers.one_scan(plain[:2] + b"\xff\xe1\x00\x00" + plain[2:])
    assert not containers.one_scan(plain[:2] + b"\xff\xff" + plain[2:])
    assert not containers.one_scan(plain[:2] + b"\xff\xfe\x00\x02" * 2_000 + plain[2:])
    assert not containers.one_scan(plain[: plain.index(b"\xff\xda")])


@given(data=st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_header_says_whether_it_is_one_scan(data):
    assert containers.one_scan(b"\xff\xd8" + data) in (False, True)


def test_what_follows_a_jpeg_is_not_counted_as_scans(picture, encode):
    data = encode(picture(2000, 1500), "JPEG", progressive=True)
    assert problem_kind(read(data + b"\xff\xda" * 5000, exact=False)) is None
    assert containers.jpeg_scans(data + b"\xff\xda" * 5000) == containers.jpeg_scans(data) == 10


@pytest.mark.parametrize("format_", ["GIF", "WEBP", "PNG", "TIFF"])
def test_reads_the_first_frame_and_counts_the_others(picture, encode, format_):
    frames = [picture(seed=seed) for seed in (1, 2, 3)]
    options = {"lossless": True} if format_ == "WEBP" else {}
    data = encode(frames[0], format_, save_all=True, append_images=frames[1:], **options)
    reading = read(data)
    assert reading.frames == 3
    assert reading.fingerprints[0].value == read(encode(frames[0], format_, **options)).fingerprints[0].value


def test_counting_frames_is_bounded(picture, encode):
    gif = encode(picture(16, 16), "GIF")
    frame = gif[gif.index(b"\x2c", 13 + 768) : -1]
    assert containers.gif_frames(gif[:-1] + frame * (MAX_FRAMES * 2)) == MAX_FRAMES
    loop = b"II*\x00" + struct.pack("<L", 8) + struct.pack("<H", 0) + struct.pack("<L", 8)
    assert containers.tiff_frames(loop) == 1


def test_a_gif_comment_that_stalls_the_decoder_is_refused(picture, encode):
    gif = encode(picture(16, 16), "GIF")
    start = 13 + 3 * (2 << (gif[10] & 7))
    reading = read(gif[:start] + b"\x21\xfe" + b"\x01x" * 3_000_000 + b"\x00" + gif[start:])
    assert problem_kind(reading) is ProblemKind.DECOMPRESSION_BOMB


def test_one_pixel_is_read_and_never_compared(encode):
    for format_ in ("PNG", "JPEG", "GIF", "WEBP"):
        reading = read(encode(Image.new("RGB", (1, 1), "red"), format_))
        assert problem_kind(reading) is None
        assert not hashable(reading)


def damaged_tiff(encode, picture) -> bytes:
    """A TIFF whose tag 305 (software) points outside the file: Pillow warns and goes on."""
    data = bytearray(encode(picture(64, 64), "TIFF", tiffinfo={305: "x" * 40}))
    entry = data.index(struct.pack("<HH", 305, 2))
    struct.pack_into("<L", data, entry + 8, len(data) + 1000)
    return bytes(data)


def test_a_warning_is_neither_shown_nor_fatal(picture, encode):
    data = damaged_tiff(encode, picture)
    with pytest.warns(UserWarning, match="Truncated File Read"), Image.open(io.BytesIO(data)) as opened:
        opened.getexif()
    for action in ("error", "always"):
        with warnings.catch_warnings(record=True) as shown:
            warnings.simplefilter(action)
            before = list(warnings.filters)
            reading = read(data)
            assert warnings.filters == before
        assert problem_kind(reading) is None
        assert shown == []


def test_threads_leave_the_warning_filters_as_they_were(picture, encode):
    data = damaged_tiff(encode, picture)
    before = list(warnings.filters)
    kinds: list[ProblemKind | None] = []
    threads = [
        threading.Thread(target=lambda: kinds.extend(problem_kind(read(data)) for _ in range(20))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kinds == [None] * 80
    assert warnings.filters == before


def test_a_failed_draft_falls_back_to_the_whole_picture(picture, encode, monkeypatch):
    data = encode(picture(1600, 1200), "JPEG")
    whole = read(data, exact=True)
    load = ImageFile.ImageFile.load

    def load_or_fail(self):
        if self.size != (1600, 1200):
            raise OSError("broken data stream when reading image file")
        return load(self)

    monkeypatch.setattr(ImageFile.ImageFile, "load", load_or_fail)
    reading = read(data, exact=False)
    (found,) = reading.fingerprints
    assert (found.decode_mode, found.algorithm) == ("fallback", "phash256-draft@1")
    assert bits_apart(reading, whole) <= 16


@given(data=st.binary(max_size=200), start=st.sampled_from([magic for _, magic, _ in containers._MAGIC]))
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_a_reading(data, start):
    reading = read(start + data)
    assert reading.sha256 == hashlib.sha256(start + data).digest()
    problem_kind(reading)


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "JPEG2000", "AVIF", "PSD", "ICO"])
@given(edits=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=4)), max_size=8))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_damage_gives_a_reading(picture, encode, format_, edits):
    if format_ == "PSD":
        planes = np.moveaxis(np.asarray(picture(48, 40)), 2, 0).tobytes()
        data = bytearray(b"8BPS" + struct.pack(">H6xHLLHH", 1, 3, 40, 48, 8, 3) + bytes(14) + planes)
    else:
        data = bytearray(encode(picture(48, 40), format_))
    for place, piece in edits:
        # Half of the edits hit the header, where the structure is.
        at = int(place * (len(data) if place > 0.5 else min(len(data), 200)))
        data[at : at + len(piece)] = piece
    for exact in (True, False):
        reading = read(bytes(data), exact=exact)
        assert reading.sha256 == hashlib.sha256(data).digest()
        problem_kind(reading)
