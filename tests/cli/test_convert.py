"""`provenance convert`: from a table that a dataset brings along to a verdict."""

from __future__ import annotations

import json

import pytest

COPYRIGHT = (
    "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nSource: https://git.example/p\n\n"
    "Files: nature/*\nCopyright: 2008, A. Roy <roy@x.example>\nLicense: CC-BY-4.0\n"
)


def test_from_a_copyright_file_to_verdicts(workspace):
    workspace.add("nature/sea.png")
    workspace.add("abstract/waves.png")
    (workspace.root / "copyright").write_text(COPYRIGHT)
    ran = workspace.process(
        "convert", "dep5", "copyright", "--images", "photos", "-o", "manifest.jsonl",
        "--set", "acquired_at=2026-06-01T10:00:00Z", "--set", "acquisition_method=PUBLIC_ARCHIVE",
    )  # fmt: skip
    assert ran.status == 0
    assert "1 row of Debian" in ran.err
    assert "note: 1 row without persons_status, which stays unknown" in ran.err
    assert "roy" not in workspace.manifest.read_text()
    gated = workspace.gate()
    assert gated.status == 1
    assert gated.by_item["nature/sea.png"]["reason"] == "PERSON_STATUS_UNKNOWN"
    assert gated.by_item["abstract/waves.png"]["decision"] == "BLOCK"


def test_a_coco_file_on_standard_output(workspace):
    pytest.importorskip("ijson")
    coco = {"images": [{"file_name": "a.jpg", "license": 1}], "licenses": [{"id": 1, "name": "CC BY 2.0"}]}
    (workspace.root / "coco.json").write_text(json.dumps(coco))
    ran = workspace.process("convert", "coco", "coco.json")
    assert [json.loads(line)["licence"] for line in ran.out.splitlines()] == ["CC BY 2.0"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("coko", "x.json"), "give one of coco"),
        (("dep5", "x.json"), "not in the machine-readable format"),
        (("cvat", "x.json", "--set", "acquired_at"), "write FIELD=VALUE"),
    ],
)
def test_what_cannot_be_converted_leaves_no_file(workspace, arguments, told):
    (workspace.root / "x.json").write_text("{}")
    ran = workspace.process("convert", *arguments, "-o", "manifest.jsonl")
    assert ran.status == 2
    assert told in ran.err
    assert not workspace.manifest.exists()
