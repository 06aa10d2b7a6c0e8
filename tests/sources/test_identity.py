"""An unchanged file is told from every other one, however its name, size and times were kept."""

from __future__ import annotations

import base64
import os
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.sources import Entry, FolderSource
from provenance.sources.identity import Identity, Stamp, identity_of

_YEARS = 40 * 365 * 86_400


def settle() -> None:
    """Let the file system's clock go on, so that what was just written counts as settled."""
    time.sleep(0.05)


def listed(folder: Path, key: bytes = b"a.png") -> Entry:
    (found,) = (entry for entry in FolderSource(folder).entries() if entry.key == key)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "a.png").write_bytes(b"one")
    os.utime(tmp_path / "c" / "a.png", (1_000_000_000, 1_000_000_000))
    settle()
    return tmp_path / "c"


def test_a_file_that_nobody_touched_is_unchanged_by_every_path(folder: Path, tmp_path: Path) -> None:
    first = listed(folder).identity
    assert first is not None
    assert listed(folder).identity == first
    (tmp_path / "link").symlink_to(folder)
    assert listed(tmp_path / "link").identity == first
    assert listed(folder.rename(tmp_path / "moved")).identity == first


def test_a_rewrite_in_place_under_the_same_size_and_time_shows(folder: Path) -> None:
    first = listed(folder).identity
    before = (folder / "a.png").stat()
    with (folder / "a.png").open("r+b") as file:
        file.write(b"two")
    os.utime(folder / "a.png", ns=(before.st_atime_ns, before.st_mtime_ns))
    after = (folder / "a.png").stat()
    assert (after.st_ino, after.st_size, after.st_mtime_ns) == (before.st_ino, before.st_size, before.st_mtime_ns)
    settle()
    assert listed(folder).identity != first


def test_another_file_renamed_over_it_shows(folder: Path, tmp_path: Path) -> None:
    first = listed(folder).identity
    shutil.copy2(folder / "a.png", tmp_path / "b.png")
    (tmp_path / "b.png").replace(folder / "a.png")
    settle()
    assert listed(folder).identity != first


def test_two_files_that_change_names_show(folder: Path) -> None:
    shutil.copy2(folder / "a.png", folder / "b.png")
    settle()
    one, other = listed(folder, b"a.png").identity, listed(folder, b"b.png").identity
    (folder / "a.png").rename(folder / "t")
    (folder / "b.png").rename(folder / "a.png")
    (folder / "t").rename(folder / "b.png")
    settle()
    assert listed(folder, b"a.png").identity not in (one, None)
    assert listed(folder, b"b.png").identity not in (other, None)


def test_a_hard_link_put_in_its_place_shows(folder: Path, tmp_path: Path) -> None:
    first = listed(folder).identity
    shutil.copy2(folder / "a.png", tmp_path / "b.png")
    (folder / "a.png").unlink()
    (folder / "a.png").hardlink_to(tmp_path / "b.png")
    settle()
    assert listed(folder).identity != first


def test_a_link_that_is_turned_to_another_file_shows(folder: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        shutil.copy2(folder / "a.png", tmp_path / name)
    (folder / "l.png").symlink_to(tmp_path / "one")
    settle()
    first = listed(folder, b"l.png").identity
    (folder / "l.png").unlink()
    (folder / "l.png").symlink_to(tmp_path / "two")
    settle()
    assert listed(folder, b"l.png").identity not in (first, None)


@pytest.mark.parametrize("of", ["a.png", "a.xmp"])
def test_a_time_ahead_of_the_clock_makes_nothing_unchanged(folder: Path, of: str) -> None:
    (folder / "a.xmp").touch()
    os.utime(folder / of, (time.time() + _YEARS, time.time() + _YEARS))
    settle()
    assert listed(folder).identity is None


def test_what_was_written_within_the_tick_is_not_settled(folder: Path) -> None:
    now = time.time_ns()
    fresh = Stamp(0, 1, 3, now - 1, now - 1)
    assert identity_of(fresh, now_ns=now) is None
    assert identity_of(fresh, now_ns=now + 20_000_000) is not None
    # A file system that keeps whole seconds gives less away.
    coarse = Stamp(0, 1, 3, 5_000_000_000, 5_000_000_000)
    assert identity_of(coarse, now_ns=6_000_000_000) is None
    assert identity_of(coarse, now_ns=7_000_000_000) is not None


def test_every_sidecar_that_comes_goes_or_changes_shows(folder: Path) -> None:
    seen: list[Identity | None] = [listed(folder).identity]
    for step in (
        lambda: (folder / "a.xmp").write_bytes(b"one"),
        lambda: (folder / "a.xmp").write_bytes(b"two"),
        lambda: (folder / "A.PNG.Xmp").write_bytes(b"one"),
        lambda: (folder / "a.xmp").rename(folder / "A.XMP"),
        (folder / "A.PNG.Xmp").unlink,
    ):
        step()
        settle()
        seen.append(listed(folder).identity)
    assert None not in seen
    assert len({one.text for one in seen if one}) == len(seen)
    (folder / "A.XMP").unlink()
    settle()
    assert listed(folder).identity == seen[0]


def test_a_sidecar_of_another_image_changes_nothing(folder: Path) -> None:
    first = listed(folder).identity
    (folder / "b.xmp").write_bytes(b"x")
    (folder / "a.png.html").write_bytes(b"x")
    settle()
    assert listed(folder).identity == first


def test_a_sidecar_that_leads_nowhere_makes_nothing_unchanged(folder: Path) -> None:
    (folder / "a.xmp").symlink_to("gone")
    assert listed(folder).identity is None
    with pytest.raises(FileNotFoundError):
        list(FolderSource(folder).sidecars(b"a.png"))


def test_a_folder_of_sidecars_beside_images_is_looked_into(folder: Path) -> None:
    (folder / "XMP").mkdir()
    (folder / "other").mkdir()
    (folder / "XMP" / "A.xmp").write_bytes(b"<x/>")
    (folder / "other" / "a.xmp").write_bytes(b"<y/>")
    settle()
    assert list(FolderSource(folder).sidecars(b"a.png")) == [(b"XMP/A.xmp", b"<x/>")]
    first = listed(folder).identity
    assert first is not None
    (folder / "XMP" / "A.xmp").write_bytes(b"<longer/>")
    settle()
    assert listed(folder).identity != first


def test_a_packet_with_a_picture_is_looked_at_with_its_image_or_named(folder: Path) -> None:
    picture = base64.b64encode(b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4).decode()
    packet = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><image>{picture}</image></x:xmpmeta>"
    for name in ("a.xmp", "A.png.XMP", "gone.xmp", "gone.png.xmp", "a.txt"):
        (folder / name).write_text(packet)
    (folder / "A.png").write_bytes(b"two")
    roles = {entry.key: entry.role.value for entry in FolderSource(folder).entries()}
    assert roles == {
        b"a.png": "IMAGE",
        b"A.png": "IMAGE",
        b"gone.xmp": "CONTAINER",
        b"gone.png.xmp": "CONTAINER",
        b"a.txt": "CONTAINER",
    }


def test_sidecars_are_found_in_any_letter_case_and_unicode_form(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.JPG", "caf\u00e9.jpg", "d.jpg", "e.jpg.png"):
        (tmp_path / name).write_bytes(b"x")
    for name in ("a.JPG.xmp", "B.Xmp", "cafe\u0301.XMP", "e.jpg.xmp", "dd.xmp"):
        (tmp_path / name).write_bytes(name.encode())
    source = FolderSource(tmp_path)
    found = {name: [key.decode() for key, _ in source.sidecars(name.encode())] for name in
             ("a.jpg", "b.JPG", "caf\u00e9.jpg", "d.jpg", "e.jpg.png")}  # fmt: skip
    assert found == {
        "a.jpg": ["a.JPG.xmp"], "b.JPG": ["B.Xmp"], "caf\u00e9.jpg": ["cafe\u0301.XMP"], "d.jpg": [],
        "e.jpg.png": ["e.jpg.xmp"],
    }  # fmt: skip


_number = st.integers(0, 2**63)
_stamp = st.builds(Stamp, _number, _number, _number, _number, _number)
_identity = st.builds(
    Identity,
    _stamp,
    st.lists(st.tuples(st.binary(max_size=8), _stamp), max_size=2, unique_by=lambda one: one[0]).map(
        lambda found: tuple(sorted(found, key=lambda one: one[0]))
    ),
    st.sampled_from(["", "0", "17"]),
)


@given(_identity, _identity)
def test_two_identities_never_share_a_text(one: Identity, other: Identity) -> None:
    assert (one.text == other.text) == (one == other)
    assert one.text.isascii()


def test_the_text_is_stored_as_it_is() -> None:
    """A golden value: ledgers hold it."""
    identity = Identity(Stamp(0, 7, 100, 5, 6), ((b"caf\xe9;=.xmp", Stamp(3, 8, 20, 5, 6)),), "12")
    assert identity.text == "0:7:100:5:6;caf%E9%3B%3D.xmp=3:8:20:5:6@12"


def test_the_device_counts_where_it_is_not_the_roots() -> None:
    status = Path("/proc/self/stat").stat()
    assert Stamp.of(status, status.st_dev).device == 0
    assert Stamp.of(status, status.st_dev + 1).device == status.st_dev
