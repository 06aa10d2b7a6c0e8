"""Shares of a collection: together they hold each file once, whoever looks and whatever else lies there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import UsageError
from provenance.sources.folder import FolderSource
from provenance.sources.share import Share
from shards import jpeg, tar


@given(key=st.binary(min_size=1), of=st.integers(1, 50))
def test_every_key_is_in_one_share(key, of):
    assert [Share(n, of).holds(key) for n in range(1, of + 1)].count(True) == 1


@given(number=st.integers(1, 9), of=st.integers(9, 100))
def test_a_share_is_what_it_is_written_as(number, of):
    assert Share.parse(str(Share(number, of))) == Share(number, of)


@pytest.mark.parametrize("text", ["", "3", "3/", "/8", "3/8/9", "three/8", "-1/8", "+3/8", "3 / 8", "٣/8"])
def test_what_is_no_share_is_refused_with_what_to_write(text):
    with pytest.raises(UsageError, match="such as 3/8"):
        Share.parse(text)


@pytest.mark.parametrize("text", ["0/8", "9/8", "1/0", "1/999999"])
def test_shares_are_counted_from_one_to_their_number(text):
    with pytest.raises(UsageError, match="counted from 1"):
        Share.parse(text)


def test_the_shares_of_a_folder_hold_each_image_once_and_a_shard_goes_whole(tmp_path):
    for number in range(30):
        (tmp_path / f"{number}.jpg").write_bytes(jpeg(number))
    for number in range(6):
        tar(tmp_path / f"{number}.tar", [(f"{n}.jpg", jpeg(n)) for n in range(5)])
    whole = FolderSource(tmp_path)
    shares = [list(whole.shared(Share(n, 4)).entries()) for n in range(1, 5)]
    keys = [entry.key for share in shares for entry in share]
    assert sorted(keys) == sorted(entry.key for entry in whole.entries())
    assert len(keys) == 60
    for share in shares:
        containers = {entry.container for entry in share if entry.container}
        assert len([entry for entry in share if entry.container]) == 5 * len(containers)
        assert share  # 30 files over 4 shares: an empty one would be a lopsided division


def test_a_share_reads_like_the_whole_and_has_its_address(tmp_path):
    (tmp_path / "a.jpg").write_bytes(jpeg(1))
    whole, share = FolderSource(tmp_path), FolderSource(tmp_path).shared(Share(1, 2))
    assert (share.uri, share.root, share.location) == (whole.uri, whole.root, whole.location)
    assert share.read(b"a.jpg") == jpeg(1)
