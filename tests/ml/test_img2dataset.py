"""The output of img2dataset, held against itself."""

from __future__ import annotations

import io
import tarfile

import pytest

import provenance as pv
from provenance.ml.img2dataset import accounts

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

REFUSED = "Use of image disallowed by X-Robots-Tag directive"


@pytest.fixture
def write(tmp_path, image):
    """`write(name, rows, held)`: a table of key, status and message, and a shard that holds some keys."""

    def make(name, rows, held, cut=False, **more):
        keys, statuses, messages = zip(*rows, strict=True)
        columns = {"key": keys, "status": statuses, "error_message": messages, "url": [f"https://x/{k}" for k in keys]}
        pq.write_table(pa.table({**columns, **more}), tmp_path / f"{name}.parquet")
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as out:
            for number, key in enumerate(held):
                data = image(number + 1, kind="JPEG")
                info = tarfile.TarInfo(f"{key}.jpg")
                info.size = len(data)
                out.addfile(info, io.BytesIO(data))
        with tarfile.open(fileobj=io.BytesIO(stream.getvalue())) as whole:
            middle = whole.getmembers()[-1].offset_data + 100
        (tmp_path / f"{name}.tar").write_bytes(stream.getvalue()[: middle if cut else None])

    return make


def test_what_was_asked_for_and_what_became_of_it(tmp_path, write):
    rows = [("000", "success", None), ("001", "failed_to_download", REFUSED), ("002", "failed_to_resize", "too small")]
    write("00000", rows, ["000"])
    (account,) = accounts(tmp_path)
    assert account.rows == 3
    assert account.by_status == {"success": 1, "failed_to_download": 1, "failed_to_resize": 1}
    assert account.refused == 1
    assert account.sound


def test_what_is_lost_unasked_or_there_twice_is_told(tmp_path, write):
    write("00000", [("000", "success", None), ("001", "success", None)], ["000", "777"])
    write("00001", [("001", "success", None), ("100", "success", None), ("100", "success", None)], ["001", "100"])
    first, second = accounts(tmp_path)
    assert (first.lost, first.unasked, first.repeated) == (("001",), ("777",), ())
    assert (second.lost, second.unasked, second.repeated) == ((), (), ("001", "100"))
    assert not first.sound
    assert not second.sound


def test_a_refused_row_whose_image_lies_in_the_shard_all_the_same_is_unasked(tmp_path, write):
    write("00000", [("000", "failed_to_download", REFUSED)], ["000"])
    assert accounts(tmp_path)[0].unasked == ("000",)


def test_other_columns_a_shard_cut_short_and_files_that_are_missing_are_told(tmp_path, write):
    write("00000", [("000", "success", None)], ["000"])
    write("00001", [("100", "success", None)], ["100"], extra=[1])
    write("00002", [("200", "success", None), ("201", "success", None)], ["200", "201"], cut=True)
    write("00003", [("300", "success", None)], ["300"])
    (tmp_path / "00003.tar").unlink()
    write("00004", [("400", "success", None)], ["400"])
    (tmp_path / "00004.parquet").write_bytes(b"PAR1")
    pq.write_table(pa.table({"url": ["https://x"]}), tmp_path / "00005.parquet")
    told = {account.shard: account for account in accounts(tmp_path)}
    assert told["00000"].sound
    assert told["00001"].problems == ("its table has other columns than that of the first shard",)
    assert "which was not looked into whole" in told["00002"].problems[0]
    assert told["00003"].problems == ("there is a table and no shard",)
    assert told["00003"].lost == ("300",)
    assert "cannot be read" in told["00004"].problems[0]
    assert told["00004"].unasked == ("400",)
    assert "no column error_message, key, status" in told["00005"].problems[0]


def test_images_in_folders_and_in_the_tables_themselves_are_found(tmp_path, image):
    """The forms `files` and `parquet`: 000 came and is there, 001 came and is lost, 002 was refused, 777 is unasked."""
    rows = [("000", "success", None), ("001", "success", None), ("002", "failed_to_download", REFUSED)]
    keys, statuses, messages = zip(*rows, strict=True)
    columns = {"key": keys, "status": statuses, "error_message": messages}
    files, inside = tmp_path / "files", tmp_path / "parquet"
    (files / "00000").mkdir(parents=True)
    inside.mkdir()
    for name in ("000.jpg", "000.json", "000.txt", "777.jpg"):
        (files / "00000" / name).write_bytes(image(1, kind="JPEG") if name.endswith(".jpg") else b"{}")
    pq.write_table(pa.table(columns), files / "00000.parquet")
    pq.write_table(pa.table({**columns, "jpg": [image(1, kind="JPEG"), None, None]}), inside / "00000.parquet")
    (of_files,), (of_tables,) = accounts(files), accounts(inside)
    assert (of_files.lost, of_files.unasked, of_files.refused, of_files.problems) == (("001",), ("777",), 1, ())
    assert (of_tables.lost, of_tables.unasked, of_tables.refused, of_tables.problems) == (("001",), (), 1, ())
    (files / "00001").mkdir()
    assert "cannot be read" in accounts(files)[1].problems[0]  # a folder without its table


def test_a_folder_without_tables_is_an_error(tmp_path):
    with pytest.raises(pv.UsageError, match="holds no output of img2dataset"):
        accounts(tmp_path)
