"""Shards are read where they lie; nothing in them is lost, nothing is unpacked, nothing is believed."""

from __future__ import annotations

import base64
import io
import json
import os
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.sources import FolderSource
from provenance.sources.kinds import SMALLEST
from provenance.sources.members import MAX_PIECE, Member, numbered
from shards import jpeg, listed, sound, tar, trouble


def test_the_images_of_a_shard_go_by_its_keys_and_carry_their_rows(tmp_path: Path) -> None:
    row = {"url": "https://a.example/1.jpg", "caption": "a hill", "key": "000", "sha256": "00" * 32}
    tar(
        tmp_path / "00000.tar",
        [("000.jpg", jpeg(1)), ("000.json", json.dumps(row).encode()), ("000.txt", b"a hill"), ("000.xmp", b"<x/>"),
         ("001.png", jpeg(2, "PNG")), ("001.txt", "un café".encode()), ("sub/002.cls.jpg", jpeg(3))],
    )  # fmt: skip
    assert sound(tmp_path) == {
        "00000.tar::000": jpeg(1),
        "00000.tar::001": jpeg(2, "PNG"),
        "00000.tar::sub/002": jpeg(3),
    }
    entries = listed(tmp_path)
    assert entries["00000.tar::000"].row == row
    assert entries["00000.tar::000"].alias == b"00000.tar::000.jpg"
    assert entries["00000.tar::001"].row == {"caption": "un café"}
    assert [e.place for e in entries.values()] == sorted(e.place for e in entries.values())
    beside = dict(FolderSource(tmp_path).sidecars(b"00000.tar::000"))
    assert beside[b"00000.tar::000.xmp"] == b"<x/>"
    assert sorted(beside) == [b"00000.tar::000.json", b"00000.tar::000.txt", b"00000.tar::000.xmp"]


def test_the_keys_are_those_of_the_webdataset_library(tmp_path: Path) -> None:
    wds = pytest.importorskip("webdataset")
    names = ["a/0001.jpg", "a/0001.json", "b.c/0002.jpg", "0003.seg.png", "0003.txt", "x.y.z.jpg", "0005.JPG"]
    tar(
        tmp_path / "s.tar",
        [(name, jpeg(n) if not name.endswith(("json", "txt")) else b"{}") for n, name in enumerate(names)],
    )
    samples = wds.WebDataset(str(tmp_path / "s.tar"), shardshuffle=False)
    theirs = {f"s.tar::{sample['__key__']}" for sample in samples}
    assert set(sound(tmp_path)) == theirs


def test_what_the_webdataset_library_wrote_is_read(tmp_path: Path) -> None:
    wds = pytest.importorskip("webdataset")
    with wds.TarWriter(str(tmp_path / "s.tar")) as sink:
        for number in range(20):
            sink.write({"__key__": f"{number:06}", "jpg": jpeg(number), "json": {"n": number}})
    assert sound(tmp_path) == {f"s.tar::{number:06}": jpeg(number) for number in range(20)}
    assert trouble(tmp_path) == {}
    assert listed(tmp_path)["s.tar::000007"].row == {"n": 7}


def test_two_pictures_of_a_sample_and_two_of_a_name_are_each_an_item(tmp_path: Path) -> None:
    tar(
        tmp_path / "s.tar",
        [("a.left.jpg", jpeg(1)), ("a.right.jpg", jpeg(2)), ("d.jpg", jpeg(3)), ("./d.jpg", jpeg(4))],
    )
    assert sound(tmp_path) == {
        "s.tar::a.left.jpg": jpeg(1),
        "s.tar::a.right.jpg": jpeg(2),
        "s.tar::d.jpg::1": jpeg(3),
        "s.tar::d.jpg::2": jpeg(4),
    }
    assert all(not entry.alias for entry in listed(tmp_path).values())


@given(st.lists(st.sampled_from([b"a", b"b", b"a::1", b"c"]), max_size=8))
def test_no_two_members_share_a_name(names: list[bytes]) -> None:
    members = list(numbered(Member(name, 0, place) for place, name in enumerate(names)))
    assert [member.place for member in members] == list(range(len(names)))
    assert len({member.name for member in members}) == len(members)


def test_names_that_lead_out_are_findings_and_not_read(tmp_path: Path) -> None:
    tar(
        tmp_path / "s.tar",
        [("../out.jpg", jpeg(1)), ("/etc/x.jpg", jpeg(2)), ("a/../../b.jpg", jpeg(3)), ("ok.jpg", jpeg(4))],
    )
    assert sound(tmp_path) == {"s.tar::ok": jpeg(4)}
    assert {key: why.partition(":")[0] for key, why in trouble(tmp_path).items()} == dict.fromkeys(
        ("s.tar::../out", "s.tar::/etc/x", "s.tar::a/../../b"), "IO_ERROR"
    )
    for key in trouble(tmp_path):
        with pytest.raises(OSError, match=r"."):
            FolderSource(tmp_path).read(key.encode())


def test_members_that_are_no_files_are_findings(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "s.tar", "w") as archive:
        for name, kind in (
            ("link.jpg", tarfile.SYMTYPE),
            ("hard.jpg", tarfile.LNKTYPE),
            ("pipe.jpg", tarfile.FIFOTYPE),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        archive.addfile(tarfile.TarInfo("empty.jpg"), io.BytesIO())
    assert {key: why.partition(":")[0] for key, why in trouble(tmp_path).items()} == dict.fromkeys(
        ("s.tar::link", "s.tar::hard", "s.tar::pipe"), "NOT_A_FILE"
    )
    assert sound(tmp_path) == {"s.tar::empty": b""}


def test_a_shard_cut_short_loses_nothing_that_is_whole_and_says_so(tmp_path: Path) -> None:
    path = tar(tmp_path / "s.tar", [(f"{n}.jpg", jpeg(n)) for n in range(5)])
    whole = path.read_bytes()
    last = whole.index(jpeg(4))
    for cut in (last + 10, last, last - 100, last - 512, last + len(jpeg(4)) + 400):
        path.write_bytes(whole[:cut])
        assert {f"s.tar::{n}": jpeg(n) for n in range(4)}.items() <= sound(tmp_path).items()
        assert "s.tar" in trouble(tmp_path)
    path.write_bytes(whole)
    assert trouble(tmp_path) == {}


def test_a_shard_without_a_member_holds_nothing_and_is_no_finding(tmp_path: Path) -> None:
    """What a downloader leaves of a shard of which every address failed: the mark of the end alone."""
    tar(tmp_path / "00000.tar", [])
    assert not listed(tmp_path)
    (tmp_path / "00001.tar").write_bytes(bytes(10_240) + jpeg(1))  # a picture behind that end
    (tmp_path / "picture.bin").write_bytes(bytes(10_240))  # a name that promises no archive
    assert set(trouble(tmp_path)) == {"00001.tar", "picture.bin"}


def test_what_lies_behind_the_end_is_not_passed_over(tmp_path: Path) -> None:
    one = tar(tmp_path / "one", [("1.jpg", jpeg(1))]).read_bytes()
    (tmp_path / "one").unlink()
    for behind in (one, b"x", bytes(2 << 20), bytes(600_000) + jpeg(1)):
        (tmp_path / "s.tar").write_bytes(one + behind)
        assert sound(tmp_path) == {"s.tar::1": jpeg(1)}
        assert "s.tar" in trouble(tmp_path)


def test_members_that_are_not_looked_into_are_told_once(tmp_path: Path) -> None:
    tar(
        tmp_path / "s.tar",
        [("a.jpg", jpeg(1)), ("b.bin", os.urandom(900)), ("c.zip", b"PK\3\4" + bytes(200)), ("t.txt", b"x")],
    )
    assert sound(tmp_path) == {"s.tar::a": jpeg(1)}
    (why,) = trouble(tmp_path).values()
    assert why.startswith("NOT_OPENED: a tar archive")
    assert "2 of its parts" in why
    assert "b.bin" in why


def test_pictures_under_other_names_are_found(tmp_path: Path) -> None:
    tar(tmp_path / "s.tar", [("a.txt", jpeg(1)), ("b", jpeg(2))])
    assert set(sound(tmp_path).values()) == {jpeg(1), jpeg(2)}


def test_a_header_that_claims_gigabytes_costs_nothing(tmp_path: Path) -> None:
    info = tarfile.TarInfo("x.jpg")
    info.size = 5 << 30
    pax = tarfile.TarInfo("pax")
    pax.type, pax.size = tarfile.XHDTYPE, 3 << 30
    for header in (info, pax):
        with (tmp_path / "s.tar").open("wb") as file:
            file.write(header.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
            file.truncate(6 << 30)  # sparse: the bytes are there
        tracemalloc.start()
        found = trouble(tmp_path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert found
        assert peak < 3 * MAX_PIECE


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=6), st.integers(0, 10_240))
def test_no_damaged_shard_is_an_exception_or_loses_a_picture_in_silence(
    tmp_path: Path, damage: list[tuple[int, int]], cut: int
) -> None:
    data = bytearray(tar(tmp_path / "s.tar", [(f"{n}.jpg", jpeg(n)) for n in range(3)]).read_bytes())
    for at, value in damage:
        data[at % len(data)] = value
    (tmp_path / "s.tar").write_bytes(data[: len(data) - cut])
    # A header has a checksum: damage is told, or it lies within a picture, which is then another one.
    assert len(sound(tmp_path)) == 3 or trouble(tmp_path) or len(data) - cut < SMALLEST


def test_a_file_whose_own_name_is_that_of_a_member_is_a_finding(tmp_path: Path) -> None:
    tar(tmp_path / "s.tar", [("1.jpg", jpeg(1))])
    (tmp_path / "s.tar::1").write_bytes(jpeg(2))
    (tmp_path / "t::1.jpg").write_bytes(jpeg(3))
    assert "s.tar::1::" in trouble(tmp_path)
    assert sound(tmp_path)["t::1.jpg"] == jpeg(3)
    assert "s.tar::1" in listed(tmp_path)


def test_a_shard_named_as_a_collection(tmp_path: Path) -> None:
    path = tar(tmp_path / "s.tar", [("1.jpg", jpeg(1))])
    source = FolderSource(path)
    (entry,) = source.entries()
    assert entry.key == b"s.tar::1"
    assert source.read(entry.key) == jpeg(1)
    assert source.uri == path.as_uri()


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    for number in range(4):
        tar(tmp_path / f"{number}.tar", [("1.jpg", jpeg(number))])
    (tmp_path / "broken.tar").write_bytes(b"\0" * 257 + b"ustar" + bytes(900))
    source = FolderSource(tmp_path)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        for entry in source.entries():
            if entry.problem is None:
                source.read(entry.key)
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 1  # the shard that was read last


def test_what_lies_beside_the_pictures_of_a_sample_speaks_of_each(tmp_path: Path) -> None:
    tar(
        tmp_path / "s.tar",
        [("0.left.jpg", jpeg(1)), ("0.right.jpg", jpeg(2)), ("0.txt", b"two hills"), ("0.xmp", b"<x/>"),
         ("1.image.jpg", jpeg(3)), ("1.caption", b"a hill"), (".txt", b"of no sample"), ("plain", jpeg(4))],
    )  # fmt: skip
    found = listed(tmp_path)
    assert found["s.tar::0.left.jpg"].row == found["s.tar::0.right.jpg"].row == {"caption": "two hills"}
    assert found["s.tar::plain"].row is None
    beside = {key: dict(FolderSource(tmp_path).sidecars(key.encode())) for key in found}
    assert set(beside["s.tar::0.left.jpg"]) == {b"s.tar::0.txt", b"s.tar::0.xmp"}
    assert beside["s.tar::1"] == {b"s.tar::1.caption": b"a hill"}
    assert beside["s.tar::plain"] == {}


def test_a_sample_of_more_pictures_than_any_has_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its row would be stored as often as it has pictures."""
    monkeypatch.setattr("provenance.sources.tar._MOST_OF_A_SAMPLE", 3)
    tar(tmp_path / "s.tar", [*((f"0.{n}.jpg", jpeg(n)) for n in range(4)), ("0.txt", b"words")])
    assert len(sound(tmp_path)) == 4
    assert "4 images" in trouble(tmp_path)["s.tar"]


@pytest.mark.parametrize("pack", ["tar", "zip"])
def test_of_two_sidecars_of_one_name_none_is_believed(tmp_path: Path, pack: str) -> None:
    members = [("0.jpg", jpeg(1)), ("0.txt", b"a hill"), ("./0.txt", b"a child"), ("1.jpg", jpeg(2)), ("1.txt", b"one")]
    if pack == "tar":
        tar(tmp_path / "s.tar", members)
    else:
        with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
            for name, data in members:
                archive.writestr(name, data)
    source = FolderSource(tmp_path)
    first, second = (entry.key for entry in source.entries())
    with pytest.raises(OSError, match="two members"):
        list(source.sidecars(first))
    assert [data for _, data in source.sidecars(second)] == [b"one"]


@pytest.mark.parametrize("pack", ["tar", "zip"])
def test_a_text_that_goes_on_as_a_picture_is_told(tmp_path: Path, pack: str) -> None:
    words = b"word " * 20_000
    for name, text in (("0", words), ("1", words + jpeg(2)), ("2", words + base64.b64encode(jpeg(3, "PNG") * 2))):
        if pack == "tar":
            tar(tmp_path / f"{name}.tar", [("notes.txt", text)])
        else:
            with zipfile.ZipFile(tmp_path / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("notes.txt", text)
    assert set(trouble(tmp_path)) == {f"1.{pack}", f"2.{pack}"}
