"""What a picture shows is what is hashed: on white, by its values' own range, and as it is stored."""

from __future__ import annotations

import io
import struct

import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from pictures import encoded, photo
from provenance.fingerprint import levels
from provenance.fingerprint.levels import levels_of
from provenance.fingerprint.perceptual import QUALITY_GATE
from provenance.fingerprint.read import read_image
from provenance.fingerprint.variants import query_of
from provenance.fingerprint.wanted import Wanted
from provenance.model import Fingerprint, Reading

EXACTLY = Wanted(exact=True, windows=False)


def read(data: bytes) -> Reading:
    return read_image(data, EXACTLY)


def places(reading: Reading) -> dict[str, Fingerprint]:
    assert reading.problem is None, reading.problem
    return {found.place: found for found in reading.fingerprints}


def apart(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def twin(picture: Image.Image) -> bytes:
    """The hash of the eight-bit picture."""
    return read(encoded(picture)).fingerprints[0].value


def shown(reading: Reading) -> Fingerprint:
    """The picture as people see it."""
    found = places(reading)
    return found.get("mapped") or found.get("on-white") or found[""]


# --- transparency ---------------------------------------------------------------------------------------------------


def drawn_in_alpha(picture: Image.Image, ink: str = "black") -> Image.Image:
    """One colour throughout; all that is to be seen is how opaque it is."""
    image = Image.new("RGBA", picture.size, ink)
    image.putalpha(picture.convert("L").point([255 - level for level in range(256)]))
    return image


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_what_is_drawn_in_the_transparency_is_compared_as_a_page_shows_it(kind):
    picture = photo(1).convert("L")
    reading = read(encoded(drawn_in_alpha(picture), kind, **({"lossless": True} if kind == "WEBP" else {})))
    found = places(reading)
    assert list(found) == ["", "on-white"]
    assert apart(found["on-white"].value, twin(picture)) == 0
    assert found[""].quality < QUALITY_GATE
    assert reading.not_compared == ()


def test_what_shows_on_no_white_page_is_held_up():
    """White ink: blank on white, blank without transparency, and a picture on anything else."""
    reading = read(encoded(drawn_in_alpha(photo(1), "white")))
    assert max(found.quality for found in reading.fingerprints) < QUALITY_GATE
    assert reading.not_compared == ("what is drawn in the transparency",)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
@pytest.mark.parametrize("opaque", [255, 0, 128])
def test_an_even_transparency_leaves_one_picture(mode, opaque):
    """Opaque throughout nothing changes; clear or half clear throughout it is a paler picture, or none."""
    picture = photo(1).convert("RGBA" if mode == "RGBA" else "LA" if mode == "LA" else "PA")
    picture.putalpha(opaque)
    reading = read(encoded(picture, "TIFF" if mode == "PA" else "PNG"))
    found = places(reading)
    assert apart(found[""].value, twin(photo(1).convert("L"))) <= (12 if mode == "PA" else 0)
    assert list(found) == ([""] if opaque == 255 else ["", "on-white"])
    assert reading.not_compared == ()


def test_the_picture_under_a_clear_cover_is_compared_too():
    """Nobody sees it, and a loader that drops transparency trains on it."""
    picture = photo(2)
    covered = picture.copy()
    covered.putalpha(0)
    found = places(read(encoded(covered)))
    assert apart(found[""].value, twin(picture)) == 0
    assert found["on-white"].quality < QUALITY_GATE


def test_one_value_that_stands_for_nothing_is_transparency():
    """tRNS of a palette, of grey and of colour (PNG, third edition, 11.3.1.1)."""
    grey = photo(1).convert("L").point([255 if level > 120 else 0 for level in range(256)])
    for picture, transparent in ((grey, 0), (grey.convert("RGB"), (0, 0, 0)), (grey.convert("P"), 0)):
        found = places(read(encoded(picture, transparency=transparent)))
        assert "on-white" in found, picture.mode
    wide = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    stream = io.BytesIO()
    wide.save(stream, "PNG")
    data = stream.getvalue()
    at = data.index(b"IDAT") - 4
    chunk = b"tRNS" + struct.pack(">H", 0)
    import zlib

    with_value = data[:at] + struct.pack(">L", 2) + chunk + struct.pack(">L", zlib.crc32(chunk)) + data[at:]
    assert shown(read(with_value)).quality < QUALITY_GATE  # black stands for nothing, so that white is left on white


def test_pdq_is_of_the_picture_on_white_too():
    pytest.importorskip("pdqhash")
    picture = photo(1)
    reading = read_image(encoded(drawn_in_alpha(picture)), Wanted(windows=False, pdq=True))
    by_place = {found.place: found for found in reading.fingerprints if found.algorithm.startswith("pdq")}
    plain = read_image(encoded(picture.convert("L")), Wanted(windows=False, pdq=True)).fingerprints[1]
    assert apart(by_place["on-white"].value, plain.value) <= 8


def test_a_photo_that_is_looked_for_is_looked_at_as_people_see_it():
    picture = photo(1).convert("L")
    views = query_of(encoded(drawn_in_alpha(picture))).views
    assert min(apart(view.value, twin(picture)) for view in views) <= 12


# --- more than eight bits -------------------------------------------------------------------------------------------


def grey_tiff(values: np.ndarray, photometric: int = 1) -> bytes:
    """A TIFF of one band in little-endian values of any type (TIFF 6.0)."""
    height, width = values.shape
    form = {"u": 1, "i": 2, "f": 3}[values.dtype.kind]
    entries = [
        (256, 4, width), (257, 4, height), (258, 3, values.dtype.itemsize * 8), (259, 3, 1), (262, 3, photometric),
        (273, 4, 8 + 2 + 11 * 12 + 4), (277, 3, 1), (278, 4, height), (279, 4, values.nbytes), (284, 3, 1),
        (339, 3, form),
    ]  # fmt: skip
    directory = b"".join(struct.pack("<HHLL", tag, kind, 1, value) for tag, kind, value in entries)
    body = values.astype(values.dtype.newbyteorder("<")).tobytes()
    return b"II*\0" + struct.pack("<LH", 8, len(entries)) + directory + bytes(4) + body


def spread(picture: Image.Image, low: float, high: float, dtype: type) -> np.ndarray:
    """The grey of a picture from `low` to `high`."""
    grey = np.asarray(picture.convert("L")).astype(np.float64) / 255
    return (low + grey * (high - low)).astype(dtype)


RANGES = {
    "10 bits in 16": (0, 1_023, np.uint16),
    "12 bits in 16": (0, 4_095, np.uint16),
    "14 bits in 16": (0, 16_383, np.uint16),
    "16 bits": (0, 65_535, np.uint16),
    "a part of 16 bits": (30_000, 31_000, np.uint16),
    "24 bits in 32": (0, 2**24 - 1, np.uint32),
    "32 bits unsigned": (0, 2**32 - 1, np.uint32),
    "the upper half of 32 bits": (2**31, 2**32 - 1, np.uint32),
    "32 bits signed": (-(2**31), 2**31 - 1, np.int32),
    "around zero": (-1_000, 1_000, np.int32),
    "fractions": (0, 1, np.float32),
    "fractions of a part": (0.2, 0.3, np.float32),
    "brighter than white": (0, 40, np.float32),
    "floats to 255": (0, 255, np.float32),
    "floats around zero": (-1, 1, np.float32),
    "tiny floats": (0, 1e-9, np.float32),
    "huge floats": (0, 1e30, np.float32),
}


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("seed", [1, 2])
def test_values_of_any_range_match_the_eight_bit_twin(name, seed):
    picture = photo(seed, (160, 120)).convert("L")
    reading = read(grey_tiff(spread(picture, *RANGES[name])))
    assert apart(shown(reading).value, twin(picture)) <= 12
    assert shown(reading).quality >= QUALITY_GATE
    assert reading.not_compared == ()


def test_least_is_white_in_a_tiff_of_more_than_eight_bits():
    picture = photo(1, (160, 120)).convert("L")
    negative = ImageOps.invert(picture)
    reading = read(grey_tiff(spread(negative, 0, 65_535, np.uint16), photometric=0))
    assert apart(shown(reading).value, twin(picture)) <= 12


@pytest.mark.parametrize("maximum", [1, 7, 15, 100, 254, 255, 256, 1_023, 4_095, 10_000, 65_535])
@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("colour", [False, True])
def test_netpbm_of_any_maximum_matches_the_eight_bit_twin(maximum, plain, colour):
    picture = photo(1, (120, 90)).convert("RGB" if colour else "L")
    values = np.round(np.asarray(picture).astype(np.float64) * maximum / 255).astype(np.int64)
    magic = (3 if colour else 2) if plain else (6 if colour else 5)
    head = b"P%d %d %d %d\n" % (magic, 120, 90, maximum)
    if plain:
        body = b" ".join(b"%d" % value for value in values.reshape(-1))
    else:
        body = values.astype(">u2" if maximum > 255 else np.uint8).tobytes()
    reading = read(head + body)
    coarse = Image.fromarray((values * 255 // maximum).astype(np.uint8))
    assert apart(shown(reading).value, twin(coarse)) <= 12
    assert reading.not_compared == ()


@given(seed=st.integers(0, 10**6), hot=st.integers(1, 5), bits=st.sampled_from([10, 12]))
@settings(max_examples=20, deadline=None)
def test_a_few_outliers_do_not_hide_the_picture(seed, hot, bits):
    """Hot pixels at the very top of 16 bits, above a picture that fills 10 or 12."""
    picture = photo(seed % 50, (160, 120)).convert("L")
    values = spread(picture, 0, 2**bits - 1, np.uint16)
    rng = np.random.default_rng(seed)
    values[rng.integers(0, 120, hot), rng.integers(0, 160, hot)] = 65_535
    assert apart(shown(read(grey_tiff(values))).value, twin(picture)) <= 31


@pytest.mark.parametrize("hole", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_does_not_hide_the_picture(hole):
    picture = photo(1, (160, 120)).convert("L")
    values = spread(picture, 0, 1, np.float32)
    values[3, 5] = values[100, 7] = hole
    assert apart(shown(read(grey_tiff(values))).value, twin(picture)) <= 16


def test_values_that_are_all_but_one_alike_are_held_up():
    """What little there is may be everything: nothing tells how to map it."""
    values = np.full((120, 160), 30_000, np.uint16)
    values[5, 5] = 30_001
    reading = read(grey_tiff(values))
    assert shown(reading).quality < QUALITY_GATE
    assert reading.not_compared == ("values that lie too close together to be compared",)


@pytest.mark.parametrize("value", [0, 1, 255, 4_095, 65_535])
def test_one_value_throughout_holds_nothing_up(value):
    """A blank page in 16 bits is as blank as in eight."""
    reading = read(grey_tiff(np.full((120, 160), value, np.uint16)))
    assert reading.not_compared == ()
    assert shown(reading).quality < QUALITY_GATE


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_a_plain_sky_holds_nothing_up(dtype):
    """A smooth ramp says too little to be compared, at any depth; its values were not lost."""
    top = {np.uint8: 255, np.uint16: 65_535, np.float32: 1}[dtype]
    ramp = np.tile(np.linspace(0.4, 0.9, 240)[:, None], (1, 320)) * top
    reading = read(grey_tiff(ramp.astype(dtype)))
    assert reading.not_compared == ()


@pytest.mark.parametrize("size", [(1, 1), (5, 4)])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "I;16"])
def test_a_few_pixels_hold_nothing_up(size, mode):
    image = Image.new(mode, size, 200 if mode in ("L", "I;16") else "orange")
    assert read(encoded(image)).not_compared == ()


def colour_png(values: np.ndarray) -> bytes:
    """A PNG of three bands of 16 bits."""
    import zlib

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body))

    height, width, _ = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    head = chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, 16, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("bits", [16, 15, 14])
def test_colours_of_16_bits_match_the_eight_bit_twin(bits):
    picture = photo(1, (160, 120))
    values = np.asarray(picture).astype(np.uint32) * (2**bits - 1) // 255
    reading = read(colour_png(values))
    assert apart(shown(reading).value, twin(picture)) <= 16
    assert reading.not_compared == ()


@pytest.mark.parametrize("bits", [13, 12, 10, 8])
def test_colours_whose_upper_bytes_say_too_little_are_held_up(bits):
    """Pillow drops the lower bytes, in which most of the picture is."""
    values = np.asarray(photo(1, (160, 120))).astype(np.uint32) * (2**bits - 1) // 255
    reading = read(colour_png(values))
    held = reading.not_compared == ("the lower half of the 16-bit values",)
    assert held or (bits == 8 and reading.not_compared == ())


def test_memory_is_mapped_in_pieces(monkeypatch):
    monkeypatch.setattr(levels, "_BLOCK", 1_000)
    picture = photo(1, (160, 120)).convert("L")
    assert apart(shown(read(grey_tiff(spread(picture, 0, 4_095, np.uint16)))).value, twin(picture)) <= 12


@given(
    dtype=st.sampled_from([np.uint16, np.uint32, np.int32, np.float32]),
    seed=st.integers(0, 10**6),
    mode=st.integers(0, 2),
)
@settings(max_examples=60, deadline=None)
def test_any_values_are_mapped_without_a_fault(dtype, seed, mode):
    rng = np.random.default_rng(seed)
    raw = rng.bytes(12 * 9 * np.dtype(dtype).itemsize)
    values = np.frombuffer(raw, dtype).reshape(9, 12).copy()
    if mode == 1:
        values[:] = values[0, 0]
    elif mode == 2:
        values[rng.random(values.shape) < 0.8] = 0
    reading = read(grey_tiff(values))
    assert reading.problem is None
    assert all(0 <= found.quality <= 100 for found in reading.fingerprints)


# --- orientation ----------------------------------------------------------------------------------------------------


def packet(orientation: int, spelling: str) -> bytes:
    name = "http://ns.adobe.com/tiff/1.0/"
    value = {
        "attribute": f'<rdf:Description xmlns:tiff="{name}" tiff:Orientation="{orientation}"/>',
        "apostrophes": f"<rdf:Description xmlns:tiff='{name}' tiff:Orientation = '{orientation}'/>",
        "element": f'<rdf:Description xmlns:tiff="{name}"><tiff:Orientation>{orientation}</tiff:Orientation>'
        "</rdf:Description>",
        "another prefix": f'<rdf:Description xmlns:t="{name}" t:Orientation="{orientation}"/>',
    }[spelling]
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f"{value}</rdf:RDF></x:xmpmeta>"
    ).encode()


TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def with_xmp(picture: Image.Image, kind: str, xmp: bytes, exif: Image.Exif | None = None) -> bytes:
    more = {"exif": exif} if exif is not None else {}
    if kind == "PNG":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", xmp.decode())
        return encoded(picture, kind, pnginfo=info, **more)
    if kind == "TIFF":
        return encoded(picture, kind, tiffinfo={700: xmp, **dict(exif or {})})
    return encoded(picture, kind, xmp=xmp, **more)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(2, 9))
def test_an_orientation_in_xmp_alone_gives_both_views(kind, orientation):
    picture = photo(1, (160, 100))
    found = places(read(with_xmp(picture, kind, packet(orientation, "attribute"))))
    assert list(found) == ["", "stored"]
    near = 0 if kind in ("PNG", "TIFF") else 12
    assert apart(found["stored"].value, twin(picture)) <= near
    assert apart(found[""].value, twin(picture.transpose(TURNED[orientation]))) <= near


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("spelling", ["attribute", "apostrophes", "element", "another prefix"])
def test_any_spelling_of_it_gives_both_views(kind, spelling):
    picture = photo(1, (160, 100))
    found = places(read(with_xmp(picture, kind, packet(6, spelling))))
    values = [found[place].value for place in ("", "stored")]
    expected = [twin(picture.transpose(TURNED[6])), twin(picture)]
    assert [apart(one, other) <= 12 for one, other in zip(values, expected, strict=True)] == [True, True]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("spelling", ["attribute", "apostrophes"])
def test_where_exif_names_one_that_alone_counts(kind, spelling):
    picture = photo(1, (160, 100))
    exif = Image.Exif()
    exif[0x0112] = 6
    found = places(read(with_xmp(picture, kind, packet(3, spelling), exif)))
    assert list(found) == [""]
    assert apart(found[""].value, twin(picture.transpose(TURNED[6]))) <= 12


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_upright_in_xmp_changes_nothing(kind):
    picture = photo(1, (160, 100))
    assert list(places(read(with_xmp(picture, kind, packet(1, "attribute"))))) == [""]


# --- what stays as it was -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "CMYK", "YCbCr", "L", "1"])
def test_the_first_fingerprint_is_imagehashs_own_whatever_else_there_is(mode):
    picture = photo(1).convert(mode)
    if mode in ("RGBA", "LA"):
        picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    data = encoded(picture, "TIFF")
    with Image.open(io.BytesIO(data)) as opened:
        expected = str(imagehash.phash(opened, hash_size=16))
    assert read(data).fingerprints[0].value.hex() == expected


def test_colour_is_taken_only_where_it_is_wanted():
    image = photo(1).convert("RGBA")
    image.putalpha(100)
    plain, seen = levels_of(image)
    assert plain.colour is None
    assert seen is not None
    assert seen.levels.colour is None
    plain, seen = levels_of(image, colour=True)
    assert seen is not None
    assert (plain.colour.mode, seen.levels.colour.mode) == ("RGB", "RGB")


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        ((), ()),
        ((2,), ()),
        ((0,), ("1 further channel",)),
        ((0, 0), ("2 further channels",)),
        ((2, 0), ("1 further channel",)),
    ],
)
def test_channels_that_the_decoder_leaves_out_are_named(samples: tuple[int, ...], said: tuple[str, ...]) -> None:
    """TIFF 6.0, tag 338: an extra sample is transparency (1, 2) or whatever somebody keeps there (0)."""
    tifffile = pytest.importorskip("tifffile")
    colours = np.asarray(photo(61, (160, 120)))
    grey = np.asarray(photo(62, (160, 120)).convert("L"))
    pixels = np.dstack([colours, *[np.full_like(grey, 255) if kind else grey for kind in samples]])
    stream = io.BytesIO()
    tifffile.imwrite(stream, pixels, photometric="rgb", extrasamples=samples)
    assert read(stream.getvalue()).not_compared == said
