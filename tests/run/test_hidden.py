"""Whether a file still holds what its picture hides, and when a scan looks for it."""

from __future__ import annotations

import base64
import json
import random
import sqlite3
import struct
import time
import zlib

import pytest
from PIL import Image, ImageFilter

from fuzz import files
from pictures import encoded, photo
from provenance.carriers import walk
from provenance.model import Anonymisation, ManifestRow, Person, SignalSubject, SignalVerdict
from provenance.run.gather import from_file
from provenance.run.hidden import NOT_COMPARED, claims_anonymity, hidden_pictures, shows_more
from provenance.signals import precedence

ALLOW, DENY, UNKNOWN = SignalVerdict.ALLOW, SignalVerdict.DENY, SignalVerdict.UNKNOWN
SIZE = (960, 720)
FACE = (360, 180, 600, 480)
ORIGINAL = photo(41, SIZE)
ANONYMOUS = ManifestRow(persons=(Person(identifiable=False),))


def covered(picture: Image.Image, how: str = "blur") -> Image.Image:
    """The picture with the part where the face would be made unrecognisable."""
    changed = picture.copy()
    part = picture.crop(FACE)
    if how == "blur":
        part = part.filter(ImageFilter.GaussianBlur(25))
    elif how == "pixels":
        part = part.resize((8, 10), Image.Resampling.BOX).resize(part.size, Image.Resampling.NEAREST)
    else:
        part = Image.new("RGB", part.size, "black")
    changed.paste(part, FACE[:2])
    return changed


def rendering(picture: Image.Image, longest: int = 160) -> Image.Image:
    small = picture.copy()
    small.thumbnail((longest, longest))
    return small


def with_thumbnail(main: Image.Image, thumbnail: Image.Image | bytes) -> bytes:
    body = thumbnail if isinstance(thumbnail, bytes) else encoded(thumbnail, "JPEG", quality=80)
    block = files.exif_segment(files.with_thumbnail({0x010F: b"ACME"}, body))
    return b"\xff\xd8" + block + encoded(main, "JPEG", quality=90)[2:]


def verdicts(data: bytes, *, compare: bool = True) -> list[SignalVerdict]:
    return [signal.verdict for signal in hidden_pictures(walk(data), data, (), compare=compare)]


@pytest.mark.parametrize("how", ["blur", "pixels", "black"])
@pytest.mark.parametrize("longest", [160, 320, 640])
def test_the_thumbnail_of_what_was_there_before(how, longest):
    assert shows_more(covered(ORIGINAL, how).convert("L"), rendering(ORIGINAL, longest).convert("L"))


@pytest.mark.parametrize("how", ["blur", "pixels", "black"])
@pytest.mark.parametrize("longest", [160, 320, 640, 960])
def test_a_rendering_of_the_picture_itself_shows_no_more(how, longest):
    picture = covered(ORIGINAL, how)
    assert not shows_more(picture.convert("L"), rendering(picture, longest).convert("L"))


@pytest.mark.parametrize("seed", range(50, 56))
@pytest.mark.parametrize("blur", [0, 1, 3, 8])
def test_a_blurred_rendering_passes(seed, blur):
    picture = covered(photo(seed, SIZE))
    small = rendering(picture, 320).filter(ImageFilter.GaussianBlur(blur))
    assert not shows_more(picture.convert("L"), small.convert("L"))


@pytest.mark.parametrize("turn", [Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270])
def test_a_turned_rendering_is_still_the_same_picture(turn):
    picture = covered(ORIGINAL)
    assert not shows_more(picture.convert("L"), rendering(picture).transpose(turn).convert("L"))
    assert shows_more(picture.convert("L"), rendering(ORIGINAL).transpose(turn).convert("L"))


@pytest.mark.parametrize("top", [6, 7])
@pytest.mark.parametrize("seed", range(42, 46))
def test_a_rendering_with_bars_is_still_the_same_picture(top, seed):
    """Cameras fit a picture of 3:2 into a thumbnail of 4:3."""
    original = photo(seed, (960, 640))
    picture = covered(original)
    for shown, more in ((picture, False), (original, True)):
        boxed = Image.new("RGB", (160, 120))
        boxed.paste(shown.resize((160, 107)), (0, top))
        assert shows_more(picture.convert("L"), boxed.convert("L")) is more


def test_a_rendering_that_was_cut_to_another_shape_is_still_the_same_picture():
    picture = covered(ORIGINAL)
    square = picture.crop((120, 0, 840, 720)).resize((160, 160))
    assert not shows_more(picture.convert("L"), square.convert("L"))
    square = ORIGINAL.crop((120, 0, 840, 720)).resize((160, 160))
    assert shows_more(picture.convert("L"), square.convert("L"))


def test_a_picture_that_was_cut_leaves_what_was_cut_away_in_its_thumbnail():
    picture = ORIGINAL.crop((0, 0, 600, 720))
    assert shows_more(picture.convert("L"), rendering(ORIGINAL).convert("L"))


def test_another_picture_altogether_shows_something_else():
    assert shows_more(ORIGINAL.convert("L"), rendering(photo(43, SIZE)).convert("L"))


def test_flat_pictures_hide_nothing_from_each_other():
    assert not shows_more(Image.new("L", (300, 200), 90), Image.new("L", (30, 20), 90))


def test_each_further_picture_of_a_file_has_its_signal():
    hidden = covered(ORIGINAL)
    data = with_thumbnail(hidden, rendering(ORIGINAL)) + encoded(rendering(hidden, 640), "JPEG")
    found = list(hidden_pictures(walk(data), data, (), compare=True))
    assert [(signal.name, signal.verdict) for signal in found] == [("thumbnail:1", DENY), ("picture:2", ALLOW)]
    assert {signal.subject for signal in found} == {SignalSubject.HIDDEN_PICTURE}
    assert precedence.sum_up(found).hidden_picture
    assert not precedence.sum_up(found[1:]).hidden_picture


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (encoded(ORIGINAL, "JPEG"), []),
        (with_thumbnail(ORIGINAL, b"\xff\xd8\xff\xda\x00\x02\xff\xd9"), [UNKNOWN]),
        (encoded(ORIGINAL, "JPEG") + b"\x99" * 600, [UNKNOWN]),
        (encoded(ORIGINAL, "JPEG") + b"\x99" * 60, []),
        (encoded(ORIGINAL, "JPEG") + files.box(b"ftyp", b"isom" + bytes(4)) + bytes(600), [UNKNOWN]),
    ],
    ids=["nothing", "damaged", "bytes", "few bytes", "film"],
)
def test_what_cannot_be_compared_is_not_known_to_hide_nothing(data, expected):
    assert verdicts(data) == expected
    facts = precedence.sum_up(hidden_pictures(walk(data), data, (), compare=True))
    assert facts.hidden_picture is bool(expected)


def test_a_picture_that_cannot_be_decoded_compares_with_nothing():
    data = with_thumbnail(ORIGINAL, rendering(ORIGINAL))
    broken = data[:-40_000]
    assert UNKNOWN in verdicts(broken)
    assert ALLOW not in verdicts(broken)


def test_more_pictures_than_are_compared():
    small = encoded(rendering(ORIGINAL, 64), "JPEG")
    data = encoded(ORIGINAL, "JPEG") + small * 20
    assert UNKNOWN in verdicts(data)
    assert len(verdicts(data)) == 17


_RAW = random.Random(3).randbytes(900)


def jpeg_with(mark: int, body: bytes) -> bytes:
    return b"\xff\xd8" + bytes((0xFF, mark)) + struct.pack(">H", len(body) + 2) + body + encoded(ORIGINAL, "JPEG")[2:]


def png_with(body: bytes) -> bytes:
    plain = encoded(ORIGINAL, "PNG")
    chunk = struct.pack(">I", len(body)) + b"prVt" + body
    return plain[:33] + chunk + struct.pack(">I", zlib.crc32(chunk[4:])) + plain[33:]


def webp_with(body: bytes) -> bytes:
    plain = encoded(ORIGINAL, "WEBP")
    chunk = b"prVt" + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)
    return plain[:4] + struct.pack("<I", len(plain) - 8 + len(chunk)) + plain[8:] + chunk


def gif_with(body: bytes) -> bytes:
    blocks = b"".join(bytes((len(part),)) + part for part in (body[at : at + 255] for at in range(0, len(body), 255)))
    return encoded(ORIGINAL, "GIF")[:-1] + b"\x21\xff\x0bPRIVATE1.00" + blocks + b"\0;"


def avif_with(kind: bytes, body: bytes) -> bytes:
    return encoded(ORIGINAL, "AVIF") + files.box(kind, body)


def tiff_with(tag: int, body: bytes) -> bytes:
    return encoded(ORIGINAL, "TIFF", tiffinfo={tag: body})


def exif_with(tag: int, body: bytes) -> bytes:
    exif = Image.Exif()
    exif[tag] = body
    return encoded(ORIGINAL, "JPEG", exif=exif.tobytes())


_PRIVATE_PLACES = {
    "segment": lambda body: jpeg_with(0xE7, body),
    "chunk": png_with,
    "WebP chunk": webp_with,
    "application extension": gif_with,
    "box": lambda body: avif_with(b"prVt", body),
    "free box": lambda body: avif_with(b"free", body),
    "tag": lambda body: tiff_with(50_999, body),
    "EXIF tag": lambda body: exif_with(50_999, body),
    "plug-in's resource": lambda body: jpeg_with(0xED, b"Photoshop 3.0\0" + files.resource(4_001, body)),
}
_NOTHING_HIDDEN = {
    "nothing": b"",
    "padding": bytes(2_000),
    "few bytes": _RAW[:60],
    "words": b"Saved by a program. Layers: sky, lake; guides 12 and 40.\n" * 30,
}


@pytest.mark.parametrize("place", _PRIVATE_PLACES)
def test_bytes_that_nobody_can_read_are_not_known_to_hide_nothing(place):
    data = _PRIVATE_PLACES[place](_RAW)
    assert UNKNOWN in verdicts(data)
    assert precedence.sum_up(hidden_pictures(walk(data), data, (), compare=True)).hidden_picture
    (named,) = hidden_pictures(walk(data), data, (), compare=False)
    assert named.name == NOT_COMPARED


@pytest.mark.parametrize("place", _PRIVATE_PLACES)
@pytest.mark.parametrize("body", _NOTHING_HIDDEN.values(), ids=_NOTHING_HIDDEN)
def test_padding_and_words_of_a_program_hide_nothing(place, body):
    assert verdicts(_PRIVATE_PLACES[place](body)) == []


@pytest.mark.parametrize("tag", [34_675, 50_341, 59_932])
def test_what_a_registered_tag_holds_is_known(tag):
    assert verdicts(exif_with(tag, _RAW)) == []


def comment_of(main: Image.Image, text: bytes) -> bytes:
    return encoded(main, "JPEG", comment=text)


def text_of_png(main: Image.Image, text: bytes) -> bytes:
    plain = encoded(main, "PNG")
    return plain[:33] + files.chunk(b"tEXt", b"old\0" + text) + plain[33:]


def text_of_exif(main: Image.Image, text: bytes) -> bytes:
    return b"\xff\xd8" + files.exif_segment(files.tiff({0x010E: text})) + encoded(main, "JPEG")[2:]


@pytest.mark.parametrize("with_text", [comment_of, text_of_png, text_of_exif])
def test_a_text_of_the_file_may_hold_the_picture_as_it_was(with_text):
    hidden = covered(ORIGINAL)
    for shown, verdict in ((ORIGINAL, DENY), (hidden, ALLOW)):
        text = base64.b64encode(encoded(rendering(shown, 320), "JPEG"))
        assert verdicts(with_text(hidden, text)) == [verdict]


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP"])
def test_a_maker_note_may_hold_a_picture_of_any_format(kind):
    hidden = covered(ORIGINAL)
    note = b"ACME\0" + encoded(rendering(ORIGINAL, 120), kind)
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x927C] = note
    assert DENY in verdicts(encoded(hidden, "JPEG", exif=exif.tobytes()))


@pytest.mark.parametrize("packed", ["xmp", "json", "txt"])
def test_a_sidecar_may_hold_the_picture_as_it_was(packed):
    hidden = covered(ORIGINAL)
    data = encoded(hidden, "JPEG")
    for shown, verdict in ((ORIGINAL, DENY), (hidden, ALLOW)):
        base64_text = base64.b64encode(encoded(rendering(shown, 320), "JPEG")).decode()
        text = {
            "xmp": f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><xmpGImg:image>{base64_text}</xmpGImg:image></x:xmpmeta>",
            "json": json.dumps({"thumbnail": base64_text}),
            "txt": f"thumbnail: {base64_text}\n",
        }[packed]
        found = from_file(data, {f"a.jpg.{packed}": text.encode()}, anonymised=True)
        compared = [signal for signal in found if signal.subject is SignalSubject.HIDDEN_PICTURE]
        assert [signal.verdict for signal in compared] == [verdict]
        assert compared[0].location.startswith("sidecar:")


def test_without_a_claim_the_pictures_are_only_named():
    data = with_thumbnail(covered(ORIGINAL), rendering(ORIGINAL))
    (signal,) = hidden_pictures(walk(data), data, (), compare=False)
    assert (signal.name, signal.verdict, signal.value) == (NOT_COMPARED, UNKNOWN, "thumbnail:1")
    plain = encoded(ORIGINAL, "JPEG")
    assert list(hidden_pictures(walk(plain), plain, (), compare=False)) == []


@pytest.mark.parametrize(
    ("person", "claimed"),
    [
        (Person(identifiable=False), True),
        (Person(anonymisation=Anonymisation(method="blur")), True),
        (Person(identifiable=True), False),
        (Person(), False),
    ],
)
def test_who_claims_anonymity(person, claimed):
    assert claims_anonymity((Person(), person)) is claimed
    assert not claims_anonymity(())


@pytest.mark.parametrize("anonymised", [False, True])
def test_what_is_claimed_decides_whether_the_file_is_looked_into(anonymised):
    data = with_thumbnail(covered(ORIGINAL), rendering(ORIGINAL))
    found = from_file(data, {}, anonymised=anonymised)
    (signal,) = [signal for signal in found if signal.subject is SignalSubject.HIDDEN_PICTURE]
    assert signal.verdict is (DENY if anonymised else UNKNOWN)


def stored(workspace):
    with sqlite3.connect(workspace.ledger) as ledger:
        return ledger.execute(
            "SELECT name, verdict FROM signal WHERE subject = 'HIDDEN_PICTURE' ORDER BY item_id, ordinal"
        ).fetchall()


def test_a_row_that_newly_claims_anonymity_has_the_file_read_again(workspace, reads):
    workspace.add("a.jpg", with_thumbnail(covered(ORIGINAL), rendering(ORIGINAL)))
    workspace.add("b.jpg", encoded(ORIGINAL, "JPEG"))
    workspace.clear("a.jpg", "b.jpg")
    time.sleep(0.05)  # a time within the file system's last tick tells nothing
    assert workspace.run(*workspace.scan_arguments()).status == 0
    assert stored(workspace) == [(NOT_COMPARED, "UNKNOWN")]
    reads.clear()
    claims = [{"file_name": name, "persons": [{"identifiable": False}]} for name in ("a.jpg", "b.jpg")]
    workspace.declare(claims)
    assert workspace.run(*workspace.scan_arguments()).status == 0
    assert reads == [b"a.jpg"]
    assert stored(workspace)[-1] == ("thumbnail:1", "DENY")


def animated(kind: str, *frames: Image.Image) -> bytes:
    return encoded(frames[0], kind, save_all=True, append_images=list(frames[1:]), duration=80)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF"])
def test_a_later_frame_shows_what_the_first_hides(kind):
    data = animated(kind, covered(ORIGINAL), ORIGINAL)
    assert verdicts(data) == [DENY]
    assert [signal.name for signal in hidden_pictures(walk(data), data, (), compare=False)] == [NOT_COMPARED]


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_a_later_frame_that_hides_as_much(kind):
    hidden = covered(ORIGINAL, "black")
    marked = hidden.copy()
    marked.paste("white", (0, 0, 12, 12))  # or the writer leaves the frame out
    assert DENY not in verdicts(animated(kind, hidden, marked))


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF", "JPEG"])
def test_a_still_picture_holds_no_frames(kind):
    data = encoded(covered(ORIGINAL), kind)
    assert verdicts(data) == verdicts(data, compare=False) == []


def cut_away(picture: Image.Image, beneath: Image.Image) -> bytes:
    """The picture without the part where the face is, and what is left beneath."""
    alpha = Image.new("L", picture.size, 255)
    alpha.paste(0, FACE)
    changed = picture.copy()
    changed.paste(beneath.crop(FACE), FACE[:2])
    changed.putalpha(alpha)
    return encoded(changed, "PNG")


def test_what_stands_beneath_what_was_cut_away():
    assert verdicts(cut_away(ORIGINAL, ORIGINAL)) == [DENY]


@pytest.mark.parametrize("colour", ["black", "white", "grey"])
def test_one_colour_beneath_what_was_cut_away_shows_nothing(colour):
    assert verdicts(cut_away(ORIGINAL, Image.new("RGB", SIZE, colour))) == [ALLOW]
