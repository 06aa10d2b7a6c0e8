"""What is taken out of a collection is told with its reason; stores of version tools are told, never walked into."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import UsageError
from provenance.keys import display
from provenance.sources import FolderSource, Role
from provenance.sources.exclusions import Exclusion, TakenOut, exclusion, ledger_exclusions
from provenance.sources.stores import store_of
from shards import jpeg


@pytest.mark.parametrize(
    ("text", "pattern", "reason"),
    [
        ("*.zip=sent back to the agency", "*.zip", "sent back to the agency"),
        ("split=test/*=not trained on", "split=test/*", "not trained on"),
        (" a b.pdf = the order form ", "a b.pdf", "the order form"),
    ],
)
def test_a_pattern_and_its_reason(text: str, pattern: str, reason: str) -> None:
    assert exclusion(text) == Exclusion(pattern, reason)


@pytest.mark.parametrize(
    "text", ["*.zip", "*.zip=", "=because", "", "*.zip= - ", "*.zip=TBD", "*.zip=n/a", "*=no", "**/*=no", "?=x y"]
)
def test_without_a_reason_or_with_everything_nothing_is_taken_out(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        exclusion(text)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("pattern", "key", "covered"),
    [
        ("*.zip", b"a/b.zip", True),
        ("*.zip", b"a/b.zip.jpg", False),
        ("a/*", b"a/b/c.zip", True),
        ("a/*", b"b/a/c", False),
        ("/a.db", b"a.db", True),
        ("/a.db", b"x/a.db", False),
        ("a.db", b"x/a.db", True),
        ("b/*", b"a/b/c", False),
        ("caf\u00e9*", "caf\u00e9.zip".encode(), True),
        ("x[1]", b"x1", True),
        ("*", b"\xff", True),
    ],
)
def test_what_a_pattern_covers(pattern: str, key: bytes, covered: bool) -> None:
    assert Exclusion(pattern, "r").covers(key) == covered


@given(st.binary(min_size=1, max_size=12).filter(lambda raw: not {0, 47} & set(raw)))
def test_a_ledger_takes_out_itself_alone(name: bytes) -> None:
    root = Path("/photos")
    patterns = ledger_exclusions(root / os.fsdecode(name), root)
    if not patterns:  # `.` and `..` are no files in it
        return
    assert any(one.covers(name) for one in patterns)
    for other in (b"x" + name, name + b"x", b"d/" + name, name + b".zip"):
        assert not any(one.covers(other) for one in patterns)
    assert ledger_exclusions(Path("/elsewhere/l.db"), root) == ()


def test_excluded_files_are_listed_as_such(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(jpeg(1))
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        archive.writestr("2.jpg", jpeg(2))
    (tmp_path / "old.jpg").write_bytes(jpeg(3))
    source = FolderSource(tmp_path, [Exclusion("*.zip", "sent back"), Exclusion("old.*", "sold")])
    roles = {entry.key: (entry.role, entry.reason) for entry in source.entries()}
    assert roles == {
        b"1.jpg": (Role.IMAGE, ""),
        b"more.zip": (Role.EXCLUDED, "sent back"),
        b"old.jpg": (Role.EXCLUDED, "sold"),
    }


def test_what_was_taken_out_is_counted_and_the_first_are_named() -> None:
    told = TakenOut("sold")
    for number in range(1_000):
        told.add(b"%d.jpg" % number)
    assert (told.files, told.first[:2], len(told.first)) == (1_000, ["0.jpg", "1.jpg"], 20)


_DIGEST = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    "key",
    [
        f".git/objects/ab/{_DIGEST[:38]}",
        f"sub/.git/objects/pack/pack-{_DIGEST[:40]}.pack",
        f".git/lfs/objects/01/23/{_DIGEST}",
        f".dvc/cache/files/md5/ab/{_DIGEST[:30]}",
        f"datasets--me--cats/blobs/{_DIGEST[:40]}",
        f".git/annex/objects/Ab/C1/SHA256E-s100--{_DIGEST}.jpg/SHA256E-s100--{_DIGEST}.jpg",
    ],
)
def test_a_store_of_a_version_tool_is_told_by_its_own_names(key: str) -> None:
    store = store_of(key.encode())
    assert store is not None
    assert key.encode().startswith(store.folder)


@pytest.mark.parametrize(
    "key",
    [
        ".git/photo.jpg",
        ".git/objects/photo.jpg",
        ".git/objects/ab/photo.jpg",
        f"git/objects/ab/{_DIGEST[:38]}",
        f".git/objects/ab/{_DIGEST[:38]}.jpg",
        f".dvc/cache/{_DIGEST[:30]}.jpg",
        f"blobs/{_DIGEST[:40]}",
        ".git/lfs/x.jpg",
        f".git/annex/objects/Ab/C1/SHA256E-s1--{_DIGEST}.jpg/other.jpg",
        f"x.git/objects/ab/{_DIGEST[:38]}",
    ],
)
def test_whatever_else_lies_in_such_a_folder_is_listed(key: str) -> None:
    assert store_of(key.encode()) is None


def test_links_into_a_store_are_images_and_the_store_is_told_once(tmp_path: Path) -> None:
    """As DVC, git-annex and the Hugging Face cache lay a collection out."""
    layouts = {
        "dvc": ".dvc/cache/files/md5/{0}/{1}",
        "annex": ".git/annex/objects/Ab/C1/MD5E-s9--{2}.jpg/MD5E-s9--{2}.jpg",
        "hub/datasets--me--cats": "blobs/{2}{3}",
    }
    wanted = {}
    for root, layout in layouts.items():
        for number in range(3):
            digest = f"{number:032x}"
            stored = tmp_path / root / layout.format(digest[:2], digest[2:], digest, "0" * 8)
            stored.parent.mkdir(parents=True, exist_ok=True)
            stored.write_bytes(jpeg(number))
            link = tmp_path / root / "snapshots" / "1" / f"{number}.jpg"
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(os.path.relpath(stored, link.parent))
            wanted[f"{root}/snapshots/1/{number}.jpg"] = jpeg(number)
    source = FolderSource(tmp_path)
    entries = list(source.entries())
    images = {display(e.key): source.read(e.key) for e in entries if e.role is Role.IMAGE}
    assert images == wanted
    assert sorted(display(e.key) for e in entries if e.role is Role.EXCLUDED) == [
        "annex/.git/annex/objects/",
        "dvc/.dvc/cache/",
        "hub/datasets--me--cats/blobs/",
    ]
    assert all(e.reason for e in entries if e.role is Role.EXCLUDED)


def test_the_gate_tells_what_was_taken_out_and_needs_a_reason(workspace, row) -> None:
    workspace.add("ok.jpg", jpeg(1))
    workspace.declare([row("ok.jpg")])
    with zipfile.ZipFile(workspace.photos / "more.zip", "w") as archive:
        archive.writestr("x/p.jpg", jpeg(2))
    stopped = workspace.gate()
    assert stopped.status == 1
    assert "more.zip::x/p.jpg" in stopped.out
    passed = workspace.gate("--exclude", "more.zip=sent back to the agency")
    assert passed.status == 0, passed.err
    assert "more.zip" in passed.err
    assert "sent back to the agency" in passed.err
    assert workspace.gate("--exclude", "more.zip").status == 2


def test_a_file_that_was_not_opened_is_an_item_that_no_waiver_clears(workspace, row) -> None:
    workspace.add("ok.jpg", jpeg(1))
    workspace.declare([row("ok.jpg"), row("video.mp4")])
    (workspace.photos / "video.mp4").write_bytes(b"\0\0\0\x18ftypisom" + bytes(500))
    found = workspace.gate().by_item
    assert found["ok.jpg"]["decision"] == "ALLOW"
    assert (found["video.mp4"]["decision"], found["video.mp4"]["reason"]) == ("BLOCK", "CONTENT_NOT_LOOKED_INTO")


def test_one_of_several_collections_that_is_empty_is_an_error_that_names_it(workspace, row) -> None:
    workspace.add("ok.jpg", jpeg(1))
    workspace.declare([row("ok.jpg")])
    (workspace.root / "unmounted").mkdir()
    ran = workspace.run(*workspace.gate_arguments(), "unmounted")
    assert ran.status == 2
    assert "unmounted" in ran.err
    assert workspace.gate().status == 0


def test_companions_of_every_sort_do_no_harm(workspace, row) -> None:
    workspace.add("ok.jpg", jpeg(1))
    workspace.declare([row("ok.jpg")])
    companions = {
        "labels.txt": b"ok.jpg 3\n",
        "README.md": b"# pictures\n",
        "LICENSE": b"CC0 1.0 Universal\n",
        "classes.json": b"{}",
        "boxes.csv": b"file,x\nok.jpg,1\n",
        ".DS_Store": b"\0\0\0\1Bud1" + bytes(6_000),
        "SHA256SUMS": b"00  ok.jpg\n",
        "desktop.ini": "[.ShellClassInfo]\r\n".encode("utf-16"),
        "instances.json.gz": b"",
        ".gitignore": b"*.zip\n",
        ".git/HEAD": b"ref: refs/heads/main\n",
        ".git/index": b"DIRC\0\0\0\2" + bytes(300),
        ".git/config": b"[core]\n",
        f".git/objects/ab/{_DIGEST[:38]}": b"x\x01" + bytes(range(200)),
        "__pycache__/a.cpython-311.pyc": b"\xa7\r\r\n" + bytes(300),
        "train.py": b"import torch\n",
        "font.ttf": b"\0\1\0\0\0\x0f" + bytes(900),
        "ok.jpg.sig": bytes(range(64)),
        "empty.zip": b"",
    }
    for name, data in companions.items():
        workspace.add(name, data)
    ran = workspace.gate()
    assert ran.status == 0, ran.out
    assert set(ran.by_item) == {"ok.jpg"}
