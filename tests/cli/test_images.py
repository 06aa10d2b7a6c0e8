"""Images that are broken, odd or hostile, each declared so that it would be allowed if it could be read."""

from __future__ import annotations

import io
import os
import struct
import sys
import zlib

import pytest
from PIL import Image


def png(width: int, height: int, rows: bytes, *, depth: int = 8, colour: int = 2) -> bytes:
    """A PNG that claims a size and holds these compressed rows."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def saved(picture: Image.Image, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def huge() -> bytes:
    """30,000 x 30,000 pixels of one bit, all of them there: 0.5 MB of file, 900 million pixels."""
    packer = zlib.compressobj(1)
    row = bytes(1 + 30_000 // 8)
    return png(
        30_000, 30_000, b"".join(packer.compress(row) for _ in range(30_000)) + packer.flush(), depth=1, colour=0
    )


@pytest.fixture(scope="module")
def broken(image):
    whole = image(1, (320, 240), kind="JPEG")
    return {
        "zero.jpg": b"",
        "cut-head.jpg": whole[:20],
        "cut-half.jpg": whole[: len(whole) // 2],
        "cut-half.png": image(1, (320, 240))[:4000],
        "text.jpg": b"I am no image.",
        "html.png": b"<!doctype html><title>404</title>",
        "zeroes.jpg": bytes(4096),
        "noise.webp": b"RIFF\xff\xff\xff\xffWEBPVP8 " + bytes(range(256)),
        "30000.png": huge(),
        "bomb.png": png(100_000, 100_000, zlib.compress(bytes(300_001))),
        "bomb-by-number.png": png(0x7FFFFFFF, 0x7FFFFFFF, zlib.compress(bytes(1000))),
        "nothing-wide.png": png(0, 10, zlib.compress(bytes(10))),
    }


@pytest.fixture(scope="module")
def sound(image):
    def frames(kind, **options):
        pictures = [Image.open(io.BytesIO(image(seed))) for seed in range(3)]
        return saved(pictures[0], kind, save_all=True, append_images=pictures[1:], duration=100, **options)

    sixteen = Image.frombytes("I;16", (64, 48), b"".join(struct.pack("<H", n * 21) for n in range(64 * 48)))
    return {
        "rgb.jpg": image(2, kind="JPEG"),
        "jpeg-named.png": image(3, kind="JPEG"),
        "png-named.jpg": image(4),
        "no-extension": image(5, kind="JPEG"),
        "UPPER.JPG": image(6, kind="JPEG"),
        "animated.gif": frames("GIF"),
        "animated.webp": frames("WEBP"),
        "animated.png": frames("PNG"),
        "cmyk.jpg": image(7, mode="CMYK", kind="JPEG"),
        "cmyk.tif": image(7, mode="CMYK", kind="TIFF"),
        "sixteen-bit.png": saved(sixteen, "PNG"),
        "sixteen-bit.tif": saved(sixteen, "TIFF"),
        "palette.png": image(8, mode="P"),
        "palette.gif": image(8, mode="P", kind="GIF"),
        "grey.jpg": image(9, mode="L", kind="JPEG"),
        "alpha.png": image(10, mode="RGBA"),
        "one-bit.png": image(11, mode="1"),
        "1x1.png": image(12, (1, 1)),
        "1x1.gif": image(12, (1, 1), mode="P", kind="GIF"),
        "wide.png": image(13, (4000, 1)),
    }


def gated(workspace, images):
    for name, data in images.items():
        workspace.add(name, data)
    workspace.clear(*images)
    ran = workspace.gate()
    assert "Traceback" not in ran.err
    assert ran.by_item.keys() == images.keys()
    return ran


def test_what_cannot_be_read_is_a_finding_and_never_allowed(workspace, broken):
    ran = gated(workspace, broken)
    assert ran.status == 1
    verdicts = ran.by_item
    assert {name: (v["decision"], v["reason"]) for name, v in verdicts.items()} == dict.fromkeys(
        broken, ("BLOCK", "IMAGE_UNREADABLE")
    )


def test_what_can_be_read_is_read_whatever_its_kind(workspace, sound):
    ran = gated(workspace, sound)
    assert {name: v["decision"] for name, v in ran.by_item.items()} == dict.fromkeys(sound, "ALLOW")
    assert ran.status == 0


def test_a_broken_image_does_not_keep_the_others_from_passing(workspace, broken, sound):
    ran = gated(workspace, {**broken, **sound})
    assert {name for name, v in ran.by_item.items() if v["decision"] == "ALLOW"} == set(sound)


def test_the_same_without_a_manifest(workspace, broken):
    for name, data in broken.items():
        workspace.add(name, data)
    ran = workspace.gate()
    assert {v["reason"] for v in ran.verdicts} == {"IMAGE_UNREADABLE"}


@pytest.fixture
def unopenable(workspace):
    """Things with an image's name that are no files, or that nobody can open."""
    if sys.platform == "win32":
        pytest.skip("there are no pipes here")
    names = ["dangling.jpg", "fifo.jpg", "loop.jpg", "missing.jpg"]
    (workspace.photos / "dangling.jpg").symlink_to("nowhere")
    (workspace.photos / "loop.jpg").symlink_to("loop.jpg")
    os.mkfifo(workspace.photos / "fifo.jpg")
    if os.geteuid() != 0:
        workspace.add("secret.jpg").chmod(0)
        names.append("secret.jpg")
    return names


def test_what_cannot_be_opened_is_a_finding_and_holds_nothing_up(workspace, unopenable):
    workspace.clear(*unopenable)
    ran = workspace.gate()
    assert ran.status == 1
    assert {name: (v["decision"], v["reason"]) for name, v in ran.by_item.items()} == {
        name: ("BLOCK", "DECLARED_FILE_MISSING" if name == "missing.jpg" else "IMAGE_UNREADABLE") for name in unopenable
    }


def test_a_folder_with_an_images_name_is_not_allowed_as_one(workspace):
    workspace.add("x.jpg/inner.png")
    workspace.clear("x.jpg", "x.jpg/inner.png")
    found = workspace.gate().by_item
    assert found["x.jpg/inner.png"]["decision"] == "ALLOW"
    assert (found["x.jpg"]["decision"], found["x.jpg"]["reason"]) == ("BLOCK", "DECLARED_FILE_MISSING")


@pytest.mark.slow
@pytest.mark.corpus
def test_the_camera_samples_go_through_the_gate(workspace, corpus):
    folder = corpus / "exif-samples"
    # Every file there is a sample; the few that are not images at all are told apart by the source, not by us.
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    images = {name for name in files if name.lower().endswith((".jpg", ".jpeg", ".tif", ".tiff", ".heic", ".heif"))}
    assert images
    ran = workspace.run(
        "gate", folder, "--ledger", workspace.ledger, "--purpose", "MODEL_TRAINING", "--format", "jsonl"
    )  # fmt: skip
    assert ran.status == 1, ran.err
    assert images <= ran.by_item.keys() <= files
    assert all(v["decision"] in {"REVIEW", "BLOCK"} for v in ran.verdicts)
