"""ZIP archives, and compressed files: opened where they lie, within bounds, and told where they cannot be."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.sources import FolderSource
from shards import jpeg, listed, sound, trouble


def archive(path: Path, *members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as made:
        for name, data in members:
            made.writestr(name, data)
    return path


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_the_images_of_an_archive_go_by_their_names(tmp_path: Path, method: int) -> None:
    archive(
        tmp_path / "more.zip", ("a/1.jpg", jpeg(1)), ("a\\2.png", jpeg(2, "PNG")), ("1.txt", b"a hill"),
        ("a/1.xmp", b"<x/>"), ("notes", jpeg(3)), method=method,
    )  # fmt: skip
    wanted = {"more.zip::a/1.jpg": jpeg(1), "more.zip::a/2.png": jpeg(2, "PNG"), "more.zip::notes": jpeg(3)}
    assert sound(tmp_path) == wanted
    assert trouble(tmp_path) == {}
    assert list(FolderSource(tmp_path).sidecars(b"more.zip::a/1.jpg")) == [(b"more.zip::a/1.xmp", b"<x/>")]


def test_an_archive_of_texts_holds_no_image(tmp_path: Path) -> None:
    archive(tmp_path / "labels.xlsx", ("xl/sheet1.xml", b"<worksheet/>"), ("[Content_Types].xml", b"<Types/>"))
    assert listed(tmp_path) == {}


def test_pictures_in_an_office_file_are_items(tmp_path: Path) -> None:
    archive(tmp_path / "release.docx", ("word/document.xml", b"<document/>"), ("word/media/image1.jpeg", jpeg(1)))
    assert sound(tmp_path) == {"release.docx::word/media/image1.jpeg": jpeg(1)}


def test_two_members_of_one_name_are_each_an_item(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive(tmp_path / "z.zip", ("1.jpg", jpeg(1)), ("1.jpg", jpeg(2)))
    assert sound(tmp_path) == {"z.zip::1.jpg::1": jpeg(1), "z.zip::1.jpg::2": jpeg(2)}


def test_names_that_lead_out_are_findings(tmp_path: Path) -> None:
    archive(tmp_path / "z.zip", ("../1.jpg", jpeg(1)), ("/2.jpg", jpeg(2)), ("..\\3.jpg", jpeg(3)), ("4.jpg", jpeg(4)))
    assert sound(tmp_path) == {"z.zip::4.jpg": jpeg(4)}
    assert len(trouble(tmp_path)) == 3


def test_encrypted_members_are_told(tmp_path: Path) -> None:
    path = archive(tmp_path / "z.zip", ("1.jpg", jpeg(1)), ("x.txt", b"hidden"), method=zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    at = -1
    while (at := data.find(b"PK\x01\x02", at + 1)) >= 0:
        data[at + 8] |= 1
    path.write_bytes(data)
    told = trouble(tmp_path)
    assert "encrypted" in told["z.zip::1.jpg"]
    assert "x.txt" in told["z.zip"]
    assert sound(tmp_path) == {}


def test_an_archive_that_unpacks_to_too_much_is_not_opened(tmp_path: Path) -> None:
    zeros = bytes(64 << 20)
    archive(tmp_path / "bomb.zip", *((f"{number}.bmp", zeros) for number in range(20)))
    assert (tmp_path / "bomb.zip").stat().st_size < 2 << 20
    tracemalloc.start()
    told = trouble(tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert list(told) == ["bomb.zip"]
    assert "unpack to so much" in told["bomb.zip"]
    assert peak < 4 << 20


def test_a_member_that_unpacks_to_another_size_than_it_says_is_an_error(tmp_path: Path) -> None:
    path = archive(tmp_path / "z.zip", ("1.jpg", jpeg(1)))
    data = path.read_bytes()
    for claimed in (len(jpeg(1)) + 500, len(jpeg(1)) - 100):
        changed = data.replace(struct.pack("<I", len(jpeg(1))), struct.pack("<I", claimed))
        path.write_bytes(changed)
        source = FolderSource(tmp_path)
        for entry in source.entries():
            if entry.problem is None:
                with pytest.raises(OSError, match=r"."):
                    source.read(entry.key, entry.size)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 255)), min_size=1, max_size=6), st.integers(0, 4_000))
def test_no_damaged_archive_is_an_exception_or_passed_over(
    tmp_path: Path, damage: list[tuple[int, int]], cut: int
) -> None:
    path = archive(tmp_path / "z.zip", ("1.jpg", jpeg(1)), ("2.jpg", jpeg(2)))
    data = bytearray(path.read_bytes())
    for at, value in damage:
        data[at % len(data)] = value
    path.write_bytes(data[: max(len(data) - cut, 200)])
    assert listed(tmp_path)
    source = FolderSource(tmp_path)
    for entry in source.entries():
        try:
            source.read(entry.key, entry.size)
        except OSError:
            continue


@pytest.mark.parametrize(
    ("name", "pack"), [("1.jpg.gz", gzip.compress), ("1.jpg.bz2", bz2.compress), ("1.jpg.xz", lzma.compress)]
)
def test_a_compressed_picture_is_an_item_and_a_compressed_text_is_none(tmp_path: Path, name: str, pack) -> None:
    (tmp_path / name).write_bytes(pack(jpeg(1)))
    (tmp_path / f"labels{name[5:]}").write_bytes(pack(b'{"1.jpg": 3}'))
    assert sound(tmp_path) == {name: jpeg(1)}
    (tmp_path / name).write_bytes(pack(jpeg(1)[:300]) + pack(jpeg(1)[300:]))  # two streams are one file
    assert sound(tmp_path) == {name: jpeg(1)}
    (tmp_path / name).write_bytes(pack(jpeg(1))[:-20])
    assert sound(tmp_path) == {}
    assert trouble(tmp_path)[name].startswith("NOT_OPENED")


def test_what_else_is_compressed_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(b"0001.jpg".ljust(257, b"\0") + b"ustar\x0000" + bytes(1000)))
    (tmp_path / "data.bin.gz").write_bytes(gzip.compress(os.urandom(3000)))
    (tmp_path / "a.svg.gz").write_bytes(gzip.compress(b'<svg xmlns="http://www.w3.org/2000/svg"/>'))
    assert {key: why.partition(":")[0] for key, why in trouble(tmp_path).items()} == dict.fromkeys(
        ("a.tar.gz", "data.bin.gz"), "NOT_OPENED"
    )
    assert list(sound(tmp_path)) == ["a.svg.gz"]


def test_a_compressed_bomb_is_not_unpacked(tmp_path: Path) -> None:
    packer = gzip.GzipFile(tmp_path / "bomb.jpg.gz", "wb")
    packer.write(jpeg(1))
    for _ in range(600):
        packer.write(bytes(1 << 20))
    packer.close()
    tracemalloc.start()
    told = trouble(tmp_path)
    with pytest.raises(OSError, match="larger than"):
        FolderSource(tmp_path).read(b"bomb.jpg.gz", 1 << 20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert told["bomb.jpg.gz"].startswith("TOO_LARGE")
    assert peak < 8 << 20


@pytest.mark.parametrize(
    ("array", "is_named"),
    [
        (np.arange(1000), False), (np.zeros((1000, 4)), False), (np.zeros(50, np.float32), False),
        (np.array(["cat", "dog"]), False), (np.zeros(3, bool), False), (np.zeros((), int), False),
        (np.zeros((4, 96, 96, 3), np.uint8), True), (np.zeros((100, 784), np.uint8), True),
        (np.zeros(9000, np.uint8), True),        (np.array([b"x" * 900]), True), (np.zeros((64, 64)), True),
        (np.array([{}], dtype=object), True),
    ],
)  # fmt: skip
def test_an_array_is_named_unless_its_shape_is_one_of_labels(tmp_path: Path, array: np.ndarray, is_named: bool) -> None:
    np.save(tmp_path / "a.npy", array)
    np.savez(tmp_path / "b.npz", x=array)
    np.savez_compressed(tmp_path / "c.npz", y=array)
    assert set(trouble(tmp_path)) == ({"a.npy", "b.npz", "c.npz"} if is_named else set())


def test_a_header_of_an_array_is_never_evaluated_at_length(tmp_path: Path) -> None:
    stream = io.BytesIO()
    np.save(stream, np.zeros(10))
    data = stream.getvalue()
    for text in (
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (" + b"1," * 30_000 + b"), }",
        b"__import__('os')",
    ):
        header = text.ljust(64)
        (tmp_path / "a.npy").write_bytes(
            data[:8] + struct.pack("<H", min(len(header), 65_535)) + header[:65_535] + bytes(200)
        )
        assert set(trouble(tmp_path)) == {"a.npy"}


def test_members_that_no_directory_lists_are_told(tmp_path: Path) -> None:
    """A reader that goes from header to header finds them."""
    whole = archive(tmp_path / "z.zip", ("1.jpg", jpeg(1)), ("2.jpg", jpeg(2))).read_bytes()
    at = whole.rindex(b"PK\x05\x06")
    none = whole[:at] + whole[at : at + 8] + bytes(8) + struct.pack("<I", at) + whole[at + 20 :]
    (tmp_path / "z.zip").write_bytes(none)
    assert "belong to no member" in trouble(tmp_path)["z.zip"]
    one = archive(tmp_path / "z.zip", ("t.txt", b"x")).read_bytes()
    hidden = whole[: whole.index(b"PK\x01\x02")]
    moved = one.replace(
        struct.pack("<I", one.index(b"PK\x01\x02")), struct.pack("<I", one.index(b"PK\x01\x02") + len(hidden))
    )
    (tmp_path / "z.zip").write_bytes(hidden + moved)
    assert trouble(tmp_path)


@pytest.mark.parametrize("names", [["a" * 200], ["人" * 60], [f"{n}é.jpg" for n in range(300)]])
def test_sound_archives_are_accounted_for_whole(tmp_path: Path, names: list[str]) -> None:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        with zipfile.ZipFile(tmp_path / "z.zip", "w", method) as made:
            made.comment = b"a comment"
            for name in names:
                with made.open(name, "w", force_zip64=True) as member:
                    member.write(b"some text")
        assert trouble(tmp_path) == {}


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_text_is_looked_through(tmp_path: Path, pack, monkeypatch: pytest.MonkeyPatch) -> None:
    words = b"words of a label\n" * 10_000
    for name, text in (("sound", words), ("goes on", words + jpeg(1)), ("ends", words * 30 + jpeg(1))):
        (tmp_path / f"{name}.txt.gz").write_bytes(pack(text))
    (tmp_path / "cut.txt.gz").write_bytes(pack(random.Random(1).randbytes(40_000).hex().encode())[:-9])
    assert set(trouble(tmp_path)) == {"goes on.txt.gz", "ends.txt.gz", "cut.txt.gz"}
    monkeypatch.setattr("provenance.sources.compressed._LONGEST_TEXT", len(words) - 1)
    assert "too long" in trouble(tmp_path)["sound.txt.gz"]
