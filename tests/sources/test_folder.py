"""Listing and reading real folders: hostile names, links in circles, pipes, depth, and what cannot be read."""

import errno
import os
import socket
import subprocess
import sys
import tempfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.errors import SourceError
from provenance.model import ProblemKind
from provenance.sources import MAX_IMAGE_BYTES, FolderSource, Role, Source, display
from provenance.sources.walk import Unlisted, open_below, walk

PNG = b"\x89PNG\r\n\x1a\n" + bytes(24)


def keys(root: Path | bytes) -> list[bytes]:
    return sorted(entry.key for entry in FolderSource(root).entries())


def problems(root: Path) -> dict[bytes, ProblemKind]:
    return {entry.key: entry.problem.kind for entry in FolderSource(root).entries() if entry.problem}


def test_it_is_a_source(tmp_path: Path) -> None:
    assert isinstance(FolderSource(tmp_path), Source)


def test_an_empty_folder_has_no_entries(tmp_path: Path) -> None:
    assert keys(tmp_path) == []


def test_an_entry_tells_size_and_role_and_gives_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.png").write_bytes(PNG)
    source = FolderSource(tmp_path)
    (entry,) = source.entries()
    assert (entry.key, entry.size, entry.role, entry.problem) == (b"a/1.png", 32, Role.IMAGE, None)
    assert source.read(b"a/1.png") == PNG
    assert source.read(b"a/1.png", 32) == PNG
    with pytest.raises(OSError, match="larger than 31 bytes"):
        source.read(b"a/1.png", 31)


def test_hostile_names_are_listed_and_read(tmp_path: Path) -> None:
    root = os.fsencode(tmp_path)
    names = [
        b"new\nline.jpg", b"quote'\".jpg", b"caf\xe9.jpg", "été.jpg".encode(), "人.jpg".encode(), b"-rf.jpg", b" .jpg",
        b"back\\slash.jpg", b"\x1b[31m.jpg", b"\xff\xfe.png", b"a" * 251 + b".jpg", b".hidden.jpg", b"UPPER.JPG",
        "\u202egpj.exe.jpg".encode(), b"..jpg", b"%2e%2e.jpg", b"$(id).jpg",
    ]  # fmt: skip
    for number, name in enumerate(names):
        Path(os.fsdecode(root + b"/" + name)).write_bytes(str(number).encode())
    source = FolderSource(tmp_path)
    assert keys(tmp_path) == sorted(names)
    assert [source.read(name) for name in names] == [str(number).encode() for number in range(len(names))]
    assert len({display(name) for name in names}) == len(names)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(name=st.binary(min_size=1, max_size=200).filter(lambda raw: not {0, 0x2F} & set(raw)))
def test_any_name_that_the_disk_takes_comes_back(tmp_path_factory: pytest.TempPathFactory, name: bytes) -> None:
    root = os.fsencode(tmp_path_factory.mktemp("names"))
    Path(os.fsdecode(root + b"/" + name + b".png")).write_bytes(PNG)
    assert keys(root) == [name + b".png"]


def test_extensions_and_first_bytes_decide(tmp_path: Path) -> None:
    for name in ("a.heic", "b.AVIF", "c.cr3", "d.jxl", "e.jp2", "f.psd", "g.svg", "h.dng"):
        (tmp_path / name).write_bytes(b"")
    pictures = ("metadata.csv", "x.parquet", "x.xmp", "x.txt", "x.json", "l.db", "l.db-wal", "Thumbs.db", "a.tar")
    for name in pictures:  # whatever they are called
        (tmp_path / name).write_bytes(PNG)
    for name in ("labels.csv", "LICENSE", "a.tar.txt", "classes.json"):
        (tmp_path / name).write_bytes(b"ok.jpg,3\n")
    (tmp_path / "no_extension").write_bytes(PNG)
    (tmp_path / "photo.bak").write_bytes(b"\xff\xd8\xff\xe1")
    (tmp_path / "photo.heic.part").write_bytes(b"\x00\x00\x00\x18ftypheic" + bytes(20))
    (tmp_path / "BMW.text").write_bytes(b"BMW is a maker of cars, and this is a text about it")
    (tmp_path / "picture.text").write_bytes(b"BM" + bytes(30))
    (tmp_path / "empty").write_bytes(b"")
    wanted = {"a.heic", "b.AVIF", "c.cr3", "d.jxl", "e.jp2", "f.psd", "g.svg", "h.dng"}
    wanted |= {"no_extension", "photo.bak", "photo.heic.part", "picture.text", *pictures}
    assert {key.decode() for key in keys(tmp_path)} == wanted


def test_special_files_are_findings_and_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    os.mkfifo(tmp_path / "pipe")  # no image by name, but nobody can tell what comes out of it
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.png"))
    (tmp_path / "device.gif").symlink_to("/dev/zero")
    assert problems(tmp_path) == dict.fromkeys(
        (b"pipe.jpg", b"pipe", b"socket.png", b"device.gif"), ProblemKind.NOT_A_FILE
    )
    source = FolderSource(tmp_path)
    for key in (b"pipe.jpg", b"pipe", b"device.gif", b"socket.png"):
        with pytest.raises(OSError, match=r"."):
            source.read(key)


def test_a_file_link_is_an_image_and_a_dangling_one_a_finding(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "elsewhere.png").write_bytes(PNG)
    (root / "link.png").symlink_to(tmp_path / "elsewhere.png")
    (root / "gone.jpg").symlink_to("nowhere")
    (root / "gone").symlink_to("nowhere")
    (root / "circle.jpg").symlink_to("circle.jpg")
    assert keys(root) == [b"circle.jpg", b"gone.jpg", b"link.png"]
    assert problems(root) == {b"gone.jpg": ProblemKind.MISSING, b"circle.jpg": ProblemKind.MISSING}
    assert FolderSource(root).read(b"link.png") == PNG


def test_link_loops_end(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "b" / "1.png").write_bytes(PNG)
    (root / "self").symlink_to(".")
    (root / "a" / "b" / "top").symlink_to(root)
    (root / "0-inside").symlink_to("a/b")
    assert keys(root) == [b"a/b/1.png"]


def test_a_link_bomb_ends(tmp_path: Path) -> None:
    """Forty folders that each hold two links to the next: 2^40 paths, forty folders."""
    root = tmp_path / "root"
    root.mkdir()
    outside = tmp_path / "outside"
    for level in range(40):
        (outside / str(level)).mkdir(parents=True)
        (outside / str(level) / "1.png").write_bytes(PNG)
        for side in "ab":
            (outside / str(level) / side).symlink_to(outside / str(level + 1))
    (root / "start").symlink_to(outside / "0")
    found = [key for key in keys(root) if key.endswith(b".png")]
    assert len(found) == 40
    assert found == keys(root)


def test_a_folder_link_that_leads_out_is_followed_once_by_the_first_name(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "z").mkdir(parents=True)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "1.png").write_bytes(PNG)
    (root / "z" / "one").symlink_to(tmp_path / "out")
    (root / "b").symlink_to(tmp_path / "out")
    assert keys(root) == [b"b/1.png"]
    assert FolderSource(root).read(b"b/1.png") == PNG


def test_a_folder_link_upwards_is_a_finding(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "private.jpg").write_bytes(b"not in the collection")
    (root / "up").symlink_to("..")
    assert problems(root) == {b"up/": ProblemKind.IO_ERROR}
    assert keys(root) == [b"up/"]


def test_five_hundred_levels(tmp_path: Path) -> None:
    root = tmp_path / "root"
    deepest = root.joinpath(*["d"] * 500)
    deepest.mkdir(parents=True)
    (deepest / "1.png").write_bytes(PNG)
    key = b"d/" * 500 + b"1.png"
    assert keys(root) == [key]
    assert FolderSource(root).read(key) == PNG


def test_a_path_longer_than_the_system_takes(tmp_path: Path) -> None:
    name = "n" * 250
    root = tmp_path / "root"
    root.mkdir()
    folder = os.open(root, os.O_RDONLY)
    for _ in range(24):  # 6,000 bytes, beyond PATH_MAX
        os.mkdir(name, dir_fd=folder)
        below = os.open(name, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
    os.close(os.open("1.png", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    os.close(folder)
    key = (name.encode() + b"/") * 24 + b"1.png"
    with pytest.raises(OSError, match="too long"):
        os.open(os.fsencode(root) + b"/" + key, os.O_RDONLY)
    assert keys(root) == [key]
    assert FolderSource(root).read(key) == b""
    assert problems(root) == {}


def test_twenty_thousand_files_in_flat_memory(tmp_path: Path) -> None:
    for number in range(20_000):
        (tmp_path / f"{number:05}.png").touch()
    source = FolderSource(tmp_path)
    next(source.entries())  # what is loaded once does not count
    tracemalloc.start()
    try:
        total = sum(1 for _ in source.entries())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert total == 20_000
    assert peak < 400_000  # a list of the names alone takes more than a million


def test_a_file_beyond_the_limit_is_a_finding_and_not_read(tmp_path: Path) -> None:
    with (tmp_path / "huge.tif").open("wb") as file:
        file.truncate(MAX_IMAGE_BYTES + 1)  # sparse: it takes no room
    assert problems(tmp_path) == {b"huge.tif": ProblemKind.TOO_LARGE}


def test_reading_stays_inside_and_says_what_is_missing(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    source = FolderSource(root)
    for key in (b"../secret.jpg", os.fsencode(tmp_path / "secret.jpg"), b"", b"a\0b"):
        with pytest.raises(OSError) as caught:
            source.read(key)
        assert caught.value.errno == errno.EINVAL
    with pytest.raises(FileNotFoundError):
        source.read(b"gone.jpg")


def test_a_file_that_becomes_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(PNG)
    source = FolderSource(tmp_path)
    (entry,) = source.entries()
    (tmp_path / "1.png").unlink()
    os.mkfifo(tmp_path / "1.png")
    with pytest.raises(OSError, match="not a regular file"):
        source.read(entry.key)


def test_a_single_file_is_a_collection_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "photo.txt").write_bytes(PNG)
    source = FolderSource(tmp_path / "photo.txt")
    assert [entry.key for entry in source.entries()] == [b"photo.txt"]
    assert source.read(b"photo.txt") == PNG
    assert source.metadata_files() == ()


def test_the_uri_is_the_same_from_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "real folder").mkdir()
    (tmp_path / "link").symlink_to("real folder")
    monkeypatch.chdir(tmp_path)
    assert FolderSource("link").uri == FolderSource(tmp_path / "real folder").uri
    assert FolderSource("link").uri == (tmp_path / "real folder").resolve().as_uri()


@pytest.mark.parametrize("name", ["gone", "pipe", "nul\0byte", "loop"])
def test_what_is_no_collection_is_refused_with_a_remedy(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(SourceError) as caught:
        FolderSource(str(tmp_path / name))
    assert caught.value.remedy


_AS_NOBODY = """
import os, sys
from provenance.errors import SourceError
from provenance.sources import FolderSource
from provenance.sources.kinds import looks_like_image; looks_like_image(b"x")  # loaded before the rights go
from provenance.sources.stores import store_of; store_of(b".x")
os.setgid(65534); os.setuid(65534)
for entry in sorted(FolderSource(sys.argv[1]).entries(), key=lambda entry: entry.key):
    print(entry.key.decode(), entry.problem.kind if entry.problem else "ok")
try:
    FolderSource(sys.argv[1] + "/closed")
except SourceError:
    print("refused")
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody without rights")
def test_what_may_not_be_read_is_a_finding() -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        root.chmod(0o755)
        (root / "closed").mkdir()
        (root / "closed" / "1.png").write_bytes(PNG)
        (root / "closed").chmod(0)
        (root / "mystery").write_bytes(PNG)
        (root / "mystery").chmod(0)
        (root / "open.png").write_bytes(PNG)
        environment = {"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": os.environ["PATH"]}
        done = subprocess.run(
            [sys.executable, "-c", _AS_NOBODY, name], capture_output=True, text=True, env=environment, check=False
        )
    lines = ["closed/ IO_ERROR", "mystery IO_ERROR", "open.png ok", "refused"]
    assert done.stdout.splitlines() == lines, done.stderr


def test_a_folder_that_vanishes_during_the_walk_is_an_item(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "1.png").touch()
    items = walk(os.fsencode(tmp_path))
    first = next(items)
    (tmp_path / "sub").rmdir()
    rest = list(items)
    assert first.key == b"1.png"
    assert [(item.key, type(item)) for item in rest] in ([(b"sub/", Unlisted)], [])  # [] if sub was not yet seen


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.png").touch()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        FolderSource(tmp_path).read(b"a/1.png")
        assert keys(tmp_path) == [b"a/1.png"]
        with pytest.raises(FileNotFoundError):
            open_below(os.fsencode(tmp_path), b"a/" * 3000 + b"x", os.O_RDONLY)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
