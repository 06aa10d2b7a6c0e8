"""A collection is recognised wherever it lies now, another is not taken for it, and where nobody can tell it asks."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time

import fsspec
import pytest

from provenance.api import Ledger

NAMES = ("a.png", "b.png", "c.png", "d.png")


@pytest.fixture
def stated(workspace, image):
    """Four images that may be used by what the manifest says of this collection, and of no other."""
    for seed, name in enumerate(NAMES):
        workspace.add(name, image(seed))
    workspace.clear(*NAMES)
    time.sleep(0.05)  # a time within the file system's last tick tells nothing
    assert workspace.gate().status == 0
    return workspace


def gate(workspace, folder, *more):
    """A gate without the manifest: only what the ledger holds for the collection speaks for its images."""
    where = ("--ledger", str(workspace.ledger), "--purpose", "MODEL_TRAINING", "--format", "jsonl")
    return workspace.run("gate", str(folder), *where, *more)


def held(workspace):
    with sqlite3.connect(workspace.ledger) as ledger:
        return ledger.execute("SELECT count(*) FROM collection").fetchone()[0]


def copied_and_gone(workspace, *without, copy=shutil.copy2):
    """The collection on another disk: the same times and sizes, other inodes, and the original is gone."""
    there = workspace.root / "there"
    shutil.copytree(workspace.photos, there, copy_function=copy)
    shutil.rmtree(workspace.photos)
    for name in without:
        (there / name).unlink()
    time.sleep(0.05)
    return there


def test_a_folder_under_another_name_is_the_same_and_is_not_read_again(stated, reads):
    stated.photos.rename(stated.root / "renamed")
    found = gate(stated, stated.root / "renamed")
    assert (found.status, reads, held(stated)) == (0, [], 1)


def test_a_folder_that_gained_and_lost_images_on_its_way_is_the_same(stated, image):
    stated.photos.rename(stated.root / "renamed")
    (stated.root / "renamed" / "a.png").unlink()
    (stated.root / "renamed" / "new.png").write_bytes(image(9))
    found = gate(stated, stated.root / "renamed")
    assert {name: one["decision"] for name, one in found.by_item.items()} == {
        "b.png": "ALLOW", "c.png": "ALLOW", "d.png": "ALLOW", "new.png": "BLOCK",
    }  # fmt: skip
    assert held(stated) == 1


def test_all_its_images_on_another_disk_are_the_same_collection(stated):
    assert gate(stated, copied_and_gone(stated)).status == 0
    assert held(stated) == 1


def test_a_copy_beside_the_original_is_another_collection(stated):
    shutil.copytree(stated.photos, stated.root / "copy")
    assert gate(stated, stated.root / "copy").status == 1
    assert held(stated) == 2


def test_a_copy_beside_an_original_whose_path_is_no_text_is_another_collection(stated):
    """A path is bytes. Where it was taken for text the original was gone, and its copy in its place."""
    original = stated.photos.rename(stated.root / os.fsdecode(b"ph\xf6tos"))
    assert gate(stated, original).status == 0
    shutil.copytree(original, stated.root / "copy")
    time.sleep(0.05)
    assert gate(stated, stated.root / "copy").status == 1
    assert held(stated) == 2


def test_most_of_it_on_another_disk_is_asked_about_and_nothing_is_taken(stated):
    there = copied_and_gone(stated, "a.png")
    found = gate(stated, there)
    assert found.status == 2
    assert f"--moved-from {stated.photos.as_uri()}" in found.err
    assert "--new-collection" in found.err
    assert held(stated) == 1


def test_a_copy_with_other_times_whose_original_is_gone_is_asked_about(stated):
    there = copied_and_gone(stated, copy=shutil.copyfile)
    assert gate(stated, there).status == 2
    assert gate(stated, there, "--moved-from", stated.root / "photos").status == 0


def test_the_people_of_a_collection_say_that_it_moved(stated):
    there = copied_and_gone(stated, "a.png")
    assert gate(stated, there, "--moved-from", stated.root / "photos").status == 0
    assert held(stated) == 1
    assert gate(stated, there).status == 0  # and need not say it again


def test_the_people_of_a_collection_say_that_it_is_a_new_one(stated):
    there = copied_and_gone(stated, "a.png")
    assert gate(stated, there, "--new-collection").status == 1
    assert held(stated) == 2


def test_the_library_is_told_the_same(stated):
    there = copied_and_gone(stated, "a.png")
    with Ledger.open(stated.ledger) as ledger:
        done = ledger.scan(there, moved_from=[stated.root / "photos"])
    assert (done.images, done.gone, held(stated)) == (3, 1, 1)


def test_what_was_named_but_shares_no_image_is_not_joined(stated, image):
    shutil.rmtree(stated.photos)
    other = stated.root / "other"
    other.mkdir()
    for seed, name in enumerate(NAMES):
        (other / name).write_bytes(image(seed + 50))
    assert gate(stated, other, "--moved-from", stated.root / "photos").status == 1
    assert held(stated) == 2


def test_a_new_folder_with_the_inode_of_a_deleted_one_is_not_that_collection(stated, image):
    """File systems give inodes again: here the folder is emptied and refilled under a new name, which is the same."""
    for path in stated.photos.iterdir():
        path.unlink()
    new = stated.photos.rename(stated.root / "new")
    for seed, name in enumerate(NAMES):
        (new / name).write_bytes(image(seed + 50))
    found = gate(stated, new)
    assert {one["decision"] for one in found.verdicts} == {"BLOCK"}
    assert held(stated) == 2


def test_two_collections_that_it_may_be_are_asked_about(stated):
    copy = stated.root / "copy"
    shutil.copytree(stated.photos, copy)
    time.sleep(0.05)
    gate(stated, copy)
    shutil.rmtree(copy)
    found = gate(stated, copied_and_gone(stated))
    assert found.status == 2
    assert stated.photos.as_uri() in found.err
    assert copy.as_uri() in found.err


def test_a_collection_at_another_address_is_another(workspace, image):
    """A store tells names and sizes only, and pictures without compression are all of one size."""
    store = fsspec.filesystem("memory")
    for folder, first in (("one", 0), ("two", 50)):
        for seed, name in enumerate(NAMES):
            store.pipe(f"/moved/{folder}/{name}", image(first + seed, kind="BMP"))
    workspace.clear(*NAMES)
    try:
        given = ("--manifest", str(workspace.manifest))
        assert gate(workspace, "memory://moved/one", *given).status == 0
        found = gate(workspace, "memory://moved/two")
    finally:
        store.rm("/moved", recursive=True)
    assert {one["decision"] for one in found.verdicts} == {"BLOCK"}
    assert held(workspace) == 2
