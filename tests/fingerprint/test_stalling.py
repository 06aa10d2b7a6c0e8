"""What stands between the parts of a picture may be odd; it may not take a decoder for ever."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.fingerprint.containers import TooManyBlocks, check_jpeg_head
from provenance.fingerprint.decode import decode_grey
from provenance.fingerprint.limits import MAX_JPEG_SEGMENTS, MAX_JPEG_STRAY
from provenance.model import ProblemKind
from tests.conftest import make_image

SIZE = 20 << 20
"""Bytes: Pillow needs a dozen seconds for as many that it passes over one by one."""

FILLINGS = {
    "nothing": b"\0",
    "filling bytes": b"\xff",
    "stuffed bytes": b"\xff\0",
    "text": b"a",
    "ends of images": b"\xff\xd9",
    "restarts": b"\xff\xd0",
    "starts": b"\xff\xd8",
    "empty comments": b"\xff\xfe\0\2",
    "short comments and stray bytes": b"\xff\xfe\0\3aaa",
}


HEAD = b"\xff\xd8\xff\xe0\0\2"


@pytest.mark.parametrize("name", FILLINGS)
@pytest.mark.parametrize("has_picture", [False, True])
def test_a_head_that_stalls_a_decoder_is_refused(name, has_picture):
    filling = FILLINGS[name]
    data = HEAD + filling * (SIZE // len(filling))
    if has_picture:
        data += make_image(1, kind="JPEG")[2:]
    found = decode_grey(data)
    assert found.problem is not None
    assert found.problem.kind is ProblemKind.DECOMPRESSION_BOMB
    assert found.width is None, "the decoder never saw it"


def odd_but_sound() -> bytes:
    """A JPEG with what real ones have: a large profile in many segments, comments, filling and stray bytes."""
    stream = io.BytesIO(make_image(1, kind="JPEG"))
    data = stream.getvalue()
    profile = b"".join(b"\xff\xe2\xff\xff" + bytes([number]) * 65_533 for number in range(255))
    comments = b"\xff\xfe\0\5abc" * 2_000
    return data[:2] + profile + comments + b"\xff" * 1_000 + bytes(30_000) + data[2:]


def test_an_odd_head_is_no_bomb():
    check_jpeg_head(odd_but_sound())
    assert decode_grey(odd_but_sound()).problem is None


@given(st.binary(max_size=400), st.integers(0, 3))
def test_any_bytes_are_passed_or_refused(data, repeats):
    check_jpeg_head(b"\xff\xd8" + data * repeats)


@given(st.lists(st.sampled_from(["nothing", "filling bytes", "stuffed bytes", "ends of images"]), min_size=1))
def test_mixed_fillings_add_up(names):
    block = b"".join(FILLINGS[name] for name in names)
    data = HEAD + block * (4 * max(MAX_JPEG_STRAY, MAX_JPEG_SEGMENTS) // len(block))
    with pytest.raises(TooManyBlocks):
        check_jpeg_head(data)


NETPBM = {
    "one comment in the head": b"P6\n#" + b"x" * SIZE + b"\n8 8\n255\n" + bytes(192),
    "many comments in the head": b"P6\n" + b"#\n" * (SIZE // 2) + b"8 8\n255\n" + bytes(192),
    "blanks in the head": b"P5" + b" " * SIZE + b"8 8\n255\n" + bytes(64),
    "comments among the numbers": b"P3\n8 8\n255\n" + b"#a\n" * (SIZE // 3),
    "comments among the bits": b"P1\n8 8\n" + b"0 #\n" * (SIZE // 4),
}


@pytest.mark.parametrize("name", NETPBM)
def test_a_netpbm_file_that_stalls_a_decoder_is_refused(name):
    found = decode_grey(NETPBM[name])
    assert found.problem is not None
    assert found.problem.kind is ProblemKind.DECOMPRESSION_BOMB
    assert found.width is None


@pytest.mark.parametrize(
    "data",
    [
        b"P3\n# made by hand\n2 2 # small\n255\n" + b"1 2 3 # red\n" * 4,
        b"P1 8 8\n" + b"0 1 " * 32,
        b"P5\n# " + b"x" * 30_000 + b"\n8 8\n255\n" + b"#" * 64,
        b"P6 100 100 255\n" + b"#" * 30_000,
    ],
)
def test_comments_of_a_usual_number_are_no_bomb(data):
    assert decode_grey(data).problem is None
