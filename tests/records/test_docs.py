"""Every example in docs/manifest.md is read as it stands."""

import re
from pathlib import Path

import pytest

from provenance.records import read_manifest, read_records
from provenance.records.context import read_context

DOCS = Path(__file__).parents[2] / "docs" / "manifest.md"
BLOCKS = re.findall(r"```(jsonl|csv|toml) (\w+)\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)


def test_there_are_examples_of_each_kind() -> None:
    assert {kind for _, kind, _ in BLOCKS} == {"manifest", "records", "context"}


@pytest.mark.parametrize(("extension", "kind", "text"), BLOCKS)
def test_an_example_is_sound(tmp_path: Path, extension: str, kind: str, text: str) -> None:
    path = tmp_path / f"{kind}.{extension}"
    path.write_text(text, encoding="utf-8")
    if kind == "manifest":
        manifest = read_manifest(path)
        assert manifest.unknown == ()
        assert len(list(manifest.iterate())) == 2
    elif kind == "records":
        records = read_records(path)
        assert len(list(records.iterate())) == 1
    else:
        assert read_context(path).purpose is not None
