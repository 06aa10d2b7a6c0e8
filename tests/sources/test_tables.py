"""Pictures in Parquet and Arrow tables are items of their own; tables of facts hold none."""

from __future__ import annotations

import base64
import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from provenance.sources import FolderSource, tables
from shards import jpeg, listed, sound, trouble

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

HF = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def write(path: Path, table: pa.Table, **options: object) -> None:
    if path.suffix == ".parquet":
        pq.write_table(table, path, **options)
    elif path.suffix == ".feather":
        with pa.ipc.new_file(str(path), table.schema) as file:
            file.write_table(table, max_chunksize=7)
    else:
        with pa.ipc.new_stream(str(path), table.schema) as stream:
            stream.write_table(table, max_chunksize=7)


@pytest.mark.parametrize("name", ["part.parquet", "part.feather", "part.arrow"])
@pytest.mark.parametrize("kind", [HF, pa.binary(), pa.large_binary(), pa.dictionary(pa.int32(), pa.binary())])
def test_every_row_with_a_picture_is_an_item(tmp_path: Path, name: str, kind: pa.DataType) -> None:
    pictures = [jpeg(number % 9) for number in range(50)]
    values = [{"bytes": data, "path": None} for data in pictures] if kind == HF else pictures
    plain = pa.array(values, HF if kind == HF else pa.binary())
    column = (
        plain
        if kind in (HF, pa.binary())
        else plain.dictionary_encode()
        if pa.types.is_dictionary(kind)
        else plain.cast(kind)
    )
    write(tmp_path / name, pa.table({"label": list(range(50)), "image": column}))
    assert sound(tmp_path) == {f"{name}::{number}": data for number, data in enumerate(pictures)}
    assert trouble(tmp_path) == {}
    entries = listed(tmp_path)
    assert [entries[f"{name}::{number}"].place for number in range(50)] == sorted(e.place for e in entries.values())
    assert entries[f"{name}::7"].row == {"label": 7}


@given(st.permutations(range(30)), st.integers(1, 12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20)
def test_rows_are_read_in_any_order(tmp_path: Path, order: list[int], group: int) -> None:
    write(tmp_path / "p.parquet", pa.table({"image": [jpeg(number) for number in range(30)]}), row_group_size=group)
    source = FolderSource(tmp_path)
    for number in order:
        assert source.read(b"p.parquet::%d" % number) == jpeg(number)
    for key in (b"p.parquet::30", b"p.parquet::-1", b"p.parquet::x", b"p.parquet::1.image", b"p.parquet::"):
        with pytest.raises(FileNotFoundError):
            source.read(key)


def test_several_pictures_of_a_row_are_told_apart(tmp_path: Path) -> None:
    table = pa.table({
        "left": [jpeg(1), None],
        "pages": pa.array([[jpeg(2), jpeg(3)], []], pa.list_(pa.binary())),
        "inner": pa.array([{"a": {"bytes": jpeg(4), "path": "x.jpg"}}, None], pa.struct([("a", HF)])),
    })  # fmt: skip
    write(tmp_path / "p.parquet", table)
    assert sound(tmp_path) == {
        "p.parquet::0.left": jpeg(1),
        "p.parquet::0.pages.0": jpeg(2),
        "p.parquet::0.pages.1": jpeg(3),
        "p.parquet::0.inner.a": jpeg(4),
    }


@pytest.mark.parametrize("name", ["metadata.parquet", "labels.arrow"])
def test_a_table_of_facts_holds_no_image(tmp_path: Path, name: str) -> None:
    table = pa.table({
        "file_name": ["a.jpg"], "sha256": pa.array([b"x" * 32], pa.binary(32)), "label": [3], "score": [0.5],
        "boxes": pa.array([[[1.0, 2.0, 3.0, 4.0]]]), "embedding": pa.array([[0.1] * 512]),
        "objects": pa.array([{"bbox": [[1, 2, 3, 4]], "category": ["cat"]}]), "when": pa.array([0], pa.timestamp("us")),
    })  # fmt: skip
    write(tmp_path / name, table)
    assert listed(tmp_path) == {}


def test_digests_of_any_length_are_no_pictures(tmp_path: Path) -> None:
    write(tmp_path / "m.parquet", pa.table({"sha256": [b"x" * 32, None], "sha512": [b"\xff\xd8\xff" + b"y" * 61, b""]}))
    assert listed(tmp_path) == {}


@pytest.mark.parametrize(
    "column",
    [
        pa.array([[1, 2, 3]], pa.list_(pa.uint8())),
        pa.array([[[[1.0], [2.0]]]]),
        pa.array([[0] * 784], pa.list_(pa.uint8(), 784)),
        pa.array([b"\0\1\2" * 900], pa.binary()),
    ],
    ids=["bytes in a list", "three deep", "a fixed list", "raw pixels"],
)
def test_pixels_that_are_not_a_file_are_told(tmp_path: Path, column: pa.Array) -> None:
    write(tmp_path / "p.parquet", pa.table({"pixels": column}))
    assert sound(tmp_path) == {}
    assert set(trouble(tmp_path)) == {"p.parquet"}
    assert "pixels" in trouble(tmp_path)["p.parquet"] or "row 0" in trouble(tmp_path)["p.parquet"]


def test_a_picture_that_a_row_only_names_is_missing(tmp_path: Path) -> None:
    write(tmp_path / "p.parquet", pa.table({"image": pa.array([{"bytes": None, "path": "x/1.jpg"}, None], HF)}))
    assert sound(tmp_path) == {}
    (why,) = trouble(tmp_path).values()
    assert why.startswith("MISSING")
    assert "x/1.jpg" in why


def test_a_list_of_addresses_named_as_a_collection_is_what_nobody_has_seen(tmp_path: Path) -> None:
    table = pa.table({"url": ["https://a.example/1.jpg", None, "https://a.example/2.jpg"], "caption": ["a", "b", "c"]})
    write(tmp_path / "part.parquet", table)
    assert listed(tmp_path) == {}  # within a folder it is a table of facts
    found = list(FolderSource(tmp_path / "part.parquet").entries())
    assert [entry.key for entry in found] == [b"part.parquet::0", b"part.parquet::2"]
    assert {entry.problem.kind.value for entry in found if entry.problem} == {"MISSING"}
    assert found[1].row == {"url": "https://a.example/2.jpg", "caption": "c"}


def test_a_changed_schema_changes_only_its_own_file(tmp_path: Path) -> None:
    write(tmp_path / "0.parquet", pa.table({"image": [jpeg(1)]}))
    write(tmp_path / "1.parquet", pa.table({"photo": pa.array([{"bytes": jpeg(2), "path": "a.jpg"}], HF), "n": [1]}))
    write(tmp_path / "2.parquet", pa.table({"url": ["https://a.example/"]}))
    assert sound(tmp_path) == {"0.parquet::0": jpeg(1), "1.parquet::0": jpeg(2)}


def test_what_hugging_face_datasets_saves_is_read(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    pictures = [jpeg(number) for number in range(12)]
    made = datasets.Dataset.from_dict(
        {"image": [{"bytes": data, "path": None} for data in pictures], "label": list(range(12))},
        features=datasets.Features({"image": datasets.Image(), "label": datasets.Value("int64")}),
    )
    made.save_to_disk(tmp_path / "saved", num_shards=2)
    found = sound(tmp_path / "saved")
    assert set(found) == {f"data-{shard:05}-of-00002.arrow::{row}" for shard in range(2) for row in range(6)}
    assert list(found.values()) == pictures
    assert trouble(tmp_path / "saved") == {}
    back = datasets.load_from_disk(tmp_path / "saved").cast_column("image", datasets.Image(decode=False))
    assert [row["image"]["bytes"] for row in back] == list(found.values())
    made.to_parquet(tmp_path / "saved.parquet")
    assert list(sound(tmp_path / "saved.parquet").values()) == pictures
    pixels = datasets.Dataset.from_dict(
        {"p": [[[1] * 28] * 28]}, features=datasets.Features({"p": datasets.Array2D((28, 28), "uint8")})
    )
    pixels.save_to_disk(tmp_path / "pixels")
    assert len(trouble(tmp_path / "pixels")) == 1


def test_one_huge_picture_in_every_row_is_held_once(tmp_path: Path) -> None:
    stream = io.BytesIO()
    Image.new("L", (4_000, 4_000)).save(stream, "BMP")
    big = pa.DictionaryArray.from_arrays(pa.array([0] * 400, pa.int32()), pa.array([stream.getvalue()]))
    write(tmp_path / "p.parquet", pa.table({"image": big}), dictionary_pagesize_limit=1 << 30, store_schema=False)
    assert (tmp_path / "p.parquet").stat().st_size < 1 << 20
    before = pa.total_allocated_bytes()
    tracemalloc.start()
    peak = count = 0
    for entry in FolderSource(tmp_path).entries():
        count += 1
        assert entry.size == len(stream.getvalue())
        peak = max(peak, pa.total_allocated_bytes() - before)
    ours = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 400
    assert peak + ours < 6 * len(stream.getvalue())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
@given(
    st.sampled_from(["p.parquet", "p.feather", "p.arrow"]),
    st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 255)), min_size=1, max_size=5),
    st.integers(0, 3_000),
)
@example("p.arrow", [(221, 1)], 0)  # it claims more memory than there is
def test_no_damaged_table_is_an_exception_or_passed_over(
    tmp_path: Path, name: str, damage: list[tuple[int, int]], cut: int
) -> None:
    for old in tmp_path.iterdir():
        old.unlink()
    write(tmp_path / name, pa.table({"image": [jpeg(1), jpeg(2)], "n": [1, 2]}))
    data = bytearray((tmp_path / name).read_bytes())
    for at, value in damage:
        data[at % len(data)] = value
    (tmp_path / name).write_bytes(data[: len(data) - cut])
    source = FolderSource(tmp_path)
    for entry in source.entries():
        try:
            source.read(entry.key, entry.size)
        except OSError:
            continue


def test_without_pyarrow_a_table_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "p.parquet", pa.table({"n": [1]}))
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    assert "consent-provenance[parquet]" in trouble(tmp_path)["p.parquet"]


@pytest.mark.parametrize("name", ["p.parquet", "p.feather", "p.arrow"])
def test_a_picture_in_a_column_of_texts_is_told(tmp_path: Path, name: str) -> None:
    stream = io.BytesIO()
    Image.effect_noise((60, 60), 90).save(stream, "PNG")
    spelt = base64.b64encode(stream.getvalue()).decode()
    harmless = ["a hill " * 200, "ab" * 32, base64.b64encode(bytes(range(256)) * 8).decode()]
    write(tmp_path / name, pa.table({"caption": harmless, "n": [1, 2, 3]}))
    assert trouble(tmp_path) == {}
    for column in (["x", spelt, None], ["x", "data:image/png;base64," + spelt, "y"], [["x"], ["y", spelt], []]):
        write(tmp_path / name, pa.table({"photo": column, "n": [1, 2, 3]}))
        assert "the base64 of column photo" in trouble(tmp_path)[name]
        write(tmp_path / name, pa.table({"image": [jpeg(1), jpeg(2), jpeg(3)], "photo": column}))
        assert "the base64 of column photo" in trouble(tmp_path)[name]
        assert len(sound(tmp_path)) == 3


def test_a_table_of_facts_is_looked_at_as_far_as_a_text_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provenance.sources.tables.TEXT_BYTES", 1_000)
    read: list[int] = []
    batches = tables._ParquetRows.batches
    monkeypatch.setattr(
        tables._ParquetRows, "batches", lambda self, start: (read.append(n) or (n, b) for n, b in batches(self, start))
    )
    write(tmp_path / "p.parquet", pa.table({"caption": [f"hill {n}" for n in range(10_000)]}))
    assert listed(tmp_path) == {}
    assert 0 < len(read) < 20  # of 625


def test_a_stream_that_was_cut_between_two_batches_is_told(tmp_path: Path) -> None:
    write(tmp_path / "p.arrow", pa.table({"image": [jpeg(number) for number in range(14)]}))
    whole = (tmp_path / "p.arrow").read_bytes()
    assert (len(sound(tmp_path)), trouble(tmp_path)) == (14, {})
    (tmp_path / "p.arrow").write_bytes(whole[:-8])
    assert len(sound(tmp_path)) == 14
    assert "no mark of its end" in trouble(tmp_path)["p.arrow"]
    (tmp_path / "p.arrow").write_bytes(whole + whole)
    assert "something lies where its end should be" in trouble(tmp_path)["p.arrow"]


def test_pictures_in_unions_and_in_runs_are_items(tmp_path: Path) -> None:
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array([jpeg(1), jpeg(2)], pa.binary()))
    union = pa.UnionArray.from_sparse(
        pa.array([1, 0, 1], pa.int8()), [pa.array([b"", jpeg(3), b""], pa.binary()), pa.array([7, 8, 9])]
    )
    write(tmp_path / "runs.arrow", pa.table({"image": runs}))
    write(tmp_path / "union.feather", pa.table({"image": union}))
    assert list(sound(tmp_path / "runs.arrow").values()) == [jpeg(1), jpeg(1), jpeg(2)]
    assert list(sound(tmp_path / "union.feather").values()) == [jpeg(3)]
    assert trouble(tmp_path) == {}


def test_a_row_that_names_a_picture_of_no_bytes_is_an_item(tmp_path: Path) -> None:
    column = pa.array([{"bytes": b"", "path": "a.jpg"}, {"bytes": b"", "path": None}], HF)
    write(tmp_path / "p.parquet", pa.table({"image": column}))
    assert sound(tmp_path) == {"p.parquet::0": b""}
