"""Finding a folder's own metadata files, and which of them speaks for an image."""

from pathlib import Path

import pytest

from provenance.errors import InputError
from provenance.sources import FolderSource, metadata_files, nearest


def test_metadata_files_of_the_folder_and_below(tmp_path: Path) -> None:
    (tmp_path / "train" / "cats").mkdir(parents=True)
    (tmp_path / "train" / "metadata.jsonl").touch()
    (tmp_path / "train" / "cats" / "metadata.parquet").touch()
    (tmp_path / "metadata.csv").touch()
    (tmp_path / "train" / "Metadata.csv").touch()  # the convention is in lower case
    (tmp_path / "train" / "cats" / "metadata.json").touch()
    found = metadata_files(tmp_path)
    assert [one.prefix for one in found] == [b"", b"train/", b"train/cats/"]
    assert [one.path for one in found] == [
        tmp_path / "metadata.csv",
        tmp_path / "train" / "metadata.jsonl",
        tmp_path / "train" / "cats" / "metadata.parquet",
    ]
    assert FolderSource(tmp_path).metadata_files() == tuple(found)


def test_two_in_one_folder_contradict(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "metadata.csv").touch()
    (tmp_path / "sub" / "metadata.csv").touch()
    assert len(metadata_files(tmp_path)) == 2
    (tmp_path / "sub" / "metadata.jsonl").touch()
    with pytest.raises(InputError, match=r"sub holds both metadata\.csv and metadata\.jsonl"):
        metadata_files(tmp_path)


def test_folder_links_are_not_followed_and_folders_are_no_files(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "metadata.csv").mkdir(parents=True)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "metadata.csv").touch()
    (root / "link").symlink_to(tmp_path / "out")
    assert metadata_files(root) == []


def test_the_nearest_folder_speaks() -> None:
    prefixes = [b"", b"train/", b"train/cats/"]
    assert nearest(b"train/cats/1.jpg", prefixes) == b"train/cats/"
    assert nearest(b"train/dogs/1.jpg", prefixes) == b"train/"
    assert nearest(b"training.jpg", prefixes) == b""
    assert nearest(b"test/1.jpg", prefixes[1:]) is None
