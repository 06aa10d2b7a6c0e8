"""What lies beside an image in a shard becomes what a manifest would say of it, and no more."""

from __future__ import annotations

import hashlib
import json
import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from provenance.sources.rows import described
from shards import jpeg, tar


def row(**more: object) -> dict[str, object]:
    """A row as img2dataset 1.47 writes it beside each image (`downloader.py`)."""
    return {
        "url": "https://a.example/1.jpg", "caption": "a hill", "key": "000000000", "status": "success",
        "error_message": None, "width": 256, "height": 256, "original_width": 900, "original_height": 600,
        "exif": "{}", "sha256": "ab" * 32, **more,
    }  # fmt: skip


def test_what_img2dataset_wrote() -> None:
    found = described(row(license="CC-BY-4.0", punsafe=0.9))
    assert found.source_url == "https://a.example/1.jpg"
    assert found.caption == "a hill"
    assert found.original_sha256 == bytes.fromhex("ab" * 32)
    assert found.extra == {"exif": "{}", "license": "CC-BY-4.0", "punsafe": 0.9}


def test_a_digest_in_another_table_is_not_that_of_a_download() -> None:
    found = described({"url": "https://a.example/1.jpg", "sha256": "ab" * 32})
    assert found.original_sha256 is None
    assert found.extra == {"sha256": "ab" * 32}


@given(
    st.dictionaries(
        st.text(max_size=12), st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    )
)
def test_nothing_of_a_row_is_lost_but_what_is_empty(given_row: dict[str, object]) -> None:
    found = described(given_row)
    kept = {found.source_url, found.page_url, found.caption, found.alt_text} | set(map(repr, found.extra.values()))
    for name, value in given_row.items():
        assert value in (None, "") or name in found.extra or value in kept


def test_a_shard_of_img2dataset_through_the_whole_gate(workspace) -> None:
    """Its own digest is of the download: it mismatches nothing, and is kept."""
    downloaded = hashlib.sha256(b"the download").hexdigest()
    tar(
        workspace.photos / "00000.tar",
        [("000000000.jpg", jpeg(1)), ("000000000.json", json.dumps(row(sha256=downloaded)).encode()),
         ("000000000.txt", b"a hill")],
    )  # fmt: skip
    (workspace.photos / "00000_stats.json").write_text('{"count": 1, "successes": 1}')
    found = workspace.gate().by_item
    codes = [reason["code"] for reason in found["00000.tar::000000000"]["reasons"]]
    assert found["00000.tar::000000000"]["sha256"] == hashlib.sha256(jpeg(1)).hexdigest()
    assert "FINGERPRINT_MISMATCH" not in codes
    assert len(found) == 1
    explained = json.loads(
        workspace.run("explain", "00000.tar::000000000", "--ledger", workspace.ledger, "--format", "json").out
    )
    assert downloaded in json.dumps(explained["declared"])
    assert "https://a.example/1.jpg" in json.dumps(explained["declared"])


def test_many_rows_beside_images_are_all_taken(workspace) -> None:
    """More than one batch of the staging area."""
    members = []
    for number in range(5_200):
        members += [
            (f"{number:06}.jpg", jpeg(1)),
            (f"{number:06}.json", json.dumps({"url": f"https://a.example/{number}"}).encode()),
        ]
    tar(workspace.photos / "s.tar", members)
    ran = workspace.run(*workspace.scan_arguments("--no-windows"))
    assert ran.status == 0, ran.err
    with sqlite3.connect(workspace.ledger) as ledger:
        found = ledger.execute(
            "SELECT count(*), count(DISTINCT source_url) FROM item WHERE source_url IS NOT NULL"
        ).fetchone()
    assert found == (5_200, 5_200)


def test_a_manifest_row_names_an_image_of_a_shard_either_way(workspace, row) -> None:
    tar(workspace.photos / "s.tar", [("000.jpg", jpeg(1)), ("001.jpg", jpeg(2)), ("002.jpg", jpeg(3))])
    workspace.declare([row("s.tar::000"), row("s.tar::001.jpg")])
    decisions = {item: verdict["decision"] for item, verdict in workspace.gate().by_item.items()}
    assert decisions == {"s.tar::000": "ALLOW", "s.tar::001": "ALLOW", "s.tar::002": "BLOCK"}
