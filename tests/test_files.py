"""Only regular files are read: what stands in for one is refused at once, whoever asks for it."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from provenance.cli.main import run
from provenance.errors import ProvenanceError
from provenance.files import open_regular, read_bounded
from provenance.lookup.hashlists import HashType, read_list
from provenance.policy.scenarios import load_scenario
from provenance.policy.waivers import read_waivers
from provenance.records import read_manifest, read_records
from provenance.records.context import read_context
from provenance.records.reviews import read_reviews
from provenance.run.told import read_capture


def pipe(path: Path) -> None:
    os.mkfifo(path)


def bound_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(os.fspath(path))


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


STAND_INS: list[Callable[[Path], None]] = [pipe, bound_socket, device, Path.mkdir]
READERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "manifest": ("m.csv", read_manifest),
    "Parquet manifest": ("m.parquet", read_manifest),
    "records": ("r.jsonl", read_records),
    "reviews": ("r.csv", read_reviews),
    "context": ("c.toml", read_context),
    "waivers": ("w.toml", read_waivers),
    "scenario": ("s.json", load_scenario),
    "hash list": ("l.txt", lambda path: read_list(path, HashType.SHA256)),
}


@pytest.mark.parametrize("stand_in", STAND_INS)
@pytest.mark.parametrize("kind", READERS)
def test_every_reader_refuses_what_is_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, stand_in: Callable[[Path], None]
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    name, read = READERS[kind]
    stand_in(Path(name))
    with pytest.raises(ProvenanceError, match=name) as caught:
        read(Path(name))
    assert caught.value.exit_status == 2


@pytest.mark.parametrize("stand_in", STAND_INS)
def test_a_captured_page_that_is_no_file_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stand_in: Callable[[Path], None]
) -> None:
    monkeypatch.chdir(tmp_path)
    stand_in(Path("page.json"))
    with pytest.raises((OSError, ValueError)):
        read_capture(Path("page.json"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["lists", "add", "pipe", "--kind", "sha256", "--for", "illegal", "--ledger", "l.db"],
        ["gate", ".", "--context", "pipe.toml", "--ledger", "l.db", "-q"],
        ["gate", ".", "--manifest", "pipe.csv", "--ledger", "l.db", "-q"],
        ["review", "import", "pipe.csv", "--ledger", "l.db"],
    ],
)
def test_the_command_does_not_wait_for_a_pipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("pipe", "pipe.toml", "pipe.csv"):
        os.mkfifo(name)
    assert run(["scan", ".", "--ledger", "l.db", "-q"]) == 0, "three images that cannot be read"
    assert run(arguments) == 2
    assert "pipe" in capsys.readouterr().err


def test_a_regular_file_is_read_to_its_bound(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    assert read_bounded(path, 5) == b"12345"
    assert read_bounded(path, 4) is None
    with open_regular(path) as file:
        assert file.read() == b"12345"
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "gone")
