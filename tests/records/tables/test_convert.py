"""Known tables as manifests: small files in each table's own form, and what becomes of their rows."""

from __future__ import annotations

import bz2
import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import provenance as pv
from provenance.model import SignalSubject
from provenance.records.manifest import read_manifest
from provenance.records.tables.convert import convert
from provenance.records.tables.description import known_tables, table_of
from provenance.signals.columns import is_signal, read_columns

pytest.importorskip("ijson")

BOXES = [[0.1, 0.2, 0.3, 0.4]]
CC = "https://creativecommons.org/licenses/by/2.0/"

COCO = {
    "info": {"year": 2017},
    "images": [
        {
            "id": 1,
            "file_name": "000000000009.jpg",
            "license": 4,
            "coco_url": "http://images.cocodataset.org/a.jpg",
            "flickr_url": "http://farm1.staticflickr.com/9.jpg",
            "date_captured": "2013-11-19 20:40:11",
        },
        {"id": 2, "file_name": "000000000025.jpg", "license": 99, "coco_url": "http://images.cocodataset.org/b.jpg"},
    ],
    "annotations": [{"image_id": 1, "bbox": [1, 2, 3.5, 4]}],
    "licenses": [{"id": 4, "name": "Attribution License", "url": "http://creativecommons.org/licenses/by/2.0/"}],
}
FFHQ = {
    "0": {
        "category": "training",
        "metadata": {
            "photo_url": "https://www.flickr.com/photos/a/1/",
            "photo_title": "DSCF0899",
            "author": "Jane Doe",
            "license": "Attribution-NonCommercial License",
            "license_url": "https://creativecommons.org/licenses/by-nc/2.0/",
        },
        "image": {"file_path": "images1024x1024/00000/00000.png"},
    }
}
COMMONS = {
    "query": {
        "pages": {
            "17": {
                "title": "File:Été à la mer.jpg",
                "imageinfo": [
                    {
                        "url": "https://upload.wikimedia.org/wikipedia/commons/1/1a/%C3%89t%C3%A9_%C3%A0_la_mer.jpg",
                        "descriptionurl": "https://commons.wikimedia.org/wiki/File:1",
                        "extmetadata": {
                            "LicenseUrl": {"value": CC},
                            "Artist": {"value": '<a href="//commons.wikimedia.org/wiki/User:JD">Jane Doe</a>'},
                            "Restrictions": {"value": "personality"},
                        },
                    }
                ],
            }
        }
    }
}
FLICKR = {
    "photos": {
        "photo": [
            {
                "id": "5",
                "owner": "12@N00",
                "title": "dusk",
                "license": "0",
                "tags": "sea dusk",
                "url_o": "https://live.example/5_o.jpg",
            },
            {"id": "6", "owner": "12@N00", "title": "dawn", "license": "23"},
        ]
    }
}
LABEL_STUDIO = [
    {"id": 1, "data": {"image": "/data/upload/3/8f-cat%20one.jpg", "license": "CC0-1.0"}, "annotations": []}
]
CVAT = '<?xml version="1.0"?><annotations><version>1.1</version><image id="0" name="a/1.jpg" width="4"/></annotations>'
YFCC = [
    "0", "7", "abc", "12@N00", "jd", "2010-01-01", "1262304000", "Camera", "A+title", "Two%20words+more",
    "sea,dusk", "", "-0.1", "51.5", "16", "http://www.flickr.com/photos/12@N00/7/", "http://farm5.staticflickr.com/7_s.jpg",
    "Attribution License", "http://creativecommons.org/licenses/by/2.0/", "1", "2", "s", "o", "jpg", "0",
]  # fmt: skip
OPEN_IMAGES = (
    "ImageID,Subset,OriginalURL,OriginalLandingURL,License,AuthorProfileURL,Author,Title\n"
    f'0a1b,train,https://c1.example/1_o.jpg,https://www.flickr.com/1,{CC},,Jane Doe,"One, two"\n'
)
INATURALIST = (
    "photo_uuid\tphoto_id\tobservation_uuid\tobserver_id\textension\tlicense\twidth\theight\tposition\n"
    "u\t15\to\t9\tjpeg\tCC-BY-NC\t10\t10\t0\n"
)
GBIF = (
    "gbifID\ttype\tformat\tidentifier\treferences\ttitle\tdescription\tcreated\tcreator\tlicense\trightsHolder\n"
    "1\tStillImage\timage/jpeg\thttps://x.example/m/a.jpg?size=o\thttps://x.example/a\t"
    f'A "leaf"\t\t\tJ. Doe\t{CC}\t\n'
)

CASES = {
    "coco": (
        json.dumps(COCO),
        [
            {
                "file_name": "000000000009.jpg",
                "source_url": "http://farm1.staticflickr.com/9.jpg",
                "licence": "http://creativecommons.org/licenses/by/2.0/",
                "date_captured": "2013-11-19 20:40:11",
                "upstream_dataset": "COCO",
            },
            {
                "file_name": "000000000025.jpg",
                "source_url": "http://images.cocodataset.org/b.jpg",
                "upstream_dataset": "COCO",
            },
        ],
    ),
    "open-images": (
        OPEN_IMAGES,
        [
            {
                "file_name": "0a1b.jpg",
                "source_url": "https://c1.example/1_o.jpg",
                "page_url": "https://www.flickr.com/1",
                "licence": CC,
                "caption": "One, two",
                "creator": "present",
                "upstream_dataset": "Open Images",
            }
        ],
    ),
    "yfcc100m": (
        "\t".join(YFCC) + "\n",
        [
            {
                "file_name": "7_s.jpg",
                "source_url": "http://farm5.staticflickr.com/7_s.jpg",
                "page_url": "http://www.flickr.com/photos/12@N00/7/",
                "licence": "http://creativecommons.org/licenses/by/2.0/",
                "caption": "Two words more",
                "keywords": ["sea", "dusk"],
                "latitude": "51.5",
                "longitude": "-0.1",
                "upstream_dataset": "YFCC100M",
            }
        ],
    ),
    "ffhq": (
        json.dumps(FFHQ),
        [
            {
                "file_name": "images1024x1024/00000/00000.png",
                "source_url": "https://www.flickr.com/photos/a/1/",
                "page_url": "https://www.flickr.com/photos/a/1/",
                "licence": "https://creativecommons.org/licenses/by-nc/2.0/",
                "caption": "DSCF0899",
                "creator": "present",
                "num_faces": "1",
                "upstream_dataset": "FFHQ",
            }
        ],
    ),
    "inaturalist": (
        INATURALIST,
        [
            {
                "file_name": "15.jpeg",
                "source_url": "https://inaturalist-open-data.s3.amazonaws.com/photos/15/original.jpeg",
                "page_url": "https://www.inaturalist.org/photos/15",
                "licence": "CC-BY-NC",
                "upstream_dataset": "iNaturalist",
            }
        ],
    ),
    "gbif": (
        GBIF,
        [
            {
                "file_name": "a.jpg",
                "source_url": "https://x.example/m/a.jpg?size=o",
                "page_url": "https://x.example/a",
                "licence": CC,
                "caption": 'A "leaf"',
                "creator": "present",
                "upstream_dataset": "GBIF",
            }
        ],
    ),
    "commons": (
        json.dumps(COMMONS),
        [
            {
                "file_name": "Été_à_la_mer.jpg",
                "source_url": "https://upload.wikimedia.org/wikipedia/commons/1/1a/%C3%89t%C3%A9_%C3%A0_la_mer.jpg",
                "page_url": "https://commons.wikimedia.org/wiki/File:1",
                "licence": CC,
                "creator": "present",
                "keywords": ["personality"],
            }
        ],
    ),
    "flickr": (
        json.dumps(FLICKR),
        [
            {
                "file_name": "5_o.jpg",
                "source_url": "https://live.example/5_o.jpg",
                "page_url": "https://www.flickr.com/photos/12@N00/5",
                "licence": "All Rights Reserved",
                "keywords": ["sea", "dusk"],
                "caption": "dusk",
            },
            {
                "file_name": "6.jpg",
                "page_url": "https://www.flickr.com/photos/12@N00/6",
                "licence": "23",
                "caption": "dawn",
            },
        ],
    ),
    "label-studio": (json.dumps(LABEL_STUDIO), [{"file_name": "8f-cat one.jpg", "licence": "CC0-1.0"}]),
    "cvat": (CVAT, [{"file_name": "a/1.jpg"}]),
}
SUFFIXES = {"open-images": ".csv", "cvat": ".xml", "yfcc100m": "", "inaturalist": ".csv", "gbif": ".txt"}


def converted(kind, path, **more):
    out = io.StringIO()
    done = convert(table_of(kind), path, out, **more)
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    assert done.rows == len(rows)
    return done, rows


def manifest_of(tmp_path, rows):
    """The rows as the reader of manifests takes them."""
    path = tmp_path / "manifest.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return list(read_manifest(path, is_read=is_signal).iterate())


@pytest.mark.parametrize("kind", CASES)
def test_a_table_becomes_a_sound_manifest_that_states_what_it_states(tmp_path, kind):
    text, expected = CASES[kind]
    path = tmp_path / f"table{SUFFIXES.get(kind, '.json')}"
    path.write_text(text, encoding="utf-8")
    done, rows = converted(kind, path)
    assert rows == expected
    taken = manifest_of(tmp_path, rows)
    assert [row.file_name for row in taken] == [row["file_name"] for row in expected]
    assert all(row.persons_status.value == "UNKNOWN" and row.acquired_at is None for row in taken)
    assert done.lacking["persons_status"] == done.lacking["acquired_at"] == len(rows)
    assert "Jane" not in json.dumps(rows)


@pytest.mark.parametrize("kind", ["laion", "datacomp"])
def test_tables_in_parquet(tmp_path, kind):
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    url = "https://x.example/1.jpg"
    columns = {
        "laion": {"URL": [url], "TEXT": ["a cat"], "NSFW": ["UNLIKELY"], "punsafe": [0.1]},
        "datacomp": {"uid": ["u"], "url": [url], "text": ["a cat"], "sha256": ["0f" * 32], "face_bboxes": [BOXES]},
    }[kind]
    pq.write_table(pa.table(columns), tmp_path / "table.parquet")
    _, rows = converted(kind, tmp_path / "table.parquet")
    (row,) = manifest_of(tmp_path, rows)
    assert (row.url, row.source_url, row.caption) == (url, url, "a cat")
    assert row.licence is None
    persons = {one.location for one in read_columns(row.extra) if one.subject is SignalSubject.PERSON}
    assert persons == ({"column:face_bboxes"} if kind == "datacomp" else set())
    assert row.original_sha256 == (bytes.fromhex("0f" * 32) if kind == "datacomp" else None)


def test_the_table_of_a_downloaders_shard_names_the_images_in_its_folder(tmp_path):
    """A row for what was refused is no image; the digest is that of the download."""
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    urls = ["https://x.example/1.jpg", "https://x.example/2.jpg"]
    columns = {
        "url": urls, "caption": ["a cat", "a dog"], "key": ["000000", "000001"], "license": ["CC-BY-4.0", None],
        "status": ["success", "failed_to_download"], "exif": ["{}", None], "sha256": ["0f" * 32, None],
    }  # fmt: skip
    pq.write_table(pa.table(columns), tmp_path / "00007.parquet")
    done, rows = converted("img2dataset", tmp_path / "00007.parquet")
    assert (done.rows, done.left_out) == (1, 1)
    (row,) = manifest_of(tmp_path, rows)
    assert (row.file_name, row.source_url, row.licence) == ("00007/000000.jpg", urls[0], "CC-BY-4.0")
    assert row.original_sha256 == bytes.fromhex("0f" * 32)
    assert row.sha256 is None


def test_every_known_table_has_a_case():
    """`dep5` is tried in its own file, `croissant` with what is written in it."""
    assert set(CASES) | {"laion", "datacomp", "img2dataset", "dep5", "croissant"} == set(known_tables())


def test_what_is_known_beside_is_stated_for_every_row(tmp_path):
    (tmp_path / "t.xml").write_text(CVAT)
    done, rows = converted("cvat", tmp_path / "t.xml", constant={"acquired_at": "2026-06-01T10:00:00Z"})
    assert [row["acquired_at"] for row in rows] == ["2026-06-01T10:00:00Z"]
    assert "acquired_at" not in done.lacking


def test_a_packed_table_is_unpacked_on_the_way(tmp_path):
    (tmp_path / "yfcc100m_dataset.bz2").write_bytes(bz2.compress(CASES["yfcc100m"][0].encode()))
    assert converted("yfcc100m", tmp_path / "yfcc100m_dataset.bz2")[1] == CASES["yfcc100m"][1]


@pytest.mark.parametrize(
    ("kind", "data", "told"),
    [
        ("coco", b'{"images": [{"file_name": "a.jpg"', "is not JSON"),
        ("coco", b'{"images": [{"file_name": "a.jpg"}, NaN], "licenses": []}', "is not JSON"),
        ("coco", b'{"annotations": []}', "has no rows at images"),
        ("coco", b"\xff\xfe", "is not JSON"),
        ("ffhq", b"17", "has no rows at its top"),
        (
            "flickr",
            b'{"photos": {"photo": [{"url_o": "http://[/a.jpg", "id": 1e99999999999999999999}]}}',
            "is not JSON",
        ),
        ("cvat", b"<annotations><image", "is not XML"),
        ("cvat", b'<!DOCTYPE a [<!ENTITY e "x">]><annotations><image name="&e;"/></annotations>', "is not XML"),
        ("cvat", b"<annotations/>", "speaks of no image"),
        ("gbif", b"a\tb\n1\t2\t3\n", "3 cells, where there are 2 columns"),
        ("open-images", b"ImageID,License\n1\n", "the header names 2 columns"),
        ("open-images", b"", "the file is empty"),
        ("inaturalist", b"", "speaks of no image"),
        ("dep5", b"This package was debianized by A. Lee\n", "not in the machine-readable format"),
    ],
)
def test_what_is_no_such_table_is_one_clear_error(tmp_path, kind, data, told):
    path = tmp_path / "table"
    path.write_bytes(data)
    with pytest.raises(pv.InputError, match=told):
        converted(kind, path)


def test_a_packed_file_that_is_cut_short_is_an_error(tmp_path):
    (tmp_path / "t.bz2").write_bytes(bz2.compress(CASES["yfcc100m"][0].encode() * 50)[:-20])
    with pytest.raises(pv.InputError, match="cannot be read"):
        converted("yfcc100m", tmp_path / "t.bz2")


def test_a_kind_that_is_not_known_is_told_with_those_that_are():
    with pytest.raises(pv.UsageError, match="give one of coco, open-images"):
        table_of("coko")


@given(st.sampled_from(sorted(CASES)), st.binary(max_size=40), st.integers(0, 2_000), st.integers(0, 2_000))
@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bytes_from_strangers_are_rows_or_one_clear_error(tmp_path, kind, inserted, start, end):
    data = CASES[kind][0].encode()
    path = tmp_path / "table"
    path.write_bytes(data[:start] + inserted + data[end:])
    try:
        _, rows = converted(kind, path)
    except pv.ProvenanceError:
        return
    assert all(isinstance(row, dict) for row in rows)
