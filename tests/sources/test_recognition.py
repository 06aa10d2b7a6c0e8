"""A collection is recognised after it was moved, linked, copied, restored or mounted elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.sources import FolderSource
from provenance.sources.recognition import SAMPLE, Recognised, Sampled, Whereabouts, recognise, sample_of


def whereabouts(folder: Path) -> Whereabouts:
    source = FolderSource(folder)
    return Whereabouts(source.uri, folder.stat().st_ino, sample_of(source.entries()))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(100):
        (folder / f"{number:03}.png").write_bytes(bytes(number + 1))
    time.sleep(0.05)
    return folder


def test_it_is_the_same_by_every_path_and_after_files_come_and_go(photos: Path, tmp_path: Path) -> None:
    was = whereabouts(photos)
    assert len(was.sample) == SAMPLE
    assert [one.key for one in was.sample] == [f"{number:03}.png".encode() for number in range(SAMPLE)]
    (tmp_path / "link").symlink_to(photos)
    assert recognise(was, whereabouts(tmp_path / "link"), still_there=True).outcome is not Recognised.NEW
    assert FolderSource(tmp_path / "link").uri == was.uri
    for path in photos.iterdir():
        path.unlink()
    (photos / "other.png").write_bytes(b"x")
    assert recognise(was, whereabouts(photos), still_there=True).outcome is Recognised.SAME


def test_it_is_recognised_where_it_was_moved_to(photos: Path, tmp_path: Path) -> None:
    was = whereabouts(photos)
    moved = photos.rename(tmp_path / "elsewhere")
    (moved / "000.png").unlink()
    (moved / "a-new-one.png").write_bytes(b"x")
    found = recognise(was, whereabouts(moved), still_there=False)
    assert found.outcome is Recognised.MOVED
    assert was.uri in found.reason


def test_a_copy_is_another_collection_while_the_first_is_there(photos: Path, tmp_path: Path) -> None:
    was = whereabouts(photos)
    copy = tmp_path / "copy"
    shutil.copytree(photos, copy)  # with the times
    assert recognise(was, whereabouts(copy), still_there=True).outcome is Recognised.COPY
    assert recognise(was, whereabouts(copy), still_there=False).outcome is Recognised.MOVED
    for path in copy.iterdir():
        os.utime(path, (1, 1))
    assert recognise(was, whereabouts(copy), still_there=True).outcome is Recognised.COPY
    assert recognise(was, whereabouts(copy), still_there=False).outcome is Recognised.IN_DOUBT


def test_another_folder_at_its_place_is_in_doubt_and_the_same_files_there_are_not(photos: Path, tmp_path: Path) -> None:
    was = whereabouts(photos)
    photos.rename(tmp_path / "away")
    shutil.copytree(tmp_path / "away", photos)
    assert recognise(was, whereabouts(photos), still_there=True).outcome is Recognised.SAME
    shutil.rmtree(photos)
    photos.mkdir()
    (photos / "9.png").write_bytes(b"other")
    found = recognise(was, whereabouts(photos), still_there=True)
    assert found.outcome is (Recognised.IN_DOUBT if photos.stat().st_ino != was.inode else Recognised.SAME)


def test_a_collection_with_the_same_names_and_other_pictures_is_new(photos: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for number in range(100):
        (other / f"{number:03}.png").write_bytes(bytes(number + 2))
    assert recognise(whereabouts(photos), whereabouts(other), still_there=True).outcome is Recognised.NEW


@pytest.mark.skipif(os.getuid() != 0, reason="only root may mount")
def test_a_folder_mounted_elsewhere_is_the_same(photos: Path, tmp_path: Path) -> None:
    was = whereabouts(photos)
    target = tmp_path / "mounted"
    target.mkdir()
    if subprocess.run(["mount", "--bind", photos, target], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        still_there = not photos.samefile(target)
        assert recognise(was, whereabouts(target), still_there=still_there).outcome is Recognised.MOVED
    finally:
        subprocess.run(["umount", target], check=True)


_sample = st.lists(
    st.builds(Sampled, st.sampled_from([b"1", b"2", b"3", b"4"]), st.integers(1, 2), st.integers(1, 2)),
    max_size=4,
    unique_by=lambda one: one.key,
).map(lambda found: tuple(sorted(found, key=lambda one: one.key)))
_whereabouts = st.builds(
    Whereabouts, st.sampled_from(["file:///a", "file:///b"]), st.sampled_from([1, 2, None]), _sample
)


@given(_whereabouts, st.booleans())
def test_whatever_is_compared_with_itself_is_the_same(one: Whereabouts, still_there: bool) -> None:
    assert recognise(one, one, still_there=still_there).outcome is Recognised.SAME


@given(_whereabouts, _whereabouts, st.booleans())
def test_nothing_is_taken_for_another_collection_without_a_file_in_common(
    one: Whereabouts, other: Whereabouts, still_there: bool
) -> None:
    found = recognise(one, other, still_there=still_there)
    assert found.reason
    shared = {(s.key, s.size) for s in one.sample} & {(s.key, s.size) for s in other.sample}
    if one.uri != other.uri and not shared:
        assert found.outcome is Recognised.NEW
