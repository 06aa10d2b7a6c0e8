"""No walk gives a span outside its file, however the file begins and wherever it is cut."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.carriers import walk

MARKS = {
    "jpeg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n", "gif": b"GIF89a", "psd": b"8BPS\0\1", "ico": b"\0\0\1\0",
    "webp": b"RIFF\x40\0\0\0WEBP", "jp2": b"\0\0\0\x0cjP  \r\n\x87\n", "heic": b"\0\0\0\x18ftypheic",
    "j2k": b"\xff\x4f\xff\x51", "qoi": b"qoif", "bmp": b"BM", "tiff": b"II*\0\x08\0\0\0", "pnm": b"P6 1 1 255\n",
}  # fmt: skip


@settings(max_examples=600)
@given(st.sampled_from(sorted(MARKS)), st.binary(max_size=300), st.integers(0, 1))
def test_every_span_lies_in_its_file(name: str, rest: bytes, filled: int) -> None:
    data = MARKS[name] + (rest or b"\xff" * 40 * filled)
    found = walk(data)
    pictures = [picture for picture in found.pictures if not picture.packed]
    for span in (*pictures, *found.rest, *found.coded):
        assert 0 <= span.start <= span.end <= len(data), span


def test_an_icon_whose_directory_was_cut_ends_with_its_file() -> None:
    data = MARKS["ico"] + b"\x40\0" + bytes(20)
    assert walk(data).end == len(data)
