"""Collections at an address: listed, read by ranges, tried again, and told where that is of no use."""

from __future__ import annotations

import http.server
import io
import threading
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from provenance.errors import MissingExtra, SourceError
from provenance.sources import FolderSource
from provenance.sources.collection import Collection
from provenance.sources.open import open_collection
from provenance.sources.remote import is_address
from shards import jpeg, tar

fsspec = pytest.importorskip("fsspec")
pytest.importorskip("tenacity")


def sound(source: Collection) -> dict[str, bytes]:
    return {e.key.decode(): source.read(e.key, e.size) for e in source.entries() if e.problem is None}


def trouble(source: Collection) -> dict[str, str]:
    return {e.key.decode(): f"{e.problem.kind}: {e.problem.detail}" for e in source.entries() if e.problem}


def fill(folder: Path) -> dict[str, bytes]:
    """A folder with every kind of thing in it, and the images that are there."""
    (folder / "a b" / "é").mkdir(parents=True)
    (folder / "1.jpg").write_bytes(jpeg(1))
    (folder / "1.XMP").write_bytes(b"<x/>")
    (folder / "a b" / "é" / "2.jpg").write_bytes(jpeg(2))
    (folder / "a b" / "photo.txt").write_bytes(jpeg(3))
    (folder / "labels.csv").write_bytes(b"1.jpg,3\n")
    (folder / "data.bin").write_bytes(bytes(range(256)) * 4)
    tar(folder / "s.tar", [(f"{n:03}.jpg", jpeg(n)) for n in range(40)])
    with zipfile.ZipFile(folder / "z.zip", "w") as archive:
        archive.writestr("x/5.jpg", jpeg(5))
    return {
        "1.jpg": jpeg(1), "a b/é/2.jpg": jpeg(2), "a b/photo.txt": jpeg(3), "z.zip::x/5.jpg": jpeg(5),
        **{f"s.tar::{n:03}": jpeg(n) for n in range(40)},
    }  # fmt: skip


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[tuple[str, dict[str, bytes]]]:
    """A store in memory that holds what a folder holds."""
    images = fill(tmp_path)
    store = fsspec.filesystem("memory")
    for path in tmp_path.rglob("*"):
        if path.is_file():
            store.pipe(f"/bucket/c/{path.relative_to(tmp_path).as_posix()}", path.read_bytes())
    yield "memory://bucket/c", images
    store.rm("/bucket", recursive=True)


def test_a_store_gives_what_the_same_folder_gives(memory: tuple[str, dict[str, bytes]], tmp_path: Path) -> None:
    address, images = memory
    source = open_collection(address)
    assert sound(source) == images == sound(FolderSource(tmp_path))
    assert trouble(source) == trouble(FolderSource(tmp_path))
    assert list(source.sidecars(b"1.jpg")) == [(b"1.XMP", b"<x/>")]
    assert source.uri == "memory://bucket/c"
    assert {entry.identity for entry in source.entries()} == {None}  # it tells no tag, so nothing counts as unchanged


def test_one_shard_at_an_address(memory: tuple[str, dict[str, bytes]]) -> None:
    source = open_collection("memory://bucket/c/s.tar")
    assert sound(source) == {f"s.tar::{n:03}": jpeg(n) for n in range(40)}


def test_what_is_not_there_is_an_error_that_names_it(memory: tuple[str, dict[str, bytes]]) -> None:
    with pytest.raises(SourceError, match="memory://bucket/nothing"):
        list(open_collection("memory://bucket/nothing").entries())
    with pytest.raises(SourceError, match="cannot be opened"):
        open_collection("nosuchscheme://bucket/c")
    with pytest.raises(SourceError, match="in one another"):
        open_collection("zip://x.jpg::s3://bucket/a.zip")
    source = open_collection(memory[0])
    for key in (b"gone.jpg", b"s.tar::gone", b"../c/1.jpg", b"/bucket/c/1.jpg"):
        with pytest.raises(OSError, match=r"."):
            source.read(key)


def test_a_file_address_is_a_folder(tmp_path: Path) -> None:
    assert isinstance(open_collection(tmp_path.as_uri()), FolderSource)
    assert not is_address("C:\\photos")
    assert not is_address("photos")


def test_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "fsspec", None)
    with pytest.raises(MissingExtra, match=r"consent-provenance\[cloud\]"):
        open_collection("s3://bucket/c")


def test_no_secret_stands_in_an_address(tmp_path: Path, server: Server) -> None:
    (tmp_path / "1.jpg").write_bytes(jpeg(1))
    host = server.address.removeprefix("http://")
    for given in (f"http://user:hunter2@{host}/1.jpg", f"{server.address}/1.jpg?X-Amz-Signature=hunter2"):
        source = open_collection(given)
        assert source.uri == f"{server.address}/1.jpg"
        assert [entry.key for entry in source.entries()] == [b"1.jpg"]
    with pytest.raises(SourceError) as caught:
        list(open_collection(f"http://user:hunter2@{host}/gone.jpg?token=hunter2").entries())
    assert "hunter2" not in str(caught.value)


class Server(http.server.ThreadingHTTPServer):
    """A real web server on this machine. Every `busy`-th answer is a 503; it can forget how to give ranges.

    `said` are sizes that it claims, `listing` the links of folders; every `short`-th range is half of what was asked,
    and with `weak` its tags are weak ones that never change.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder
        self.busy = 0
        self.always_busy = ""
        self.ranges = True
        self.said: dict[str, int] = {}
        self.listing: dict[str, str] = {}
        self.short = 0
        self.weak = False
        self.asked: list[str] = []
        self.given = 0
        self.lock = threading.Lock()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        server, name = self.server, unquote(self.path.partition("?")[0]).strip("/")
        with server.lock:
            server.asked.append(name)
            busy = (server.busy and len(server.asked) % server.busy == 0) or server.always_busy == name
            short = server.short and len(server.asked) % server.short == 0
        path = server.folder / name
        if name in server.listing:
            return self._send(200, server.listing[name].encode(), {"Content-Type": "text/html"}, body=body)
        if busy or not path.exists():
            return self._send(503 if busy else 404, b"", {}, body=body)
        if path.is_dir():
            links = "".join(f'<a href="{one.name}{"/" * one.is_dir()}">x</a>' for one in sorted(path.iterdir()))
            return self._send(200, links.encode(), {"Content-Type": "text/html"}, body=body)
        size = path.stat().st_size
        tag = 'W/"1"' if server.weak else f'"{path.stat().st_mtime_ns}"'
        status, start, end, headers = 200, 0, size - 1, {"ETag": tag}
        if server.ranges:
            headers["Accept-Ranges"] = "bytes"
            if asked := self.headers.get("Range"):
                start, last = (int(number) for number in asked.removeprefix("bytes=").split("-"))
                end = min(last, size - 1)  # RFC 9110, section 14.1.2
                if start > end:
                    return self._send(416, b"", {}, body=body)
                end = (start + end) // 2 if short else end
                headers["Content-Range"], status = f"bytes {start}-{end}/{size}", 206
        data = b""
        if body:
            with path.open("rb") as file:
                file.seek(start)
                data = file.read(end - start + 1)
        server.given += len(data)
        headers["Content-Length"] = str(end - start + 1 if body else server.said.get(name, size))
        return self._send(status, data, headers, body=body)

    def _send(self, status: int, data: bytes, headers: dict[str, str], *, body: bool) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()


@pytest.mark.parametrize("busy", [0, 10, 3])
def test_a_shard_is_read_whole_though_the_server_is_busy_every_so_often(
    tmp_path: Path, server: Server, busy: int
) -> None:
    tar(tmp_path / "s.tar", [(f"{n:03}.jpg", jpeg(n)) for n in range(60)])
    server.busy = busy
    source = open_collection(f"{server.address}/s.tar")
    assert sound(source) == {f"s.tar::{n:03}": jpeg(n) for n in range(60)}
    assert trouble(source) == {}
    assert busy == 0 or len(server.asked) > busy


def test_a_folder_of_a_web_server_is_listed(tmp_path: Path, server: Server) -> None:
    (tmp_path / "c" / "sub").mkdir(parents=True)
    (tmp_path / "c" / "1.jpg").write_bytes(jpeg(1))
    (tmp_path / "c" / "sub" / "2.jpg").write_bytes(jpeg(2))
    (tmp_path / "c" / "notes.txt").write_bytes(b"x")
    server.busy = 4
    source = open_collection(f"{server.address}/c/")
    assert sound(source) == {"1.jpg": jpeg(1), "sub/2.jpg": jpeg(2)}


def test_a_file_that_is_never_to_be_had_is_a_finding_of_its_own(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provenance.sources.remote._LONGEST_WAIT", 0.01)
    (tmp_path / "c").mkdir()
    for number in range(3):
        (tmp_path / "c" / f"{number}.jpg").write_bytes(jpeg(number))
    (tmp_path / "c" / "other").write_bytes(jpeg(9))
    source = open_collection(f"{server.address}/c/")
    keys = {entry.key.decode() for entry in source.entries()}
    assert keys == {"0.jpg", "1.jpg", "2.jpg", "other"}
    server.always_busy = "c/1.jpg"
    assert source.read(b"2.jpg") == jpeg(2)
    with pytest.raises(OSError, match="503"):
        source.read(b"1.jpg")
    server.always_busy = "c/other"
    assert set(trouble(source)) == {"other"}


def test_an_unchanged_file_is_told_by_its_tag(tmp_path: Path, server: Server) -> None:
    tar(tmp_path / "s.tar", [("1.jpg", jpeg(1)), ("2.jpg", jpeg(2))])
    first = [entry.identity for entry in open_collection(f"{server.address}/s.tar").entries()]
    assert None not in first
    assert len(set(first)) == 2
    assert [entry.identity for entry in open_collection(f"{server.address}/s.tar").entries()] == first
    tar(tmp_path / "s.tar", [("1.jpg", jpeg(2)), ("2.jpg", jpeg(1))])
    assert not {*first} & {entry.identity for entry in open_collection(f"{server.address}/s.tar").entries()}


def test_a_server_that_gives_no_ranges_is_not_asked_for_a_large_file(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.ranges = False
    tar(tmp_path / "s.tar", [("1.jpg", jpeg(1)), ("2.jpg", jpeg(2))])
    monkeypatch.setattr("provenance.sources.remote._BUFFER", 1_000)
    source = open_collection(f"{server.address}/s.tar")
    assert sound(source) == {"s.tar::1": jpeg(1), "s.tar::2": jpeg(2)}
    monkeypatch.setattr("provenance.sources.remote._WHOLE", 2_000)
    assert "no parts of files" in trouble(source)["s.tar"]


def test_a_large_shard_is_read_though_its_server_does_not_announce_ranges(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """fsspec tells of a server that has none, and says nothing of any other."""
    monkeypatch.setattr("provenance.sources.remote._BUFFER", 1_000)
    monkeypatch.setattr("provenance.sources.remote._WHOLE", 2_000)
    tar(tmp_path / "s.tar", [("1.jpg", jpeg(1)), ("2.jpg", jpeg(2))])
    assert sound(open_collection(f"{server.address}/s.tar")) == {"s.tar::1": jpeg(1), "s.tar::2": jpeg(2)}


def test_a_range_that_comes_short_is_asked_for_again(tmp_path: Path, server: Server) -> None:
    tar(tmp_path / "s.tar", [(f"{n:03}.jpg", jpeg(n)) for n in range(20)])
    server.short = 3
    source = open_collection(f"{server.address}/s.tar")
    assert sound(source) == {f"s.tar::{n:03}": jpeg(n) for n in range(20)}


@pytest.mark.parametrize("said", [0, len(jpeg(1)), 10_000])
def test_what_lies_behind_the_size_that_a_server_tells_is_not_passed_over(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch, said: int
) -> None:
    monkeypatch.setattr("provenance.sources.remote._LONGEST_WAIT", 0.01)
    (tmp_path / "1.jpg").write_bytes(jpeg(1) + jpeg(2))
    source = open_collection(f"{server.address}/1.jpg")
    assert sound(source) == {"1.jpg": jpeg(1) + jpeg(2)}
    server.said = {"1.jpg": said}
    with pytest.raises(OSError, match="more bytes" if said < 10_000 else "fewer bytes"):
        source.read(b"1.jpg")


def test_an_empty_file_is_one(tmp_path: Path, server: Server) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "1.jpg").write_bytes(jpeg(1))
    (tmp_path / "c" / "_SUCCESS").write_bytes(b"")
    source = open_collection(f"{server.address}/c/")
    assert (sound(source), trouble(source)) == ({"1.jpg": jpeg(1)}, {})


def test_a_weak_tag_tells_no_unchanged_file(tmp_path: Path, server: Server) -> None:
    (tmp_path / "1.jpg").write_bytes(jpeg(1))
    server.weak = True
    assert [entry.identity for entry in open_collection(f"{server.address}/1.jpg").entries()] == [None]


def test_the_links_by_which_a_listing_is_sorted_are_no_files(tmp_path: Path, server: Server) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "1.jpg").write_bytes(jpeg(1))
    links = ("?C=N;O=D", "?C=M;O=A", "/", "./", "./1.jpg", "1.jpg#top", "1.jpg")
    server.listing["c"] = "".join(f'<a href="{link}">x</a>' for link in links)
    source = open_collection(f"{server.address}/c/")
    assert (sound(source), trouble(source)) == ({"1.jpg": jpeg(1)}, {})


def test_folders_without_end_are_a_finding(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provenance.sources.remote._DEEPEST", 3)
    folder = tmp_path / "c"
    for depth in range(5):
        (folder / "d").mkdir(parents=True)
        (folder / f"{depth}.jpg").write_bytes(jpeg(depth))
        folder /= "d"
    source = open_collection(f"{server.address}/c/")
    assert set(sound(source)) == {"0.jpg", "d/1.jpg", "d/d/2.jpg", "d/d/d/3.jpg"}
    assert list(trouble(source)) == ["d/d/d/d/"]


def test_a_shard_is_read_by_ranges_and_in_little_memory(tmp_path: Path, server: Server) -> None:
    big = io.BytesIO(bytes(6 << 20)).getvalue()
    tar(tmp_path / "s.tar", [(f"{n}.jpg", jpeg(n) + big) for n in range(8)])
    source = open_collection(f"{server.address}/s.tar")
    list(source.entries())  # what is loaded once does not count
    server.given = 0
    tracemalloc.start()
    assert len(list(source.entries())) == 8
    listing = server.given
    for entry in source.entries():
        assert len(source.read(entry.key, entry.size)) == entry.size
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert listing < (tmp_path / "s.tar").stat().st_size // 3
    assert peak < 5 * len(big)
